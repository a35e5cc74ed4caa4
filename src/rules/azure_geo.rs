//! # azure-geo
//! Geo-redundant backup of a flexible server is asked for in a region that has no pair; or (a note)
//! backups are wanted in several Regions, and of the server's own none leaves its region, only dumps
//! or vaulted backups do.
//!
//! **Why.** Azure copies a server's backups to the paired region or nowhere, and only if that was
//! chosen when the server was created. After the loss of a region, what dumps and vaults hold
//! elsewhere is as old as the last of them.
//!
//! **Fix.** Write `copies: { geo: true }` before the server is created; for one that exists, restore
//! it to a new one that has it (`az postgres flexible-server restore --geo-redundant-backup Enabled`).
//! In a region without a pair, dump to a store in another region.
use std::collections::BTreeSet;

use crate::cloud::azure::regions::{Pair, pair};
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Database, Estate, Resolved, Scope, mechanisms};

pub static CODE: Code = Code::new("azure-geo", Severity::Error, include_str!("azure_geo.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::run_by(estate, Engine::AzurePostgres) {
        let Scope::Azure { region, .. } = database.site.scope else {
            continue;
        };
        let geo = database.intent.copies.geo.as_ref();
        match geo.filter(|geo| geo.value) {
            Some(geo) => findings.extend(unpaired(database, geo, region)),
            None => findings.extend(behind(estate, database, region)),
        }
    }
}

fn unpaired(database: &Database<'_>, geo: &Resolved<bool>, region: &str) -> Option<Finding> {
    let message = format!("{region} has no paired region to which backups could be copied");
    (pair(region) == Pair::Without).then(|| {
        super::about(&CODE, database, geo, message)
            .label(database.written.at.place, format!("this is {region}"))
            .why("Azure refuses geo-redundant backup there when it is deployed")
            .fix("remove `geo: true`, and dump to a store in another region")
    })
}

/// The promise of several Regions is kept, and not by the server's own backups.
fn behind(estate: &Estate<'_>, database: &Database<'_>, region: &str) -> Option<Finding> {
    let regions = database.intent.copies.regions.as_ref()?;
    let lie: BTreeSet<_> = mechanisms(database, estate).iter().map(|it| it.lies).collect();
    // Where the promise is not kept at all, the rule `too-few-regions` says so.
    if regions.value < 2 || lie.len() < usize::from(regions.value) {
        return None;
    }
    let message = format!("the server's own backups stay in {region}");
    let geo = database.intent.copies.geo.as_ref();
    let finding = super::about(&CODE, database, regions, message);
    let mut finding = match geo.and_then(|geo| geo.place) {
        Some(place) => finding.label(place, "geo-redundant backup is off"),
        None => finding,
    };
    finding.severity = Severity::Info;
    Some(
        finding
            .why("after the loss of the region only the last dump or vaulted backup is left")
            .fix(match pair(region) {
                Pair::Without => "see that the dumps come often enough: this region has no pair",
                Pair::With(_) | Pair::Unknown => {
                    "write `copies: { geo: true }`; a server that exists is restored to a new one for it"
                }
            }),
    )
}
