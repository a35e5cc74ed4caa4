//! # unreadable
//! A resource could not be read, so nothing is known of it. The exit code is 3.
//!
//! **Why.** Could-not-read is neither clean nor drift; a check that passes on it would lie.
//!
//! **Fix.** See the reason: credentials, permissions, throttling or an outage. The README lists the
//! permissions that drift needs.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "unreadable",
    Severity::Warning,
    include_str!("unreadable.rs"),
);
