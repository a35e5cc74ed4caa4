//! The commands that bring a cloud back to the plan. Printed, never run.

mod azure;
mod bucket;
mod deploy;
mod document;
mod key;
mod replication;
mod settings;
mod stack;
mod vault;

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::cloud::aws::arn;
use crate::cloud::{Command, Property, Restore};
use crate::plan::{Body, Owner, Resource, Scope};

use deploy::deploy_command;
use settings::affected;

pub use deploy::{accounts, deploy_commands, enforce_commands};
pub(super) use settings::{together, words};

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
    settings::command(resource, properties)
}

/// The commands that restore several properties of one resource, in their order: those that one modify
/// command sets are set by one, at the place of the first.
pub(super) fn restore_commands(resource: &Resource, wanted: &[(&str, &Value)]) -> Vec<Command> {
    let mut joint: Vec<&Property> = Vec::new();
    let mut commands: Vec<Option<Command>> = Vec::new();
    let mut first = None;
    for (pointer, live) in wanted {
        match settings::joint(resource, pointer) {
            Some(properties) => {
                first.get_or_insert_with(|| {
                    commands.push(None);
                    commands.len() - 1
                });
                for property in properties {
                    let known = |it: &&Property| it.path == property.path;
                    if !joint.iter().any(known) {
                        joint.push(property);
                    }
                }
            }
            None => commands.push(restore_command(resource, pointer, live)),
        }
    }
    if let Some(command) = first.and_then(|at| commands.get_mut(at)) {
        *command = settings::command(resource, joint);
    }
    let mut seen = HashSet::new();
    let commands = commands.into_iter().flatten();
    commands
        .filter(|command| seen.insert(command.to_string()))
        .collect()
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
        (Scope::Azure { .. }, Body::ManagementPolicy(_)) => {
            let words = ["storage", "account", "management-policy", "create"];
            let account = ["--account-name", &resource.address.name, "--policy"];
            let command = azure::az(resource, &words)?.args(account);
            Some(command.file_behind("@", &lifecycle))
        }
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
