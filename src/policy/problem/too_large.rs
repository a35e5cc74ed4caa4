//! # too-large
//! The document is larger or deeper than a policy can be, or its aliases expand to too much.
//!
//! **Why.** A few lines of nested aliases can expand to billions of values and stop the machine
//! that reads them.
//!
//! **Fix.** Split the policy into several files of one folder; write aliases out.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new("too-large", Severity::Error, include_str!("too_large.rs"));
