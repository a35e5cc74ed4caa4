//! # snapshot-copy
//! Snapshots shall be copied to a location that cannot receive them: another provider, the
//! database's own Region, or another account.
//!
//! **Why.** RDS copies a snapshot within its account. A copy in the same Region is lost with the
//! Region, and one in another account takes sharing and a key of that account, which a vault does.
//!
//! **Fix.** Name an AWS location of the same account in another Region.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate, Scope};

pub static CODE: Code = Code::new(
    "snapshot-copy",
    Severity::Error,
    include_str!("snapshot_copy.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let bad = |database| one(estate, database);
    findings.extend(estate.databases.iter().filter_map(bad));
}

fn one(estate: &Estate<'_>, database: &Database<'_>) -> Option<Finding> {
    let to = database.written.snapshots.as_ref()?.copy_to.as_ref()?;
    let Scope::Aws {
        account, region, ..
    } = database.site.scope
    else {
        return None;
    };
    let problem = match estate.location(to)?.scope {
        Scope::Aws {
            account: other, ..
        } if other != account => "is in another account",
        Scope::Aws { region: other, .. } if other == region => "is the database's own Region",
        Scope::Aws { .. } => return None,
        Scope::Azure { .. } | Scope::Host { .. } => "is not in AWS",
    };
    Some(
        Finding::new(
            &CODE,
            to.place,
            format!("`{}` cannot receive the copies: it {problem}", to.value),
        )
        .label(database.written.at.place, "the database is here")
        .why("RDS copies a snapshot to another Region of the same account")
        .fix("name an AWS location of the same account in another Region; for another account use `copies.to` with a vault there"),
    )
}
