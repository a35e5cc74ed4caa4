//! # restore-test-unrun
//! Restore tests are asked for and there is nothing that would be restored: the database is not dumped,
//! or its rows alone are, and (on RDS) AWS Backup keeps nothing of it in a `vault`. Or (a warning) they
//! are asked for more often than daily, which is how often they run at most.
//!
//! **Why.** A rendered script restores the newest dump or, of PostgreSQL in RDS, the newest snapshot, and
//! AWS Backup what is in a vault. Without any of them somebody else must restore, and the policy does not
//! say who.
//!
//! **Fix.** Add a `dump`; on RDS, or name a `vault` in the database's own location and keep weekly,
//! monthly or yearly backups there. A `pitr_test` proves the provider's own backups.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "restore-test-unrun",
    Severity::Info,
    include_str!("restore_test_unrun.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(estate.databases.iter().filter_map(unrun));
}

fn unrun(database: &Database<'_>) -> Option<Finding> {
    let every = database.intent.restore_test.every.as_ref()?;
    let dump = database.written.dump.as_ref();
    let rds = database.engine().rds().is_some();
    let (because, fix) = match &database.written.vault {
        _ if !database.testers().is_empty() => return too_often(database),
        // That is told where the tests are of the dump.
        _ if dump.is_some() => return None,
        Some(_) if rds => ("the database keeps nothing in its vault", VAULT),
        None if rds => ("the database has no `vault`", VAULT),
        _ => ("the database is not dumped", DUMP),
    };
    // Nobody wrote it and nobody named the tier that says it.
    let place = every.place.or(database.tier_place)?;
    Some(
        Finding::new(&CODE, place, format!("nobody runs restore tests: {because}"))
            .why("what is tested is the newest dump, and on RDS what AWS Backup keeps in a vault")
            .fix(fix),
    )
}

const VAULT: &str =
    "name a `vault` of its location with weekly, monthly or yearly backups, add a `dump`, or restore by other means";
const DUMP: &str =
    "add a `dump`; a `pitr_test` proves what the provider keeps, and leaves this to other means";

fn too_often(database: &Database<'_>) -> Option<Finding> {
    const DAY_MINUTES: u64 = 24 * 60;
    let every = database.intent.restore_test.every.as_ref()?;
    let message = format!("restore tests run once a day at most, not every {}", every.value);
    (every.value.minutes() < DAY_MINUTES).then(|| {
        let mut finding = super::about(&CODE, database, every, message)
            .why("each restores the whole database, from a backup that is seldom newer")
            .fix("write `every: 1d` or more");
        finding.severity = Severity::Warning;
        finding
    })
}
