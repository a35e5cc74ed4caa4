//! # long-term-unkept
//! Weekly, monthly or yearly backups are asked for, and nothing keeps them: the database has neither a
//! `vault` nor a `dump`, and no `snapshots` that stay so long.
//!
//! **Why.** Point-in-time recovery ends after 35 days at the latest and goes with the database. What
//! is older exists only on paper.
//!
//! **Fix.** Name a `vault` in the database's own location, or give it a `dump`; or lower the
//! retention to what is meant.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "long-term-unkept",
    Severity::Warning,
    include_str!("long_term_unkept.rs"),
);

const WHY: &str = "automated backups last 35 days at most, and go with the database";
const FIX: &str = "name a `vault` of its location, or give it a `dump`";

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        let kept = database.written.vault.is_some() || database.written.dump.is_some();
        if !kept && database.engine() != Engine::Postgres {
            unkept(database, findings);
        }
    }
}

fn unkept(database: &Database<'_>, findings: &mut Vec<Finding>) {
    let snapshots = database.written.snapshots.as_ref();
    let kept = snapshots.map_or(0, |snapshots| snapshots.keep.value.days());
    let classes = super::long_term(&database.intent);
    let mut of_tier = Vec::new();
    for (class, length) in classes.filter(|(_, length)| length.value.days() > kept) {
        if length.place.is_none() {
            of_tier.push(class);
            continue;
        }
        let message = format!("nothing keeps {class} backups for {}", length.value);
        let finding = super::about(&CODE, database, length, message);
        findings.push(finding.why(WHY).fix(FIX));
    }
    // A built-in tier's retention is written nowhere; who names the tier asks for it.
    if let (Some(place), false) = (database.tier_place, of_tier.is_empty()) {
        let message = format!(
            "nothing keeps the {} backups that tier `{}` asks for",
            of_tier.join(", "),
            database.tier
        );
        findings.push(Finding::new(&CODE, place, message).why(WHY).fix(FIX));
    }
}
