//! A storage account that exists: its Blob service, and the containers that hold backups.

use super::super::{Body, Owner, Places, Purpose, Resource};
use super::Group;
use crate::cloud::azure::blob::{
    BlobService, Container, ContainerProperties, ImmutabilityPolicy, ImmutabilityProperties,
    ServiceProperties, Sku, SoftDelete,
};
use crate::policy::{StoreLock, StoreLockMode, StoreRedundancy};
use crate::resolve::{Account, Store};
use crate::source::Place;

/// Days for which what was deleted can be brought back, where the policy does not say.
const SOFT_DELETE_DAYS: u32 = 14;

/// What backstay owns of an account besides its lifecycle policy.
pub(in crate::plan) fn account(account: &Account<'_, '_>, resources: &mut Vec<Resource>) {
    for store in &account.stores {
        let Some(part) = Part::of(account, store) else {
            continue;
        };
        resources.push(part.container());
        resources.extend(
            store
                .written
                .lock
                .as_ref()
                .map(|lock| part.immutability(lock)),
        );
    }
    let first = account.stores.first();
    let part = first.and_then(|store| Part::of(account, store));
    resources.extend(part.map(|part| part.service(account)));
}

/// One store's part of its account.
struct Part<'a> {
    group: Group<'a>,
    store: &'a Store<'a>,
    account: &'a str,
    container: &'a str,
    place: Place,
}

impl<'a> Part<'a> {
    fn of(account: &Account<'_, 'a>, store: &'a Store<'a>) -> Option<Part<'a>> {
        let group = Group::of(store.site)?;
        let container = store.written.container.as_ref()?;
        Some(Part {
            group,
            store,
            account: &account.name.value,
            container: &container.value,
            place: container.place,
        })
    }

    fn template(&self) -> Owner {
        self.group.template(Purpose::Store, self.store.name)
    }

    fn script(&self) -> Owner {
        Owner::script(Purpose::Store, self.store.name)
    }

    fn resource(&self, name: &str, body: impl Into<Body>, owner: Owner) -> Resource {
        let store = self.store.name;
        self.group.resource(store, name, body, owner, self.place)
    }

    fn container(&self) -> Resource {
        let name = format!("{}/default/{}", self.account, self.container);
        let body = Container {
            name: name.clone(),
            properties: ContainerProperties {
                public_access: "None".to_owned(),
            },
        };
        self.resource(&name, body, self.template())
    }

    /// A template makes a policy that can still be lifted. Locking is an action of its own, and a
    /// locked policy refuses every template: it is a script's from the start.
    fn immutability(&self, lock: &StoreLock) -> Resource {
        let name = format!("{}/default/{}/default", self.account, self.container);
        let (owner, state) = match lock.mode.value {
            StoreLockMode::Locked | StoreLockMode::Compliance => {
                (self.script(), Some("Locked".to_owned()))
            }
            StoreLockMode::Unlocked | StoreLockMode::Governance => (self.template(), None),
        };
        let body = ImmutabilityPolicy {
            name: name.clone(),
            properties: ImmutabilityProperties {
                days: lock.duration.value.days() as u32,
                allow_protected_append_writes: false,
                allow_protected_append_writes_all: false,
                state,
            },
        };
        Resource {
            place: lock.mode.place,
            places: vec![(
                "/properties/immutabilityPeriodSinceCreationInDays".into(),
                lock.duration.place,
            )],
            ..self.resource(&name, body, owner)
        }
    }

    fn service(&self, account: &Account<'_, '_>) -> Resource {
        let name = format!("{}/default", self.account);
        let redundancy = account.redundancy();
        let versioning = account.versioning();
        let soft_delete = account.soft_delete();
        let deleted = SoftDelete {
            enabled: true,
            days: Some(soft_delete.map_or(SOFT_DELETE_DAYS, |it| it.value.days() as u32)),
        };
        let body = BlobService {
            name: name.clone(),
            sku: redundancy.map(|it| Sku {
                name: sku(it.value).to_owned(),
            }),
            properties: ServiceProperties {
                is_versioning_enabled: versioning.is_none_or(|it| it.value),
                delete_retention_policy: deleted.clone(),
                container_delete_retention_policy: deleted,
            },
        };
        let mut places = Places::new();
        let mut add = |path: &'static str, place: Option<Place>| {
            places.extend(place.map(|place| (path.into(), place)));
        };
        add("/sku", redundancy.map(|it| it.place));
        add(
            "/properties/isVersioningEnabled",
            versioning.map(|it| it.place),
        );
        let soft_delete = soft_delete.map(|it| it.place);
        add("/properties/deleteRetentionPolicy", soft_delete);
        add("/properties/containerDeleteRetentionPolicy", soft_delete);
        Resource {
            place: account.name.place,
            places,
            ..self.resource(&name, body, self.script())
        }
    }
}

fn sku(redundancy: StoreRedundancy) -> &'static str {
    match redundancy {
        StoreRedundancy::Lrs => "Standard_LRS",
        StoreRedundancy::Grs => "Standard_GRS",
        StoreRedundancy::RaGrs => "Standard_RAGRS",
        StoreRedundancy::Zrs => "Standard_ZRS",
        StoreRedundancy::Gzrs => "Standard_GZRS",
        StoreRedundancy::RaGzrs => "Standard_RAGZRS",
    }
}
