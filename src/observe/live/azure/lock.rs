//! The lock of a server as ARM tells it.

use serde_json::Value;

use super::super::tree;
use super::one::Told;
use crate::cloud::azure::locks;

pub(super) fn told(planned: &locks::Lock, answer: &Value) -> Told {
    let level = answer["properties"]["level"].as_str();
    let live = locks::Lock {
        // Found by these; ARM may answer in another case.
        name: planned.name.clone(),
        scope: planned.scope.clone(),
        properties: locks::Properties {
            level: level.ok_or("it has no level")?.to_owned(),
        },
    };
    Ok(Some(tree(&live)))
}
