//! Settings that a resource's one modify command sets.

use serde_json::{Value, json};

use super::azure;
use crate::cloud::azure::postgres::MaintenanceWindow;
use crate::cloud::{Command, Property, Restore};
use crate::plan::{Body, Resource, Scope};

/// The command that sets properties, by the options that they have.
pub(super) fn command(resource: &Resource, properties: Vec<&Property>) -> Option<Command> {
    let tree = resource.body.tree();
    let words: Vec<String> = together(resource.body.properties(), properties)
        .into_iter()
        .filter_map(|property| words(property.restore, tree.pointer(property.path)?))
        .flatten()
        .collect();
    (!words.is_empty())
        .then(|| modify(resource, words))
        .flatten()
}

/// The properties that a pointer is about, where one command can set them along with others.
pub(super) fn joint(resource: &Resource, pointer: &str) -> Option<Vec<&'static Property>> {
    let all = resource.body.properties();
    let properties = affected(all, pointer);
    let joins = |property: &&Property| match property.restore {
        // An upgrade is a command of its own.
        Restore::Option(option) => option != VERSION,
        Restore::Raise(_) | Restore::Switch(..) => true,
        _ => false,
    };
    let all_join = !pointer.is_empty() && !properties.is_empty() && properties.iter().all(joins);
    all_join.then(|| together(all, properties))
}

/// Reached by an upgrade, not by an update.
const VERSION: &str = "--version";

/// The properties that a pointer is about: the most precise one above it, or those below it.
pub(super) fn affected<'p>(properties: &'p [Property], pointer: &str) -> Vec<&'p Property> {
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
pub(in crate::render) fn together<'p>(
    all: &'p [Property],
    some: Vec<&'p Property>,
) -> Vec<&'p Property> {
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
pub(in crate::render) fn words(restore: Restore, value: &Value) -> Option<Vec<String>> {
    let owned = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    match restore {
        Restore::Option(RESILIENCY) => match value.as_str()? {
            "Disabled" => owned(&[RESILIENCY, "Disabled"]),
            "SameZone" => owned(&[RESILIENCY, "Enabled", "--allow-same-zone"]),
            _ => owned(&[RESILIENCY, "Enabled"]),
        },
        Restore::Option(MAINTENANCE) => owned(&[MAINTENANCE, &maintenance(value)?]),
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

/// One option says the day and the time.
const MAINTENANCE: &str = "--maintenance-window";

fn maintenance(value: &Value) -> Option<String> {
    let window: MaintenanceWindow = serde_json::from_value(value.clone()).ok()?;
    Some(window.to_string())
}

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
    match (&resource.address.scope, &resource.body) {
        (Scope::Aws { region, .. }, _) => {
            let modify = ["aws", "rds", "modify-db-instance", "--region", region];
            let instance = ["--db-instance-identifier", name, "--apply-immediately"];
            Some(Command::new(modify).args(instance).args(words))
        }
        (Scope::Azure { .. }, Body::BlobService(_)) => azure::update_blob_service(resource, words),
        (Scope::Azure { .. }, _) => {
            let verb = match words.first().map(String::as_str) {
                Some(VERSION) => "upgrade",
                _ => "update",
            };
            let command = azure::az(resource, &["postgres", "flexible-server", verb])?;
            Some(command.args(["--name", name]).args(words))
        }
    }
}
