//! # recovery-missing
//! A mechanism has no recovery point at all, though there was time to make one.
//!
//! **Why.** What has never been backed up cannot be restored.
//!
//! **Fix.** Deploy what is rendered, see that its schedule runs, and make the first point by hand.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "recovery-missing",
    Severity::Error,
    include_str!("recovery_missing.rs"),
);
