//! # not_compared
//! The cloud does not tell this value back, or what it refers to could not be read.
//!
//! **Why.** Silence would look like agreement.
//!
//! **Fix.** Nothing to do for a value that is never reported; otherwise see the reason that is given.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "not_compared",
    Severity::Info,
    include_str!("not_compared.rs"),
);
