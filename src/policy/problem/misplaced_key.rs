//! # misplaced-key
//! The key exists in the grammar and has no meaning here: for this provider or this engine.
//!
//! **Why.** It would have no effect, while the file reads as if it had.
//!
//! **Fix.** Remove it, or correct the provider or engine.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "misplaced-key",
    Severity::Error,
    include_str!("misplaced_key.rs"),
);
