//! # changed
//! The live value differs from the policy and is neither stronger nor weaker: a moved window,
//! another key, a lifecycle rule that the policy does not know and that deletes nothing.
//!
//! **Why.** Somebody decided something that the policy does not say.
//!
//! **Fix.** Run the command that is printed, or write the new value into the policy.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new("changed", Severity::Warning, include_str!("changed.rs"));
