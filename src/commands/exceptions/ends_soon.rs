//! # exception-ends-soon
//! An exception has at most 14 days left; after its last day what it accepts is a finding again.
//!
//! **Why.** The day on which a check turns red is the wrong one to hear of it.
//!
//! **Fix.** Mend what it is about, or have its owner set a new day in a reviewed change.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Exception;

pub static CODE: Code = Code::new(
    "exception-ends-soon",
    Severity::Warning,
    include_str!("ends_soon.rs"),
);

pub fn finding(exception: &Exception) -> Finding {
    let message = format!(
        "the exception for `{}` ends on {}",
        exception.allow.value, exception.until.value
    );
    Finding::new(&CODE, exception.until.place, message)
        .why("after that day what it accepts is a finding again")
        .fix(format!(
            "ask {} to mend it or to set a new day",
            exception.owner.value
        ))
}
