//! Identities, their trust, roles and assignments as ARM tells them.

use serde_json::Value;

use super::super::tree;
use super::one::Told;
use super::told::{properties, spelled, text, text_or_nothing, texts};
use crate::cloud::azure::access::{
    Assignment, FederatedCredential, Identity, Permission, Role, RoleAssignment, RoleDefinition,
    Trust,
};

pub(super) fn identity(planned: &Identity, answer: &Value) -> Told {
    let plain = |name: &str| name.replace(' ', "").to_ascii_lowercase();
    let told = answer["location"].as_str().ok_or("it has no location")?;
    let live = Identity {
        name: planned.name.clone(),
        location: match plain(told) == plain(&planned.location) {
            true => planned.location.clone(),
            false => plain(told),
        },
    };
    Ok(Some(tree(&live)))
}

/// Tokens are compared letter by letter, so this is too.
pub(super) fn credential(planned: &FederatedCredential, answer: &Value) -> Told {
    let properties = properties(answer)?;
    let live = FederatedCredential {
        name: planned.name.clone(),
        properties: Trust {
            issuer: text_or_nothing(&properties["issuer"]),
            subject: text_or_nothing(&properties["subject"]),
            audiences: texts(&properties["audiences"]).map(str::to_owned).collect(),
        },
    };
    Ok(Some(tree(&live)))
}

pub(super) fn role(planned: &RoleDefinition, answer: &Value) -> Told {
    let properties = properties(answer)?;
    let own = &planned.properties;
    let permission = |told: &Value| {
        let set = |key: &str| {
            let known = own.permissions.iter().flat_map(|own| {
                let sets = [
                    &own.actions,
                    &own.not_actions,
                    &own.data_actions,
                    &own.not_data_actions,
                ];
                sets.into_iter().flatten().map(String::as_str)
            });
            let known: Vec<&str> = known.collect();
            let told = texts(&told[key]);
            told.map(|action| spelled(action, known.iter().copied()))
                .collect()
        };
        Permission {
            actions: set("actions"),
            not_actions: set("notActions"),
            data_actions: set("dataActions"),
            not_data_actions: set("notDataActions"),
        }
    };
    let permissions = properties["permissions"].as_array();
    let scopes = texts(&properties["assignableScopes"]);
    let live = RoleDefinition {
        name: planned.name.clone(),
        properties: Role {
            role_name: text_or_nothing(&properties["roleName"]),
            description: text_or_nothing(&properties["description"]),
            kind: spelled(&text_or_nothing(&properties["type"]), [own.kind.as_str()]),
            permissions: permissions.into_iter().flatten().map(permission).collect(),
            assignable_scopes: scopes
                .map(|told| spelled(told, own.assignable_scopes.iter().map(String::as_str)))
                .collect(),
        },
    };
    Ok(Some(tree(&live)))
}

/// Found by its scope and name, which is therefore what was planned.
pub(super) fn assignment(planned: &RoleAssignment, answer: &Value) -> Told {
    let properties = properties(answer)?;
    let own = &planned.properties;
    let role = text_or_nothing(&properties["roleDefinitionId"]);
    let told = |key: &str| text(&properties[key]).filter(|text| !text.is_empty());
    let live = RoleAssignment {
        name: planned.name.clone(),
        scope: planned.scope.clone(),
        properties: Assignment {
            role_definition_id: spelled(&role, [own.role_definition_id.as_str()]),
            condition: told("condition"),
            condition_version: told("conditionVersion"),
            principal_type: text_or_nothing(&properties["principalType"]),
        },
        holder: planned.holder.clone(),
    };
    Ok(Some(tree(&live)))
}
