//! # azure-geo
//! Geo-redundant backup does not fit the region or the tier of a flexible server. An error: it is
//! asked for in a region that has no pair. A warning: the tier wants backups in two Regions, and the
//! server's own stay in one; a note where dumps or a vault reach another region.
//!
//! **Why.** Azure copies a server's backups to the paired region or nowhere, and only if that was
//! chosen when the server was created. After the loss of a region there is nothing else to restore
//! from; what dumps and vaults hold elsewhere is as old as the last of them.
//!
//! **Fix.** Write `copies: { geo: true }` before the server is created; for one that exists, restore
//! it to a new one that has it (`az postgres flexible-server restore --geo-redundant-backup Enabled`).
//! In a region without a pair, dump to a store in another region.
use crate::cloud::azure::regions::{Pair, pair};
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Engine, StoreRedundancy, VaultRedundancy};
use crate::resolve::{Database, Estate, Resolved, Scope};

pub static CODE: Code = Code::new("azure-geo", Severity::Error, include_str!("azure_geo.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::run_by(estate, Engine::AzurePostgres) {
        let Scope::Azure { region, .. } = database.site.scope else {
            continue;
        };
        let geo = database.intent.copies.geo.as_ref();
        match geo.filter(|geo| geo.value) {
            Some(geo) => findings.extend(unpaired(database, geo, region)),
            None => findings.extend(one_region(estate, database, region)),
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

fn one_region(estate: &Estate<'_>, database: &Database<'_>, region: &str) -> Option<Finding> {
    let regions = database.intent.copies.regions.as_ref()?;
    if regions.value < 2 {
        return None;
    }
    let message = format!(
        "backups are wanted in {} Regions, and the server's own stay in {region}",
        regions.value
    );
    let finding = match regions.place {
        Some(_) => super::about(&CODE, database, regions, message),
        // A built-in tier's wish is written nowhere; who names the tier asks for it.
        None => Finding::new(
            &CODE,
            tier_place(database),
            format!("{message} (tier {})", database.tier),
        ),
    };
    let geo = database.intent.copies.geo.as_ref().and_then(|it| it.place);
    let finding = match geo {
        Some(place) => finding.label(place, "geo-redundant backup is off"),
        None => finding.label(database.name.place, "it has no `copies: { geo: true }`"),
    };
    let fix = match pair(region) {
        Pair::Without => "dump to a store in another region: this one has no pair",
        Pair::With(_) | Pair::Unknown => {
            "write `copies: { geo: true }`; a server that exists is restored to a new one for it"
        }
    };
    let mut finding = finding
        .why("after the loss of the region there is nothing to restore from")
        .fix(fix);
    finding.severity = Severity::Warning;
    if elsewhere(estate, database, region) {
        finding.severity = Severity::Info;
        finding.why = "what is elsewhere is as old as the last dump or vaulted backup".to_owned();
    }
    Some(finding)
}

fn tier_place(database: &Database<'_>) -> crate::source::Place {
    let tier = database.written.tier.as_ref();
    tier.map_or(database.name.place, |tier| tier.place)
}

/// Whether dumps or long-term backups leave the region.
fn elsewhere(estate: &Estate<'_>, database: &Database<'_>, own: &str) -> bool {
    let dumps = database.written.dump.iter().flat_map(|dump| &dump.to);
    let mut stores = dumps.filter_map(|to| estate.store(&to.value));
    let dumped = stores.any(|store| match store.site.scope {
        Scope::Azure { region, .. } => {
            use StoreRedundancy::{Grs, Gzrs, RaGrs, RaGzrs};
            let copied = store.written.redundancy.as_ref();
            region != own || copied.is_some_and(|it| matches!(it.value, Grs | RaGrs | Gzrs | RaGzrs))
        }
        Scope::Aws { .. } | Scope::Host { .. } => true,
    });
    let named = database.written.vault.as_ref();
    let vault = named.and_then(|named| estate.vault(&named.value));
    let redundancy = vault.and_then(|vault| vault.written.redundancy.as_ref());
    dumped || redundancy.is_some_and(|it| it.value == VaultRedundancy::Geo)
}
