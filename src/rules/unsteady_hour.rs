//! # unsteady-hour
//! A schedule lies in an hour that a change of the clocks skips or repeats.
//!
//! **Why.** Schedulers differ then: cron makes up for what was skipped, systemd leaves it out, and some
//! run twice what comes twice. On one day of the year there is no backup, or two at once.
//!
//! **Fix.** Choose another hour, as 04:43, or `timezone: UTC`, where every hour comes once.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Scheduled, Unsteady};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "unsteady-hour",
    Severity::Warning,
    include_str!("unsteady_hour.rs"),
);

/// Fixed, so that the answer is the same on every day.
const YEARS: std::ops::Range<i16> = 2026..2028;

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        let scheduled = database.written.scheduled();
        findings.extend(scheduled.filter_map(|scheduled| one(database, scheduled)));
    }
}

fn one(database: &Database<'_>, scheduled: Scheduled<'_>) -> Option<Finding> {
    let timezone = &database.intent.timezone;
    let zone = jiff::tz::TimeZone::get(&timezone.value.to_string()).ok()?;
    let unsteady = scheduled.schedule.value.unsteady(&zone, YEARS)?;
    let (time, what) = match unsteady {
        Unsteady::Skipped(time) => (time, "does not come"),
        Unsteady::Repeated(time) => (time, "comes twice"),
    };
    let message = format!(
        "{:02}:{:02} {what} in {} on {}",
        time.hour(),
        time.minute(),
        timezone.value,
        time.date()
    );
    let finding = Finding::new(&CODE, scheduled.schedule.place, message)
        .why("schedulers differ in what they make of that")
        .fix("choose another hour, as 04:43, or `timezone: UTC`");
    Some(match timezone.place {
        Some(place) => finding.label(place, "the time zone is set here"),
        None => finding,
    })
}
