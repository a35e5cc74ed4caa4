//! # bad-duration
//! A length of time cannot be read. Lengths are a whole number and `min`, `h`, `d`, `w`, `mo` or
//! `y`, or ISO 8601 with one unit (`P30D`).
//!
//! **Why.** A bare `m` could mean minutes or months: one of them keeps backups 43,800 times longer.
//!
//! **Fix.** Write the unit in full: `15min`, `12mo`.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "bad-duration",
    Severity::Error,
    include_str!("bad_duration.rs"),
);
