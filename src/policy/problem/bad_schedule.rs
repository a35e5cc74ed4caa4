//! # bad-schedule
//! A schedule cannot be read, never comes, or means different moments in different schedulers.
//!
//! **Why.** `0 0 30 2 *` is a valid cron line that never runs. A line that sets both the day of the
//! month and the day of the week runs on either in cron and only on both elsewhere. Day 31 is
//! absent from five months.
//!
//! **Fix.** Write `daily 01:43`, `weekly sun 02:17`, `monthly 1 05:23`, or five cron fields of
//! numbers with at most one of the two day fields set.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "bad-schedule",
    Severity::Error,
    include_str!("bad_schedule.rs"),
);
