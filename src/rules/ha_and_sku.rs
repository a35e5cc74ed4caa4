//! # ha-and-sku
//! A standby or a replica that the engine or its compute tier cannot have: `multi_az` outside RDS,
//! `same_zone` or `zone_redundant` outside Azure; a standby or a replica of a Burstable server;
//! more than five replicas of a flexible server or fifteen of an RDS instance.
//!
//! **Why.** The cloud refuses it when it is deployed, and the database stays without the standby
//! that its policy promises.
//!
//! **Fix.** Write the engine's own mode, or a larger compute tier.
use crate::cloud::aws::limits::REPLICAS;
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Engine, HighAvailability, SkuTier, Spanned};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new("ha-and-sku", Severity::Error, include_str!("ha_and_sku.rs"));

/// Replicas that one flexible server can have.
const AZURE_REPLICAS: usize = 5;

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        findings.extend(mode(database));
        findings.extend(replicas(database));
        if database.engine() == Engine::AzurePostgres {
            findings.extend(burstable(database));
        }
    }
}

fn mode(database: &Database<'_>) -> Option<Finding> {
    let mode = &database.intent.high_availability;
    let (message, fix) = match (database.engine(), mode.value) {
        (engine, HighAvailability::SameZone | HighAvailability::ZoneRedundant)
            if engine.rds().is_some() => (
            "RDS has no such standby: its only mode is multi_az",
            "write `multi_az` or `none`",
        ),
        (Engine::AzurePostgres, HighAvailability::MultiAz) => (
            "a flexible server has no multi_az standby",
            "write `zone_redundant`, `same_zone` or `none`",
        ),
        _ => return None,
    };
    Some(
        super::about(&CODE, database, mode, message)
            .label(database.written.engine.place, "the engine is set here")
            .why("the cloud does not know this mode")
            .fix(fix),
    )
}

/// Where a Burstable compute tier is written.
fn burstable_tier<'d>(database: &'d Database<'_>) -> Option<&'d Spanned<SkuTier>> {
    let tier = database.written.provision.as_ref()?.sku_tier.as_ref()?;
    (tier.value == SkuTier::Burstable).then_some(tier)
}

fn burstable(database: &Database<'_>) -> Vec<Finding> {
    let Some(tier) = burstable_tier(database) else {
        return Vec::new();
    };
    let mode = &database.intent.high_availability;
    let standby = (mode.value != HighAvailability::None).then(|| {
        super::about(
            &CODE,
            database,
            mode,
            "a Burstable server cannot have a standby",
        )
    });
    let replica = database.written.replicas.first().map(|replica| {
        Finding::new(
            &CODE,
            replica.id.place,
            "a Burstable server cannot have replicas",
        )
    });
    let explain = |finding: Finding| {
        finding
            .label(tier.place, "the compute tier is set here")
            .why("Azure offers it for GeneralPurpose and MemoryOptimized servers only")
            .fix("write `sku_tier: GeneralPurpose` and a size of that tier")
    };
    standby.into_iter().chain(replica).map(explain).collect()
}

fn replicas(database: &Database<'_>) -> Option<Finding> {
    let (most, what) = match database.engine() {
        Engine::AzurePostgres => (AZURE_REPLICAS, "a flexible server"),
        engine if engine.rds().is_some() => (REPLICAS, "an RDS instance"),
        _ => return None,
    };
    let replicas = &database.written.replicas;
    let extra = replicas.get(most)?;
    let message = format!("{what} has at most {most} replicas, not {}", replicas.len());
    Some(
        Finding::new(&CODE, extra.id.place, message)
            .why("the cloud refuses one more replica")
            .fix("remove the replicas beyond that number"),
    )
}
