//! What may be asked of AWS. An operation that is not on this list is not sent.

use aws_sdk_rds::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_rds::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_rds::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

/// Operations that change nothing, by the names that AWS's models give service and operation.
pub(super) const READS: [(&str, &[&str]); 7] = [
    (
        "Backup",
        &[
            "DescribeProtectedResource",
            "GetBackupPlan",
            "GetBackupSelection",
            "GetBackupVaultAccessPolicy",
            "GetRestoreTestingPlan",
            "GetRestoreTestingSelection",
            "ListBackupPlans",
            "ListBackupSelections",
            "ListBackupVaults",
            "ListProtectedResources",
            "ListRecoveryPointsByBackupVault",
            "ListRestoreJobs",
            "ListTags",
        ],
    ),
    ("CloudControl", &["GetResource"]),
    (
        "CloudFormation",
        &["DescribeStackResources", "DescribeStacks", "GetTemplate"],
    ),
    (
        "KMS",
        &[
            "DescribeKey",
            "GetKeyPolicy",
            "GetKeyRotationStatus",
            "ListResourceTags",
        ],
    ),
    (
        "RDS",
        &[
            "DescribeDBInstanceAutomatedBackups",
            "DescribeDBInstances",
            "DescribeDBSnapshots",
            "DescribeEventSubscriptions",
        ],
    ),
    (
        "S3",
        &[
            "GetBucketEncryption",
            "GetBucketLifecycleConfiguration",
            "GetBucketPolicy",
            "GetBucketTagging",
            "GetBucketVersioning",
            "GetObject",
            "GetObjectLockConfiguration",
            "GetPublicAccessBlock",
            "ListObjectsV2",
        ],
    ),
    ("STS", &["GetCallerIdentity"]),
];

/// Refuses everything else, before anything of it is written or signed.
#[derive(Debug)]
pub(super) struct ReadOnly;

/// A mistake of ours: the operation is missing on the list, or nothing of backstay may ask for it.
#[derive(Debug, thiserror::Error)]
#[error("backstay only reads: {service} {operation} is not a read that it knows, and was not sent")]
struct NoRead {
    service: String,
    operation: String,
}

impl Intercept for ReadOnly {
    fn name(&self) -> &'static str {
        "ReadOnly"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (service, operation) = match config.load::<Metadata>() {
            Some(asked) => (asked.service(), asked.name()),
            None => ("a service", "without a name"),
        };
        let mut reads = READS.iter();
        if reads.any(|(name, reads)| *name == service && reads.contains(&operation)) {
            return Ok(());
        }
        Err(Box::new(NoRead {
            service: service.to_owned(),
            operation: operation.to_owned(),
        }))
    }
}
