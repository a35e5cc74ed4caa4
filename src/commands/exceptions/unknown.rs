//! # exception-unknown
//! An exception names a finding or a part of the policy that does not exist, or no day.
//!
//! **Why.** It accepts nothing, while its readers believe that it does.
//!
//! **Fix.** Write a code that `backstay explain` lists, a path of the policy as databases.NAME, and a day
//! as year-month-day.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Exception;

pub static CODE: Code = Code::new(
    "exception-unknown",
    Severity::Error,
    include_str!("unknown.rs"),
);

pub fn code(exception: &Exception, near: Option<&str>) -> Finding {
    let message = format!("no finding has the code `{}`", exception.allow.value);
    let fix = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write one that `backstay explain` lists".to_owned(),
    };
    Finding::new(&CODE, exception.allow.place, message)
        .why("the exception accepts nothing")
        .fix(fix)
}

pub fn path(exception: &Exception) -> Finding {
    let message = format!("the policy has nothing at {}", exception.at.value);
    Finding::new(&CODE, exception.at.place, message)
        .why("the exception accepts nothing")
        .fix("write the path of a part of the policy, as databases.NAME")
}

pub fn date(exception: &Exception) -> Finding {
    let message = format!("{} is no day", exception.until.value);
    Finding::new(&CODE, exception.until.place, message)
        .why("the exception has no end")
        .fix("write year-month-day")
}
