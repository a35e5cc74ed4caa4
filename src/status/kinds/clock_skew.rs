//! # clock-skew
//! The clock of this machine differs from a cloud's by more than five minutes.
//!
//! **Why.** Ages are counted from one moment. A clock that is behind makes old points look fresh, so the
//! clouds' own is used; but schedules on this machine start at the wrong time.
//!
//! **Fix.** Set the clock by NTP.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "clock-skew",
    Severity::Warning,
    include_str!("clock_skew.rs"),
);
