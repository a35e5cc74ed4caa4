//! # exception-ended
//! An exception has passed its last day, and what it accepted counts again.
//!
//! **Why.** An exception is a promise to mend something by a day; after it nobody has accepted it.
//!
//! **Fix.** Mend what it was about and remove it, or have its owner set a new day in a reviewed change.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Exception;

pub static CODE: Code = Code::new("exception-ended", Severity::Error, include_str!("ended.rs"));

pub fn finding(exception: &Exception) -> Finding {
    let message = format!(
        "the exception for `{}` ended on {}",
        exception.allow.value, exception.until.value
    );
    Finding::new(&CODE, exception.until.place, message)
        .why(format!(
            "it was accepted by {} until that day: {}",
            exception.owner.value, exception.reason.value
        ))
        .fix("mend what it was about and remove it, or set a new day in a reviewed change")
}
