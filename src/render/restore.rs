//! The commands that bring a cloud back to the plan. Printed, never run.

mod azure;
mod bucket;
mod deploy;
mod document;
mod key;
mod replication;
mod stack;
mod vault;

use serde_json::{Value, json};

use crate::cloud::aws::arn;
use crate::cloud::{Command, Property, Restore};
use crate::plan::{Body, Owner, Resource, Scope};

use deploy::deploy_command;
pub use deploy::{deploy_commands, enforce_commands};

/// The command that restores one property, named by a JSON Pointer from the root of the resource's
/// body; the empty pointer is the whole resource. Some live values need another command than others.
/// None where no command can: the property is fixed at creation, or the resource is not backstay's to
/// create.
pub fn restore_command(resource: &Resource, pointer: &str, live: &Value) -> Option<Command> {
    if pointer.is_empty() {
        return deploy_command(resource)
            .or_else(|| azure::create_replica(resource))
            .or_else(|| azure::lock(resource, pointer));
    }
    let tree = resource.body.tree();
    let properties = affected(resource.body.properties(), pointer);
    if properties
        .iter()
        .any(|property| property.restore == Restore::Document)
    {
        return put_document(resource, &tree, pointer);
    }
    if properties
        .iter()
        .any(|property| property.restore == Restore::Tag)
    {
        return put_tags(resource, &tree);
    }
    if properties
        .iter()
        .any(|property| matches!(property.restore, Restore::Revert | Restore::Ratchet))
    {
        return revert(resource, pointer);
    }
    if let [
        Property {
            restore: Restore::Verb(verb),
            ..
        },
    ] = properties[..]
    {
        return key::set(resource, verb, live);
    }
    if properties
        .iter()
        .any(|property| property.restore == Restore::Replicate)
    {
        return replication::restart(resource, pointer, live);
    }
    let words: Vec<String> = together(resource.body.properties(), properties)
        .into_iter()
        .filter_map(|property| words(property.restore, tree.pointer(property.path)?))
        .flatten()
        .collect();
    (!words.is_empty())
        .then(|| modify(resource, words))
        .flatten()
}

/// The properties that a pointer is about: the most precise one above it, or those below it.
fn affected<'p>(properties: &'p [Property], pointer: &str) -> Vec<&'p Property> {
    let above = properties
        .iter()
        .filter(|property| covers(property.path, pointer))
        .max_by_key(|property| property.path.split('/').count());
    match above {
        Some(property) => vec![property],
        None => properties
            .iter()
            .filter(|property| covers(pointer, property.path))
            .collect(),
    }
}

/// Options of which the client takes one only with the other: a size is one of its tier's, a key is
/// reached by its identity, days are those of a policy that is on.
const TOGETHER: [[&str; 2]; 5] = [
    ["--sku-name", "--tier"],
    ["--key", "--identity"],
    ["--backup-key", "--backup-identity"],
    ["--enable-delete-retention", "--delete-retention-days"],
    [
        "--enable-container-delete-retention",
        "--container-delete-retention-days",
    ],
];

/// The properties, and with a single one those that the client takes only with it.
pub(super) fn together<'p>(all: &'p [Property], some: Vec<&'p Property>) -> Vec<&'p Property> {
    let option = |property: &Property| match property.restore {
        Restore::Option(option) => Some(option),
        _ => None,
    };
    let own = match some[..] {
        [property] => option(property),
        _ => None,
    };
    let pair = TOGETHER
        .iter()
        .find(|pair| own.is_some_and(|own| pair.contains(&own)));
    match pair {
        Some(pair) => {
            let bound = |it: &&Property| option(it).is_some_and(|it| pair.contains(&it));
            all.iter().filter(bound).collect()
        }
        None => some,
    }
}

/// Whether `inner` is `outer` or below it; a `*` is any one step.
fn covers(outer: &str, inner: &str) -> bool {
    let mut inner = inner.split('/');
    outer.split('/').all(|step| {
        inner
            .next()
            .is_some_and(|other| step == "*" || step == other)
    })
}

/// The words of the modify command for a value; None where that command cannot set it.
pub(super) fn words(restore: Restore, value: &Value) -> Option<Vec<String>> {
    let owned = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    match restore {
        Restore::Option(RESILIENCY) => match value.as_str()? {
            "Disabled" => owned(&[RESILIENCY, "Disabled"]),
            "SameZone" => owned(&[RESILIENCY, "Enabled", "--allow-same-zone"]),
            _ => owned(&[RESILIENCY, "Enabled"]),
        },
        Restore::Option(option) | Restore::Raise(option) => owned(&[option, &option_value(value)]),
        Restore::Switch(on, off) => owned(&[if value.as_bool()? { on } else { off }]),
        Restore::Tag
        | Restore::Document
        | Restore::Verb(_)
        | Restore::Replicate
        | Restore::Revert
        | Restore::Ratchet
        | Restore::Replacement
        | Restore::Migration(_) => None,
    }
}

/// Azure's option has fewer values than its property: the other zone is the default.
const RESILIENCY: &str = "--zonal-resiliency";

fn option_value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // The one list among the options: exports of logs, of which modifying only adds.
        Value::Array(_) => json!({ "EnableLogTypes": value }).to_string(),
        value => value.to_string(),
    }
}

fn modify(resource: &Resource, words: Vec<String>) -> Option<Command> {
    let name = &resource.address.name;
    Some(match &resource.address.scope {
        Scope::Aws { region, .. } => Command::new([
            "aws",
            "rds",
            "modify-db-instance",
            "--region",
            region,
            "--db-instance-identifier",
            name,
            "--apply-immediately",
        ])
        .args(words),
        Scope::Azure {
            subscription,
            resource_group,
        } => {
            if let Body::BlobService(_) = &resource.body {
                let (subscription, group) = (subscription, resource_group);
                return Some(azure::update_blob_service(subscription, group, name, words));
            }
            // A major version is reached by an upgrade, not by an update.
            let verb = match words.first().map(String::as_str) {
                Some("--version") => "upgrade",
                _ => "update",
            };
            Command::new([
                "az",
                "postgres",
                "flexible-server",
                verb,
                "--subscription",
                subscription,
                "--resource-group",
                resource_group,
                "--name",
                name,
            ])
            .args(words)
        }
    })
}

fn put_tags(resource: &Resource, tree: &Value) -> Option<Command> {
    match &resource.address.scope {
        Scope::Aws { region, .. } => {
            if let Body::BackupVault(vault) = &resource.body {
                return vault::put_tags(resource, vault);
            }
            let tags = tree.get("Tags")?;
            Some(match &resource.body {
                Body::Bucket(bucket) => Command::new([
                    "aws",
                    "s3api",
                    "put-bucket-tagging",
                    "--region",
                    region,
                    "--bucket",
                    &bucket.bucket_name,
                    "--tagging",
                    &json!({ "TagSet": tags }).to_string(),
                ]),
                Body::Key(_) => return key::put_tags(resource, tags),
                _ => Command::new([
                    "aws",
                    "rds",
                    "add-tags-to-resource",
                    "--region",
                    region,
                    "--resource-name",
                    &cloud_id(resource),
                    "--tags",
                    &tags.to_string(),
                ]),
            })
        }
        Scope::Azure { .. } => {
            let tags = tree.get("tags")?.as_object()?;
            let pairs = tags
                .iter()
                .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
            // Merging leaves the tags of others alone; an update would remove them.
            let command = [
                "az",
                "tag",
                "update",
                "--resource-id",
                &cloud_id(resource),
                "--operation",
                "Merge",
                "--tags",
            ];
            Some(Command::new(command).args(pairs))
        }
    }
}

fn put_document(resource: &Resource, tree: &Value, pointer: &str) -> Option<Command> {
    let lifecycle = lifecycle_path(&resource.name);
    match (&resource.address.scope, &resource.body) {
        (Scope::Aws { account, region }, Body::Bucket(bucket)) => {
            let top = pointer.split('/').nth(1)?;
            let document = tree.get(top)?;
            let put = |verb: &str, option: &str| {
                Command::new([
                    "aws",
                    "s3api",
                    verb,
                    "--region",
                    region,
                    "--expected-bucket-owner",
                    account,
                    "--bucket",
                    &bucket.bucket_name,
                    option,
                ])
            };
            let (verb, option, value) = match top {
                "LifecycleConfiguration" => {
                    let put = put(
                        "put-bucket-lifecycle-configuration",
                        "--lifecycle-configuration",
                    );
                    return Some(put.file_behind("file://", &lifecycle));
                }
                "VersioningConfiguration" => (
                    "put-bucket-versioning",
                    "--versioning-configuration",
                    document.to_string(),
                ),
                "PublicAccessBlockConfiguration" => (
                    "put-public-access-block",
                    "--public-access-block-configuration",
                    document.to_string(),
                ),
                "ObjectLockEnabled" | "ObjectLockConfiguration" => (
                    "put-object-lock-configuration",
                    "--object-lock-configuration",
                    tree.get("ObjectLockConfiguration")?.to_string(),
                ),
                "BucketEncryption" => match bucket::encryption(bucket) {
                    Some(document) => (
                        "put-bucket-encryption",
                        "--server-side-encryption-configuration",
                        document.to_string(),
                    ),
                    None => return stack::revert(resource),
                },
                _ => return None,
            };
            Some(put(verb, option).arg(value))
        }
        (Scope::Aws { .. }, Body::BackupVault(vault)) => vault::put(resource, vault, pointer),
        // A command would need the plan's id, which only AWS Backup knows.
        (Scope::Aws { .. }, Body::BackupPlan(_)) => revert(resource, pointer),
        (Scope::Aws { .. }, Body::Key(_)) => key::put(resource, tree, pointer),
        (Scope::Aws { account, region }, Body::BucketPolicy(policy)) => {
            Some(bucket::put_policy(region, account, policy, tree))
        }
        (
            Scope::Azure {
                subscription,
                resource_group,
            },
            Body::ManagementPolicy(_),
        ) => Some(
            Command::new([
                "az",
                "storage",
                "account",
                "management-policy",
                "create",
                "--subscription",
                subscription,
                "--resource-group",
                resource_group,
                "--account-name",
                &resource.address.name,
                "--policy",
            ])
            .file_behind("@", &lifecycle),
        ),
        (Scope::Aws { region, .. }, _) => document::put(resource, region, pointer),
        _ => None,
    }
}

/// What was deployed is put back: ARM puts every property of a template again, whatever was deployed
/// before; what was never a template's is set by its script or by hand.
fn revert(resource: &Resource, pointer: &str) -> Option<Command> {
    match &resource.owner {
        Owner::Stack { .. } => stack::revert(resource),
        Owner::Template { .. } => deploy_command(resource),
        Owner::Existing { .. } => {
            azure::lock(resource, pointer).or_else(|| azure::assign(resource))
        }
    }
}

/// Where a store's lifecycle document is rendered to.
pub(super) fn lifecycle_path(store: &str) -> String {
    format!("lifecycle/{store}.json")
}

/// The resource's identity in its cloud: an ARN or an ARM id.
pub(super) fn cloud_id(resource: &Resource) -> String {
    match &resource.address.scope {
        Scope::Aws { account, region } => {
            let name = &resource.address.name;
            arn("rds", region, account, &format!("db:{name}"))
        }
        Scope::Azure { .. } => resource.arm_id().unwrap_or_default(),
    }
}
