//! # top-of-hour
//! A dump, snapshot or export that GitHub Actions starts is scheduled for minute 0.
//!
//! **Why.** At the start of every hour GitHub is at its busiest: scheduled runs come late, and some
//! are dropped. A dropped run is a day without a backup.
//!
//! **Fix.** Choose another minute, as `daily 01:43`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Runner, Schedule, Scheduled};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "top-of-hour",
    Severity::Warning,
    include_str!("top_of_hour.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        let scheduled = database.written.scheduled();
        findings.extend(scheduled.filter_map(|scheduled| busy(estate, database, scheduled)));
    }
}

fn busy<'e>(
    estate: &'e Estate<'e>,
    database: &'e Database<'e>,
    scheduled: Scheduled<'_>,
) -> Option<Finding> {
    let github = |runner: &&crate::policy::Spanned<Runner>| runner.value == Runner::GithubActions;
    let started = estate.started(database, scheduled);
    if !started.by(Runner::GithubActions) || !at_minute_zero(&scheduled.schedule.value) {
        return None;
    }
    let finding = Finding::new(
        &CODE,
        scheduled.schedule.place,
        "GitHub delays and drops what is scheduled at minute 0",
    )
    .why("every hour starts with GitHub's highest load")
    .fix("choose another minute, as 17 or 43");
    Some(match scheduled.run_by.and_then(|runners| runners.iter().find(github)) {
        Some(runner) => finding.label(runner.place, "GitHub Actions starts it"),
        None => finding.label(
            database.written.at.place,
            format!(
                "GitHub Actions starts each {} of a cloud's databases, unless `run_by` says otherwise",
                scheduled.task.name()
            ),
        ),
    })
}

/// Whether the minutes of the schedule include 0.
fn at_minute_zero(schedule: &Schedule) -> bool {
    let minutes = schedule.cron().split(' ').next().unwrap_or_default();
    minutes.split(',').any(|item| {
        let from = item.split(['-', '/']).next().unwrap_or_default();
        from == "*" || from.parse() == Ok(0u8)
    })
}
