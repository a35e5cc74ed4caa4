//! What a drill needs that restores a moment beside a database, looks, and discards what it restored.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::super::{DumpStore, PitrTest, RESTORED_TAG};
use super::dumps::{DRILLS, add_key};
use super::keys::{Keys, OF_RDS, Service, TO_WRITE};
use super::{Instances, RUN, Wanted, allow, below, bucket_arn, by_account, taken_by, when};
use crate::cloud::aws::{PolicyDocument, arn, roles};
use crate::policy::Task;
use crate::resolve::{Database, Estate};

/// One for each account with drills on RDS.
pub(super) fn operators(estate: &Estate<'_>, tests: &[PitrTest]) -> Vec<Wanted> {
    let place = |database: &Database<'_>| Some(database.written.pitr_test.as_ref()?.database.place);
    let accounts = by_account(estate, Task::PitrTest, place).into_iter();
    let wanted = accounts.map(|(account, instances)| Wanted {
        account: account.to_owned(),
        role: roles::RECOVERY_OPERATOR.to_owned(),
        location: None,
        allows: PolicyDocument::new(statements(estate, account, &instances, tests)),
        taken_by: taken_by(instances.by_workflows),
        seconds: RUN,
        place: instances.place,
    });
    wanted.collect()
}

fn statements(
    estate: &Estate<'_>,
    account: &str,
    instances: &Instances<'_>,
    tests: &[PitrTest],
) -> Vec<serde_json::Value> {
    let regions = instances.regions();
    let everywhere = |rest: &str| -> Vec<String> {
        let all = regions.iter();
        all.map(|region| arn("rds", region, account, rest))
            .collect()
    };
    let tagged = |key: &str| json!({ "Null": { format!("aws:{key}/{RESTORED_TAG}"): "false" } });
    let (any, backups) = (everywhere("db:*"), everywhere("auto-backup:*"));
    let beside: Vec<String> = ["db:*", "og:*", "pg:*", "subgrp:*"]
        .into_iter()
        .flat_map(everywhere)
        .collect();
    let mut statements = vec![
        // What is restored has names of its own.
        allow("Instances", "rds:DescribeDBInstances", json!(any)),
        allow(
            "Moments",
            "rds:DescribeDBInstanceAutomatedBackups",
            json!(backups),
        ),
        // Nothing can be restored without the tag, by which alone it is discarded.
        when(
            allow(
                "Restore",
                "rds:RestoreDBInstanceToPointInTime",
                json!(beside),
            ),
            tagged("RequestTag"),
        ),
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
        // RDS keeps the password of what it restores, under names of its own.
        allow(
            "Passwords",
            json!(["secretsmanager:CreateSecret", "secretsmanager:TagResource"]),
            json!(
                regions
                    .iter()
                    .map(|region| arn("secretsmanager", region, account, "secret:rds!db-*"))
                    .collect::<Vec<_>>()
            ),
        ),
    ];
    let stores = stores(instances, tests);
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
fn stores<'p>(
    instances: &Instances<'_>,
    tests: &'p [PitrTest],
) -> BTreeSet<(&'p str, &'p str, &'p str)> {
    let names: BTreeSet<&str> = instances
        .databases
        .iter()
        .map(|database| database.name.value.as_str())
        .collect();
    let own = tests
        .iter()
        .filter(|test| names.contains(test.job.name.as_str()));
    own.filter_map(|test| match test.store.as_ref()? {
        DumpStore::S3 {
            name,
            bucket,
            region,
            ..
        } => Some((name.as_str(), bucket.as_str(), region.as_str())),
        DumpStore::Blob { .. } => None,
    })
    .collect()
}
