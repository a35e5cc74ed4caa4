//! # azure-storage-size
//! The disk of a new flexible server has a size that Azure does not offer.
//!
//! **Why.** Premium SSD comes in fixed sizes; Azure refuses any other when it is deployed.
//!
//! **Fix.** Write one of 32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384 or 32768 GiB.
use crate::cloud::azure::limits::STORAGE_GIB;
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
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
    let size = &database.written.provision.as_ref()?.storage.as_ref()?.size;
    let gib = size.value.gib();
    if STORAGE_GIB.contains(&gib) {
        return None;
    }
    let fix = match STORAGE_GIB.into_iter().find(|offered| *offered > gib) {
        Some(next) => format!("write `{next}GiB`, the next size that holds it"),
        None => "the largest is 32768GiB: split the data over several servers".to_owned(),
    };
    Some(
        Finding::new(
            &CODE,
            size.place,
            format!("Azure offers no disk of {gib}GiB"),
        )
        .why("a flexible server's disk has one of a few fixed sizes")
        .fix(fix),
    )
}
