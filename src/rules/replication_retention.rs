//! # replication-retention
//! A database's automated backups are to be replicated, and it has none: `retention.pitr` is 0.
//!
//! **Why.** RDS replicates the automated backups that it makes. Without them the replication cannot be
//! started, and the other Region stays empty.
//!
//! **Fix.** Write `pitr: 1d` or more, or remove `copies.replicate_pitr`.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "replication-retention",
    Severity::Error,
    include_str!("replication_retention.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::on_rds(estate).filter_map(nothing));
}

fn nothing(database: &Database<'_>) -> Option<Finding> {
    let intent = &database.intent;
    let to = intent.copies.replicate_pitr.as_ref()?;
    let pitr = intent.retention.pitr.as_ref()?;
    (pitr.value.days() == 0).then(|| {
        let message = "there are no automated backups to replicate";
        super::about(&CODE, database, to, message)
            .label(super::place_of(database, pitr), "they are turned off here")
            .why("RDS replicates the automated backups that it makes")
            .fix("write `pitr: 1d` or more, or remove `replicate_pitr`")
    })
}
