//! # alert-by-status
//! An alert goes to Slack, or is about what no cloud notices by itself: a backup that is too old, or
//! anything of a host of your own.
//!
//! **Why.** What is rendered into the cloud tells nobody of it. `backstay status --notify policy`
//! does, each time that it runs.
//!
//! **Fix.** Run that by cron or by a workflow, as often as the shortest `rpo` asks for.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{AlertEvent, Receiver};
use crate::resolve::{Estate, Resolved, Scope};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "alert-by-status",
    Severity::Info,
    include_str!("alert_by_status.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let message = "no cloud tells of this by itself";
    let finding = super::rolled_up(&CODE, message, places(estate));
    findings.extend(finding.map(|finding| {
        finding
            .why("what is rendered into the cloud tells nobody of it")
            .fix("run `backstay status --notify policy` by cron or by a workflow")
    }));
}

fn places(estate: &Estate<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    for database in &estate.databases {
        let alerts = &database.intent.alerts;
        if alerts.to.is_empty() || alerts.events.is_empty() {
            continue;
        }
        let slack = |to: &&Resolved<Receiver>| matches!(to.value, Receiver::Slack(_));
        let untold = |event: &&Resolved<AlertEvent>| !is_told(database.site.scope, event.value);
        let receivers = alerts.to.iter().filter(slack);
        places.extend(receivers.map(|to| super::place_of(database, to)));
        let events = alerts.events.iter().filter(untold);
        places.extend(events.map(|event| super::place_of(database, event)));
    }
    places
}

/// Whether the cloud itself notices.
fn is_told(scope: Scope<'_>, event: AlertEvent) -> bool {
    match scope {
        Scope::Aws { .. } => event != AlertEvent::Stale,
        Scope::Azure { .. } => matches!(event, AlertEvent::Failed | AlertEvent::Weakened),
        Scope::Host { .. } => false,
    }
}
