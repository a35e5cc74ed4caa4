//! # bad-value
//! A value has the wrong type, is not one of the allowed words, or is out of range.
//!
//! **Why.** No cloud would take it, or it would mean something else there.
//!
//! **Fix.** Write one of the values that the message names. Numbers that are names (an account id,
//! a version) are written in quotes.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new("bad-value", Severity::Error, include_str!("bad_value.rs"));
