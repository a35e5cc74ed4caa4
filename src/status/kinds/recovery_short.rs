//! # recovery-short
//! The oldest recovery point of a mechanism is younger than the retention asks, although the mechanism is
//! old enough. An error where the cloud is set to keep less, or where older points prove how long the
//! mechanism has worked; a warning where only the age of the database speaks for it.
//!
//! **Why.** Points that should be there were deleted, expired too early, or were never made: what was
//! true then can no longer be brought back.
//!
//! **Fix.** Compare the settings (`backstay drift`), and see who deleted points. Where the retention was
//! raised or backups were turned on lately, it fills by itself: accept the finding until then with
//! `backstay accept`.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "recovery-short",
    Severity::Warning,
    include_str!("recovery_short.rs"),
);
