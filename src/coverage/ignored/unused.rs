//! # ignore-unused
//! An entry of `coverage.ignore` fits no database that a policy does not name.
//!
//! **Why.** It would leave out the next database that happens to have such a name or tag.
//!
//! **Fix.** Remove the entry, or correct its pattern.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Ignore;

pub static CODE: Code = Code::new(
    "ignore-unused",
    Severity::Warning,
    include_str!("unused.rs"),
);

pub fn finding(entry: &Ignore) -> Finding {
    let (place, what) = super::pattern(entry);
    Finding::new(&CODE, place, format!("no unprotected database fits {what}"))
        .why("it would leave out the next database that happens to fit")
        .fix("remove the entry, or correct its pattern")
}
