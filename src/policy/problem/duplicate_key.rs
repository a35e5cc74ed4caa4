//! # duplicate-key
//! A map has the same key twice.
//!
//! **Why.** Most YAML readers keep one of the two and drop the other without a word; which one
//! differs between readers.
//!
//! **Fix.** Remove one, or give it another name.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "duplicate-key",
    Severity::Error,
    include_str!("duplicate_key.rs"),
);
