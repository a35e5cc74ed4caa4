//! # pending
//! The cloud has accepted the intended value and applies it in the next maintenance window.
//!
//! **Why.** It is on its way; until then the old value holds.
//!
//! **Fix.** Wait for the window, or apply it at once.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new("pending", Severity::Info, include_str!("pending.rs"));
