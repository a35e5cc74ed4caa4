//! # unnamed-drill-result
//! A result under `drills` beside the policy is of a database that no policy names.
//!
//! **Why.** No runbook shows it.
//!
//! **Fix.** Remove the file where the database is gone; else name the database in the policy.
use super::Outcome;
use crate::finding::{Code, Finding, Severity};
use crate::source::Place;

pub(super) static CODE: Code = Code::new(
    "unnamed-drill-result",
    Severity::Info,
    include_str!("unnamed_drill_result.rs"),
);

pub(super) fn finding(outcome: &Outcome, place: Place) -> Finding {
    let message = format!(
        "this is the result of a drill of `{}`, which no policy names",
        outcome.database.escape_debug()
    );
    Finding::new(&CODE, place, message)
        .why("no runbook shows it")
        .fix("remove the file, where the database is gone")
}
