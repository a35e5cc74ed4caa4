//! A bucket's settings, from the SDK's words to the plan's.

use aws_sdk_s3::types::{
    DefaultRetention, LifecycleRule, ObjectLockConfiguration, PublicAccessBlockConfiguration,
    ServerSideEncryptionConfiguration,
};

use crate::cloud::aws::{Value, s3};

/// What the plan does not ask of the default encryption is left out: S3 fills it in.
pub(super) fn encryption(
    live: &ServerSideEncryptionConfiguration,
    planned: Option<&s3::EncryptionRule>,
) -> s3::Encryption {
    let asks_for_bucket_key = planned.is_some_and(|rule| rule.bucket_key_enabled.is_some());
    let rules = live.rules().iter().filter_map(|rule| {
        let default = rule.apply_server_side_encryption_by_default()?;
        Some(s3::EncryptionRule {
            server_side_encryption_by_default: s3::EncryptionDefault {
                algorithm: default.sse_algorithm().as_str().to_owned(),
                key: default
                    .kms_master_key_id()
                    .map(|key| Value::Text(key.to_owned())),
            },
            bucket_key_enabled: asks_for_bucket_key
                .then(|| rule.bucket_key_enabled().unwrap_or(false)),
        })
    });
    s3::Encryption {
        server_side_encryption_configuration: rules.collect(),
    }
}

pub(super) fn access(live: &PublicAccessBlockConfiguration) -> s3::PublicAccessBlock {
    s3::PublicAccessBlock {
        block_public_acls: live.block_public_acls().unwrap_or(false),
        block_public_policy: live.block_public_policy().unwrap_or(false),
        ignore_public_acls: live.ignore_public_acls().unwrap_or(false),
        restrict_public_buckets: live.restrict_public_buckets().unwrap_or(false),
    }
}

pub(super) fn rule(live: &LifecycleRule) -> s3::Rule {
    let days = |number: Option<i32>| number.and_then(|days| u32::try_from(days).ok());
    let transitions = live.transitions().iter().filter_map(|step| {
        Some(s3::Transition {
            storage_class: step.storage_class()?.as_str().to_owned(),
            transition_in_days: days(step.days())?,
        })
    });
    let noncurrent = live.noncurrent_version_expiration();
    s3::Rule {
        id: live.id().unwrap_or_default().to_owned(),
        status: live.status().as_str().to_owned(),
        prefix: prefix(live),
        transitions: transitions.collect(),
        expiration_in_days: days(live.expiration().and_then(|expiration| expiration.days())),
        noncurrent_version_expiration: days(noncurrent.and_then(|it| it.noncurrent_days()))
            .map(|noncurrent_days| s3::NoncurrentVersionExpiration { noncurrent_days }),
        abort_incomplete_multipart_upload: live
            .abort_incomplete_multipart_upload()
            .and_then(|abort| days(abort.days_after_initiation()))
            .map(|days| s3::AbortIncompleteMultipartUpload {
                days_after_initiation: days,
            }),
    }
}

/// A lock may have been set in years, which S3 counts as 365 days each.
pub(super) fn lock(live: &ObjectLockConfiguration) -> s3::ObjectLock {
    let retention = live.rule().and_then(|rule| rule.default_retention());
    let days = |retention: &DefaultRetention| {
        let years = retention.years().map(|years| years.saturating_mul(365));
        retention
            .days()
            .or(years)
            .and_then(|days| u32::try_from(days).ok())
    };
    s3::ObjectLock {
        object_lock_enabled: live
            .object_lock_enabled()
            .map(|enabled| enabled.as_str().to_owned())
            .unwrap_or_default(),
        rule: retention.and_then(|retention| {
            Some(s3::ObjectLockRule {
                default_retention: s3::DefaultRetention {
                    mode: retention.mode()?.as_str().to_owned(),
                    days: days(retention)?,
                },
            })
        }),
    }
}

/// What a rule holds for. Rules of old have the prefix beside the filter; a filter by tag or size
/// leaves objects out that the plan's rule takes in, so it must not pass for the prefix alone.
fn prefix(live: &LifecycleRule) -> String {
    let filter = live.filter();
    let and = filter.and_then(|filter| filter.and());
    let prefix = filter
        .and_then(|filter| filter.prefix())
        .or_else(|| and.and_then(|and| and.prefix()))
        .or_else(|| old_prefix(live))
        .unwrap_or_default();
    let narrowed = filter.is_some_and(|filter| {
        filter.tag().is_some()
            || filter.object_size_greater_than().is_some()
            || filter.object_size_less_than().is_some()
    }) || and.is_some_and(|and| {
        !and.tags().is_empty()
            || and.object_size_greater_than().is_some()
            || and.object_size_less_than().is_some()
    });
    match narrowed {
        true => format!("{prefix} (only some objects: the rule also filters by tag or size)"),
        false => prefix.to_owned(),
    }
}

#[expect(
    deprecated,
    reason = "rules written before filters existed still have it"
)]
fn old_prefix(live: &LifecycleRule) -> Option<&str> {
    live.prefix()
}
