//! # azure-window
//! A flexible server has a `window` of its own, and nothing that heeds it.
//!
//! **Why.** Azure chooses itself when it backs a server up; no setting says when. The window counts for
//! long-term backups alone, which start in it where no `long_term_window` is written. The file reads as
//! if the backups kept to it.
//!
//! **Fix.** Remove it. A `window` in the defaults, which other databases heed, can stay.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Database, Estate, Layer};

pub static CODE: Code = Code::new(
    "azure-window",
    Severity::Warning,
    include_str!("azure_window.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::run_by(estate, Engine::AzurePostgres).filter_map(unheeded));
}

fn unheeded(database: &Database<'_>) -> Option<Finding> {
    let window = &database.intent.window;
    if window.layer != Layer::Database {
        return None;
    }
    let own = database.intent.long_term_window.as_ref();
    let message = format!("nothing keeps to the window {}", window.value);
    let finding = super::about(&CODE, database, window, message)
        .label(database.written.engine.place, "the engine is set here")
        .why("Azure chooses itself when it backs a server up")
        .fix("remove it");
    match (&database.written.vault, own.and_then(|own| own.place)) {
        (None, _) => Some(finding),
        (Some(_), Some(place)) => Some(finding.label(place, "long-term backups have a window of their own")),
        (Some(_), None) => None,
    }
}
