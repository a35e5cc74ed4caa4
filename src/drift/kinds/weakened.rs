//! # weakened
//! The live value protects less than the policy asks for: less retention, encryption or deletion
//! protection off, a lifecycle rule gone, or one more that deletes.
//!
//! **Why.** The day on which the difference matters is the day of the restore.
//!
//! **Fix.** Run the command that is printed, or lower the policy in a reviewed change.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new("weakened", Severity::Error, include_str!("weakened.rs"));
