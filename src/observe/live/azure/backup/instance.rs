//! What a vault backs up, as ARM tells it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::super::super::Failing;
use super::super::super::{Found, State, tree};
use super::super::told::{spelled, text, text_or_nothing};
use crate::cloud::azure::backup::{BackupInstance, Datasource, InstanceProperties, PolicyInfo};

/// States of protection: what works, what passes, and what is as good as gone.
const WORKS: &str = "ProtectionConfigured";
const PASSING: [&str; 4] = [
    "ConfiguringProtection",
    "UpdatingProtection",
    "SoftDeleting",
    "Provisioning",
];
const GONE: &str = "SoftDeleted";

/// A server is in a vault once, whatever its instance is called there.
pub(super) fn state(planned: &BackupInstance, listed: &[Value]) -> State {
    let own = &planned.properties.data_source_info.resource_id;
    let source = |told: &&Value| {
        let id = told["properties"]["dataSourceInfo"]["resourceID"].as_str();
        id.is_some_and(|id| id.eq_ignore_ascii_case(own)) && !is_gone(told)
    };
    let Some(told) = listed.iter().find(source) else {
        return State::Missing;
    };
    let now = protection(told);
    let passing = now.filter(|now| PASSING.contains(now));
    State::Found(Box::new(Found {
        live: tree(&live(planned, told)),
        busy: passing.map(str::to_owned),
        failing: match passing {
            Some(_) => BTreeMap::new(),
            None => failing(told, now),
        },
        ..Found::default()
    }))
}

/// Whether the vault keeps it only until it is deleted for good.
pub(in super::super) fn is_gone(told: &Value) -> bool {
    protection(told) == Some(GONE)
}

/// The state in the newer word, else in the older one.
fn protection(told: &Value) -> Option<&str> {
    let properties = &told["properties"];
    let states = [
        &properties["currentProtectionState"],
        &properties["protectionStatus"]["status"],
    ];
    states.into_iter().find_map(Value::as_str)
}

/// Suspended, stopped or in error: the vault takes no more backups.
fn failing(told: &Value, now: Option<&str>) -> BTreeMap<String, Failing> {
    let Some(now) = now.filter(|now| *now != WORKS) else {
        return BTreeMap::new();
    };
    let code = told["properties"]["protectionErrorDetails"]["code"].as_str();
    let live = match code {
        Some(code) => format!("{now} ({code})"),
        None => now.to_owned(),
    };
    let healthy = WORKS.to_owned();
    let pointer = "/properties/currentProtectionState".to_owned();
    [(pointer, Failing { live, healthy })].into()
}

fn live(planned: &BackupInstance, told: &Value) -> BackupInstance {
    let properties = &told["properties"];
    let own = &planned.properties;
    let (vault, instance) = planned.name.split_once('/').unwrap_or_default();
    let name = spelled(&text_or_nothing(&told["name"]), [instance]);
    let policy = text_or_nothing(&properties["policyInfo"]["policyId"]);
    let friendly = text(&properties["friendlyName"]);
    BackupInstance {
        name: format!("{vault}/{name}"),
        properties: InstanceProperties {
            object_type: text_or_nothing(&properties["objectType"]),
            // Named by the service where nobody named it.
            friendly_name: friendly.unwrap_or_else(|| own.friendly_name.clone()),
            data_source_info: datasource(&own.data_source_info, &properties["dataSourceInfo"]),
            data_source_set_info: datasource(
                &own.data_source_set_info,
                &properties["dataSourceSetInfo"],
            ),
            policy_info: PolicyInfo {
                policy_id: spelled(&policy, [own.policy_info.policy_id.as_str()]),
            },
        },
    }
}

/// What is not told of it follows from its id.
fn datasource(planned: &Datasource, told: &Value) -> Datasource {
    let same = |key: &str, own: &String| match told[key].as_str().filter(|it| !it.is_empty()) {
        Some(told) if plain(told) == plain(own) => own.clone(),
        Some(told) => told.to_owned(),
        None => own.clone(),
    };
    Datasource {
        object_type: same("objectType", &planned.object_type),
        datasource_type: same("datasourceType", &planned.datasource_type),
        resource_id: same("resourceID", &planned.resource_id),
        resource_name: same("resourceName", &planned.resource_name),
        resource_type: same("resourceType", &planned.resource_type),
        resource_location: same("resourceLocation", &planned.resource_location),
    }
}

/// `East US` and `eastus` are one region, and ids have any case.
fn plain(text: &str) -> String {
    text.replace(' ', "").to_ascii_lowercase()
}
