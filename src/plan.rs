//! What the clouds should have: every owned resource, typed, with the policy lines that asked for
//! it. Built from an estate without errors; cannot fail.

mod access;
mod address;
mod aws;
mod azure;
mod body;
mod dump;
mod export;
mod job;
mod lifecycle;
mod name_clash;
mod on_demand;
mod pitr_test;
mod promise;
mod proof;
mod recovery;
mod resource;
mod restore_test;
mod review;
mod snapshot;

use std::collections::BTreeMap;

use crate::resolve::{Database, Estate, Resolved, Scope as PolicyScope};

pub use crate::resolve::{By, Disaster, Way};
pub use access::Grant;
pub use address::{Address, Scope};
pub use azure::Worker;
pub use body::Body;
pub use dump::{Class, Connection, DRILLS, Dump, DumpStore, DumpedDatabase, Instance, MANIFEST};
pub use export::Export;
pub use job::{Host, Job};
pub use lifecycle::{EXPORT, Tier, tiers};
pub use name_clash::{CODE as NAME_CLASH, name_clashes};
pub use on_demand::OnDemand;
pub use pitr_test::PitrTest;
pub use promise::{
    Asked, AwsRegion, Class as PointClass, Drill, DrillKey, DrillKind, Key, Means, Pace, Promise,
    Promises, Source as PointSource, point_classes, promises,
};
pub use proof::{Proof, Recorded, proofs};
pub use recovery::{Answer, Objectives, RESTORED_TAG, Recovery, Server};
pub use resource::{Owner, Parameter, Places, Purpose, Resource};
pub use restore_test::{RestoreTest, SnapshotTest, TableCheck};
pub use review::{Login, Review};
pub use snapshot::Snapshot;

/// Everything that a workspace asks of its clouds and hosts.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order of the policy.
    pub resources: Vec<Resource>,
    pub dumps: Vec<Dump>,
    pub snapshots: Vec<Snapshot>,
    pub on_demand: Vec<OnDemand>,
    pub exports: Vec<Export>,
    /// What identities of AWS are allowed.
    pub grants: Vec<Grant>,
    /// The Key Vaults that hold passwords: their ids by the names of the locations.
    pub key_vaults: BTreeMap<String, String>,
    pub pitr_tests: Vec<PitrTest>,
    /// Tests of dumps.
    pub restore_tests: Vec<RestoreTest>,
    /// Tests of snapshots.
    pub snapshot_tests: Vec<SnapshotTest>,
    /// One for each database; none in what is only compared.
    pub recoveries: Vec<Recovery>,
    /// None: the policy names no repository.
    pub review: Option<Review>,
}

/// Turns intent into resources.
pub fn plan(estate: &Estate<'_>) -> Plan {
    Plan {
        recoveries: recoveries(estate),
        ..managed(estate)
    }
}

/// How each database comes back, as it is rendered.
pub fn recoveries(estate: &Estate<'_>) -> Vec<Recovery> {
    let databases = estate.databases.iter();
    databases.map(|it| recovery::recovery(it, estate)).collect()
}

/// The plan without its recoveries, which only rendering asks for.
pub fn managed(estate: &Estate<'_>) -> Plan {
    let mut plan = Plan::default();
    for database in &estate.databases {
        match database.site.scope {
            PolicyScope::Aws { .. } => {
                aws::instances(database, estate, &mut plan.resources);
            }
            PolicyScope::Azure { .. } => {
                azure::servers(database, &mut plan.resources);
                plan.resources.extend(azure::lock(database));
            }
            PolicyScope::Host { .. } => {}
        }
        plan.dumps.extend(dump::dump(database, estate));
        plan.snapshots.extend(snapshot::snapshot(database, estate));
        plan.on_demand
            .extend(on_demand::on_demand(database, estate));
        plan.exports.extend(export::export(database, estate));
        plan.pitr_tests
            .extend(pitr_test::pitr_test(database, estate));
        plan.restore_tests
            .extend(restore_test::restore_test(database, estate));
        plan.snapshot_tests
            .extend(restore_test::snapshot_test(database, estate));
    }
    for vault in &estate.vaults {
        plan.resources.extend(aws::vault(vault, estate));
        plan.resources.extend(azure::vault(vault, estate));
    }
    for store in &estate.stores {
        if let PolicyScope::Aws { .. } = store.site.scope {
            let kept = lifecycle::Kept::of(store, estate);
            aws::bucket(store, &kept, &mut plan.resources);
        }
    }
    aws::alerts(estate, &mut plan.resources);
    for account in estate.accounts() {
        plan.resources.extend(azure::policy(&account, estate));
        azure::account(&account, &mut plan.resources);
    }
    plan.resources.extend(azure::alerts(estate));
    let access = azure::access(estate, &plan);
    plan.resources.extend(access);
    aws::access(estate, &mut plan);
    plan.key_vaults = azure::key_vaults(estate);
    plan.review = review::review(estate, &plan.resources);
    plan
}

/// The alias of the key that a database's stack makes for it.
pub fn key_alias(name: &str) -> String {
    format!("alias/backstay/{name}")
}

/// Tags of everything that is rendered for a database.
fn tags(database: &Database<'_>) -> BTreeMap<String, String> {
    database
        .intent
        .tags
        .iter()
        .map(|(key, tag)| (key.clone(), tag.value.clone()))
        .collect()
}

/// Tags as the AWS CLI takes them.
fn tag_list<'t>(tags: impl IntoIterator<Item = (&'t String, &'t String)>) -> Vec<String> {
    let tag = |(key, value)| serde_json::json!({ "Key": key, "Value": value }).to_string();
    tags.into_iter().map(tag).collect()
}

/// Where each tag was asked for, below the pointer of a resource's tags.
fn tag_places(database: &Database<'_>, tags: &str) -> Places {
    let tag = |(key, tag): (&String, &Resolved<String>)| {
        let step = key.replace('~', "~0").replace('/', "~1");
        Some((format!("{tags}/{step}").into(), tag.place?))
    };
    database.intent.tags.iter().filter_map(tag).collect()
}
