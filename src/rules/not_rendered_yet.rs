//! # not-rendered-yet
//! The policy has a part that backstay understands and checks, and does not render in this version.
//!
//! **Why.** The file reads as if it were in force. Until it is rendered, nothing that backstay
//! writes brings it about, and drift does not compare it.
//!
//! **Fix.** Keep it: the policy stays the one record of what is meant. Set it up by other means
//! until a later version renders it.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{AlertEvent, Engine, Receiver};
use crate::resolve::{Database, Estate, Resolved, Scope};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "not-rendered-yet",
    Severity::Info,
    include_str!("not_rendered_yet.rs"),
);

/// Places that one finding marks besides its own.
const LABELS: usize = 4;

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let azure = |database: &&Database<'_>| database.engine() == Engine::AzurePostgres;
    let servers = estate.databases.iter().filter(azure);
    let windows = servers.filter_map(|d| d.intent.maintenance_window.as_ref()?.place);
    let what = "maintenance windows of Azure servers";
    findings.extend(later(what, windows.collect()));
    findings.extend(later(
        "alerts to Slack, and on what the cloud itself does not notice",
        alerts(estate),
    ));
}

/// Receivers and events of alerts that no cloud serves by itself.
fn alerts(estate: &Estate<'_>) -> Vec<Place> {
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

/// Whether the cloud itself notices. What is too old is for `backstay status` to find.
fn is_told(scope: Scope<'_>, event: AlertEvent) -> bool {
    match scope {
        Scope::Aws { .. } => event != AlertEvent::Stale,
        Scope::Azure { .. } => matches!(event, AlertEvent::Failed | AlertEvent::Weakened),
        Scope::Host { .. } => false,
    }
}

fn later(what: &str, mut places: Vec<Place>) -> Option<Finding> {
    places.sort_unstable();
    places.dedup();
    let (first, others) = places.split_first()?;
    let more = match others.len() {
        0 => String::new(),
        1 => " (and in 1 more place)".to_owned(),
        count => format!(" (and in {count} more places)"),
    };
    let message = format!("not rendered yet: {what}{more}");
    let finding = Finding::new(&CODE, *first, message)
        .why("nothing that backstay writes brings it about in this version")
        .fix("keep it, and set it up by other means until a later version renders it");
    let labelled = others.iter().take(LABELS);
    Some(labelled.fold(finding, |finding, place| finding.label(*place, "and here")))
}
