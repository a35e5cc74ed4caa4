//! S3: the settings of each planned bucket, and its policy.

mod words;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::types::BucketVersioningStatus;
use futures::StreamExt;

use super::super::{AT_A_TIME, Found, Seen, State, Unread, tree, unreadable};
use super::clients::Clients;
use super::stacks::Stacks;
use super::{Place, unless};
use crate::cloud::aws::{Tags, Value, reads, s3};
use crate::plan::{Body, Resource};

/// Reads the planned buckets, and their policies, of one account and Region.
pub(super) async fn read(
    clients: &Clients,
    place: &Place,
    stacks: &Stacks,
    resources: &[&Resource],
) -> Seen {
    if resources.is_empty() {
        return Seen::new();
    }
    let client = &clients.s3();
    futures::stream::iter(resources.to_vec())
        .map(|resource| async move {
            let asked = Asked {
                client,
                place,
                stacks,
                resource,
                name: &resource.address.name,
            };
            let found = match &resource.body {
                Body::Bucket(planned) => asked.bucket(planned).await,
                _ => asked.policy().await,
            };
            let state = match found {
                Ok(Some(found)) => State::Found(Box::new(found)),
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
    place: &'a Place,
    stacks: &'a Stacks,
    resource: &'a Resource,
    name: &'a str,
}

impl Asked<'_> {
    /// None: there is no such bucket.
    async fn bucket(&self, planned: &s3::Bucket) -> Result<Option<Found>, String> {
        // The first answer says whether the bucket exists: each of the others would say it as well.
        let versioning = match self.versioning().await {
            Ok(None) => return Ok(None),
            answer => answer,
        };
        let tags = asked_for(planned.tags.is_some(), self.tags());
        let lock = asked_for(planned.object_lock_enabled.is_some(), self.lock());
        let (encryption, access, lifecycle, lock, tags) = futures::join!(
            self.encryption(planned),
            self.access(),
            self.lifecycle(),
            lock,
            tags
        );
        if let (Err(reason), Err(_), Err(_), Err(_)) =
            (&versioning, &encryption, &access, &lifecycle)
        {
            return Err(reason.clone());
        }
        let mut unread = Unread::default();
        let bucket = s3::Bucket {
            bucket_name: self.name.to_owned(),
            versioning_configuration: unread.or_told("/VersioningConfiguration", versioning),
            bucket_encryption: unread.or_told("/BucketEncryption", encryption),
            public_access_block_configuration: unread
                .or_told("/PublicAccessBlockConfiguration", access),
            object_lock_enabled: match &lock {
                Ok(lock) => planned.object_lock_enabled.map(|_| lock.is_some()),
                Err(reason) => unread.or_told("/ObjectLockEnabled", Err(reason.clone())),
            },
            object_lock_configuration: unread.or_told("/ObjectLockConfiguration", lock),
            lifecycle_configuration: unread.or_told("/LifecycleConfiguration", lifecycle),
            tags: unread.or_told("/Tags", tags),
        };
        Ok(Some(Found {
            unread: unread.0,
            ..self.stacks.beside(self.resource, tree(&bucket))
        }))
    }

    /// None: the bucket has no policy, or there is no such bucket.
    async fn policy(&self) -> Result<Option<Found>, String> {
        let request = self.client.get_bucket_policy();
        let request = request
            .bucket(self.name)
            .expected_bucket_owner(&self.place.account);
        let answer = match request.send().await {
            Err(error) if error.code() == Some("NoSuchBucket") => return Ok(None),
            answer => unless(
                answer,
                "NoSuchBucketPolicy",
                reads::GET_BUCKET_POLICY.action,
            )?,
        };
        let Some(answer) = answer else {
            return Ok(None);
        };
        let document =
            serde_json::from_str(answer.policy().unwrap_or_default()).map_err(|error| {
                let action = reads::GET_BUCKET_POLICY.action;
                format!("{action}: its answer is not JSON: {error}")
            })?;
        let policy = s3::BucketPolicy {
            bucket: self.name.to_owned(),
            policy_document: document,
        };
        Ok(Some(self.stacks.beside(self.resource, tree(&policy))))
    }

    async fn versioning(&self) -> Result<Option<s3::Versioning>, String> {
        let request = self.client.get_bucket_versioning();
        let request = request
            .bucket(self.name)
            .expected_bucket_owner(&self.place.account);
        let answer = request.send().await;
        let answer = unless(answer, "NoSuchBucket", reads::GET_BUCKET_VERSIONING.action)?;
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

    async fn encryption(&self, planned: &s3::Bucket) -> Result<Option<s3::Encryption>, String> {
        let request = self.client.get_bucket_encryption();
        let request = request
            .bucket(self.name)
            .expected_bucket_owner(&self.place.account);
        let answer = unless(
            request.send().await,
            "ServerSideEncryptionConfigurationNotFoundError",
            reads::GET_BUCKET_ENCRYPTION.action,
        )?;
        let Some(live) = answer
            .as_ref()
            .and_then(|answer| answer.server_side_encryption_configuration())
        else {
            return Ok(None);
        };
        let planned = planned.bucket_encryption.as_ref();
        let planned = planned.and_then(|it| it.server_side_encryption_configuration.first());
        let mut encryption = words::encryption(live, planned);
        let planned = planned.and_then(|rule| rule.server_side_encryption_by_default.key.as_ref());
        for rule in &mut encryption.server_side_encryption_configuration {
            if let Some(Value::Text(key)) = &rule.server_side_encryption_by_default.key {
                let named = self.stacks.key(self.resource, planned, key, self.place)?;
                rule.server_side_encryption_by_default.key = Some(named);
            }
        }
        Ok(Some(encryption))
    }

    async fn lock(&self) -> Result<Option<s3::ObjectLock>, String> {
        let request = self.client.get_object_lock_configuration();
        let request = request
            .bucket(self.name)
            .expected_bucket_owner(&self.place.account);
        let answer = unless(
            request.send().await,
            "ObjectLockConfigurationNotFoundError",
            reads::GET_OBJECT_LOCK.action,
        )?;
        Ok(answer.and_then(|answer| answer.object_lock_configuration().map(words::lock)))
    }

    async fn access(&self) -> Result<Option<s3::PublicAccessBlock>, String> {
        let request = self.client.get_public_access_block();
        let request = request
            .bucket(self.name)
            .expected_bucket_owner(&self.place.account);
        let answer = unless(
            request.send().await,
            "NoSuchPublicAccessBlockConfiguration",
            reads::GET_PUBLIC_ACCESS_BLOCK.action,
        )?;
        Ok(answer.and_then(|answer| {
            answer
                .public_access_block_configuration()
                .map(words::access)
        }))
    }

    async fn lifecycle(&self) -> Result<Option<s3::Lifecycle>, String> {
        let request = self.client.get_bucket_lifecycle_configuration();
        let request = request
            .bucket(self.name)
            .expected_bucket_owner(&self.place.account);
        let answer = unless(
            request.send().await,
            "NoSuchLifecycleConfiguration",
            reads::GET_BUCKET_LIFECYCLE.action,
        )?;
        Ok(answer.map(|answer| {
            let mut rules: Vec<s3::Rule> = answer.rules().iter().map(words::rule).collect();
            rules.sort_by(|a, b| a.id.cmp(&b.id));
            s3::Lifecycle { rules }
        }))
    }

    async fn tags(&self) -> Result<Option<Tags>, String> {
        let request = self.client.get_bucket_tagging();
        let request = request
            .bucket(self.name)
            .expected_bucket_owner(&self.place.account);
        let answer = unless(
            request.send().await,
            "NoSuchTagSet",
            reads::GET_BUCKET_TAGGING.action,
        )?;
        Ok(answer.map(|answer| {
            let tags = answer.tag_set().iter();
            Tags(
                tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                    .collect(),
            )
        }))
    }
}

/// Nothing where the plan does not ask.
async fn asked_for<T>(
    asked: bool,
    answer: impl Future<Output = Result<Option<T>, String>>,
) -> Result<Option<T>, String> {
    match asked {
        true => answer.await,
        false => Ok(None),
    }
}
