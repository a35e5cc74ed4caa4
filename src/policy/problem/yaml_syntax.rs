//! # yaml-syntax
//! The file is not one YAML document that backstay can read.
//!
//! **Why.** Nothing in the file can be checked, so nothing in it is protected.
//!
//! **Fix.** Correct the place that is shown. Common causes: a tab in the indentation, a missing
//! colon, an unclosed quote, a second document behind `---`.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "yaml-syntax",
    Severity::Error,
    include_str!("yaml_syntax.rs"),
);
