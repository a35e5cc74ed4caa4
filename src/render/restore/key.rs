//! The commands that bring a KMS key back. Most take no alias, so they ask for the key's id first.

use serde_json::{Value, json};

use crate::cloud::Command;
use crate::cloud::aws::kms;
use crate::plan::{Resource, Scope};

fn command(resource: &Resource, verb: &str) -> Option<Command> {
    let Scope::Aws { region, .. } = &resource.address.scope else {
        return None;
    };
    Some(
        Command::new(["aws", "kms", verb, "--region", region, "--key-id"])
            .output("", told(region, &resource.address.name, "KeyId")),
    )
}

/// What prints one word of what KMS says of the key behind an alias.
pub(super) fn told(region: &str, alias: &str, word: &str) -> Command {
    Command::new(["aws", "kms", "describe-key", "--region", region]).args([
        "--key-id",
        alias,
        "--query",
        &format!("KeyMetadata.{word}"),
        "--output",
        "text",
    ])
}

/// A key that is to be deleted takes no other command before that is called off.
pub(super) fn set(resource: &Resource, verb: &str, live: &Value) -> Option<Command> {
    let doomed = live
        .as_str()
        .is_some_and(|state| state.starts_with(kms::PENDING_DELETION));
    let command = |verb| command(resource, verb);
    match doomed {
        // It leaves the key switched off.
        true => Some(command("cancel-key-deletion")?.then(command("enable-key")?)),
        false => command(verb),
    }
}

pub(super) fn put(resource: &Resource, tree: &Value, pointer: &str) -> Option<Command> {
    let top = pointer.split('/').nth(1)?;
    let value = tree.get(top)?;
    match top {
        "KeyPolicy" => Some(
            command(resource, "put-key-policy")?
                .args(["--policy-name", "default"])
                .args(["--policy", &value.to_string()]),
        ),
        "Description" => Some(
            command(resource, "update-key-description")?.args(["--description", value.as_str()?]),
        ),
        _ => None,
    }
}

pub(super) fn put_tags(resource: &Resource, tags: &Value) -> Option<Command> {
    let pairs = tags.as_array()?.iter();
    let pairs = pairs.map(|tag| json!({ "TagKey": tag["Key"], "TagValue": tag["Value"] }));
    let pairs: Vec<Value> = pairs.collect();
    Some(command(resource, "tag-resource")?.args(["--tags", &Value::Array(pairs).to_string()]))
}
