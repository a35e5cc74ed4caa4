//! What is watched, and for whom: the servers, vaults and accounts of the databases that say so.

use std::collections::BTreeSet;

use super::super::Group;
use crate::cloud::Owned;
use crate::cloud::azure::{backup, postgres};
use crate::policy::{AlertEvent, Receiver};
use crate::resolve::{Database, Estate};
use crate::source::Place;

/// The type of what a store's account is: no part of it is backstay's own.
const ACCOUNT: &str = "Microsoft.Storage/storageAccounts";

/// One set of receivers in one location.
pub(super) struct Told<'w> {
    pub group: Group<'w>,
    pub addresses: BTreeSet<&'w str>,
    /// Of the action group: the same whoever is in it, so that a change of people is a change of it.
    pub name: String,
    /// Where the first receiver is written.
    pub place: Place,
    pub watched: BTreeSet<Watched>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Watched {
    pub event: AlertEvent,
    pub kind: Kind,
    pub id: String,
    /// Where the event is written.
    pub place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Server,
    Vault,
    Account,
    /// With how far behind it may be.
    Replica {
        seconds: u64,
    },
}

impl Kind {
    /// What can be weakened.
    pub const ALL: [Kind; 3] = [Kind::Server, Kind::Vault, Kind::Account];
}

/// Every set of receivers in the order of the policy. Azure reaches mail addresses alone: for anything
/// else it would need a secret.
pub(super) fn told<'e>(estate: &'e Estate<'_>) -> Vec<Told<'e>> {
    let mut all: Vec<Told<'_>> = Vec::new();
    for database in &estate.databases {
        let mut place = None;
        let mut addresses = BTreeSet::new();
        for to in &database.intent.alerts.to {
            if let Receiver::Email(address) = &to.value {
                addresses.insert(address.as_str());
                place = place.or(to.place);
            }
        }
        if addresses.is_empty() {
            continue;
        }
        let place = place.unwrap_or(database.name.place);
        for (group, kind, id) in things(database, estate) {
            let told = set(&mut all, group, &addresses, place);
            for event in &database.intent.alerts.events {
                told.watched.insert(Watched {
                    event: event.value,
                    kind,
                    id: id.clone(),
                    place: event.place.unwrap_or(place),
                });
            }
        }
    }
    all
}

/// The set of these receivers in a location. The first of a location has its name, others a number.
fn set<'t, 'w>(
    all: &'t mut Vec<Told<'w>>,
    group: Group<'w>,
    addresses: &BTreeSet<&'w str>,
    place: Place,
) -> &'t mut Told<'w> {
    let here = |told: &Told<'_>| told.group.location == group.location;
    let known = all
        .iter()
        .position(|told| here(told) && told.addresses == *addresses);
    let at = known.unwrap_or_else(|| {
        let name = match all.iter().filter(|told| here(told)).count() {
            0 => format!("backstay-{}", group.location),
            others => format!("backstay-{}-{}", group.location, others + 1),
        };
        all.push(Told {
            group,
            addresses: addresses.clone(),
            name,
            place,
            watched: BTreeSet::new(),
        });
        all.len() - 1
    });
    &mut all[at]
}

/// What holds a database and its backups in Azure.
fn things<'e>(
    database: &'e Database<'_>,
    estate: &'e Estate<'_>,
) -> Vec<(Group<'e>, Kind, String)> {
    let mut found = Vec::new();
    let written = database.written;
    if let Some(group) = Group::of(database.site) {
        let server = |id: &str| group.id(postgres::FlexibleServer::TYPE, id);
        found.push((group, Kind::Server, server(&written.id)));
        let rpo = database.intent.rpo.as_ref();
        let seconds = rpo.map(|rpo| rpo.value.minutes() * 60);
        found.extend(written.replicas.iter().filter_map(|replica| {
            let seconds = seconds.filter(|seconds| *seconds > 0)?;
            Some((group, Kind::Replica { seconds }, server(&replica.id)))
        }));
    }
    let vault = written.vault.as_ref();
    let vault = vault.and_then(|named| estate.vault(&named.value));
    found.extend(vault.and_then(|vault| {
        let group = Group::of(vault.site)?;
        let id = group.id(backup::BackupVault::TYPE, &vault.written.name);
        Some((group, Kind::Vault, id))
    }));
    let stores = written.dump.iter().flat_map(|dump| &dump.to);
    found.extend(stores.filter_map(|to| {
        let store = estate.store(to)?;
        let group = Group::of(store.site)?;
        let account = store.written.storage_account.as_ref()?;
        Some((group, Kind::Account, group.id(ACCOUNT, account)))
    }));
    found
}
