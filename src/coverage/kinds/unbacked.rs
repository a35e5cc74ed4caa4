//! # unbacked
//! A database of a location has no backup at all, and no policy names it: its automated backups are
//! off, and AWS Backup holds nothing of it.
//!
//! **Why.** What is lost there is lost for good.
//!
//! **Fix.** Turn its automated backups on, then let `backstay adopt` write it down. A database that may
//! be lost is left out under `coverage.ignore` with a reason.
use super::{Seen, remedy, title};
use crate::finding::{Code, Finding, Severity};

pub static CODE: Code = Code::new("unbacked", Severity::Error, include_str!("unbacked.rs"));

pub fn finding(seen: &Seen<'_>) -> Finding {
    let message = format!(
        "{} has no backup at all, and no policy names it",
        title(seen)
    );
    Finding::new(&CODE, super::place(seen), message)
        .why("what is lost there is lost for good")
        .fix(format!(
            "turn its automated backups on; then {}",
            remedy(seen)
        ))
}
