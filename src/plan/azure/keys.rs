//! The keys of a server and its replicas, and the identities that reach them.

use super::super::Places;
use super::Group;
use crate::cloud::azure::postgres::{DataEncryption, Identity, Member};
use crate::policy::{Encryption, Key, Replica};
use crate::resolve::Database;

const IDENTITIES: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

/// The blocks of one server. None: Azure's own key, or one of which nothing is said.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub identity: Option<Identity>,
    pub encryption: Option<DataEncryption>,
}

impl Keys {
    /// An existing server shows whose key it has, and which where the policy names it; the identities
    /// that it reaches them by are not the policy's.
    pub(super) fn of_server(database: &Database<'_>, group: Group<'_>) -> Keys {
        let named = match &database.intent.encryption.value {
            Encryption::ProviderManaged | Encryption::Unencrypted => return Keys::default(),
            Encryption::CustomerManaged => None,
            Encryption::Key(url) => Some(url.clone()),
        };
        let provision = database.written.provision.as_ref();
        let geo = database.intent.copies.geo.as_ref();
        let key = provision.and_then(|provision| provision.key.as_ref());
        let geo_key = provision.and_then(|provision| provision.geo_key.as_ref());
        let geo_key = geo_key.filter(|_| geo.is_some_and(|geo| geo.value));
        let mut encryption = encryption(key, group);
        encryption.primary_key = named.or(encryption.primary_key);
        encryption.geo_key = geo_key.and_then(url);
        encryption.geo_identity = geo_key.map(|key| identity_id(key, group));
        Keys {
            identity: identity(&encryption),
            encryption: Some(encryption),
        }
    }

    /// A replica has the key that it names, else the server's where it is in the same region.
    pub(super) fn of_replica(database: &Database<'_>, replica: &Replica, group: Group<'_>) -> Keys {
        let region = replica.location.as_ref();
        let near = region.is_none_or(|region| region.value == group.region);
        let encryption = match &replica.key {
            Some(key) => Some(encryption(Some(key), group)),
            None if near => {
                let own = Keys::of_server(database, group).encryption;
                own.map(|own| DataEncryption {
                    geo_key: None,
                    geo_identity: None,
                    ..own
                })
            }
            None => None,
        };
        Keys {
            identity: encryption.as_ref().and_then(identity),
            encryption,
        }
    }
}

fn encryption(key: Option<&Key>, group: Group<'_>) -> DataEncryption {
    DataEncryption {
        kind: "AzureKeyVault".to_owned(),
        primary_key: key.and_then(url),
        primary_identity: key.map(|key| identity_id(key, group)),
        geo_key: None,
        geo_identity: None,
    }
}

fn url(key: &Key) -> Option<String> {
    key.url.as_ref().map(|url| url.value.clone())
}

/// A bare name is one of the database's own resource group.
fn identity_id(key: &Key, group: Group<'_>) -> String {
    let name = &key.identity.value;
    match name.starts_with('/') {
        true => name.clone(),
        false => group.id(IDENTITIES, name),
    }
}

fn identity(encryption: &DataEncryption) -> Option<Identity> {
    let ids = [&encryption.primary_identity, &encryption.geo_identity];
    let ids = ids.into_iter().flatten();
    let user_assigned_identities = ids.map(|id| (id.clone(), Member {})).collect();
    encryption.primary_identity.as_ref()?;
    Some(Identity {
        kind: "UserAssigned".to_owned(),
        user_assigned_identities,
    })
}

/// Where a server's keys are written.
pub(super) fn places(database: &Database<'_>, group: Group<'_>) -> Places {
    let provision = database.written.provision.as_ref();
    let key = provision.and_then(|provision| provision.key.as_ref());
    let geo = provision.and_then(|provision| provision.geo_key.as_ref());
    let own = database.intent.encryption.place;
    let mut places: Places = Vec::new();
    places.extend(own.map(|place| (ENCRYPTION.into(), place)));
    places.extend(key.map(|key| ("/identity".into(), key.identity.place)));
    places.extend(key_places(key, group, PRIMARY));
    places.extend(key_places(geo, group, GEO));
    places
}

/// Where a replica's key is written: at the replica, or where its server's is.
pub(super) fn replica_places(
    database: &Database<'_>,
    replica: &Replica,
    group: Group<'_>,
) -> Places {
    let Some(key) = &replica.key else {
        return places(database, group);
    };
    let mut places = key_places(Some(key), group, PRIMARY);
    places.push((ENCRYPTION.into(), key.identity.place));
    places.push(("/identity".into(), key.identity.place));
    places
}

const ENCRYPTION: &str = "/properties/dataEncryption";
/// What a key and its identity are below it.
const PRIMARY: [&str; 2] = ["primaryKeyURI", "primaryUserAssignedIdentityId"];
const GEO: [&str; 2] = ["geoBackupKeyURI", "geoBackupUserAssignedIdentityId"];

fn key_places(key: Option<&Key>, group: Group<'_>, [url, identity]: [&str; 2]) -> Places {
    let Some(key) = key else { return Vec::new() };
    let step = identity_id(key, group).replace('/', "~1");
    let member = format!("/identity/userAssignedIdentities/{step}");
    let reached = key.identity.place;
    let written = key.url.as_ref();
    let mut places: Places = vec![
        (format!("{ENCRYPTION}/{identity}").into(), reached),
        (member.into(), reached),
    ];
    places.extend(written.map(|it| (format!("{ENCRYPTION}/{url}").into(), it.place)));
    places
}
