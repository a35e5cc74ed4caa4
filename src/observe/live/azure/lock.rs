//! The lock of a server as ARM tells it.

use super::super::{Found, State, tree, unreadable};
use super::arm::Arm;
use super::{id, is_absent, reason};
use crate::cloud::azure::locks;
use crate::plan::{Body, Resource};

pub(super) async fn read(arm: &Arm, resource: &Resource) -> State {
    let Body::Lock(planned) = &resource.body else {
        return unreadable("not a lock");
    };
    let Some(path) = id(resource) else {
        return unreadable("not a resource of Azure");
    };
    let version = resource.body.api_version().unwrap_or_default();
    let answer = match arm.get(&path, version).await {
        Ok(answer) => answer,
        Err(error) if is_absent(&error) => return State::Missing,
        Err(error) => return unreadable(reason("lock", &error)),
    };
    let Some(level) = answer["properties"]["level"].as_str() else {
        return unreadable("lock: the answer has another form than documented: it has no level");
    };
    let live = locks::Lock {
        // Found by these; ARM may answer in another case.
        name: planned.name.clone(),
        scope: planned.scope.clone(),
        properties: locks::Properties {
            level: level.to_owned(),
        },
    };
    State::Found(Box::new(Found {
        live: tree(&live),
        ..Found::default()
    }))
}
