//! # azure-premium-v2
//! A new flexible server whose disk is Premium SSD v2 (`storage: { type: premium_v2 }`) is asked for what
//! Azure does not do with one: a key of the customer's own, on-demand backups (`snapshots`), long-term
//! backups in a `vault`, the tier Burstable.
//!
//! **Why.** The server is refused when it is deployed, or it stands and nothing makes the backups that its
//! policy promises. Nor does its disk grow by itself.
//!
//! **Fix.** Leave `type` out, which is Premium SSD and has all of these; or do without: a `dump` keeps what
//! snapshots and vault would have kept. A server that has the one disk is restored to a new one for the
//! other (`az postgres flexible-server restore --storage-type`).
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Encryption, Engine, SkuTier, StorageType};
use crate::resolve::{Database, Estate};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "azure-premium-v2",
    Severity::Error,
    include_str!("azure_premium_v2.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::run_by(estate, Engine::AzurePostgres) {
        if let Some(disk) = disk(database) {
            findings.extend(undone(database).into_iter().map(|(place, what)| {
                Finding::new(&CODE, place, format!("a server with Premium SSD v2 has no {what}"))
                    .label(disk, "the disk is set here")
                    .why("Azure does not do it with this disk")
                    .fix("remove `type`, or do without")
            }));
        }
    }
}

/// Where Premium SSD v2 is asked for.
fn disk(database: &Database<'_>) -> Option<Place> {
    let storage = database.written.provision.as_ref()?.storage.as_ref()?;
    let kind = storage.kind.as_ref()?;
    storage.has(StorageType::PremiumV2).then_some(kind.place)
}

fn undone(database: &Database<'_>) -> Vec<(Place, &'static str)> {
    let written = database.written;
    let tier = written.provision.as_ref().and_then(|it| it.sku_tier.as_ref());
    let tier = tier.filter(|tier| tier.value == SkuTier::Burstable);
    let key = &database.intent.encryption;
    let own = matches!(key.value, Encryption::CustomerManaged | Encryption::Key(_));
    let asked = [
        (own.then(|| super::place_of(database, key)), "key of one's own"),
        (
            written.snapshots.as_ref().map(|it| it.schedule.place),
            "on-demand backups",
        ),
        (
            written.vault.as_ref().map(|vault| vault.place),
            "long-term backups",
        ),
        (tier.map(|tier| tier.place), "Burstable tier"),
    ];
    asked
        .into_iter()
        .filter_map(|(place, what)| Some((place?, what)))
        .collect()
}
