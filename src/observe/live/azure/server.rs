//! A flexible server as ARM tells it.

mod keys;

use std::collections::BTreeMap;

use azure_mgmt_postgresql::package_flexibleserver_2024_08_01::models;
use serde::Serialize;
use serde_json::Value;

use super::super::{Found, State, tree};
use super::Key;
use super::told::spelled;
use crate::cloud::azure::{limits, postgres};
use crate::observe::inventory::Live;
use crate::plan::{Body, Resource};

pub(super) use keys::{has_identity, identity};

/// States that a server passes through, and those that end with its removal. In any other, as
/// `Stopped` or one that is newer than this list, its settings are what they are.
const PASSING: [&str; 5] = [
    "Provisioning",
    "Restarting",
    "Starting",
    "Stopping",
    "Updating",
];
const GOING: &str = "Dropping";

/// Resource group and name from the id, in lower case: ARM changes the case at will.
pub(super) fn key(server: &models::Server) -> Option<Key> {
    let id = server.tracked_resource.resource.id.as_ref()?;
    let id = id.to_ascii_lowercase();
    let mut steps = id.split('/');
    let group = steps
        .by_ref()
        .find(|step| *step == "resourcegroups")
        .and_then(|_| steps.next())?;
    Some((group.to_owned(), steps.next_back()?.to_owned()))
}

pub(super) fn state(
    live: &models::Server,
    resource: &Resource,
    identity: Result<Option<postgres::Identity>, String>,
) -> State {
    let properties = live.properties.clone().unwrap_or_default();
    let now = properties.state.as_ref().and_then(text);
    if now.as_deref() == Some(GOING) {
        return State::Missing;
    }
    let failing = keys::failing(properties.data_encryption.as_ref(), &resource.body);
    let (identity, unread) = match identity {
        Ok(identity) => (identity, None),
        Err(reason) => (None, Some(("/identity".to_owned(), reason))),
    };
    // Found by this name; ARM may answer in another case.
    let name = resource.address.name.clone();
    let planned = Planned::of(&resource.body);
    let live = match &resource.body {
        Body::Replica(_) => {
            let properties = replica(properties, &planned);
            tree(&around(properties, name, live, identity, &planned))
        }
        _ => {
            let properties = server(properties, &planned);
            tree(&around(properties, name, live, identity, &planned))
        }
    };
    State::Found(Box::new(Found {
        live,
        busy: now.filter(|now| PASSING.contains(&now.as_str())),
        unread: unread.into_iter().collect(),
        failing,
        ..Found::default()
    }))
}

/// A server of which no plan is known, in its own words. None: it is going.
pub(super) fn told(live: &models::Server) -> Option<(String, Live)> {
    let id = live.tracked_resource.resource.id.clone()?;
    let name = id.rsplit('/').next()?.to_ascii_lowercase();
    let properties = live.properties.clone().unwrap_or_default();
    if properties.state.as_ref().and_then(text).as_deref() == Some(GOING) {
        return None;
    }
    let planned = Planned::default();
    let body = match source(&properties, None) {
        Some(_) => {
            let properties = replica(properties, &planned);
            Live::Replica(Box::new(around(properties, name, live, None, &planned)))
        }
        None => {
            let properties = server(properties, &planned);
            Live::Server(Box::new(around(properties, name, live, None, &planned)))
        }
    };
    Some((id, body))
}

/// What servers and replicas have in common, around their own properties.
fn around<P>(
    properties: P,
    name: String,
    live: &models::Server,
    identity: Option<postgres::Identity>,
    planned: &Planned<'_>,
) -> postgres::Server<P> {
    postgres::Server {
        name,
        location: Some(planned.location(&live.tracked_resource.location)),
        sku: sku(live),
        identity,
        tags: Some(planned.tags(live.tracked_resource.tags.as_ref())),
        properties,
    }
}

fn server(live: models::ServerProperties, planned: &Planned<'_>) -> postgres::Properties {
    postgres::Properties {
        version: live.version.as_ref().and_then(text),
        administrator_login: live.administrator_login,
        storage: live.storage.as_ref().and_then(storage),
        data_encryption: keys::encryption(live.data_encryption, planned.encryption),
        backup: backup(live.backup),
        high_availability: Some(postgres::HighAvailability {
            mode: or_off(live.high_availability.and_then(|it| it.mode).as_ref()),
        }),
        maintenance_window: Some(maintenance(live.maintenance_window, planned.maintenance)),
    }
}

/// The backups that the API reports of a replica are not its own.
fn replica(live: models::ServerProperties, planned: &Planned<'_>) -> postgres::ReplicaProperties {
    postgres::ReplicaProperties {
        source_server_resource_id: source(&live, planned.source),
        storage: live.storage.as_ref().and_then(storage),
        data_encryption: keys::encryption(live.data_encryption, planned.encryption),
        maintenance_window: Some(maintenance(live.maintenance_window, planned.maintenance)),
    }
}

/// The server that it copies: the plan's spelling where it is the same. A server that was promoted
/// copies none. A replica of which no source is told copies the one that it was made from.
fn source(properties: &models::ServerProperties, planned: Option<&String>) -> Option<String> {
    let role = properties.replica.as_ref().and_then(|it| it.role.as_ref());
    let role = role.or(properties.replication_role.as_ref());
    let copies = role
        .and_then(text)
        .is_none_or(|role| role.ends_with("Replica"));
    let told = properties.source_server_resource_id.as_ref();
    let told = told.filter(|id| !id.is_empty());
    let source = match (told, planned) {
        (Some(told), Some(planned)) if told.eq_ignore_ascii_case(planned) => Some(planned),
        (Some(told), _) => Some(told),
        (None, planned) => planned.filter(|_| role.is_some()),
    };
    source.filter(|_| copies).cloned()
}

fn sku(live: &models::Server) -> Option<postgres::Sku> {
    let sku = live.sku.as_ref()?;
    Some(postgres::Sku {
        name: sku.name.clone(),
        tier: text(&sku.tier).unwrap_or_default(),
    })
}

/// ARM tells "" for the type that is built in, or nothing.
fn storage(live: &models::Storage) -> Option<postgres::Storage> {
    let kind = live.type_.as_ref().and_then(text).unwrap_or_default();
    Some(postgres::Storage {
        size_gib: whole(live.storage_size_gb)?,
        kind: Some(match kind.is_empty() {
            true => limits::PREMIUM.to_owned(),
            false => spelled(&kind, [limits::PREMIUM, limits::PREMIUM_V2]),
        }),
        iops: whole(live.iops),
        throughput: whole(live.throughput),
        auto_grow: Some(or_off(live.auto_grow.as_ref())),
    })
}

/// Without a block there are no backups of the server's own; without the setting they stay in the
/// region, which is the API's default.
fn backup(live: Option<models::Backup>) -> postgres::Backup {
    postgres::Backup {
        backup_retention_days: live
            .as_ref()
            .and_then(|backup| whole(backup.backup_retention_days)),
        geo_redundant_backup: Some(or_off(
            live.and_then(|backup| backup.geo_redundant_backup).as_ref(),
        )),
    }
}

/// While Azure chooses, a start that it tells says nothing: it is the plan's.
fn maintenance(
    live: Option<models::MaintenanceWindow>,
    planned: Option<&postgres::MaintenanceWindow>,
) -> postgres::MaintenanceWindow {
    let live = live.unwrap_or_default();
    let words = [postgres::ENABLED, postgres::DISABLED];
    let custom_window = spelled(&or_off(live.custom_window.as_ref()), words);
    let custom = custom_window == postgres::ENABLED;
    let told = |number, planned: Option<u32>| if custom { whole(number) } else { planned };
    postgres::MaintenanceWindow {
        custom_window,
        day_of_week: told(live.day_of_week, planned.and_then(|it| it.day_of_week)),
        start_hour: told(live.start_hour, planned.and_then(|it| it.start_hour)),
        start_minute: told(live.start_minute, planned.and_then(|it| it.start_minute)),
    }
}

/// Spellings of the plan: ARM knows several of one thing.
#[derive(Default)]
pub(super) struct Planned<'p> {
    location: Option<&'p str>,
    tags: Option<&'p BTreeMap<String, String>>,
    encryption: Option<&'p postgres::DataEncryption>,
    maintenance: Option<&'p postgres::MaintenanceWindow>,
    source: Option<&'p String>,
}

impl<'p> Planned<'p> {
    /// Of something that is no server.
    pub(super) fn spelling(
        location: &'p str,
        tags: Option<&'p BTreeMap<String, String>>,
    ) -> Planned<'p> {
        Planned {
            location: Some(location),
            tags,
            ..Planned::default()
        }
    }

    fn of(body: &'p Body) -> Planned<'p> {
        match body {
            Body::FlexibleServer(server) => Planned {
                location: server.location.as_deref(),
                tags: server.tags.as_ref(),
                encryption: server.properties.data_encryption.as_ref(),
                maintenance: server.properties.maintenance_window.as_ref(),
                source: None,
            },
            Body::Replica(replica) => Planned {
                location: replica.location.as_deref(),
                tags: replica.tags.as_ref(),
                encryption: replica.properties.data_encryption.as_ref(),
                maintenance: replica.properties.maintenance_window.as_ref(),
                source: replica.properties.source_server_resource_id.as_ref(),
            },
            _ => Planned::default(),
        }
    }

    /// `East US` and `eastus` are one region: the plan's spelling where it is the same.
    pub(super) fn location(&self, live: &str) -> String {
        let plain = |name: &str| name.replace(' ', "").to_ascii_lowercase();
        match self.location {
            Some(planned) if plain(planned) == plain(live) => planned.to_owned(),
            _ => plain(live),
        }
    }

    /// Azure tells names of tags apart without regard to case: the plan's spelling where it is the
    /// same.
    pub(super) fn tags(&self, live: Option<&Value>) -> BTreeMap<String, String> {
        let spelled = |key: &String| {
            let mut names = self.tags.into_iter().flat_map(BTreeMap::keys);
            let name = names.find(|name| name.eq_ignore_ascii_case(key));
            name.unwrap_or(key).clone()
        };
        let tags = live.and_then(Value::as_object).into_iter().flatten();
        tags.filter_map(|(key, value)| Some((spelled(key), value.as_str()?.to_owned())))
            .collect()
    }
}

/// A value of one of the API's enumerations, also one that is newer than the client.
fn text(value: &impl Serialize) -> Option<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// The API's default for what it does not tell.
fn or_off(value: Option<&impl Serialize>) -> String {
    value
        .and_then(text)
        .unwrap_or_else(|| postgres::DISABLED.to_owned())
}

fn whole(number: Option<i32>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok())
}
