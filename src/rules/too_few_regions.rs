//! # too-few-regions
//! `copies.regions` asks for backups in more Regions than the database's mechanisms put them in.
//!
//! **Why.** The number is a promise that nothing keeps: with the Region goes every backup.
//!
//! **Fix.** Add what brings backups elsewhere: `copies.replicate_pitr` or `snapshots.copy_to` (RDS),
//! `copies.geo` (Azure), a vault of another Region in `copies.to`, or a dump to a store there.
use std::collections::BTreeSet;

use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate, Lies, mechanisms};

pub static CODE: Code = Code::new(
    "too-few-regions",
    Severity::Warning,
    include_str!("too_few_regions.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let short = |database| short(database, estate);
    findings.extend(estate.databases.iter().filter_map(short));
}

fn short(database: &Database<'_>, estate: &Estate<'_>) -> Option<Finding> {
    let wanted = database.intent.copies.regions.as_ref()?;
    let mechanisms = mechanisms(database, estate);
    let places: BTreeSet<Lies<'_>> = mechanisms.iter().map(|it| it.lies).collect();
    if places.len() >= usize::from(wanted.value) {
        return None;
    }
    let list: Vec<&str> = places
        .iter()
        .map(|place| match place {
            Lies::Region(name) | Lies::PairOf(name) | Lies::Host(name) => *name,
        })
        .collect();
    let held = match list.len() {
        0 => "nowhere".to_owned(),
        _ => format!("in {} only", list.join(", ")),
    };
    let message = format!(
        "`{}` asks for backups in {} Regions, and they lie {held}",
        database.name.value, wanted.value
    );
    Some(
        super::about(&CODE, database, wanted, message)
            .why("with the Region goes every backup")
            .fix("add `copies.replicate_pitr`, `copies.geo`, a vault in `copies.to`, `snapshots.copy_to`, or a dump to a store elsewhere"),
    )
}
