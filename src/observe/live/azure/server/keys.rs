//! The keys of a flexible server, and the identities that reach them.

use std::collections::BTreeMap;

use azure_mgmt_postgresql::package_flexibleserver_2024_08_01::models;
use serde_json::Value;

use super::super::super::super::Failing;
use super::text;
use crate::cloud::azure::postgres::{DataEncryption, Identity, Member};
use crate::plan::Body;

/// What ARM says of a server that has Azure's own key, and of a key that works.
const SYSTEM: &str = "SystemManaged";
const VALID: &str = "Valid";

/// Identities that the plan has, in its spelling.
fn planned_identity(body: &Body) -> Option<&Identity> {
    match body {
        Body::FlexibleServer(server) => server.identity.as_ref(),
        Body::Replica(replica) => replica.identity.as_ref(),
        _ => None,
    }
}

pub(in super::super) fn has_identity(body: &Body) -> bool {
    planned_identity(body).is_some()
}

/// The identity in a server's own answer. An identity of the system's beside the planned ones is
/// somebody else's.
pub(in super::super) fn identity(answer: &Value, body: &Body) -> Option<Identity> {
    let live = &answer["identity"];
    let kind = live["type"].as_str()?;
    let own = "UserAssigned";
    let kind = if kind.contains(own) { own } else { kind };
    let planned = planned_identity(body);
    let spelled = |id: &String| {
        let mut ids = planned
            .into_iter()
            .flat_map(|it| it.user_assigned_identities.keys());
        let id = ids.find(|own| own.eq_ignore_ascii_case(id)).unwrap_or(id);
        (id.clone(), Member {})
    };
    let ids = live["userAssignedIdentities"].as_object();
    Some(Identity {
        kind: kind.to_owned(),
        user_assigned_identities: ids
            .into_iter()
            .flat_map(|ids| ids.keys())
            .map(spelled)
            .collect(),
    })
}

/// The block of a server with keys of its own; ids and hosts in the plan's spelling.
pub(super) fn encryption(
    live: Option<models::DataEncryption>,
    planned: Option<&DataEncryption>,
) -> Option<DataEncryption> {
    let live = live?;
    let kind = live.type_.as_ref().and_then(text)?;
    if kind == SYSTEM {
        return None;
    }
    let spelled = |live: Option<String>, planned: Option<&String>| match (live, planned) {
        (Some(live), Some(planned)) if live.eq_ignore_ascii_case(planned) => Some(planned.clone()),
        (live, _) => live.filter(|live| !live.is_empty()),
    };
    Some(DataEncryption {
        kind,
        primary_key: spelled(
            live.primary_key_uri,
            planned.and_then(|it| it.primary_key.as_ref()),
        ),
        primary_identity: spelled(
            live.primary_user_assigned_identity_id,
            planned.and_then(|it| it.primary_identity.as_ref()),
        ),
        geo_key: spelled(
            live.geo_backup_key_uri,
            planned.and_then(|it| it.geo_key.as_ref()),
        ),
        geo_identity: spelled(
            live.geo_backup_user_assigned_identity_id,
            planned.and_then(|it| it.geo_identity.as_ref()),
        ),
    })
}

/// Keys that the policy asks for and the server cannot reach. It stops within the hour; so do its
/// backups.
pub(super) fn failing(
    live: Option<&models::DataEncryption>,
    body: &Body,
) -> BTreeMap<String, Failing> {
    let planned = match body {
        Body::FlexibleServer(server) => server.properties.data_encryption.is_some(),
        Body::Replica(replica) => replica.properties.data_encryption.is_some(),
        _ => false,
    };
    let Some(live) = live.filter(|_| planned) else {
        return BTreeMap::new();
    };
    let states = [
        (
            "primaryEncryptionKeyStatus",
            live.primary_encryption_key_status.as_ref().and_then(text),
        ),
        (
            "geoBackupEncryptionKeyStatus",
            live.geo_backup_encryption_key_status
                .as_ref()
                .and_then(text),
        ),
    ];
    let told = states.into_iter().filter_map(|(name, state)| {
        let live = state.filter(|state| state != VALID && !state.is_empty())?;
        let healthy = VALID.to_owned();
        let pointer = format!("/properties/dataEncryption/{name}");
        Some((pointer, Failing { live, healthy }))
    });
    told.collect()
}
