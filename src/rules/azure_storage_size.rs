//! # azure-storage-size
//! The disk of a new flexible server has a size that Azure does not offer.
//!
//! **Why.** Premium SSD comes in fixed sizes, Premium SSD v2 (`type: premium_v2`) in any from 32 to
//! 65536 GiB; Azure refuses any other when it is deployed.
//!
//! **Fix.** Write one of 32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384 or 32768 GiB.
use crate::cloud::azure::limits::{PREMIUM_V2_GIB, STORAGE_GIB};
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Engine, StorageType};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "azure-storage-size",
    Severity::Error,
    include_str!("azure_storage_size.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::run_by(estate, Engine::AzurePostgres).filter_map(size));
}

fn size(database: &Database<'_>) -> Option<Finding> {
    let storage = database.written.provision.as_ref()?.storage.as_ref()?;
    let size = &storage.size;
    let gib = size.value.gib();
    let message = format!("Azure offers no disk of {gib}GiB");
    if storage.has(StorageType::PremiumV2) {
        return (!PREMIUM_V2_GIB.contains(&gib)).then(|| {
            Finding::new(&CODE, size.place, message)
                .why("Premium SSD v2 has any size from 32GiB to 65536GiB")
                .fix("write one of them")
        });
    }
    if STORAGE_GIB.contains(&gib) {
        return None;
    }
    let fix = match STORAGE_GIB.into_iter().find(|offered| *offered > gib) {
        Some(next) => format!("write `{next}GiB`, the next size that holds it"),
        None => "the largest is 32768GiB: split the data over several servers".to_owned(),
    };
    Some(
        Finding::new(&CODE, size.place, message)
        .why("a flexible server's disk has one of a few fixed sizes")
        .fix(fix),
    )
}
