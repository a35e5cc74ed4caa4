//! The bucket of a store: its lifecycle, lock, key and policy.

use std::borrow::Cow;

use super::super::lifecycle::{EXPORT, Kept, Tier};
use super::super::{Places, Purpose, Resource};
use super::Region;
use super::keys::Key;
use crate::cloud::aws::{PolicyDocument, Value, partition, s3};
use crate::policy::{Encryption, StoreLock, StoreLockMode};
use crate::resolve::Store;
use crate::source::Place;

/// Days after which overwritten and deleted versions, and unfinished uploads, are removed.
const NONCURRENT_DAYS: u32 = 30;
const UNFINISHED_UPLOAD_DAYS: u32 = 7;

/// Colder classes by age, each with the shortest total life for which moving there pays: the class
/// bills at least (life − age) days. Source: S3 pricing's minimum storage durations.
const COLDER: [(Tier, &str, u32, u32); 3] = [
    (Tier::StandardIa, "STANDARD_IA", 30, 60),
    (Tier::Glacier, "GLACIER", 90, 180),
    (Tier::DeepArchive, "DEEP_ARCHIVE", 180, 365),
];

/// What objects of a class move to that are kept for some days, in S3's word, and at which age.
pub(in crate::plan) fn colder(
    class: &str,
    days: u32,
) -> impl Iterator<Item = (Tier, &'static str, u32)> {
    // An export is read where it lies: no class from which it has to be thawed first.
    let classes = match class {
        EXPORT => &COLDER[..1],
        _ => &COLDER[..],
    };
    let paying = classes.iter().filter(move |(.., life)| days >= *life);
    paying.map(|(tier, word, age, _)| (*tier, *word, *age))
}

/// Logical ids of a store's stack.
const BUCKET: &str = "Bucket";
const KEY: &str = "StoreKey";

/// The bucket of a store, with one lifecycle rule for each kept class; its policy; and its key, where
/// it has one of its own.
pub(in crate::plan) fn bucket(store: &Store<'_>, kept: &Kept, resources: &mut Vec<Resource>) {
    let (Some(region), Some(name)) = (Region::of(store.site), store.written.bucket.as_ref()) else {
        return;
    };
    let versioning = store.written.versioning.as_ref();
    let versioned = versioning.is_none_or(|versioning| versioning.value);
    let lock = store.written.lock.as_ref();
    let encryption = store.written.encryption.as_ref();
    let lifecycle = kept.place.unwrap_or(name.place);
    let mut places: Places = vec![("/LifecycleConfiguration".into(), lifecycle)];
    places.extend(versioning.map(|v| ("/VersioningConfiguration".into(), v.place)));
    places.extend(encryption.map(|v| ("/BucketEncryption".into(), v.place)));
    places.extend(lock.into_iter().flat_map(lock_places));
    let mut rules = vec![housekeeping()];
    for group in kept.groups() {
        for prefix in &group.prefixes {
            let rule = rule(group.class, group.days, prefix.clone(), versioned);
            let path = format!("/LifecycleConfiguration/Rules/{}", rule.id);
            places.extend(group.place.map(|place| (path.into(), place)));
            rules.push(rule);
        }
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let body = s3::Bucket {
        bucket_name: name.value.clone(),
        versioning_configuration: Some(s3::Versioning {
            status: if versioned { "Enabled" } else { "Suspended" }.to_owned(),
        }),
        bucket_encryption: Some(s3::Encryption {
            server_side_encryption_configuration: vec![encryption_rule(
                encryption.map(|encryption| &encryption.value),
            )],
        }),
        public_access_block_configuration: Some(s3::PublicAccessBlock {
            block_public_acls: true,
            block_public_policy: true,
            ignore_public_acls: true,
            restrict_public_buckets: true,
        }),
        object_lock_enabled: lock.map(|_| true),
        object_lock_configuration: lock.map(object_lock),
        lifecycle_configuration: Some(s3::Lifecycle { rules }),
        tags: None,
    };
    let owner = |logical_id: &str| region.stack(Purpose::Store, store.name, logical_id);
    if let Some(encryption) = encryption.filter(|it| it.value == Encryption::CustomerManaged) {
        let key = Key {
            purpose: Purpose::Store,
            name: store.name,
            stack: store.name,
            logical_id: KEY,
            encrypts: format!("the store {}", store.name.value),
            tags: None,
            users: Vec::new(),
            place: encryption.place,
        };
        resources.extend(key.resources(region));
    }
    resources.push(Resource {
        places,
        ..region.resource(store.name, name, body, owner(BUCKET), name.place)
    });
    let policy = s3::BucketPolicy {
        bucket: name.value.clone(),
        policy_document: encrypted_transport_only(region, name),
    };
    let owner = owner(&format!("{BUCKET}Policy"));
    resources.push(region.resource(store.name, name, policy, owner, name.place));
}

fn encryption_rule(encryption: Option<&Encryption>) -> s3::EncryptionRule {
    let key = match encryption {
        Some(Encryption::CustomerManaged) => Some(Value::attribute(KEY, "Arn")),
        Some(Encryption::Key(key)) => Some(Value::Text(key.clone())),
        Some(Encryption::ProviderManaged | Encryption::Unencrypted) | None => None,
    };
    s3::EncryptionRule {
        bucket_key_enabled: key.as_ref().map(|_| true),
        server_side_encryption_by_default: s3::EncryptionDefault {
            algorithm: if key.is_some() { "aws:kms" } else { "AES256" }.to_owned(),
            key,
        },
    }
}

fn object_lock(lock: &StoreLock) -> s3::ObjectLock {
    s3::ObjectLock {
        object_lock_enabled: "Enabled".to_owned(),
        rule: Some(s3::ObjectLockRule {
            default_retention: s3::DefaultRetention {
                mode: match lock.mode.value {
                    StoreLockMode::Governance | StoreLockMode::Unlocked => "GOVERNANCE",
                    StoreLockMode::Compliance | StoreLockMode::Locked => "COMPLIANCE",
                }
                .to_owned(),
                days: lock.duration.days() as u32,
            },
        }),
    }
}

fn lock_places(lock: &StoreLock) -> [(Cow<'static, str>, Place); 3] {
    let days = "/ObjectLockConfiguration/Rule/DefaultRetention/Days";
    [
        ("/ObjectLockEnabled".into(), lock.mode.place),
        ("/ObjectLockConfiguration".into(), lock.mode.place),
        (days.into(), lock.duration.place),
    ]
}

/// Backups travel encrypted.
fn encrypted_transport_only(region: Region<'_>, bucket: &str) -> PolicyDocument {
    let bucket = format!("arn:{}:s3:::{bucket}", partition(region.region));
    PolicyDocument::new([serde_json::json!({
        "Sid": "EncryptedTransportOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket, format!("{bucket}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })])
}

fn rule(class: &str, days: u32, prefix: String, versioned: bool) -> s3::Rule {
    let transitions = colder(class, days).map(|(_, word, age)| s3::Transition {
        storage_class: word.to_owned(),
        transition_in_days: age,
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
