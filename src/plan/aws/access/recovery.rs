//! What drills need that restore beside a database, look, and discard what they restored.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::super::super::{DumpStore, Job, Plan, RESTORED_TAG};
use super::dumps::{DRILLS, add_key};
use super::keys::{Keys, OF_RDS, Service, TO_WRITE};
use super::{Instances, RUN, Wanted, allow, below, bucket_arn, by_account, taken_by, when};
use crate::cloud::aws::{PolicyDocument, arn, roles};
use crate::policy::{Runner, Task};
use crate::resolve::{Database, Estate};

/// A drill on an instance, and what receives its result.
#[derive(Clone, Copy)]
struct Drill<'p> {
    job: &'p Job,
    store: Option<&'p DumpStore>,
    restores: Restores,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Restores {
    Moment,
    Snapshot,
}

/// One for each account with drills on RDS.
pub(super) fn operators(estate: &Estate<'_>, plan: &Plan) -> Vec<Wanted> {
    let moments = plan.pitr_tests.iter().map(|test| Drill {
        job: &test.job,
        store: test.store.as_ref(),
        restores: Restores::Moment,
    });
    let snapshots = plan.snapshot_tests.iter().map(|test| Drill {
        job: &test.job,
        store: test.store.as_ref(),
        restores: Restores::Snapshot,
    });
    let mut drills: BTreeMap<&str, Vec<Drill<'_>>> = BTreeMap::new();
    for drill in moments.chain(snapshots) {
        drills.entry(&drill.job.name).or_default().push(drill);
    }
    let place = |database: &Database<'_>| {
        drills.get(database.name.value.as_str())?;
        let own = database.written.pitr_test.as_ref();
        Some(own.map_or(database.name.place, |test| test.database.place))
    };
    let accounts = by_account(estate, Task::PitrTest, place).into_iter();
    let wanted = accounts.map(|(account, instances)| {
        let databases = instances.databases.iter();
        let own = databases.filter_map(|it| drills.get(it.name.value.as_str()));
        let own: Vec<Drill<'_>> = own.flatten().copied().collect();
        let mut jobs = own.iter().map(|drill| drill.job);
        Wanted {
            account: account.to_owned(),
            role: roles::RECOVERY_OPERATOR.to_owned(),
            location: None,
            allows: PolicyDocument::new(statements(estate, account, &instances, &own)),
            taken_by: taken_by(jobs.any(|job| job.run_by.contains(&Runner::GithubActions))),
            seconds: RUN,
            place: instances.place,
        }
    });
    wanted.collect()
}

fn statements(
    estate: &Estate<'_>,
    account: &str,
    instances: &Instances<'_>,
    drills: &[Drill<'_>],
) -> Vec<serde_json::Value> {
    let regions = instances.regions();
    let everywhere = |rest: &str| -> Vec<String> {
        let all = regions.iter();
        all.map(|region| arn("rds", region, account, rest))
            .collect()
    };
    let tagged = |key: &str| json!({ "Null": { format!("aws:{key}/{RESTORED_TAG}"): "false" } });
    let any = everywhere("db:*");
    let beside: Vec<String> = ["db:*", "og:*", "pg:*", "subgrp:*"]
        .into_iter()
        .flat_map(everywhere)
        .collect();
    let restores = |what| drills.iter().any(|drill| drill.restores == what);
    // What is restored has names of its own.
    let mut statements = vec![allow("Instances", "rds:DescribeDBInstances", json!(any))];
    // Nothing can be restored without the tag, by which alone it is discarded.
    if restores(Restores::Moment) {
        let action = "rds:RestoreDBInstanceToPointInTime";
        let restore = allow("RestoreMoment", action, json!(beside));
        statements.extend([
            allow(
                "Moments",
                "rds:DescribeDBInstanceAutomatedBackups",
                json!(everywhere("auto-backup:*")),
            ),
            when(restore, tagged("RequestTag")),
        ]);
    }
    if restores(Restores::Snapshot) {
        let snapshots = everywhere("snapshot:*");
        let listed: Vec<&String> = any.iter().chain(&snapshots).collect();
        let action = "rds:RestoreDBInstanceFromDBSnapshot";
        let from: Vec<&String> = beside.iter().chain(&snapshots).collect();
        let restore = allow("RestoreSnapshot", action, json!(from));
        statements.extend([
            allow("Snapshots", "rds:DescribeDBSnapshots", json!(listed)),
            when(restore, tagged("RequestTag")),
        ]);
    }
    statements.extend([
        when(
            allow("Tag", "rds:AddTagsToResource", json!(any)),
            tagged("RequestTag"),
        ),
        when(
            allow(
                "Discard",
                json!(["rds:DeleteDBInstance", "rds:ModifyDBInstance"]),
                json!(any),
            ),
            tagged("ResourceTag"),
        ),
    ]);
    let stores = stores(drills);
    let (mut buckets, mut keys, mut at) = (BTreeSet::new(), Keys::default(), BTreeSet::new());
    for (name, bucket, region) in stores {
        buckets.insert(bucket_arn(region, bucket));
        at.insert(region);
        estate
            .store(name)
            .into_iter()
            .for_each(|it| add_key(&mut keys, it));
    }
    if !buckets.is_empty() {
        let results = below(&buckets, &[DRILLS]);
        statements.push(allow("Results", "s3:PutObject", json!(results)));
    }
    statements.extend(Keys::of(instances).statements(account, &regions, Service::Rds, &OF_RDS));
    statements.extend(keys.statements(account, &at, Service::S3, &TO_WRITE));
    statements
}

/// Where the results of the drills go: the names of the stores, their buckets and Regions.
fn stores<'p>(drills: &[Drill<'p>]) -> BTreeSet<(&'p str, &'p str, &'p str)> {
    let stores = drills.iter().filter_map(|drill| match drill.store? {
        DumpStore::S3 {
            name,
            bucket,
            region,
            ..
        } => Some((name.as_str(), bucket.as_str(), region.as_str())),
        DumpStore::Blob { .. } => None,
    });
    stores.collect()
}
