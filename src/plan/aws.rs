//! RDS instances and S3 buckets.

use super::lifecycle::{EXPORT, Kept};
use super::{Address, Body, Owner, Resource, Scope, tags};
use crate::cloud::aws::{Tags, Value, rds, s3};
use crate::policy::{Encryption, HighAvailability, Provision, Replica, StorageType};
use crate::resolve::{Database, Layer, Resolved, Scope as PolicyScope, Site, Store};
use crate::source::Place;

/// Logical ids of a database's stack.
const DATABASE: &str = "Database";
const KEY: &str = "DatabaseKey";

fn scope(site: Site<'_>) -> Option<(Scope, Option<String>)> {
    match site.scope {
        PolicyScope::Aws {
            account,
            region,
            role,
        } => Some((
            Scope::Aws {
                account: account.to_owned(),
                region: region.to_owned(),
            },
            role.map(str::to_owned),
        )),
        _ => None,
    }
}

/// CloudFormation stack names have no underscore.
fn stack_name(name: &str) -> String {
    format!("backstay-{}", name.replace('_', "-"))
}

/// A logical id: letters and digits only.
fn logical_id(prefix: &str, name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.fold(prefix.to_owned(), |id, word| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        id + &first.into_iter().chain(chars).collect::<String>()
    })
}

/// A setting that somebody wrote, or that a new database needs a value for.
fn owned<T: Clone>(setting: &Resolved<T>, provision: Option<&Provision>) -> Option<T> {
    (provision.is_some() || setting.layer != Layer::BuiltIn).then(|| setting.value.clone())
}

/// The instance and, where it is provisioned, its replicas.
pub(super) fn instances(database: &Database<'_>, resources: &mut Vec<Resource>) {
    let Some((scope, role)) = scope(database.site) else {
        return;
    };
    let written = database.written;
    let provision = written.provision.as_ref();
    let resource = |id: &str, logical_id: String, body, place, places| Resource {
        address: Address {
            scope: scope.clone(),
            kind: rds::TYPE.to_owned(),
            name: id.to_ascii_lowercase(),
        },
        body: Body::DbInstance(Box::new(body)),
        owner: match provision {
            Some(_) => Owner::Stack {
                stack: stack_name(database.name),
                logical_id,
                file: format!("aws/{}/{}.yaml", database.site.name, database.name.value),
            },
            None => Owner::Existing {
                file: format!("scripts/{}-enforce.sh", database.name.value),
            },
        },
        name: database.name.value.clone(),
        location: database.site.name.to_owned(),
        role: role.clone(),
        place,
        places,
    };
    let id = &written.id;
    resources.push(resource(
        id,
        DATABASE.to_owned(),
        instance(database, provision),
        id.place,
        places(database),
    ));
    for replica in &written.replicas {
        let places = replica_places(replica);
        let logical_id = logical_id("Replica", &replica.id);
        let body = replica_body(database, replica, provision);
        resources.push(resource(
            &replica.id,
            logical_id,
            body,
            replica.id.place,
            places,
        ));
    }
}

fn instance(database: &Database<'_>, provision: Option<&Provision>) -> rds::DbInstance {
    let intent = &database.intent;
    let tags = tags(database);
    let storage = provision.and_then(|provision| provision.storage.as_ref());
    let text = |value: Option<&crate::policy::Spanned<String>>| value.map(|v| v.value.clone());
    rds::DbInstance {
        identifier: database.written.id.to_ascii_lowercase(),
        class: text(provision.and_then(|p| p.instance_class.as_ref())),
        engine: Some("postgres".to_owned()),
        engine_version: text(provision.and_then(|p| p.engine_version.as_ref())),
        allocated_storage: storage.map(|storage| storage.size.gib().to_string()),
        storage_type: storage
            .and_then(|storage| storage.kind.as_ref())
            .map(|kind| storage_type(kind.value).to_owned()),
        master_username: text(provision.and_then(|p| p.username.as_ref())),
        manage_master_user_password: provision.map(|_| true),
        source: None,
        availability_zone: None,
        backup_retention_period: intent
            .retention
            .pitr
            .as_ref()
            .map(|r| r.value.days() as u32),
        preferred_backup_window: owned(&intent.window, provision),
        preferred_maintenance_window: intent.maintenance_window.as_ref().map(|w| w.value),
        copy_tags_to_snapshot: Some(true),
        deletion_protection: Some(intent.deletion_protection.value),
        multi_az: owned(&intent.high_availability, provision)
            .map(|mode| mode == HighAvailability::MultiAz),
        storage_encrypted: Some(true),
        kms_key_id: match &intent.encryption.value {
            Encryption::Key(key) => Some(Value::Text(key.clone())),
            Encryption::CustomerManaged if provision.is_some() => {
                Some(Value::attribute(KEY, "Arn"))
            }
            Encryption::CustomerManaged | Encryption::ProviderManaged => None,
        },
        log_exports: provision.map(|_| ["postgresql", "upgrade"].map(str::to_owned).into()),
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
        preferred_maintenance_window: intent.maintenance_window.as_ref().map(|w| w.value),
        copy_tags_to_snapshot: Some(true),
        deletion_protection: Some(intent.deletion_protection.value),
        multi_az: None,
        // A replica takes its source's encryption; CloudFormation refuses to be told.
        storage_encrypted: provision.is_none().then_some(true),
        kms_key_id: None,
        log_exports: None,
        tags: (!tags.is_empty()).then_some(Tags(tags)),
    }
}

fn storage_type(kind: StorageType) -> &'static str {
    match kind {
        StorageType::Gp2 => "gp2",
        StorageType::Gp3 => "gp3",
    }
}

fn replica_places(replica: &Replica) -> Vec<(&'static str, Place)> {
    let zone = replica
        .zone
        .iter()
        .map(|zone| ("/AvailabilityZone", zone.place));
    zone.collect()
}

fn places(database: &Database<'_>) -> Vec<(&'static str, Place)> {
    let intent = &database.intent;
    let mut places = Vec::new();
    let mut add = |path, place: Option<Place>| places.extend(place.map(|place| (path, place)));
    add(
        "/BackupRetentionPeriod",
        intent.retention.pitr.as_ref().and_then(|v| v.place),
    );
    add("/PreferredBackupWindow", intent.window.place);
    add(
        "/PreferredMaintenanceWindow",
        intent.maintenance_window.as_ref().and_then(|v| v.place),
    );
    add("/DeletionProtection", intent.deletion_protection.place);
    add("/MultiAZ", intent.high_availability.place);
    add("/StorageEncrypted", intent.encryption.place);
    add("/KmsKeyId", intent.encryption.place);
    add(
        "/Tags",
        intent.tags.values().next().and_then(|tag| tag.place),
    );
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
        add("/AllocatedStorage", storage.map(|v| v.size.place));
        add(
            "/StorageType",
            storage.and_then(|v| v.kind.as_ref()).map(|v| v.place),
        );
    }
    places
}

/// Days after which overwritten and deleted versions, and unfinished uploads, are removed.
const NONCURRENT_DAYS: u32 = 30;
const UNFINISHED_UPLOAD_DAYS: u32 = 7;

/// Colder classes by age, each with the shortest total life for which moving there pays: the class
/// bills at least (life − age) days. Source: S3 pricing's minimum storage durations.
const COLDER: [(&str, u32, u32); 3] = [
    ("STANDARD_IA", 30, 60),
    ("GLACIER", 90, 180),
    ("DEEP_ARCHIVE", 180, 365),
];

/// The bucket of a store, with one lifecycle rule for each kept class.
pub(super) fn bucket(store: &Store<'_>, kept: &Kept) -> Option<Resource> {
    let (scope, role) = scope(store.site)?;
    let name = store.written.bucket.as_ref()?;
    let versioned = store.written.versioning.as_ref().is_none_or(|v| v.value);
    let mut rules: Vec<s3::Rule> = kept
        .groups()
        .flat_map(|(class, days, prefixes)| {
            let prefixes: Vec<String> = prefixes.to_vec();
            prefixes
                .into_iter()
                .map(move |prefix| (class, days, prefix))
        })
        .map(|(class, days, prefix)| rule(class, days, prefix, versioned))
        .collect();
    rules.push(housekeeping());
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let mut places = vec![("/LifecycleConfiguration", kept.place.unwrap_or(name.place))];
    places.extend(
        store
            .written
            .versioning
            .as_ref()
            .map(|v| ("/VersioningConfiguration", v.place)),
    );
    Some(Resource {
        address: Address {
            scope,
            kind: s3::TYPE.to_owned(),
            name: name.value.clone(),
        },
        body: Body::Bucket(Box::new(s3::Bucket {
            bucket_name: name.value.clone(),
            versioning_configuration: Some(s3::Versioning {
                status: if versioned { "Enabled" } else { "Suspended" }.to_owned(),
            }),
            bucket_encryption: Some(s3::Encryption {
                server_side_encryption_configuration: vec![s3::EncryptionRule {
                    server_side_encryption_by_default: s3::EncryptionDefault {
                        algorithm: "AES256".to_owned(),
                    },
                }],
            }),
            public_access_block_configuration: Some(s3::PublicAccessBlock {
                block_public_acls: true,
                block_public_policy: true,
                ignore_public_acls: true,
                restrict_public_buckets: true,
            }),
            lifecycle_configuration: Some(s3::Lifecycle { rules }),
            tags: None,
        })),
        owner: Owner::Stack {
            stack: stack_name(store.name),
            logical_id: "Bucket".to_owned(),
            file: format!("aws/{}/{}.yaml", store.site.name, store.name.value),
        },
        name: store.name.value.clone(),
        location: store.site.name.to_owned(),
        role,
        place: name.place,
        places,
    })
}

fn rule(class: &str, days: u32, prefix: String, versioned: bool) -> s3::Rule {
    // An export is read where it lies: no class from which it has to be thawed first.
    let colder = match class {
        EXPORT => &COLDER[..1],
        _ => &COLDER[..],
    };
    let transitions =
        colder
            .iter()
            .filter(|(_, _, life)| days >= *life)
            .map(|(storage_class, age, _)| s3::Transition {
                storage_class: (*storage_class).to_owned(),
                transition_in_days: *age,
            });
    let id = match prefix
        .strip_prefix(class)
        .unwrap_or_default()
        .trim_matches('/')
    {
        "" => class.to_owned(),
        database => format!("{class}-{database}"),
    };
    s3::Rule {
        id,
        status: "Enabled".to_owned(),
        prefix,
        transitions: transitions.collect(),
        expiration_in_days: Some(days),
        noncurrent_version_expiration: versioned.then_some(s3::NoncurrentVersionExpiration {
            noncurrent_days: NONCURRENT_DAYS,
        }),
        abort_incomplete_multipart_upload: None,
    }
}

/// Unfinished uploads are invisible and billed.
fn housekeeping() -> s3::Rule {
    s3::Rule {
        id: "unfinished-uploads".to_owned(),
        status: "Enabled".to_owned(),
        prefix: String::new(),
        transitions: Vec::new(),
        expiration_in_days: None,
        noncurrent_version_expiration: None,
        abort_incomplete_multipart_upload: Some(s3::AbortIncompleteMultipartUpload {
            days_after_initiation: UNFINISHED_UPLOAD_DAYS,
        }),
    }
}
