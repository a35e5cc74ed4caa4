//! # restore-test-unrun
//! Restore tests are asked for on an RDS database, and AWS Backup has nothing to restore: the database
//! has no `vault`, or keeps nothing there. Or (a warning) they are asked for more often than daily,
//! which is how often they run at most.
//!
//! **Why.** AWS Backup tests what is in a vault. Without one somebody else must restore, and the
//! policy does not say who.
//!
//! **Fix.** Name a `vault` in the database's own location and keep weekly, monthly or yearly backups
//! there; or restore by other means, as from a dump.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "restore-test-unrun",
    Severity::Info,
    include_str!("restore_test_unrun.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::on_rds(estate).filter_map(unrun));
}

fn unrun(database: &Database<'_>) -> Option<Finding> {
    let every = database.intent.restore_test.every.as_ref()?;
    let nothing_kept = super::long_term(&database.intent).next().is_none();
    let because = match &database.written.vault {
        None => "the database has no `vault`",
        Some(_) if nothing_kept => "the database keeps nothing in its vault",
        Some(_) => return too_often(database),
    };
    // Nobody wrote it and nobody named the tier that says it.
    let place = every.place.or(database.tier_place)?;
    Some(
        Finding::new(&CODE, place, format!("nobody runs restore tests: {because}"))
            .why("AWS Backup restores what it keeps in a vault")
            .fix("name a `vault` of its location with weekly, monthly or yearly backups, or restore by other means"),
    )
}

fn too_often(database: &Database<'_>) -> Option<Finding> {
    const DAY_MINUTES: u64 = 24 * 60;
    let every = database.intent.restore_test.every.as_ref()?;
    let message = format!("restore tests run once a day at most, not every {}", every.value);
    (every.value.minutes() < DAY_MINUTES).then(|| {
        let mut finding = super::about(&CODE, database, every, message)
            .why("a restored database is billed while it is there, and backups are weekly at best")
            .fix("write `every: 1d` or more");
        finding.severity = Severity::Warning;
        finding
    })
}
