//! Resources that are read one at a time, by their ids.

use serde_json::Value;

use super::super::{Found, State, unreadable};
use super::arm::Arm;
use super::{blob, is_absent, policy, reason};
use crate::plan::{Body, Resource};

/// A resource's properties in the plan's words. None: the answer says that it is not there.
pub(super) type Told = Result<Option<Value>, &'static str>;

pub(super) async fn read(arm: &Arm, resource: &Resource) -> State {
    let Some((what, told)) = reader(resource) else {
        return unreadable("not a resource of Azure that is read by its id");
    };
    let Some(id) = resource.arm_id() else {
        return unreadable("not a resource of Azure");
    };
    let version = resource.body.api_version().unwrap_or_default();
    let answer = match arm.get(&id, version).await {
        Ok(answer) => answer,
        Err(error) if is_absent(&error) => return State::Missing,
        Err(error) => return unreadable(reason(what, &error)),
    };
    match told(resource, &answer) {
        Ok(Some(live)) => State::Found(Box::new(Found {
            live,
            ..Found::default()
        })),
        Ok(None) => State::Missing,
        Err(problem) => unreadable(format!(
            "{what}: the answer has another form than documented: {problem}"
        )),
    }
}

/// What a kind is called, and how its answer is understood.
fn reader(resource: &Resource) -> Option<(&'static str, fn(&Resource, &Value) -> Told)> {
    match &resource.body {
        Body::ManagementPolicy(_) => Some(("management policy", policy::told)),
        Body::BlobService(_) => Some(("blob service", blob::service)),
        Body::Container(_) => Some(("container", blob::container)),
        Body::ImmutabilityPolicy(_) => Some(("immutability policy", blob::immutability)),
        _ => None,
    }
}
