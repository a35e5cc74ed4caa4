//! Flexible servers and the lifecycle policies of storage accounts.

use std::collections::BTreeSet;

use super::lifecycle::Kept;
use super::{Address, Body, Owner, Places, Purpose, Resource, Scope, tag_places, tags};
use crate::cloud::Owned;
use crate::cloud::azure::{limits, postgres, storage};
use crate::policy::{HighAvailability, SkuTier, StoreRedundancy};
use crate::resolve::{Database, Layer, Scope as PolicyScope, Site, Store};
use crate::source::Place;

fn scope(site: Site<'_>) -> Option<(Scope, &str)> {
    match site.scope {
        PolicyScope::Azure {
            subscription,
            resource_group,
            region,
        } => Some((
            Scope::Azure {
                subscription: subscription.to_owned(),
                resource_group: resource_group.to_owned(),
            },
            region,
        )),
        _ => None,
    }
}

fn on(value: bool) -> String {
    if value { "Enabled" } else { "Disabled" }.to_owned()
}

/// The server of a database.
pub(super) fn server(database: &Database<'_>) -> Option<Resource> {
    let (scope, region) = scope(database.site)?;
    let written = database.written;
    let intent = &database.intent;
    let provision = written.provision.as_ref();
    let tags = tags(database);
    let mode = match intent.high_availability.value {
        HighAvailability::SameZone => "SameZone",
        HighAvailability::ZoneRedundant => "ZoneRedundant",
        HighAvailability::None | HighAvailability::MultiAz => "Disabled",
    };
    let owns_mode = provision.is_some() || intent.high_availability.layer != Layer::BuiltIn;
    let geo = intent.copies.geo.as_ref().map(|geo| geo.value);
    let body = postgres::FlexibleServer {
        name: written.id.value.clone(),
        location: provision.map(|_| region.to_owned()),
        sku: provision.and_then(|provision| {
            Some(postgres::Sku {
                name: provision.sku.as_ref()?.value.clone(),
                tier: sku_tier(provision.sku_tier.as_ref()?.value).to_owned(),
            })
        }),
        tags: (!tags.is_empty()).then_some(tags),
        properties: postgres::Properties {
            version: provision.and_then(|p| Some(p.version.as_ref()?.value.clone())),
            administrator_login: provision.and_then(|p| Some(p.username.as_ref()?.value.clone())),
            storage: provision.and_then(|provision| {
                Some(postgres::Storage {
                    size_gib: provision.storage.as_ref()?.size.gib(),
                    auto_grow: Some(on(true)),
                })
            }),
            backup: postgres::Backup {
                backup_retention_days: intent
                    .retention
                    .pitr
                    .as_ref()
                    .map(|retention| retention.value.days() as u32),
                geo_redundant_backup: geo.or(provision.map(|_| false)).map(on),
            },
            high_availability: owns_mode.then(|| postgres::HighAvailability {
                mode: mode.to_owned(),
            }),
        },
    };
    Some(Resource {
        address: Address {
            scope,
            kind: postgres::FlexibleServer::TYPE.to_owned(),
            name: written.id.value.clone(),
        },
        body: Body::FlexibleServer(Box::new(body)),
        owner: match provision {
            Some(_) => Owner::Template {
                file: format!("azure/{}/{}.json", database.site.name, database.name.value),
                purpose: Purpose::Database,
            },
            None => Owner::Existing {
                file: format!("scripts/{}-enforce.sh", database.name.value),
            },
        },
        name: database.name.value.clone(),
        location: database.site.name.to_owned(),
        role: None,
        place: written.id.place,
        places: places(database),
    })
}

fn sku_tier(tier: SkuTier) -> &'static str {
    match tier {
        SkuTier::Burstable => "Burstable",
        SkuTier::GeneralPurpose => "GeneralPurpose",
        SkuTier::MemoryOptimized => "MemoryOptimized",
    }
}

fn places(database: &Database<'_>) -> Places {
    let intent = &database.intent;
    let mut places = tag_places(database, "/tags");
    let mut add = |path: &'static str, place: Option<Place>| {
        places.extend(place.map(|place| (path.into(), place)));
    };
    let pitr = intent.retention.pitr.as_ref().and_then(|v| v.place);
    let geo = intent.copies.geo.as_ref().and_then(|v| v.place);
    add("/properties/backup/backupRetentionDays", pitr);
    add("/properties/backup/geoRedundantBackup", geo);
    add(
        "/properties/highAvailability",
        intent.high_availability.place,
    );
    if let Some(provision) = &database.written.provision {
        add("/sku/name", provision.sku.as_ref().map(|v| v.place));
        add("/sku/tier", provision.sku_tier.as_ref().map(|v| v.place));
        add(
            "/properties/version",
            provision.version.as_ref().map(|v| v.place),
        );
        add(
            "/properties/administratorLogin",
            provision.username.as_ref().map(|v| v.place),
        );
        add(
            "/properties/storage",
            provision.storage.as_ref().map(|v| v.size.place),
        );
    }
    places
}

/// Days after which snapshots and earlier versions of a blob are removed.
const SUPERSEDED_DAYS: u32 = 30;

/// Age at which a blob moves colder, and the shortest total life for which that pays.
const COOL: (u32, u32) = (30, 60);
const COLD: (u32, u32) = (90, 180);
const ARCHIVE: (u32, u32) = (180, 365);

/// The one lifecycle policy of a store's account.
pub(super) fn policy(store: &Store<'_>, kept: &Kept) -> Option<Resource> {
    let (scope, _) = scope(store.site)?;
    let account = store.written.storage_account.as_ref()?;
    let container = &store.written.container.as_ref()?.value;
    // Archive does not exist on the zone-redundant kinds.
    let archives = store.written.redundancy.as_ref().is_none_or(|redundancy| {
        use StoreRedundancy::{Grs, Lrs, RaGrs};
        matches!(redundancy.value, Lrs | Grs | RaGrs)
    });
    let mut rules = Vec::new();
    let mut places = vec![("/rules".into(), kept.place.unwrap_or(account.place))];
    for group in kept.groups() {
        let (class, days) = (group.class, group.days);
        for (part, prefixes) in group.prefixes.chunks(limits::RULE_PREFIXES).enumerate() {
            let name = match part {
                0 => format!("{class}-{days}d"),
                part => format!("{class}-{days}d-{}", part + 1),
            };
            let prefixes = prefixes
                .iter()
                .map(|prefix| format!("{container}/{prefix}"));
            places.extend(group.place.map(|it| (format!("/rules/{name}").into(), it)));
            rules.push(rule(name, days, prefixes.collect(), archives));
        }
    }
    rules.sort_by(|a, b| a.name.cmp(&b.name));
    Some(Resource {
        address: Address {
            scope,
            kind: storage::ManagementPolicy::TYPE.to_owned(),
            name: account.value.clone(),
        },
        body: Body::ManagementPolicy(Box::new(storage::ManagementPolicy { rules })),
        owner: Owner::Template {
            file: format!("azure/{}/{}.json", store.site.name, store.name.value),
            purpose: Purpose::Store,
        },
        name: store.name.value.clone(),
        location: store.site.name.to_owned(),
        role: None,
        place: account.place,
        places,
    })
}

fn rule(name: String, days: u32, prefixes: BTreeSet<String>, archives: bool) -> storage::Rule {
    let after = |(age, life): (u32, u32)| {
        (days >= life).then_some(storage::AfterModification { days: age })
    };
    let superseded = storage::Deletion {
        delete: storage::AfterCreation {
            days: SUPERSEDED_DAYS,
        },
    };
    storage::Rule {
        name,
        enabled: true,
        kind: storage::RuleKind::Lifecycle,
        definition: storage::Definition {
            actions: storage::Actions {
                base_blob: Some(storage::BaseBlob {
                    tier_to_cool: after(COOL),
                    tier_to_cold: after(COLD),
                    tier_to_archive: after(ARCHIVE).filter(|_| archives),
                    delete: Some(storage::AfterModification { days }),
                }),
                snapshot: Some(superseded.clone()),
                version: Some(superseded),
            },
            filters: storage::Filters {
                blob_types: ["blockBlob".to_owned()].into(),
                prefix_match: prefixes,
            },
        },
    }
}
