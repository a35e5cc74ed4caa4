//! # export-region
//! A database is exported to a store that RDS cannot write to: one that is not in AWS, or is in
//! another Region than the database.
//!
//! **Why.** RDS exports a snapshot only to a bucket of its own Region: every run would fail.
//!
//! **Fix.** Declare a store with a bucket at the database's location, and export to that.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate, Scope};

pub static CODE: Code = Code::new(
    "export-region",
    Severity::Error,
    include_str!("export_region.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let elsewhere = |database| elsewhere(estate, database);
    findings.extend(estate.databases.iter().filter_map(elsewhere));
}

fn elsewhere(estate: &Estate<'_>, database: &Database<'_>) -> Option<Finding> {
    let to = &database.written.export.as_ref()?.to;
    let Scope::Aws { region, .. } = database.site.scope else {
        return None;
    };
    let store = estate.store(to)?;
    let place = match store.site.scope {
        Scope::Aws { region: other, .. } if other == region => return None,
        Scope::Aws { region, .. } => region,
        Scope::Azure { .. } => "Azure",
        // `store-incomplete` says that a host holds no store.
        Scope::Host { .. } => return None,
    };
    Some(
        Finding::new(
            &CODE,
            to.place,
            format!("`{}` is in {place}, and the database in {region}", to.value),
        )
        .label(store.written.at.place, "the store is here")
        .label(database.written.at.place, "the database is here")
        .why("RDS exports a snapshot only to a bucket of its own Region")
        .fix(format!(
            "declare a store with `at: {}` and a bucket, and export to that",
            database.site.name
        )),
    )
}
