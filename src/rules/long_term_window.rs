//! # long-term-window
//! Backups to a vault would start while RDS takes no snapshot: during its backup window or its
//! maintenance window, or in the hour before them. Or their window is shorter than 60 minutes, or the
//! other two leave none.
//!
//! **Why.** AWS Backup asks RDS for a snapshot and RDS refuses, so the job fails or waits until its
//! window is over. AWS Backup takes no start window under an hour.
//!
//! **Fix.** Move `long_term_window`, or leave it out: then it begins after RDS's own windows. All
//! three are UTC.
use crate::cloud::aws::limits::{QUIET_MINUTES, START_WINDOW_MINUTES};
use crate::cloud::{DailyWindow, Weekday, WeeklyWindow};
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate, Intent, Resolved};

pub static CODE: Code = Code::new(
    "long-term-window",
    Severity::Error,
    include_str!("long_term_window.rs"),
);

const WHY: &str = "RDS takes no snapshot for AWS Backup then";
const FIX: &str = "move `long_term_window`, or leave it out: it then keeps clear by itself";

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for (database, _) in super::kept_in_vaults(estate) {
        findings.extend(match &database.intent.long_term_window {
            Some(start) => short(database, start).or_else(|| taken(database, start)),
            None => crowded(database),
        });
    }
}

fn short(database: &Database<'_>, start: &Resolved<DailyWindow>) -> Option<Finding> {
    let minutes = start.value.minutes();
    let message = format!(
        "AWS Backup needs at least {START_WINDOW_MINUTES} minutes to start in, not {minutes}"
    );
    (minutes < START_WINDOW_MINUTES).then(|| {
        super::about(&CODE, database, start, message)
            .why("AWS Backup refuses a shorter start window when the plan is deployed")
            .fix(format!("make it at least {START_WINDOW_MINUTES} minutes long"))
    })
}

fn taken(database: &Database<'_>, start: &Resolved<DailyWindow>) -> Option<Finding> {
    let intent = &database.intent;
    let backup = &intent.window;
    if start.value.meets(backup.value) {
        let message = format!(
            "backups to the vault would start during RDS's own backup window {}",
            backup.value
        );
        let finding = super::about(&CODE, database, start, message)
            .why(WHY)
            .fix(FIX);
        return Some(finding.label(super::place_of(database, backup), "the backup window"));
    }
    let (what, place) = if start.value.meets(backup.value.with_lead(QUIET_MINUTES)) {
        ("backup", super::place_of(database, backup))
    } else {
        let maintenance = intent.maintenance_window.as_ref()?;
        let close = maintenance.value.weekly()?.with_lead(QUIET_MINUTES);
        if !comes_in(intent, start.value, close) {
            return None;
        }
        ("maintenance", super::place_of(database, maintenance))
    };
    let message =
        format!("backups to the vault may start during the {what} window or the hour before it");
    let mut finding = super::about(&CODE, database, start, message)
        .label(place, format!("the {what} window"))
        .why(WHY)
        .fix(FIX);
    finding.severity = Severity::Warning;
    Some(finding)
}

/// Months and years begin on any day of the week; weekly backups are made on Sunday.
fn comes_in(intent: &Intent, start: DailyWindow, weekly: WeeklyWindow) -> bool {
    match (&intent.retention.monthly, &intent.retention.yearly) {
        (None, None) => WeeklyWindow::on(Weekday::Sun, start).meets(weekly),
        _ => start.overlaps(weekly),
    }
}

fn crowded(database: &Database<'_>) -> Option<Finding> {
    let intent = &database.intent;
    if intent.long_term_start().is_some() {
        return None;
    }
    let message = format!(
        "RDS's own windows leave no {START_WINDOW_MINUTES} minutes of the day for backups to the vault"
    );
    Some(
        super::about(&CODE, database, &intent.window, message)
            .why(WHY)
            .fix("shorten `window` or `maintenance_window`, or write a `long_term_window`"),
    )
}
