//! # rds-retention
//! RDS keeps automated backups for 0 to 35 days; `retention.pitr` asks for something else. With 0
//! (a warning) there are no automated backups at all, which RDS refuses where replicas exist.
//!
//! **Why.** CloudFormation fails on the deployment, after the change was reviewed; or the database
//! runs without any backup of its own.
//!
//! **Fix.** Write 1d to 35d in `retention.pitr`. What must be kept longer belongs in `weekly`,
//! `monthly` and `yearly`.
use crate::cloud::aws::limits::RETENTION_DAYS;
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "rds-retention",
    Severity::Error,
    include_str!("rds_retention.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::on_rds(estate).filter_map(retention));
}

fn retention(database: &Database<'_>) -> Option<Finding> {
    let Some(pitr) = &database.intent.retention.pitr else {
        let message = "nothing says how long RDS keeps its automated backups";
        return Some(
            Finding::new(&CODE, database.name.place, message)
                .why("neither the database nor its tier or defaults set `retention.pitr`")
                .fix("add `retention: { pitr: 14d }`, at most 35d"),
        );
    };
    let days = pitr.value.days();
    let last = RETENTION_DAYS.end();
    if !RETENTION_DAYS.contains(&days) {
        let message = format!("RDS keeps automated backups at most {last} days, not {days}");
        return Some(
            super::about(&CODE, database, pitr, message)
                .why("RDS refuses a longer backup retention period when it is deployed")
                .fix(format!(
                    "write `pitr: {last}d`, and keep older backups in `weekly`, `monthly` and `yearly`"
                )),
        );
    }
    if days > 0 {
        return None;
    }
    let off = super::about(&CODE, database, pitr, "automated backups are turned off")
        .fix("write `pitr: 1d` or more, at most 35d");
    Some(match database.written.replicas.first() {
        Some(replica) => off
            .label(replica.id.place, "a replica needs its source's backups")
            .why("RDS refuses to turn automated backups off while read replicas exist"),
        None => {
            let mut off =
                off.why("without them no moment between two dumps or snapshots can be restored");
            off.severity = Severity::Warning;
            off
        }
    })
}
