//! The flexible server of a database and its replicas.

use super::super::{Owner, Places, Purpose, Resource, tag_places, tags};
use super::keys::{self, Keys};
use super::{Group, on};
use crate::cloud::Owned;
use crate::cloud::azure::{limits, postgres};
use crate::policy::{HighAvailability, Maintenance, Provision, Replica, SkuTier, StorageType};
use crate::resolve::{Database, Layer};
use crate::source::Place;

/// The server of a database and its replicas.
pub(in crate::plan) fn servers(database: &Database<'_>, resources: &mut Vec<Resource>) {
    let Some(group) = Group::of(database.site) else {
        return;
    };
    let written = database.written;
    let name = database.name.value.as_str();
    let owner = || match written.provision {
        Some(_) => group.template(Purpose::Database, name),
        None => Owner::script(Purpose::Database, name),
    };
    let id = &written.id;
    resources.push(Resource {
        places: places(database, group),
        ..group.resource(name, id, server(database, group), owner(), id.place)
    });
    for replica in &written.replicas {
        let (id, body) = (&replica.id, replica_body(database, replica, group));
        resources.push(Resource {
            places: replica_places(database, replica, group),
            ..group.resource(name, id, body, owner(), id.place)
        });
    }
}

fn server(database: &Database<'_>, group: Group<'_>) -> postgres::FlexibleServer {
    let written = database.written;
    let intent = &database.intent;
    let provision = written.provision.as_deref();
    let keys = Keys::of_server(database, group);
    let mode = match intent.high_availability.value {
        HighAvailability::SameZone => "SameZone",
        HighAvailability::ZoneRedundant => "ZoneRedundant",
        HighAvailability::None | HighAvailability::MultiAz => "Disabled",
    };
    let owns_mode = provision.is_some() || intent.high_availability.layer != Layer::BuiltIn;
    let geo = intent.copies.geo.as_ref().map(|geo| geo.value);
    let properties = postgres::Properties {
        version: provision.and_then(|p| Some(p.version.as_ref()?.value.clone())),
        administrator_login: provision.and_then(|p| Some(p.username.as_ref()?.value.clone())),
        storage: provision.and_then(storage),
        data_encryption: keys.encryption,
        backup: postgres::Backup {
            backup_retention_days: intent
                .retention
                .pitr
                .as_ref()
                .map(|retention| retention.value.days() as u32),
            geo_redundant_backup: geo.or(provision.map(|_| false)).map(on),
        },
        maintenance_window: maintenance(database),
        high_availability: owns_mode.then(|| postgres::HighAvailability {
            mode: mode.to_owned(),
        }),
    };
    let region = provision.map(|_| group.region);
    around(
        properties,
        database,
        &written.id.value,
        region,
        keys.identity,
    )
}

/// What a server and its replicas have in common, around their own properties.
fn around<P>(
    properties: P,
    database: &Database<'_>,
    name: &str,
    region: Option<&str>,
    identity: Option<postgres::Identity>,
) -> postgres::Server<P> {
    let tags = tags(database);
    postgres::Server {
        name: name.to_owned(),
        location: region.map(str::to_owned),
        sku: database.written.provision.as_deref().and_then(sku),
        identity,
        tags: (!tags.is_empty()).then_some(tags),
        properties,
    }
}

/// As large as its source, and without backups of its own: those are the source's.
fn replica_body(database: &Database<'_>, replica: &Replica, group: Group<'_>) -> postgres::Replica {
    let provision = database.written.provision.as_deref();
    let keys = Keys::of_replica(database, replica, group);
    let source = group.id(postgres::FlexibleServer::TYPE, &database.written.id);
    let properties = postgres::ReplicaProperties {
        source_server_resource_id: Some(source),
        storage: provision.and_then(storage),
        data_encryption: keys.encryption,
        maintenance_window: maintenance(database),
    };
    let region = replica.location.as_ref().map(|it| it.value.as_str());
    let region = region.or(provision.map(|_| group.region));
    around(
        properties,
        database,
        &replica.id.value,
        region,
        keys.identity,
    )
}

/// Of a server and of its replicas. None: nobody says, so it stays as it is.
fn maintenance(database: &Database<'_>) -> Option<postgres::MaintenanceWindow> {
    let setting = database.intent.maintenance_window.as_ref()?;
    Some(match setting.value {
        Maintenance::Weekly(window) => postgres::MaintenanceWindow::from_start_of(window),
        Maintenance::ProviderManaged => postgres::MaintenanceWindow::system_managed(),
    })
}

fn sku(provision: &Provision) -> Option<postgres::Sku> {
    Some(postgres::Sku {
        name: provision.sku.as_ref()?.value.clone(),
        tier: sku_tier(provision.sku_tier.as_ref()?.value).to_owned(),
    })
}

/// Premium SSD v2 has a speed of its own and does not grow by itself; of Premium SSD, which is built
/// in, the type is nobody's to say.
fn storage(provision: &Provision) -> Option<postgres::Storage> {
    let storage = provision.storage.as_ref()?;
    let size_gib = storage.size.gib();
    let v2 = storage.has(StorageType::PremiumV2).then(|| {
        let [slow, fast] = limits::PREMIUM_V2_SPEEDS;
        match size_gib < limits::PREMIUM_V2_FAST_GIB {
            true => slow,
            false => fast,
        }
    });
    Some(postgres::Storage {
        size_gib,
        kind: v2.map(|_| limits::PREMIUM_V2.to_owned()),
        iops: v2.map(|(iops, _)| iops),
        throughput: v2.map(|(_, throughput)| throughput),
        auto_grow: Some(on(v2.is_none())),
    })
}

fn sku_tier(tier: SkuTier) -> &'static str {
    match tier {
        SkuTier::Burstable => "Burstable",
        SkuTier::GeneralPurpose => "GeneralPurpose",
        SkuTier::MemoryOptimized => "MemoryOptimized",
    }
}

fn places(database: &Database<'_>, group: Group<'_>) -> Places {
    let intent = &database.intent;
    let mut places = tag_places(database, "/tags");
    places.extend(common_places(database));
    places.extend(keys::places(database, group));
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
        add(
            "/properties/version",
            provision.version.as_ref().map(|v| v.place),
        );
        add(
            "/properties/administratorLogin",
            provision.username.as_ref().map(|v| v.place),
        );
    }
    places
}

/// Where a server's size and maintenance window are written, and its replicas'.
fn common_places(database: &Database<'_>) -> Places {
    let provision = database.written.provision.as_deref();
    let places = [
        (
            "/sku/name",
            provision.and_then(|p| Some(p.sku.as_ref()?.place)),
        ),
        (
            "/sku/tier",
            provision.and_then(|p| Some(p.sku_tier.as_ref()?.place)),
        ),
        (
            "/properties/storage/type",
            provision.and_then(|p| Some(p.storage.as_ref()?.kind.as_ref()?.place)),
        ),
        (
            "/properties/storage",
            provision.and_then(|p| Some(p.storage.as_ref()?.size.place)),
        ),
        (
            "/properties/maintenanceWindow",
            database
                .intent
                .maintenance_window
                .as_ref()
                .and_then(|it| it.place),
        ),
    ];
    let written = |(path, place): (&'static str, Option<Place>)| Some((path.into(), place?));
    places.into_iter().filter_map(written).collect()
}

fn replica_places(database: &Database<'_>, replica: &Replica, group: Group<'_>) -> Places {
    let mut places = tag_places(database, "/tags");
    places.extend(common_places(database));
    places.extend(keys::replica_places(database, replica, group));
    let location = replica.location.as_ref();
    places.extend(location.map(|location| ("/location".into(), location.place)));
    places
}
