//! The recorded state: a versioned JSON file that `--record` writes and `--from` reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Found, Observations, State};
use crate::cloud::{Property, in_document, is_reference, withheld};
use crate::plan::{Address, Resource};

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    resources: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    #[serde(flatten)]
    address: Address,
    #[serde(flatten)]
    state: State,
}

/// Why a recorded state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("cannot read {path}: {source}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{path} is not a recorded state: {source}")]
    Form {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error("{path} has version {found}; this backstay reads version {wanted}")]
    Version {
        path: PathBuf,
        found: u32,
        wanted: u32,
    },
}

/// Reads a recorded state.
///
/// # Errors
/// The file cannot be read, is not JSON of this shape, or has another version.
pub fn read(path: &Path) -> Result<Observations, RecordError> {
    let file: File = parse(path, |file: &File| file.version, VERSION)?;
    let entries = file.resources.into_iter();
    Ok(Observations(
        entries.map(|entry| (entry.address, entry.state)).collect(),
    ))
}

/// A file of a form that has a version.
pub(super) fn parse<F: DeserializeOwned>(
    path: &Path,
    version: impl Fn(&F) -> u32,
    wanted: u32,
) -> Result<F, RecordError> {
    let path = || path.to_owned();
    let text = std::fs::read_to_string(path()).map_err(|source| RecordError::Read {
        path: path(),
        source,
    })?;
    let file: F = serde_json::from_str(&text).map_err(|source| RecordError::Form {
        path: path(),
        source,
    })?;
    match version(&file) {
        found if found == wanted => Ok(file),
        found => Err(RecordError::Version {
            path: path(),
            found,
            wanted,
        }),
    }
}

/// The text of a recorded state. Only what drift looks at is kept: a tag or setting that the policy
/// does not name, and with it whatever secret somebody put there, is left out.
///
/// # Errors
/// None in practice: the state is texts, numbers, lists and maps.
pub fn write<'p>(
    observations: &Observations,
    resources: impl IntoIterator<Item = &'p Resource>,
) -> Result<String, serde_json::Error> {
    let owned: BTreeMap<&Address, &Resource> = resources
        .into_iter()
        .map(|resource| (&resource.address, resource))
        .collect();
    let resources = observations
        .0
        .iter()
        .map(|(address, state)| Entry {
            address: address.clone(),
            state: match (state, owned.get(address)) {
                (State::Found(found), Some(owned)) => State::Found(Box::new(prune(found, owned))),
                (other, _) => other.clone(),
            },
        })
        .collect();
    let file = File {
        version: VERSION,
        resources,
    };
    serde_json::to_string_pretty(&file).map(|text| text + "\n")
}

fn prune(found: &Found, resource: &Resource) -> Found {
    let (properties, owned) = (resource.body.properties(), resource.body.tree());
    let kept = |value: &Value| intersect(properties, "", value, &owned);
    let keep = |value: &Option<Value>| value.as_ref().map(kept);
    Found {
        live: kept(&found.live),
        deployed: keep(&found.deployed),
        deployed_unread: found.deployed_unread.clone(),
        pending: keep(&found.pending),
        busy: found.busy.clone(),
        unread: found.unread.clone(),
        failing: found.failing.clone(),
        set_by: found.set_by.clone(),
        stack_drift: found.stack_drift.clone(),
    }
}

/// The part of a live value whose keys the plan has. Tags are kept by key; other lists, documents and
/// references are kept whole, since an additional lifecycle rule is drift.
fn intersect(properties: &[Property], pointer: &str, live: &Value, owned: &Value) -> Value {
    match (live, owned) {
        _ if in_document(properties, pointer) => withheld(live),
        _ if is_reference(owned) => live.clone(),
        (Value::Object(live), Value::Object(owned)) => live
            .iter()
            .filter_map(|(key, value)| {
                let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                let kept = intersect(properties, &below, value, owned.get(key)?);
                Some((key.clone(), kept))
            })
            .collect(),
        (Value::Array(live), Value::Array(owned)) if is_tags(live) => live
            .iter()
            .filter(|tag| owned.iter().any(|own| own["Key"] == tag["Key"]))
            .map(withheld)
            .collect(),
        _ => withheld(live),
    }
}

fn is_tags(list: &[Value]) -> bool {
    list.iter()
        .all(|item| item.get("Key").is_some() && item.get("Value").is_some())
}
