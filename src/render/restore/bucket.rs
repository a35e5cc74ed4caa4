//! The documents of a bucket in the words of the S3 API, where they are not CloudFormation's.

use serde_json::{Value, json};

use crate::cloud::Command;
use crate::cloud::aws::Value as AwsValue;
use crate::cloud::aws::s3::{Bucket, BucketPolicy};

/// None where the key is one that only the stack knows.
pub(super) fn encryption(bucket: &Bucket) -> Option<Value> {
    let rules = bucket.bucket_encryption.iter();
    let rules = rules.flat_map(|encryption| &encryption.server_side_encryption_configuration);
    let rules = rules.map(|rule| {
        let default = &rule.server_side_encryption_by_default;
        if matches!(
            default.key,
            Some(AwsValue::Ref { .. } | AwsValue::Attribute { .. })
        ) {
            return None;
        }
        // The API's word for what CloudFormation calls ServerSideEncryptionByDefault.
        let mut document = json!({ "ApplyServerSideEncryptionByDefault": default });
        if let Some(enabled) = rule.bucket_key_enabled {
            document["BucketKeyEnabled"] = enabled.into();
        }
        Some(document)
    });
    let rules: Option<Vec<Value>> = rules.collect();
    Some(json!({ "Rules": rules? }))
}

pub(super) fn put_policy(
    region: &str,
    account: &str,
    policy: &BucketPolicy,
    tree: &Value,
) -> Command {
    Command::new(["aws", "s3api", "put-bucket-policy", "--region", region]).args([
        "--expected-bucket-owner",
        account,
        "--bucket",
        &policy.bucket,
        "--policy",
        &tree["PolicyDocument"].to_string(),
    ])
}
