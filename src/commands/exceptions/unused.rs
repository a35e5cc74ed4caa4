//! # exception-unused
//! An exception accepts a finding that is not there.
//!
//! **Why.** It would hide the same finding if it came back for another reason.
//!
//! **Fix.** Remove it. Exceptions for drift are told only by a run that compares everything.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Exception;

pub static CODE: Code = Code::new(
    "exception-unused",
    Severity::Warning,
    include_str!("unused.rs"),
);

pub fn finding(exception: &Exception) -> Finding {
    let message = format!(
        "nothing is found of `{}` at {}: the exception is not needed",
        exception.allow.value, exception.at.value
    );
    Finding::new(&CODE, exception.at.place, message)
        .why("it would hide the same finding if it came back for another reason")
        .fix("remove the exception")
}
