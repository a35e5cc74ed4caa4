//! The bucket of a store and its lifecycle.

use super::super::lifecycle::{EXPORT, Kept};
use super::super::{Places, Purpose, Resource};
use super::Region;
use crate::cloud::aws::s3;
use crate::resolve::Store;

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
pub(in crate::plan) fn bucket(store: &Store<'_>, kept: &Kept) -> Option<Resource> {
    let region = Region::of(store.site)?;
    let name = store.written.bucket.as_ref()?;
    let versioning = store.written.versioning.as_ref();
    let versioned = versioning.is_none_or(|versioning| versioning.value);
    let lifecycle = kept.place.unwrap_or(name.place);
    let mut places: Places = vec![("/LifecycleConfiguration".into(), lifecycle)];
    places.extend(versioning.map(|v| ("/VersioningConfiguration".into(), v.place)));
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
    };
    let owner = region.stack(Purpose::Store, store.name, "Bucket");
    Some(Resource {
        places,
        ..region.resource(store.name, name, body, owner, name.place)
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
