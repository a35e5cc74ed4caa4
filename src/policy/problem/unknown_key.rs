//! # unknown-key
//! The policy has a key that the grammar does not know.
//!
//! **Why.** A mistyped `retention` would otherwise be a backup that nobody keeps.
//!
//! **Fix.** Use the key that is suggested, or remove this one. `backstay schema` prints the grammar.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "unknown-key",
    Severity::Error,
    include_str!("unknown_key.rs"),
);
