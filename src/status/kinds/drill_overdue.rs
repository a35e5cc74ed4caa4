//! # drill-overdue
//! No drill has passed within the time that the policy asks for (`restore_test.every`, or the schedule of
//! `pitr_test` with an allowance for the run).
//!
//! **Why.** A backup that was never restored is a hope.
//!
//! **Fix.** Run the drill, and see why it did not run by itself.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "drill-overdue",
    Severity::Warning,
    include_str!("drill_overdue.rs"),
);
