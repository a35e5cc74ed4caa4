//! # drill-failed
//! The last drill did not pass: something was not restored, or not in time.
//!
//! **Why.** The next restore will go as the last one did.
//!
//! **Fix.** See the checks that failed in the drill's result, put them right, and run it again.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "drill-failed",
    Severity::Error,
    include_str!("drill_failed.rs"),
);
