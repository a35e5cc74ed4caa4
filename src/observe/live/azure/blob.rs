//! The Blob service of an account, a container and its immutability as ARM tells them. Each was found
//! by its name; ARM may answer in another case.

use serde_json::Value;

use super::super::tree;
use super::one::Told;
use super::told::{days, flag, properties, spelled, text};
use crate::cloud::azure::blob::{
    BlobService, Container, ContainerProperties, ImmutabilityPolicy, ImmutabilityProperties,
    ServiceProperties, Sku, SoftDelete,
};
use crate::plan::Resource;

pub(super) fn service(resource: &Resource, answer: &Value) -> Told {
    let properties = properties(answer)?;
    let live = BlobService {
        name: resource.address.name.clone(),
        sku: text(&answer["sku"]["name"]).map(|name| Sku { name }),
        properties: ServiceProperties {
            is_versioning_enabled: flag(&properties["isVersioningEnabled"]),
            delete_retention_policy: soft_delete(&properties["deleteRetentionPolicy"]),
            container_delete_retention_policy: soft_delete(
                &properties["containerDeleteRetentionPolicy"],
            ),
        },
    };
    Ok(Some(tree(&live)))
}

pub(super) fn container(resource: &Resource, answer: &Value) -> Told {
    let properties = properties(answer)?;
    if flag(&properties["deleted"]) {
        return Ok(None);
    }
    let access = text(&properties["publicAccess"]);
    let live = Container {
        name: resource.address.name.clone(),
        properties: ContainerProperties {
            public_access: access.map_or_else(|| "None".to_owned(), |it| spelled(&it, ACCESS)),
        },
    };
    Ok(Some(tree(&live)))
}

/// A policy that was deleted is told as such for a while.
pub(super) fn immutability(resource: &Resource, answer: &Value) -> Told {
    let properties = properties(answer)?;
    let state = text(&properties["state"]).map(|state| spelled(&state, STATES));
    if state.as_deref() == Some(DELETED) {
        return Ok(None);
    }
    let live = ImmutabilityPolicy {
        name: resource.address.name.clone(),
        properties: ImmutabilityProperties {
            days: days(&properties["immutabilityPeriodSinceCreationInDays"]).unwrap_or(0),
            allow_protected_append_writes: flag(&properties["allowProtectedAppendWrites"]),
            allow_protected_append_writes_all: flag(&properties["allowProtectedAppendWritesAll"]),
            state,
        },
    };
    Ok(Some(tree(&live)))
}

const ACCESS: [&str; 3] = ["None", "Blob", "Container"];
const DELETED: &str = "Deleted";
const STATES: [&str; 3] = ["Locked", "Unlocked", DELETED];

fn soft_delete(value: &Value) -> SoftDelete {
    SoftDelete {
        enabled: flag(&value["enabled"]),
        days: days(&value["days"]),
    }
}
