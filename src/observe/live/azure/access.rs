//! Who has which role, as ARM tells it.

use super::super::{Found, State, tree, unreadable};
use super::arm::Arm;
use super::told::{properties, spelled, text_or_nothing};
use super::{id, is_absent, reason};
use crate::cloud::azure::access::{Assignment, RoleAssignment};
use crate::plan::{Body, Resource};

/// Found by its scope and name, which is therefore what was planned.
pub(super) async fn read(arm: &Arm, resource: &Resource) -> State {
    let (Body::RoleAssignment(planned), Some(path)) = (&resource.body, id(resource)) else {
        return unreadable("not a role assignment of Azure");
    };
    let version = resource.body.api_version().unwrap_or_default();
    let answer = match arm.get(&path, version).await {
        Ok(answer) => answer,
        Err(error) if is_absent(&error) => return State::Missing,
        Err(error) => return unreadable(reason("role assignment", &error)),
    };
    let told = match properties(&answer) {
        Ok(told) => told,
        Err(problem) => {
            return unreadable(format!(
                "role assignment: the answer has another form than documented: {problem}"
            ));
        }
    };
    let role = text_or_nothing(&told["roleDefinitionId"]);
    let live = RoleAssignment {
        name: planned.name.clone(),
        scope: planned.scope.clone(),
        properties: Assignment {
            role_definition_id: spelled(&role, [planned.properties.role_definition_id.as_str()]),
            principal_type: text_or_nothing(&told["principalType"]),
        },
        holder: planned.holder.clone(),
    };
    State::Found(Box::new(Found {
        live: tree(&live),
        ..Found::default()
    }))
}
