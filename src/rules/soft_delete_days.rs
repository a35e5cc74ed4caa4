//! # soft-delete-days
//! A store's `soft_delete` is not 1 to 365 days.
//!
//! **Why.** Azure takes no other time, and refuses the setting when it is applied.
//!
//! **Fix.** Write 1d to 365d. It should be longer than it takes to notice that a dump is gone.
use crate::cloud::azure::limits::SOFT_DELETE_DAYS;
use crate::finding::{Code, Finding, Severity};
use crate::resolve::Estate;

pub static CODE: Code = Code::new(
    "soft-delete-days",
    Severity::Error,
    include_str!("soft_delete_days.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let (first, last) = (SOFT_DELETE_DAYS.start(), SOFT_DELETE_DAYS.end());
    let written = estate.stores.iter().filter_map(|store| store.written.soft_delete.as_ref());
    for days in written.filter(|days| !SOFT_DELETE_DAYS.contains(&days.value.days())) {
        let message = format!("deleted blobs can be kept for {first} to {last} days, not {}", days.value);
        findings.push(
            Finding::new(&CODE, days.place, message)
                .why("Azure takes no other time")
                .fix(format!("write {first}d to {last}d")),
        );
    }
}
