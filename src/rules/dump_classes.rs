//! # dump-classes
//! A database is dumped, and nothing says how long a dump is kept: its retention has none of
//! `daily`, `weekly`, `monthly` and `yearly`.
//!
//! **Why.** Dumps would be kept for ever, or deleted at once; neither is what a policy means.
//!
//! **Fix.** Add at least one class to the retention of the database, its tier or the defaults, as
//! `retention: { daily: 30d }`.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "dump-classes",
    Severity::Error,
    include_str!("dump_classes.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let endless = |database: &&Database<'_>| {
        let classes = database.intent.retention.classes();
        database.written.dump.is_some() && classes.iter().all(|(_, kept)| kept.is_none())
    };
    for database in estate.databases.iter().filter(endless) {
        let place = super::key_of(estate, database, "dump");
        let finding = Finding::new(&CODE, place, "nothing says how long these dumps are kept")
            .why("`retention` has none of daily, weekly, monthly and yearly")
            .fix("add `retention: { daily: 30d }` to the database or its tier");
        findings.push(match &database.written.tier {
            Some(tier) => finding.label(tier.place, "its tier sets none of them"),
            None => finding,
        });
    }
}
