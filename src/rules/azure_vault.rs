//! # azure-vault
//! A vault of Azure Backup cannot be as it is written, or cannot serve the server that names it: it is
//! in another region than the server; geo-redundant in a region without a pair; its soft delete is
//! outside 14 to 180 days. Or (a warning) it is locked with local redundancy, which can then never
//! change; or (a note) it keeps years and nothing keeps their backups from being deleted.
//!
//! **Why.** Azure Backup takes servers of its own region only. Redundancy is fixed once a vault holds a
//! backup, and a locked vault stays until its last backup ends. Without immutability, one
//! administrator, or somebody who became one, can delete ten years of backups in a day.
//!
//! **Fix.** Name a vault in the server's region; write `redundancy: zone` where the region has no pair;
//! `immutability: unlocked` first, and `locked` once you are sure.
use crate::cloud::azure::limits::VAULT_SOFT_DELETE_DAYS;
use crate::cloud::azure::regions::{Pair, pair};
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Engine, Immutability, VaultRedundancy};
use crate::resolve::{Database, Estate, Scope, Vault};

pub static CODE: Code = Code::new("azure-vault", Severity::Error, include_str!("azure_vault.rs"));

/// Days from which on a retention is meant for somebody who asks years later.
const COMPLIANCE_DAYS: u64 = 365;

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for vault in &estate.vaults {
        if let Scope::Azure { region, .. } = vault.site.scope {
            findings.extend(itself(vault, region));
        }
    }
    for database in super::run_by(estate, Engine::AzurePostgres) {
        let named = database.written.vault.as_ref();
        let vault = named.and_then(|named| estate.vault(&named.value));
        if let Some(vault) = vault {
            findings.extend(elsewhere(database, vault));
            findings.extend(unprotected(database, vault));
        }
    }
}

fn itself(vault: &Vault<'_>, region: &str) -> Vec<Finding> {
    let written = vault.written;
    let mut findings = Vec::new();
    if let Some(redundancy) = &written.redundancy {
        if redundancy.value == VaultRedundancy::Geo && pair(region) == Pair::Without {
            let message = format!("{region} has no paired region to which a vault could be copied");
            findings.push(
                Finding::new(&CODE, redundancy.place, message)
                    .label(written.at.place, format!("this is {region}"))
                    .why("Azure refuses a geo-redundant vault there when it is deployed")
                    .fix("write `redundancy: zone`"),
            );
        }
        if redundancy.value == VaultRedundancy::Local
            && vault.immutability() == Immutability::Locked
        {
            let mut finding = Finding::new(
                &CODE,
                redundancy.place,
                "a locked vault with local redundancy can never have another",
            )
            .why("it is fixed once the vault holds a backup, and a locked vault cannot be given up")
            .fix("write `redundancy: zone` or `geo` before the vault is made");
            finding.severity = Severity::Warning;
            findings.push(match &written.immutability {
                Some(immutability) => finding.label(immutability.place, "it is locked here"),
                None => finding,
            });
        }
    }
    let days = written.soft_delete.as_ref();
    if let Some(kept) = days.filter(|kept| !VAULT_SOFT_DELETE_DAYS.contains(&kept.value.days())) {
        let (first, last) = (VAULT_SOFT_DELETE_DAYS.start(), VAULT_SOFT_DELETE_DAYS.end());
        let message = format!(
            "a vault keeps what was deleted {first} to {last} days, not {}",
            kept.value.days()
        );
        findings.push(
            Finding::new(&CODE, kept.place, message)
                .why("Azure refuses any other length when it is deployed")
                .fix(format!("write {first}d to {last}d")),
        );
    }
    findings
}

fn elsewhere(database: &Database<'_>, vault: &Vault<'_>) -> Option<Finding> {
    let (Scope::Azure { region: here, .. }, Scope::Azure { region: there, .. }) =
        (database.site.scope, vault.site.scope)
    else {
        return None;
    };
    let named = database.written.vault.as_ref().filter(|_| here != there)?;
    let message = format!("vault `{}` is in {there}, the server in {here}", named.value);
    Some(
        Finding::new(&CODE, named.place, message)
            .label(vault.written.at.place, "the vault is there")
            .label(database.written.at.place, "the server is here")
            .why("Azure Backup takes servers of a vault's own region only")
            .fix("name a vault in the server's region; a geo-redundant one is copied to its pair"),
    )
}

fn unprotected(database: &Database<'_>, vault: &Vault<'_>) -> Option<Finding> {
    if !matches!(vault.site.scope, Scope::Azure { .. })
        || vault.immutability() != Immutability::Disabled
    {
        return None;
    }
    let mut long = super::long_term(&database.intent);
    let (class, kept) = long.find(|(_, kept)| kept.value.days() >= COMPLIANCE_DAYS)?;
    let immutability = vault.written.immutability.as_ref()?;
    let message = format!("{class} backups kept for {} can be deleted on any day", kept.value);
    let finding = Finding::new(&CODE, immutability.place, message);
    let mut finding = match kept.place {
        Some(place) => finding.label(place, "they are asked for here"),
        None => finding.label(database.name.place, "its tier asks for them"),
    };
    finding.severity = Severity::Info;
    Some(
        finding
            .why("the vault's immutability is disabled")
            .fix("write `immutability: unlocked`, and `locked` once you are sure"),
    )
}
