//! S3: the settings of each planned bucket.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketVersioningStatus, LifecycleRule, PublicAccessBlockConfiguration,
    ServerSideEncryptionConfiguration,
};
use futures::StreamExt;

use super::super::{AT_A_TIME, Found, Seen, State, tree, unreadable};
use super::stacks::Stacks;
use super::{Place, unless};
use crate::cloud::aws::{Tags, s3};
use crate::plan::{Body, Resource};

/// Endpoints other than AWS's have no name for each bucket.
const ENDPOINT_VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"];

/// Reads the planned buckets of one account and Region.
pub(super) async fn read(
    config: &SdkConfig,
    place: &Place,
    stacks: &Stacks,
    resources: &[&Resource],
) -> Seen {
    if resources.is_empty() {
        return Seen::new();
    }
    let by_path = ENDPOINT_VARIABLES
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    let config = aws_sdk_s3::config::Builder::from(config)
        .force_path_style(by_path)
        .build();
    let client = &Client::from_conf(config);
    futures::stream::iter(resources.to_vec())
        .filter_map(|resource| async move {
            match &resource.body {
                Body::Bucket(planned) => Some((resource, planned)),
                _ => None,
            }
        })
        .map(|(resource, planned)| async move {
            let asked = Asked {
                client,
                name: &planned.bucket_name,
                owner: &place.account,
            };
            let state = match asked.bucket(planned).await {
                Ok(Some(bucket)) => State::Found(Box::new(Found {
                    live: tree(&bucket),
                    deployed: stacks.deployed(resource),
                    stack_drift: stacks.drift(resource),
                    ..Found::default()
                })),
                Ok(None) => State::Missing,
                Err(reason) => unreadable(reason),
            };
            (resource.address.clone(), state)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

/// One bucket, asked for in the name of the account that should own it: a stranger's bucket of that
/// name is refused by S3 itself.
struct Asked<'a> {
    client: &'a Client,
    name: &'a str,
    owner: &'a str,
}

impl Asked<'_> {
    /// None: there is no such bucket.
    async fn bucket(&self, planned: &s3::Bucket) -> Result<Option<s3::Bucket>, String> {
        // The first answer says whether the bucket exists: each of the others would say it as well.
        let Some(versioning) = self.versioning().await? else {
            return Ok(None);
        };
        let tags = async {
            match &planned.tags {
                Some(_) => self.tags().await,
                None => Ok(None),
            }
        };
        let (encryption, access, lifecycle, tags) =
            futures::try_join!(self.encryption(), self.access(), self.lifecycle(), tags)?;
        Ok(Some(s3::Bucket {
            bucket_name: self.name.to_owned(),
            versioning_configuration: Some(versioning),
            bucket_encryption: encryption,
            public_access_block_configuration: access,
            lifecycle_configuration: lifecycle,
            tags,
        }))
    }

    async fn versioning(&self) -> Result<Option<s3::Versioning>, String> {
        let request = self.client.get_bucket_versioning();
        let request = request.bucket(self.name).expected_bucket_owner(self.owner);
        let answer = request.send().await;
        let answer = unless(answer, "NoSuchBucket", "s3:GetBucketVersioning")?;
        Ok(answer.map(|answer| {
            // A bucket that was never versioned has no status at all; it behaves as a suspended one.
            let status = answer
                .status()
                .unwrap_or(&BucketVersioningStatus::Suspended);
            s3::Versioning {
                status: status.as_str().to_owned(),
            }
        }))
    }

    async fn encryption(&self) -> Result<Option<s3::Encryption>, String> {
        let request = self.client.get_bucket_encryption();
        let request = request.bucket(self.name).expected_bucket_owner(self.owner);
        let answer = unless(
            request.send().await,
            "ServerSideEncryptionConfigurationNotFoundError",
            "s3:GetBucketEncryption",
        )?;
        Ok(answer.and_then(|answer| {
            answer
                .server_side_encryption_configuration()
                .map(encryption)
        }))
    }

    async fn access(&self) -> Result<Option<s3::PublicAccessBlock>, String> {
        let request = self.client.get_public_access_block();
        let request = request.bucket(self.name).expected_bucket_owner(self.owner);
        let answer = unless(
            request.send().await,
            "NoSuchPublicAccessBlockConfiguration",
            "s3:GetBucketPublicAccessBlock",
        )?;
        Ok(answer.and_then(|answer| answer.public_access_block_configuration().map(access)))
    }

    async fn lifecycle(&self) -> Result<Option<s3::Lifecycle>, String> {
        let request = self.client.get_bucket_lifecycle_configuration();
        let request = request.bucket(self.name).expected_bucket_owner(self.owner);
        let answer = unless(
            request.send().await,
            "NoSuchLifecycleConfiguration",
            "s3:GetLifecycleConfiguration",
        )?;
        Ok(answer.map(|answer| {
            let mut rules: Vec<s3::Rule> = answer.rules().iter().map(rule).collect();
            rules.sort_by(|a, b| a.id.cmp(&b.id));
            s3::Lifecycle { rules }
        }))
    }

    async fn tags(&self) -> Result<Option<Tags>, String> {
        let request = self.client.get_bucket_tagging();
        let request = request.bucket(self.name).expected_bucket_owner(self.owner);
        let answer = unless(request.send().await, "NoSuchTagSet", "s3:GetBucketTagging")?;
        Ok(answer.map(|answer| {
            let tags = answer.tag_set().iter();
            Tags(
                tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                    .collect(),
            )
        }))
    }
}

fn encryption(live: &ServerSideEncryptionConfiguration) -> s3::Encryption {
    let rules = live.rules().iter().filter_map(|rule| {
        let default = rule.apply_server_side_encryption_by_default()?;
        Some(s3::EncryptionRule {
            server_side_encryption_by_default: s3::EncryptionDefault {
                algorithm: default.sse_algorithm().as_str().to_owned(),
            },
        })
    });
    s3::Encryption {
        server_side_encryption_configuration: rules.collect(),
    }
}

fn access(live: &PublicAccessBlockConfiguration) -> s3::PublicAccessBlock {
    s3::PublicAccessBlock {
        block_public_acls: live.block_public_acls().unwrap_or(false),
        block_public_policy: live.block_public_policy().unwrap_or(false),
        ignore_public_acls: live.ignore_public_acls().unwrap_or(false),
        restrict_public_buckets: live.restrict_public_buckets().unwrap_or(false),
    }
}

fn rule(live: &LifecycleRule) -> s3::Rule {
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
