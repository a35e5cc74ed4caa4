//! # azure-retention
//! A flexible server keeps its backups for 7 to 35 days; `retention.pitr` asks for something else.
//!
//! **Why.** Azure refuses the template when it is deployed, after the change was reviewed.
//!
//! **Fix.** Write 7d to 35d in `retention.pitr`. What must be kept longer belongs in `weekly`,
//! `monthly` and `yearly`.
use crate::cloud::azure::limits::RETENTION_DAYS;
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "azure-retention",
    Severity::Error,
    include_str!("azure_retention.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::run_by(estate, Engine::AzurePostgres).filter_map(retention));
}

fn retention(database: &Database<'_>) -> Option<Finding> {
    let (first, last) = (RETENTION_DAYS.start(), RETENTION_DAYS.end());
    let Some(pitr) = &database.intent.retention.pitr else {
        let message = "nothing says how long the server keeps its backups";
        return Some(
            Finding::new(&CODE, database.name.place, message)
                .why("neither the database nor its tier or defaults set `retention.pitr`")
                .fix(format!(
                    "add `retention: {{ pitr: 14d }}`, {first}d to {last}d"
                )),
        );
    };
    let days = pitr.value.days();
    if RETENTION_DAYS.contains(&days) {
        return None;
    }
    let message = format!("a flexible server keeps backups {first} to {last} days, not {days}");
    let fix = match days > *last {
        true => format!(
            "write `pitr: {last}d`, and keep older backups in `weekly`, `monthly` and `yearly`"
        ),
        false => format!("write `pitr: {first}d` or more"),
    };
    Some(
        super::about(&CODE, database, pitr, message)
            .why("Azure refuses any other backup retention when it is deployed")
            .fix(fix),
    )
}
