//! What exports of RDS need: who starts one, and whom RDS sends to write it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::super::lifecycle::EXPORT;
use super::keys::{Keys, OF_RDS, Service};
use super::trust::TakenBy;
use super::{
    HOUR, Instances, RUN, Wanted, allow, below, bucket_arn, by_account, scope, taken_by, when,
};
use crate::cloud::aws::{PolicyDocument, arn, roles};
use crate::policy::Task;
use crate::resolve::{Database, Estate};

const RDS: &str = "export.rds.amazonaws.com";

/// Two for each account with exports.
pub(super) fn roles(estate: &Estate<'_>) -> Vec<Wanted> {
    let place = |database: &Database<'_>| Some(database.written.export.as_ref()?.to.place);
    let accounts = by_account(estate, Task::Export, place).into_iter();
    let wanted = accounts.flat_map(|(account, instances)| {
        let buckets = buckets(estate, &instances);
        let operator = Wanted {
            account: account.to_owned(),
            role: roles::EXPORT_OPERATOR.to_owned(),
            location: None,
            allows: PolicyDocument::new(start(account, &instances, &buckets)),
            taken_by: taken_by(instances.by_workflows),
            seconds: RUN,
            place: instances.place,
        };
        let writer = Wanted {
            account: account.to_owned(),
            role: roles::EXPORT_WRITER.to_owned(),
            location: None,
            allows: PolicyDocument::new(write(&buckets)),
            taken_by: vec![TakenBy::Exports],
            seconds: HOUR,
            place: instances.place,
        };
        [operator, writer]
    });
    wanted.collect()
}

fn buckets(estate: &Estate<'_>, instances: &Instances<'_>) -> BTreeSet<String> {
    let exports = instances.databases.iter();
    let exports = exports.filter_map(|database| database.written.export.as_ref());
    let stores = exports.filter_map(|export| estate.store(&export.to.value));
    let arns = stores.filter_map(|store| {
        let (_, region) = scope(&store.site)?;
        Some(bucket_arn(region, &store.written.bucket.as_ref()?.value))
    });
    arns.collect()
}

fn start(account: &str, instances: &Instances<'_>, buckets: &BTreeSet<String>) -> Vec<Value> {
    let regions = instances.regions();
    let snapshots = regions
        .iter()
        .map(|region| arn("rds", region, account, "snapshot:*"));
    let described: Vec<String> = instances
        .arns(account)
        .into_iter()
        .chain(snapshots)
        .collect();
    let home = regions.first().copied().unwrap_or_default();
    let writer = roles::arn(home, account, roles::EXPORT_WRITER);
    let mut statements = vec![
        allow("Snapshots", "rds:DescribeDBSnapshots", json!(described)),
        allow(
            "Exports",
            json!(["rds:DescribeExportTasks", "rds:StartExportTask"]),
            "*",
        ),
        // Whether a bucket is there is asked as a list of it is.
        allow("Buckets", "s3:ListBucket", json!(buckets)),
        when(
            allow("Writer", "iam:PassRole", writer),
            json!({ "StringEquals": { "iam:PassedToService": RDS } }),
        ),
    ];
    statements.extend(Keys::of(instances).statements(account, &regions, Service::Rds, &OF_RDS));
    statements
}

/// Source: "Setting up access to an Amazon S3 bucket" in the RDS user guide.
fn write(buckets: &BTreeSet<String>) -> [Value; 2] {
    [
        allow(
            "Buckets",
            json!(["s3:GetBucketLocation", "s3:ListBucket"]),
            json!(buckets),
        ),
        allow(
            "Files",
            json!(["s3:DeleteObject*", "s3:GetObject*", "s3:PutObject*"]),
            json!(below(buckets, &[EXPORT])),
        ),
    ]
}
