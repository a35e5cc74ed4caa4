//! # ignore-ends-soon
//! An entry of `coverage.ignore` has at most 14 days left; after its last day the databases count again.
//!
//! **Why.** The day on which a check turns red is the wrong one to hear of it.
//!
//! **Fix.** Give the databases a policy, or set a new day.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Ignore, Spanned};

pub static CODE: Code = Code::new(
    "ignore-ends-soon",
    Severity::Warning,
    include_str!("ends_soon.rs"),
);

pub fn finding(entry: &Ignore, until: &Spanned<String>) -> Finding {
    let (_, what) = super::pattern(entry);
    let message = format!(
        "the time in which {what} is ignored ends on {}",
        until.value
    );
    Finding::new(&CODE, until.place, message)
        .why("after that day the databases count again")
        .fix("give the databases a policy, or set a new day")
}
