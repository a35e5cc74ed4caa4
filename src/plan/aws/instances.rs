//! RDS instances and their replicas.

use super::super::{Body, Owner, Places, Purpose, Resource, tag_places, tags};
use super::copies::Receivers;
use super::keys::Key;
use super::{Region, logical_id};
use super::{copies, replicas};
use crate::cloud::aws::{Tags, Value, rds};
use crate::policy::{Encryption, HighAvailability, Provision, Replica, StorageType};
use crate::resolve::{Database, Estate, Layer, Resolved};
use crate::source::Place;

/// Logical ids of a database's stack.
const DATABASE: &str = "Database";
const KEY: &str = "DatabaseKey";

/// A setting that somebody wrote, or that a new database needs a value for.
fn owned<T: Clone>(setting: &Resolved<T>, provision: Option<&Provision>) -> Option<T> {
    (provision.is_some() || setting.layer != Layer::BuiltIn).then(|| setting.value.clone())
}

/// The instance, its key, its replicas, and what receives its copies.
pub(in crate::plan) fn instances<'w>(
    database: &Database<'w>,
    estate: &Estate<'w>,
    resources: &mut Vec<Resource>,
) {
    let Some(region) = Region::of(database.site) else {
        return;
    };
    let written = database.written;
    let name = database.name.value.as_str();
    let provision = written.provision.as_deref();
    let replicated = copies::replicated(database, estate);
    let parameters: Vec<_> = replicated
        .map(|there| copies::parameter(database, there))
        .into_iter()
        .collect();
    let owner = |logical_id: &str| match provision {
        Some(_) => region
            .stack(Purpose::Database, name, logical_id)
            .with(&parameters),
        None => Owner::script(Purpose::Database, name),
    };
    // RDS gives the case of an identifier no meaning.
    let resource = |id: &crate::policy::Spanned<String>, body, owner| {
        region.resource(name, &id.to_ascii_lowercase(), body, owner, id.place)
    };
    copies::keys(database, region, estate, resources);
    let receivers = copies::receivers(database, region, estate);
    let made = key(database, provision, &receivers).map(|key| key.resources(region));
    resources.extend(made.into_iter().flatten().map(|resource| Resource {
        places: match &resource.body {
            Body::Key(_) => copies::statement_places(&receivers),
            _ => Places::new(),
        },
        owner: resource.owner.with(&parameters),
        ..resource
    }));
    let mut body = instance(database, provision);
    if let Some(there) = replicated {
        body.replication_region = Some(there.region.to_owned());
        body.replication_retention = body.backup_retention_period;
    }
    resources.push(Resource {
        places: places(database),
        ..resource(&written.id, body, owner(DATABASE))
    });
    for replica in &written.replicas {
        let body = replica_body(database, replica, provision);
        match replicas::elsewhere(replica, region, estate) {
            Some(there) => replicas::resource(database, replica, (region, there), body, resources),
            None => resources.push(Resource {
                places: replica_places(database, replica),
                ..resource(
                    &replica.id,
                    body,
                    owner(&logical_id("Replica", &replica.id)),
                )
            }),
        }
    }
}

/// The key that the stack of a new database makes for it.
fn key<'a>(
    database: &Database<'a>,
    provision: Option<&Provision>,
    receivers: &Receivers<'_>,
) -> Option<Key<'a>> {
    let encryption = &database.intent.encryption;
    let name = database.name.value.as_str();
    let tags = tags(database);
    provision.filter(|_| encryption.value == Encryption::CustomerManaged)?;
    Some(Key {
        purpose: Purpose::Database,
        name,
        stack: name,
        logical_id: KEY,
        encrypts: format!("the database {name} and its backups"),
        tags: (!tags.is_empty()).then_some(Tags(tags)),
        users: copies::statements(receivers),
        place: encryption.place.unwrap_or(database.written.id.place),
    })
}

fn instance(database: &Database<'_>, provision: Option<&Provision>) -> rds::DbInstance {
    let intent = &database.intent;
    let tags = tags(database);
    let storage = provision.and_then(|provision| provision.storage.as_ref());
    let text = |value: Option<&crate::policy::Spanned<String>>| value.map(|v| v.value.clone());
    let engine = database.engine().rds();
    rds::DbInstance {
        identifier: database.written.id.to_ascii_lowercase(),
        class: text(provision.and_then(|p| p.instance_class.as_ref())),
        engine: engine.map(|engine| engine.name.to_owned()),
        engine_version: text(provision.and_then(|p| p.engine_version.as_ref())),
        allocated_storage: storage.map(|storage| storage.size.gib().to_string()),
        storage_type: storage
            .and_then(|storage| storage.kind.as_ref())
            .and_then(|kind| storage_type(kind.value))
            .map(str::to_owned),
        master_username: text(provision.and_then(|p| p.username.as_ref())),
        manage_master_user_password: provision.map(|_| database.written.replicas.is_empty()),
        source: None,
        availability_zone: text(provision.and_then(|p| p.zone.as_ref())),
        backup_retention_period: intent
            .retention
            .pitr
            .as_ref()
            .map(|r| r.value.days() as u32),
        preferred_backup_window: owned(&intent.window, provision),
        preferred_maintenance_window: intent
            .maintenance_window
            .as_ref()
            .and_then(|it| it.value.weekly()),
        copy_tags_to_snapshot: Some(intent.copy_tags_to_snapshots.value),
        deletion_protection: Some(intent.deletion_protection.value),
        multi_az: owned(&intent.high_availability, provision)
            .map(|mode| mode == HighAvailability::MultiAz),
        storage_encrypted: Some(intent.encryption.value != Encryption::Unencrypted),
        kms_key_id: match &intent.encryption.value {
            Encryption::Key(key) => Some(Value::Text(key.clone())),
            Encryption::CustomerManaged if provision.is_some() => {
                Some(Value::attribute(KEY, "Arn"))
            }
            Encryption::CustomerManaged | Encryption::ProviderManaged | Encryption::Unencrypted => {
                None
            }
        },
        log_exports: provision.and_then(|_| {
            let logs = engine?.logs.iter();
            Some(logs.map(|log| (*log).to_owned()).collect())
        }),
        replication_region: None,
        replication_retention: None,
        tags: (!tags.is_empty()).then_some(Tags(tags)),
    }
}

/// A replica has neither retention nor window of its own: RDS keeps none for it by default, and a
/// snapshot of the source restores the same data.
fn replica_body(
    database: &Database<'_>,
    replica: &Replica,
    provision: Option<&Provision>,
) -> rds::DbInstance {
    let tags = tags(database);
    let intent = &database.intent;
    rds::DbInstance {
        identifier: replica.id.to_ascii_lowercase(),
        class: provision
            .and_then(|p| p.instance_class.as_ref())
            .map(|class| class.value.clone()),
        engine: None,
        engine_version: None,
        allocated_storage: None,
        storage_type: None,
        master_username: None,
        manage_master_user_password: None,
        source: Some(match provision {
            Some(_) => Value::reference(DATABASE),
            None => Value::Text(database.written.id.to_ascii_lowercase()),
        }),
        availability_zone: replica.zone.as_ref().map(|zone| zone.value.clone()),
        backup_retention_period: None,
        preferred_backup_window: None,
        preferred_maintenance_window: intent
            .maintenance_window
            .as_ref()
            .and_then(|it| it.value.weekly()),
        copy_tags_to_snapshot: Some(intent.copy_tags_to_snapshots.value),
        deletion_protection: Some(intent.deletion_protection.value),
        multi_az: replica
            .high_availability
            .as_ref()
            .map(|mode| mode.value == HighAvailability::MultiAz),
        // A replica takes its source's encryption; CloudFormation refuses to be told.
        storage_encrypted: provision
            .is_none()
            .then_some(intent.encryption.value != Encryption::Unencrypted),
        kms_key_id: None,
        log_exports: None,
        replication_region: None,
        replication_retention: None,
        tags: (!tags.is_empty()).then_some(Tags(tags)),
    }
}

/// None: it is another cloud's, which the rules have told.
fn storage_type(kind: StorageType) -> Option<&'static str> {
    match kind {
        StorageType::Gp2 => Some("gp2"),
        StorageType::Gp3 => Some("gp3"),
        StorageType::PremiumV2 => None,
    }
}

/// A replica has the settings of its database, but for its zone, place and standby.
pub(super) fn replica_places(database: &Database<'_>, replica: &Replica) -> Places {
    let mut places = places(database);
    let mut add = |path: &'static str, place: Option<Place>| {
        places.extend(place.map(|place| (path.into(), place)));
    };
    add(
        "/AvailabilityZone",
        replica.zone.as_ref().map(|zone| zone.place),
    );
    add("/KmsKeyId", replica.at.as_ref().map(|at| at.place));
    let standby = replica.high_availability.as_ref();
    add("/MultiAZ", standby.map(|mode| mode.place));
    places
}

fn places(database: &Database<'_>) -> Places {
    let intent = &database.intent;
    let mut places = tag_places(database, "/Tags");
    let mut add = |path: &'static str, place: Option<Place>| {
        places.extend(place.map(|place| (path.into(), place)));
    };
    add(
        "/BackupRetentionPeriod",
        intent.retention.pitr.as_ref().and_then(|v| v.place),
    );
    add(
        "/AutomaticBackupReplicationRegion",
        intent.copies.replicate_pitr.as_ref().and_then(|v| v.place),
    );
    add(
        "/AutomaticBackupReplicationRetentionPeriod",
        intent.retention.pitr.as_ref().and_then(|v| v.place),
    );
    add("/PreferredBackupWindow", intent.window.place);
    add(
        "/PreferredMaintenanceWindow",
        intent.maintenance_window.as_ref().and_then(|v| v.place),
    );
    add("/DeletionProtection", intent.deletion_protection.place);
    add("/CopyTagsToSnapshot", intent.copy_tags_to_snapshots.place);
    add("/MultiAZ", intent.high_availability.place);
    add("/StorageEncrypted", intent.encryption.place);
    add("/KmsKeyId", intent.encryption.place);
    if let Some(provision) = &database.written.provision {
        let storage = provision.storage.as_ref();
        add(
            "/DBInstanceClass",
            provision.instance_class.as_ref().map(|v| v.place),
        );
        add(
            "/EngineVersion",
            provision.engine_version.as_ref().map(|v| v.place),
        );
        add(
            "/MasterUsername",
            provision.username.as_ref().map(|v| v.place),
        );
        add(
            "/AvailabilityZone",
            provision.zone.as_ref().map(|v| v.place),
        );
        add("/AllocatedStorage", storage.map(|v| v.size.place));
        add(
            "/StorageType",
            storage.and_then(|v| v.kind.as_ref()).map(|v| v.place),
        );
    }
    places
}
