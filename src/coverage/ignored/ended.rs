//! # ignore-ended
//! An entry of `coverage.ignore` has passed its last day, and the databases that it left out count again.
//!
//! **Why.** The entry was meant for a time; after it nobody has said that they need no policy.
//!
//! **Fix.** Give the databases a policy and remove the entry, or set a new day in a reviewed change.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Ignore, Spanned};

pub static CODE: Code = Code::new("ignore-ended", Severity::Error, include_str!("ended.rs"));

pub fn finding(entry: &Ignore, until: &Spanned<String>) -> Finding {
    let (_, what) = super::pattern(entry);
    let message = format!(
        "the time in which {what} is ignored ended on {}",
        until.value
    );
    Finding::new(&CODE, until.place, message)
        .why(format!("it was ignored until that day: {}", entry.reason.value))
        .fix("give the databases a policy and remove the entry, or set a new day in a reviewed change")
}
