//! AWS::S3::Bucket with its lifecycle configuration, and AWS::S3::BucketPolicy.

use serde::{Deserialize, Serialize};

use super::{PolicyDocument, Tags, Value};
use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

/// Properties in CloudFormation's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Bucket {
    pub bucket_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versioning_configuration: Option<Versioning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket_encryption: Option<Encryption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_access_block_configuration: Option<PublicAccessBlock>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_lock_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_lock_configuration: Option<ObjectLock>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle_configuration: Option<Lifecycle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
}

/// Properties in CloudFormation's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BucketPolicy {
    pub bucket: String,
    pub policy_document: PolicyDocument,
}

/// What holds for every new object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ObjectLock {
    /// Enabled.
    pub object_lock_enabled: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<ObjectLockRule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ObjectLockRule {
    pub default_retention: DefaultRetention,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DefaultRetention {
    /// GOVERNANCE or COMPLIANCE.
    pub mode: String,
    pub days: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Versioning {
    /// Enabled or Suspended.
    pub status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Encryption {
    pub server_side_encryption_configuration: Vec<EncryptionRule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EncryptionRule {
    pub server_side_encryption_by_default: EncryptionDefault,
    /// One request to KMS for many objects, where they are encrypted with a key of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket_key_enabled: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncryptionDefault {
    /// AES256 or aws:kms.
    #[serde(rename = "SSEAlgorithm")]
    pub algorithm: String,
    #[serde(rename = "KMSMasterKeyID", skip_serializing_if = "Option::is_none")]
    pub key: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PublicAccessBlock {
    pub block_public_acls: bool,
    pub block_public_policy: bool,
    pub ignore_public_acls: bool,
    pub restrict_public_buckets: bool,
}

/// A whole lifecycle configuration: putting it replaces every rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Lifecycle {
    /// In the order of their ids; S3 gives the order no meaning.
    pub rules: Vec<Rule>,
}

/// One rule. Every field is written in CloudFormation's words; [`Lifecycle::api_document`] gives
/// the S3 API's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    pub id: String,
    /// Enabled or Disabled.
    pub status: String,
    pub prefix: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<Transition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_in_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noncurrent_version_expiration: Option<NoncurrentVersionExpiration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_incomplete_multipart_upload: Option<AbortIncompleteMultipartUpload>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Transition {
    pub storage_class: String,
    pub transition_in_days: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NoncurrentVersionExpiration {
    pub noncurrent_days: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AbortIncompleteMultipartUpload {
    pub days_after_initiation: u32,
}

impl Lifecycle {
    /// The document that `aws s3api put-bucket-lifecycle-configuration` takes.
    /// Source: the S3 API reference, LifecycleRule.
    pub fn api_document(&self) -> serde_json::Value {
        let rules: Vec<_> = self.rules.iter().map(Rule::api_document).collect();
        serde_json::json!({ "Rules": rules })
    }
}

impl Rule {
    fn api_document(&self) -> serde_json::Value {
        let mut rule = serde_json::json!({
            "ID": self.id,
            "Status": self.status,
            "Filter": { "Prefix": self.prefix },
        });
        if !self.transitions.is_empty() {
            rule["Transitions"] = self
                .transitions
                .iter()
                .map(|step| {
                    serde_json::json!({ "Days": step.transition_in_days, "StorageClass": step.storage_class })
                })
                .collect();
        }
        if let Some(days) = self.expiration_in_days {
            rule["Expiration"] = serde_json::json!({ "Days": days });
        }
        if let Some(expiration) = &self.noncurrent_version_expiration {
            rule["NoncurrentVersionExpiration"] = serde_json::json!(expiration);
        }
        if let Some(abort) = &self.abort_incomplete_multipart_upload {
            rule["AbortIncompleteMultipartUpload"] = serde_json::json!(abort);
        }
        rule
    }
}

use Direction::{AbsentIsWeaker, MoreIsStronger, Neutral, Ranked, Removal};
use Restore::{Document, Replacement, Tag};

impl Owned for Bucket {
    const TYPE: &'static str = "AWS::S3::Bucket";

    /// `*` stands for one step of a path: a rule's id, or a place in a list.
    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/BucketName", Neutral, Replacement),
        property("/VersioningConfiguration", Neutral, Document),
        property("/VersioningConfiguration/Status", Ranked(&["Suspended", "Enabled"]), Document),
        property("/BucketEncryption", Neutral, Document),
        property("/BucketEncryption/ServerSideEncryptionConfiguration", Neutral, Document),
        property("/BucketEncryption/ServerSideEncryptionConfiguration/*/ServerSideEncryptionByDefault/SSEAlgorithm", Ranked(&["AES256", "aws:kms", "aws:kms:dsse"]), Document),
        property("/BucketEncryption/ServerSideEncryptionConfiguration/*/ServerSideEncryptionByDefault/KMSMasterKeyID", AbsentIsWeaker, Document),
        property("/PublicAccessBlockConfiguration", Neutral, Document),
        property("/PublicAccessBlockConfiguration/*", MoreIsStronger, Document),
        property("/ObjectLockEnabled", MoreIsStronger, Document),
        property("/ObjectLockConfiguration", Neutral, Document),
        property("/ObjectLockConfiguration/Rule/DefaultRetention/Mode", Ranked(&["GOVERNANCE", "COMPLIANCE"]), Document),
        property("/ObjectLockConfiguration/Rule/DefaultRetention/Days", MoreIsStronger, Document),
        property("/LifecycleConfiguration", Neutral, Document),
        property("/LifecycleConfiguration/Rules", Neutral, Document),
        property("/LifecycleConfiguration/Rules/*/Status", Ranked(&["Disabled", "Enabled"]), Document),
        property("/LifecycleConfiguration/Rules/*/ExpirationInDays", Removal, Document),
        property("/LifecycleConfiguration/Rules/*/NoncurrentVersionExpiration/NoncurrentDays", Removal, Document),
        property("/Tags", Neutral, Tag),
    ];
}

impl Owned for BucketPolicy {
    const TYPE: &'static str = "AWS::S3::BucketPolicy";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/Bucket", Neutral, Replacement),
        property("/PolicyDocument", Neutral, Document),
    ];
}
