//! # window-too-short
//! A backup or maintenance window of an RDS database is shorter than 30 minutes.
//!
//! **Why.** RDS refuses such a window when it is deployed; no template checker says so before.
//!
//! **Fix.** End the window at least 30 minutes after it starts. A window that ends where it starts
//! has no length.
use crate::cloud::aws::limits::WINDOW_MINUTES;
use crate::finding::{Code, Finding, Severity};
use crate::policy::Maintenance;
use crate::resolve::{Database, Estate, Resolved};

pub static CODE: Code = Code::new(
    "window-too-short",
    Severity::Error,
    include_str!("window_too_short.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::on_rds(estate) {
        let window = &database.intent.window;
        findings.extend(short(database, "backup", window, window.value.minutes()));
        if let Some(window) = &database.intent.maintenance_window
            && let Maintenance::Weekly(weekly) = window.value
        {
            findings.extend(short(database, "maintenance", window, weekly.minutes()));
        }
    }
}

fn short<T: std::fmt::Display>(
    database: &Database<'_>,
    kind: &str,
    window: &Resolved<T>,
    minutes: u32,
) -> Option<Finding> {
    let message = format!("the {kind} window {} has {minutes} minutes", window.value);
    (minutes < WINDOW_MINUTES).then(|| {
        super::about(&CODE, database, window, message)
            .why(format!(
                "RDS takes windows of at least {WINDOW_MINUTES} minutes"
            ))
            .fix("end it later")
    })
}
