//! # azure-maintenance
//! The `maintenance_window` of a flexible server is not an hour long.
//!
//! **Why.** Azure takes the start of a window and no end: it maintains a server within 60 minutes from
//! there on. Beyond the end of a shorter window the server may still be restarted; of a longer one,
//! only the first hour is used.
//!
//! **Fix.** End it an hour after it starts. A longer one, which databases of RDS heed, can stay: it is
//! a note.
use crate::cloud::azure::limits::MAINTENANCE_MINUTES;
use crate::cloud::azure::postgres::MaintenanceWindow;
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "azure-maintenance",
    Severity::Warning,
    include_str!("azure_maintenance.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::run_by(estate, Engine::AzurePostgres).filter_map(uneven));
}

fn uneven(database: &Database<'_>) -> Option<Finding> {
    let setting = database.intent.maintenance_window.as_ref()?;
    let window = setting.value.weekly()?;
    let hour = MaintenanceWindow::from_start_of(window).weekly()?;
    let minutes = window.minutes();
    let message = format!(
        "the maintenance window {window} has {minutes} minutes, Azure's has {MAINTENANCE_MINUTES}"
    );
    let finding = super::about(&CODE, database, setting, message).fix(format!("write {hour}"));
    Some(match minutes.cmp(&MAINTENANCE_MINUTES) {
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Less => finding.why("maintenance may go on after its end"),
        std::cmp::Ordering::Greater => Finding {
            severity: Severity::Info,
            ..finding.why("only its first hour is used")
        },
    })
}
