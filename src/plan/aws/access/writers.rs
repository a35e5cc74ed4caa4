//! What scripts need: dumps their buckets, snapshots and exports of RDS their instances.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::super::lifecycle::{CLASSES, EXPORT};
use super::super::super::{Dump, DumpStore, PitrTest};
use super::recovery::recovery_operators;
use super::{HOUR, RUN, TakenBy, Wanted, allow, scope, when};
use crate::cloud::aws::{PolicyDocument, arn, partition, roles};
use crate::policy::{Encryption, Runner, Task};
use crate::resolve::{Database, Estate};
use crate::source::Place;

/// More instances than this are allowed by their Region: a role's policies have 10,240 characters.
const NAMED_INSTANCES: usize = 40;

/// Everybody who writes, in the order of the accounts.
pub(super) fn writers(estate: &Estate<'_>, dumps: &[Dump], tests: &[PitrTest]) -> Vec<Wanted> {
    let mut wanted = dump_writers(estate, dumps);
    wanted.extend(snapshot_operators(estate));
    wanted.extend(exporters(estate));
    wanted.extend(recovery_operators(estate, tests));
    wanted
}

/// One for each account with buckets: it adds objects under the classes' prefixes, and removes none.
fn dump_writers(estate: &Estate<'_>, dumps: &[Dump]) -> Vec<Wanted> {
    struct Buckets<'d> {
        arns: BTreeSet<String>,
        by_workflows: bool,
        dump: &'d str,
    }
    let mut accounts: BTreeMap<&str, Buckets<'_>> = BTreeMap::new();
    for dump in dumps {
        for store in &dump.stores {
            let DumpStore::S3 {
                bucket,
                region,
                account,
                ..
            } = store
            else {
                continue;
            };
            let buckets = accounts.entry(account).or_insert_with(|| Buckets {
                arns: BTreeSet::new(),
                by_workflows: false,
                dump: &dump.job.name,
            });
            buckets.arns.insert(bucket_arn(region, bucket));
            buckets.by_workflows |= dump.job.run_by.contains(&Runner::GithubActions);
        }
    }
    let wanted = accounts.into_iter().filter_map(|(account, buckets)| {
        let mut databases = estate.databases.iter();
        let first = databases.find(|database| database.name.value == buckets.dump)?;
        let prefixes: Vec<String> = CLASSES.iter().map(|class| format!("{class}/*")).collect();
        let objects = objects(&buckets.arns, &prefixes);
        let list = allow("Dumps", "s3:ListBucket", json!(buckets.arns));
        Some(Wanted {
            account: account.to_owned(),
            role: roles::DUMP_WRITER.to_owned(),
            allows: PolicyDocument::new([
                when(list, json!({ "StringLike": { "s3:prefix": prefixes } })),
                // A large upload has parts, which are given up when it fails.
                allow(
                    "Uploads",
                    json!(["s3:AbortMultipartUpload", "s3:PutObject"]),
                    json!(objects),
                ),
            ]),
            taken_by: taken_by(buckets.by_workflows),
            seconds: HOUR,
            place: first.written.dump.as_ref()?.to.first()?.place,
        })
    });
    wanted.collect()
}

/// A crontab's host has credentials of its own.
pub(super) fn taken_by(workflows: bool) -> TakenBy {
    match workflows {
        true => TakenBy::Workflows,
        false => TakenBy::Others,
    }
}

/// What the databases of one account ask for.
pub(super) struct Instances<'e> {
    pub databases: Vec<&'e Database<'e>>,
    pub by_workflows: bool,
    pub place: Place,
}

/// Databases with a part of the policy, which asks for a task, by account.
pub(super) fn by_account<'e>(
    estate: &'e Estate<'_>,
    task: Task,
    place: impl Fn(&'e Database<'_>) -> Option<Place>,
) -> BTreeMap<&'e str, Instances<'e>> {
    let mut accounts: BTreeMap<&str, Instances<'_>> = BTreeMap::new();
    for database in &estate.databases {
        if let (Some((account, _)), Some(place)) = (scope(&database.site), place(database)) {
            let instances = accounts.entry(account).or_insert_with(|| Instances {
                databases: Vec::new(),
                by_workflows: false,
                place,
            });
            let mut scheduled = database.written.scheduled();
            let scheduled = scheduled.find(|scheduled| scheduled.task == task);
            instances.by_workflows |=
                scheduled.is_some_and(|it| estate.started(database, it).by(Runner::GithubActions));
            instances.databases.push(database);
        }
    }
    accounts
}

/// It takes and copies snapshots under names of its own, and deletes those that have its tag.
fn snapshot_operators(estate: &Estate<'_>) -> Vec<Wanted> {
    let place = |database: &Database<'_>| Some(database.written.snapshots.as_ref()?.schedule.place);
    let accounts = by_account(estate, Task::Snapshot, place).into_iter();
    let wanted = accounts.map(|(account, instances)| Wanted {
        account: account.to_owned(),
        role: roles::SNAPSHOT_OPERATOR.to_owned(),
        allows: PolicyDocument::new(snapshots(estate, account, &instances)),
        taken_by: taken_by(instances.by_workflows),
        seconds: RUN,
        place: instances.place,
    });
    wanted.collect()
}

fn snapshots(estate: &Estate<'_>, account: &str, instances: &Instances<'_>) -> Vec<Value> {
    let (mut here, mut copied) = (BTreeSet::new(), BTreeSet::new());
    for database in &instances.databases {
        here.extend(scope(&database.site).map(|(_, region)| region));
        let snapshots = database.written.snapshots.as_ref();
        let copy = snapshots.and_then(|it| estate.location(&it.copy_to.as_ref()?.value));
        copied.extend(copy.as_ref().and_then(scope).map(|(_, region)| region));
    }
    let both: BTreeSet<&str> = here.union(&copied).copied().collect();
    let named = |regions: &BTreeSet<&str>, name: &str| -> Vec<String> {
        let name = format!("snapshot:{name}");
        let all = regions.iter();
        all.map(|region| arn("rds", region, account, &name))
            .collect()
    };
    let own = format!("{}*", roles::PREFIX);
    let described = instance_arns(account, instances);
    let taken: Vec<String> = described
        .iter()
        .cloned()
        .chain(named(&here, &own))
        .collect();
    let tagged =
        |key: &str| json!({ "Null": { format!("aws:{key}/{}", roles::OWNER_TAG): "false" } });
    let mut statements = vec![
        allow("Instances", "rds:DescribeDBInstances", json!(described)),
        allow(
            "Snapshots",
            "rds:DescribeDBSnapshots",
            json!(named(&both, "*")),
        ),
        when(
            allow("Take", "rds:CreateDBSnapshot", json!(taken)),
            tagged("RequestTag"),
        ),
        allow("Tag", "rds:AddTagsToResource", json!(named(&both, &own))),
        when(
            allow("Prune", "rds:DeleteDBSnapshot", json!(named(&both, &own))),
            tagged("ResourceTag"),
        ),
    ];
    if !copied.is_empty() {
        statements.push(allow(
            "Copy",
            "rds:CopyDBSnapshot",
            json!(named(&both, &own)),
        ));
        // Which key a copy takes is the script's setting.
        let any = key_arns(account, &copied);
        let copy_keys = allow("CopyKeys", json!(KEY_ACTIONS), json!(any));
        statements.push(when(copy_keys, through_rds(&copied)));
    }
    statements.extend(keys(account, &here, instances));
    statements
}

/// Who starts an export, and whom RDS sends to write it.
fn exporters(estate: &Estate<'_>) -> Vec<Wanted> {
    let place = |database: &Database<'_>| Some(database.written.export.as_ref()?.to.place);
    let accounts = by_account(estate, Task::Export, place).into_iter();
    accounts
        .flat_map(|(account, instances)| {
            let (mut regions, mut buckets) = (BTreeSet::new(), BTreeSet::new());
            for database in &instances.databases {
                regions.extend(scope(&database.site).map(|(_, region)| region));
                let export = database.written.export.as_ref();
                let store = export.and_then(|export| estate.store(&export.to.value));
                buckets.extend(store.and_then(|store| {
                    let (_, region) = scope(&store.site)?;
                    Some(bucket_arn(region, &store.written.bucket.as_ref()?.value))
                }));
            }
            let writer = {
                let partition = regions.first().map_or("aws", |region| partition(region));
                format!(
                    "arn:{partition}:iam::{account}:role/{}",
                    roles::EXPORT_WRITER
                )
            };
            let operator = Wanted {
                account: account.to_owned(),
                role: roles::EXPORT_OPERATOR.to_owned(),
                allows: PolicyDocument::new(start(
                    account, &regions, &instances, &buckets, &writer,
                )),
                taken_by: taken_by(instances.by_workflows),
                seconds: RUN,
                place: instances.place,
            };
            let prefix = [format!("{EXPORT}/*")];
            let writer = Wanted {
                account: account.to_owned(),
                role: roles::EXPORT_WRITER.to_owned(),
                allows: PolicyDocument::new([
                    allow(
                        "Buckets",
                        json!(["s3:GetBucketLocation", "s3:ListBucket"]),
                        json!(buckets),
                    ),
                    // Source: "Setting up access to an Amazon S3 bucket" in the RDS user guide.
                    allow(
                        "Files",
                        json!(["s3:DeleteObject*", "s3:GetObject*", "s3:PutObject*"]),
                        json!(objects(&buckets, &prefix)),
                    ),
                ]),
                taken_by: TakenBy::Exports,
                seconds: HOUR,
                place: instances.place,
            };
            [operator, writer]
        })
        .collect()
}

fn start(
    account: &str,
    regions: &BTreeSet<&str>,
    instances: &Instances<'_>,
    buckets: &BTreeSet<String>,
    writer: &str,
) -> Vec<Value> {
    let snapshots = regions
        .iter()
        .map(|region| arn("rds", region, account, "snapshot:*"));
    let described: Vec<String> = instance_arns(account, instances)
        .into_iter()
        .chain(snapshots)
        .collect();
    let mut statements = vec![
        allow("Snapshots", "rds:DescribeDBSnapshots", json!(described)),
        allow(
            "Exports",
            json!(["rds:DescribeExportTasks", "rds:StartExportTask"]),
            "*",
        ),
        allow("Buckets", "s3:ListBucket", json!(buckets)),
        when(
            allow("Writer", "iam:PassRole", writer),
            json!({ "StringEquals": { "iam:PassedToService": "export.rds.amazonaws.com" } }),
        ),
    ];
    statements.extend(keys(account, regions, instances));
    statements
}

/// Source: "Authorizing use of a customer managed key" in the RDS user guide; an export and a copy
/// also hand the key on.
const KEY_ACTIONS: [&str; 4] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKey",
];

fn through_rds(regions: &BTreeSet<&str>) -> Value {
    let services = regions.iter();
    let services: Vec<String> = services
        .map(|region| format!("rds.{region}.amazonaws.com"))
        .collect();
    json!({ "StringEquals": { "kms:ViaService": services } })
}

fn key_arns(account: &str, regions: &BTreeSet<&str>) -> Vec<String> {
    let all = regions.iter();
    all.map(|region| arn("kms", region, account, "key/*"))
        .collect()
}

/// Keys of customers, through RDS only. One that is rendered has an alias; one that exists is named,
/// or any of the account where the policy does not say which.
pub(super) fn keys(
    account: &str,
    regions: &BTreeSet<&str>,
    instances: &Instances<'_>,
) -> Vec<Value> {
    let (mut named, mut rendered, mut unknown) = (BTreeSet::new(), false, false);
    for database in &instances.databases {
        match &database.intent.encryption.value {
            Encryption::ProviderManaged | Encryption::Unencrypted => {}
            Encryption::Key(key) => drop(named.insert(key.clone())),
            Encryption::CustomerManaged if database.written.provision.is_some() => rendered = true,
            Encryption::CustomerManaged => unknown = true,
        }
    }
    let any = key_arns(account, regions);
    let through = through_rds(regions);
    let mut ours = through.clone();
    ours["ForAnyValue:StringLike"] = json!({ "kms:ResourceAliases": "alias/backstay/*" });
    let statements = [
        (!named.is_empty(), "Keys", json!(named), through.clone()),
        (rendered, "RenderedKeys", json!(any), ours),
        (unknown, "UnknownKeys", json!(any), through),
    ];
    let needed = statements.into_iter().filter(|(needed, ..)| *needed);
    needed
        .map(|(_, sid, keys, condition)| when(allow(sid, json!(KEY_ACTIONS), keys), condition))
        .collect()
}

pub(super) fn instance_arns(account: &str, instances: &Instances<'_>) -> Vec<String> {
    let mut by_region: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for database in &instances.databases {
        if let Some((_, region)) = scope(&database.site) {
            let id = database.written.id.to_ascii_lowercase();
            by_region.entry(region).or_default().insert(id);
        }
    }
    let arns = by_region.into_iter().flat_map(|(region, ids)| {
        let ids = match ids.len() > NAMED_INSTANCES {
            true => BTreeSet::from(["*".to_owned()]),
            false => ids,
        };
        ids.into_iter()
            .map(move |id| arn("rds", region, account, &format!("db:{id}")))
    });
    arns.collect()
}

pub(super) fn bucket_arn(region: &str, bucket: &str) -> String {
    format!("arn:{}:s3:::{bucket}", partition(region))
}

fn objects(buckets: &BTreeSet<String>, prefixes: &[String]) -> Vec<String> {
    let all = buckets.iter().flat_map(|bucket| {
        prefixes
            .iter()
            .map(move |prefix| format!("{bucket}/{prefix}"))
    });
    all.collect()
}
