//! # azure-size
//! The compute size of a new flexible server is not one of its compute tier: `Standard_B…` is
//! Burstable, `Standard_D…` is GeneralPurpose, `Standard_E…` is MemoryOptimized.
//!
//! **Why.** Azure refuses the pair when it is deployed. Which tier is meant decides whether the server
//! can have a standby, replicas and on-demand backups.
//!
//! **Fix.** Write the tier of the size, or a size of the tier.
use crate::cloud::azure::limits::SIZES;
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Engine, SkuTier};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new("azure-size", Severity::Error, include_str!("azure_size.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::run_by(estate, Engine::AzurePostgres).filter_map(other));
}

fn other(database: &Database<'_>) -> Option<Finding> {
    let provision = database.written.provision.as_ref()?;
    let (sku, tier) = (provision.sku.as_ref()?, provision.sku_tier.as_ref()?);
    let (_, own) = SIZES.iter().find(|(start, _)| sku.value.starts_with(start))?;
    let written = match tier.value {
        SkuTier::Burstable => "Burstable",
        SkuTier::GeneralPurpose => "GeneralPurpose",
        SkuTier::MemoryOptimized => "MemoryOptimized",
    };
    let message = format!("{} is {own}, not {written}", sku.value);
    (*own != written).then(|| {
        Finding::new(&CODE, sku.place, message)
            .label(tier.place, "the compute tier is set here")
            .why("Azure refuses a size of another tier when it is deployed")
            .fix(format!("write `sku_tier: {own}`, or a size of {written}"))
    })
}
