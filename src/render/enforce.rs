//! Settings of what exists already, as a script that compares and changes them.

use serde::Serialize;
use serde_json::Value;

use super::restore::{cloud_id, together, words};
use crate::cloud::aws::kms;
use crate::cloud::azure::blob::ImmutabilityPolicy;
use crate::cloud::{Direction, Property, Restore};
use crate::plan::{Body, Resource, Scope};

/// What a script's template is given.
#[derive(Debug, Serialize)]
pub(super) struct Script<'p> {
    name: &'p str,
    #[serde(flatten)]
    scope: Place<'p>,
    /// The storage account, where it is one whose settings these are.
    account_name: &'p str,
    /// Whether another Region shall hold backups.
    replicates: bool,
    resources: Vec<Target<'p>>,
    /// Whether something is made that nobody can undo.
    locks: bool,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Place<'p> {
    Aws {
        account: &'p str,
        region: &'p str,
    },
    Azure {
        subscription: &'p str,
        resource_group: &'p str,
        api_version: &'p str,
    },
}

#[derive(Debug, Serialize)]
struct Target<'p> {
    name: &'p str,
    id: String,
    /// Where the script's own place is not the only one: the place of this one.
    region: Option<&'p str>,
    rows: Vec<Row>,
    replication: Option<Replication<'p>>,
}

/// Automated backups that another Region shall hold.
#[derive(Debug, Serialize)]
struct Replication<'p> {
    region: &'p str,
    days: u32,
    /// Alias of the key there.
    key: String,
    /// JMESPath of the days in what that Region answers.
    query: String,
}

/// One value: how it is read, what it shall be, and what changes it.
#[derive(Debug, Serialize)]
struct Row {
    kind: Kind,
    label: String,
    /// JMESPath below the answer's resource.
    query: String,
    wanted: String,
    /// Words of the modify command, or of the tag command.
    words: Vec<String>,
    /// Set where one value protects more than another.
    guard: Option<Guard>,
}

/// What keeps a script from lowering a setting unasked.
#[derive(Debug, Serialize)]
struct Guard {
    /// `number`, `members`, or every value from the weakest on.
    order: String,
    loss: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Setting,
    Tag,
    /// Only a new resource can have another value.
    Fixed,
    /// How long a container is immutable, for good.
    Immutable,
}

pub(super) fn template(resource: &Resource) -> &'static str {
    match (&resource.address.scope, &resource.body) {
        (_, Body::BlobService(_) | Body::ImmutabilityPolicy(_)) => "scripts/enforce-storage.sh",
        (Scope::Aws { .. }, _) => "scripts/enforce-aws.sh",
        (Scope::Azure { .. }, _) => "scripts/enforce-azure.sh",
    }
}

pub(super) fn script<'p>(resources: &[&'p Resource]) -> Option<Script<'p>> {
    let first = resources.first()?;
    Some(Script {
        name: &first.name,
        scope: match &first.address.scope {
            Scope::Aws { account, region } => Place::Aws { account, region },
            Scope::Azure {
                subscription,
                resource_group,
            } => Place::Azure {
                subscription,
                resource_group,
                api_version: first.body.api_version().unwrap_or_default(),
            },
        },
        account_name: first.address.name.split('/').next().unwrap_or_default(),
        locks: resources
            .iter()
            .any(|resource| matches!(resource.body, Body::ImmutabilityPolicy(_))),
        replicates: resources
            .iter()
            .any(|resource| replication(resource).is_some()),
        resources: resources
            .iter()
            .map(|resource| target(resource, resources))
            .collect(),
    })
}

fn target<'p>(resource: &'p Resource, all: &[&Resource]) -> Target<'p> {
    let name = &resource.address.name;
    match &resource.body {
        Body::ImmutabilityPolicy(policy) => container(resource, policy),
        _ => Target {
            name,
            id: cloud_id(resource),
            region: all
                .iter()
                .any(|other| other.address.scope != resource.address.scope)
                .then(|| region(resource))
                .flatten(),
            rows: rows(resource),
            replication: replication(resource),
        },
    }
}

/// A policy is read with its container, which is there before it.
fn container<'p>(resource: &'p Resource, policy: &ImmutabilityPolicy) -> Target<'p> {
    let id = cloud_id(resource);
    let (container, _) = id.rsplit_once("/immutabilityPolicies").unwrap_or((&id, ""));
    let name = container.rsplit('/').next().unwrap_or_default();
    let days = policy.properties.days.to_string();
    Target {
        name: resource.address.name.split('/').nth(2).unwrap_or_default(),
        id: container.to_owned(),
        region: None,
        replication: None,
        rows: vec![Row {
            kind: Kind::Immutable,
            label: format!("immutability of {name}"),
            query: IMMUTABILITY.to_owned(),
            wanted: days,
            words: Vec::new(),
            guard: None,
        }],
    }
}

/// State, days and version of a container's policy; each is nothing where there is none.
const IMMUTABILITY: &str = "properties.immutabilityPolicy.properties.state, \
    properties.immutabilityPolicy.properties.immutabilityPeriodSinceCreationInDays, \
    properties.immutabilityPolicy.etag";

fn region(resource: &Resource) -> Option<&str> {
    match &resource.address.scope {
        Scope::Aws { region, .. } => Some(region),
        Scope::Azure { .. } => None,
    }
}

fn replication(resource: &Resource) -> Option<Replication<'_>> {
    let Body::DbInstance(body) = &resource.body else {
        return None;
    };
    Some(Replication {
        region: body.replication_region.as_deref()?,
        days: body.replication_retention?,
        key: kms::alias(&resource.name),
        query: format!(
            "DBInstanceAutomatedBackups[?DBInstanceArn=='{}' && Status!='retained'].BackupRetentionPeriod | [0]",
            cloud_id(resource)
        ),
    })
}

fn rows(resource: &Resource) -> Vec<Row> {
    let tree = resource.body.tree();
    let aws = matches!(resource.address.scope, Scope::Aws { .. });
    let mut rows = Vec::new();
    for property in resource.body.properties() {
        let Some(value) = tree.pointer(property.path) else {
            continue;
        };
        let steps: Vec<_> = property.path.split('/').skip(1).collect();
        let query = if aws {
            aws_query(&steps, value)
        } else {
            azure_query(&steps, value)
        };
        match property.restore {
            Restore::Tag => rows.extend(tags(value)),
            // It is read in the other Region.
            Restore::Replicate => {}
            // The name is how the resource is found.
            Restore::Replacement
                if value.as_str() == Some(&resource.address.name) && steps.len() == 1 => {}
            // An account's redundancy is not its Blob service's to set.
            Restore::Replacement if matches!(resource.body, Body::BlobService(_)) => {}
            // A whole block that no option sets: its members have rows of their own.
            restore if value.is_object() && words(restore, value).is_none() => {}
            restore => rows.push(Row {
                kind: match words(restore, value) {
                    Some(_) => Kind::Setting,
                    None => Kind::Fixed,
                },
                label: steps.join("."),
                query,
                wanted: wanted(value),
                words: together(resource.body.properties(), vec![property])
                    .into_iter()
                    .filter_map(|it| words(it.restore, tree.pointer(it.path)?))
                    .flatten()
                    .collect(),
                guard: guard(property, value),
            }),
        }
    }
    rows
}

fn guard(property: &Property, value: &Value) -> Option<Guard> {
    let order = match property.direction {
        Direction::MoreIsStronger if value.is_boolean() => "false true".to_owned(),
        Direction::MoreIsStronger => "number".to_owned(),
        Direction::Ranked(values) => values.join(" "),
        Direction::EachIsStronger => "members".to_owned(),
        Direction::Removal
        | Direction::LessIsStronger
        | Direction::OthersAreWeaker
        | Direction::AbsentIsWeaker
        | Direction::LaterIsStronger
        | Direction::Reads(_)
        | Direction::Neutral => return None,
    };
    let loss = property.loss.unwrap_or("it protects less than it does now");
    Some(Guard { order, loss })
}

/// Where DescribeDBInstances answers in other words than CloudFormation asks.
/// Source: the RDS API reference, DBInstance.
const AWS_WORDS: [(&str, &str); 2] = [
    (
        "EnableCloudwatchLogsExports",
        "EnabledCloudwatchLogsExports",
    ),
    (
        "SourceDBInstanceIdentifier",
        "ReadReplicaSourceDBInstanceIdentifier",
    ),
];

fn aws_query(steps: &[&str], value: &Value) -> String {
    let query = query(steps);
    let other = AWS_WORDS.iter().find(|(word, _)| *word == query);
    let query = other.map_or(query, |(_, word)| (*word).to_owned());
    match value {
        Value::Array(_) => format!("{query} && join(',', sort({query}))"),
        _ => query,
    }
}

/// The members of a block that one option sets, as one text.
fn azure_query(steps: &[&str], value: &Value) -> String {
    let Value::Object(members) = value else {
        return query(steps);
    };
    let member = |key: &String| format!("to_string({})", query(&[steps, &[key.as_str()]].concat()));
    let members: Vec<_> = members.keys().map(member).collect();
    format!("join(':', [{}])", members.join(", "))
}

fn query(steps: &[&str]) -> String {
    let steps: Vec<_> = steps.iter().map(|step| identifier(step)).collect();
    steps.join(".")
}

/// A JMESPath identifier, quoted where it is not a plain word.
fn identifier(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

/// As the command-line clients print it in `text` and `tsv`; letters of either case are the same.
fn wanted(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(wanted).collect();
            items.join(",")
        }
        Value::Object(members) => {
            let members: Vec<_> = members.values().map(wanted).collect();
            members.join(":")
        }
        value => value.to_string(),
    }
}

/// One row for each tag: AWS has a list of pairs, Azure a map.
fn tags(value: &Value) -> Vec<Row> {
    let text = |value: Option<&Value>| Some(value?.as_str()?.to_owned());
    let row = |key: String, wanted: String, query: String, word: String| Row {
        kind: Kind::Tag,
        label: format!("tag {key}"),
        query,
        wanted,
        words: vec![word],
        guard: None,
    };
    match value {
        Value::Object(tags) => tags
            .iter()
            .filter_map(|(key, value)| {
                let value = text(Some(value))?;
                let query = format!("tags.{}", identifier(key));
                let word = format!("{key}={value}");
                Some(row(key.clone(), value, query, word))
            })
            .collect(),
        value => value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|pair| {
                let (key, value) = (text(pair.get("Key"))?, text(pair.get("Value"))?);
                let literal = key.replace('\'', "\\'");
                let query = format!("TagList[?Key=='{literal}'].Value | [0]");
                Some(row(key, value, query, pair.to_string()))
            })
            .collect(),
    }
}
