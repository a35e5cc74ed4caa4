//! # class-interval
//! A class of dumps is kept for less time than passes until its next one: `weekly: 3d`.
//!
//! **Why.** From the end of the third day to the next weekly dump there is none: the lifecycle deletes
//! the only one before another has taken its place.
//!
//! **Fix.** Keep a class at least as long as its interval, better several times as long: `daily` one
//! day, `weekly` 7, `monthly` 31, `yearly` 366.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "class-interval",
    Severity::Warning,
    include_str!("class_interval.rs"),
);

/// The longest time, in days, between two dumps of a class.
const INTERVALS: [(&str, u64); 4] = [("daily", 1), ("weekly", 7), ("monthly", 31), ("yearly", 366)];

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let dumped = |database: &&Database<'_>| database.written.dump.is_some();
    for database in estate.databases.iter().filter(dumped) {
        for ((class, retention), (_, interval)) in
            database.intent.retention.classes().into_iter().zip(INTERVALS)
        {
            let Some(retention) = retention.filter(|it| it.value.days() < interval) else {
                continue;
            };
            let message = format!(
                "`{class}` is kept for {}, and the next one comes after up to {interval} days",
                retention.value
            );
            findings.push(
                super::about(&CODE, database, retention, message)
                    .why("the only dump of the class is deleted before another has taken its place")
                    .fix(format!("keep `{class}` for {interval}d or longer")),
            );
        }
    }
}
