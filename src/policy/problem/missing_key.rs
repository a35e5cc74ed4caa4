//! # missing-key
//! A key that is needed here is absent.
//!
//! **Why.** Without it there is no telling what is meant.
//!
//! **Fix.** Add the key. `backstay schema` prints what each part of a policy needs.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "missing-key",
    Severity::Error,
    include_str!("missing_key.rs"),
);
