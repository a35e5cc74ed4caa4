//! # unprotected
//! A database of a location has backups, and no policy names it.
//!
//! **Why.** Nobody has said what must be recoverable of it, so nothing tells when its backups are
//! shortened, stopped or deleted.
//!
//! **Fix.** `backstay adopt` writes it down as it is. A database that needs no policy is left out under
//! `coverage.ignore`, by a pattern of its name or a tag, with a reason.
use super::{Seen, remedy, title};
use crate::finding::{Code, Finding, Severity};

pub static CODE: Code = Code::new(
    "unprotected",
    Severity::Warning,
    include_str!("unprotected.rs"),
);

pub fn finding(seen: &Seen<'_>, live: &str) -> Finding {
    let message = format!("no policy names {}", title(seen));
    Finding::new(&CODE, super::place(seen), message)
        .why(format!("it has {live}; nothing tells when they stop"))
        .fix(remedy(seen))
}
