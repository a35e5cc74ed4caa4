//! The flexible server of a database.

use super::super::{Owner, Places, Purpose, Resource, tag_places, tags};
use super::{Group, on};
use crate::cloud::azure::postgres;
use crate::policy::{HighAvailability, SkuTier};
use crate::resolve::{Database, Layer};
use crate::source::Place;

/// The server of a database.
pub(in crate::plan) fn server(database: &Database<'_>) -> Option<Resource> {
    let group = Group::of(database.site)?;
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
        location: provision.map(|_| group.region.to_owned()),
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
    let owner = match provision {
        Some(_) => group.template(Purpose::Database, database.name),
        None => Owner::Existing {
            file: format!("scripts/{}-enforce.sh", database.name.value),
        },
    };
    Some(Resource {
        places: places(database),
        ..group.resource(database.name, &written.id, body, owner, written.id.place)
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
