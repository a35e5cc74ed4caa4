//! # recovery-stale
//! The newest recovery point of a mechanism is older than the policy allows: older than the `rpo`, where
//! any moment can be restored, or than the schedule, with an allowance for the run.
//!
//! **Why.** What was written since is lost with the database.
//!
//! **Fix.** See why no newer one was made: the last run of the script, failed jobs of the vault, events
//! of the server. Then make one now.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "recovery-stale",
    Severity::Error,
    include_str!("recovery_stale.rs"),
);
