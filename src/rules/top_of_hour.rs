//! # top-of-hour
//! A dump that GitHub Actions starts is scheduled for minute 0.
//!
//! **Why.** At the start of every hour GitHub is at its busiest: scheduled runs come late, and some
//! are dropped. A dropped run is a day without a backup.
//!
//! **Fix.** Choose another minute, as `daily 01:43`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Runner, Schedule};
use crate::resolve::{Database, Estate, Scope};

pub static CODE: Code = Code::new(
    "top-of-hour",
    Severity::Warning,
    include_str!("top_of_hour.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(estate.databases.iter().filter_map(busy));
}

fn busy(database: &Database<'_>) -> Option<Finding> {
    let dump = database.written.dump.as_ref()?;
    let named = dump.run_by.as_ref().map(|runners| {
        let github =
            |runner: &&crate::policy::Spanned<Runner>| runner.value == Runner::GithubActions;
        runners.iter().find(github)
    });
    let finding = Finding::new(
        &CODE,
        dump.schedule.place,
        "GitHub delays and drops what is scheduled at minute 0",
    )
    .why("every hour starts with GitHub's highest load")
    .fix("choose another minute, as 17 or 43");
    let finding = match (named, database.site.scope) {
        (Some(None), _) | (None, Scope::Host { .. }) => return None,
        (Some(Some(runner)), _) => finding.label(runner.place, "GitHub Actions starts it"),
        (None, _) => finding.label(
            database.written.at.place,
            "GitHub Actions starts the dumps of a cloud's databases, unless `run_by` says otherwise",
        ),
    };
    at_minute_zero(&dump.schedule.value).then_some(finding)
}

/// Whether the minutes of the schedule include 0.
fn at_minute_zero(schedule: &Schedule) -> bool {
    let minutes = schedule.cron().split(' ').next().unwrap_or_default();
    minutes.split(',').any(|item| {
        let from = item.split(['-', '/']).next().unwrap_or_default();
        from == "*" || from.parse() == Ok(0u8)
    })
}
