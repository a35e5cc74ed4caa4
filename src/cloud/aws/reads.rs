//! Every action of IAM that drift needs, and on what: the one list that the rendered reader's policy, the
//! README and the tests go by.
//!
//! Sources: the Service Authorization Reference, and for what Cloud Control reads the permissions of
//! each type's read handler in its registry schema.

/// One action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    pub action: &'static str,
    pub on: On,
}

/// What an action is allowed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum On {
    /// The action knows no resources.
    Everything,
    Instances,
    /// Automated backups that other Regions hold.
    AutomatedBackups,
    EventSubscriptions,
    /// Lists them all.
    AllStacks,
    /// Those that backstay names.
    Stacks,
    Buckets,
    /// Those whose tags are planned.
    TaggedBuckets,
    /// Those whose own policy is planned.
    SharedVaults,
    TaggedVaults,
    BackupPlans,
    RestoreTests,
    /// KMS gives keys their ids.
    Keys,
    Topics,
    Rules,
    Alarms,
    Roles,
}

const fn read(action: &'static str, on: On) -> Read {
    Read { action, on }
}

pub const GET_RESOURCE: &str = "cloudformation:GetResource";

/// AWS allows it to everybody who has credentials, whatever a policy says.
pub const CALLER_IDENTITY: &str = "sts:GetCallerIdentity";

/// For locations with a role.
pub const ASSUME_ROLE: &str = "sts:AssumeRole";

/// For whatever a stack made.
pub const STACKS: &[Read] = &[
    read("cloudformation:DescribeStacks", On::AllStacks),
    read("cloudformation:GetTemplate", On::Stacks),
];

/// For what refers to another resource of its stack, and for a key, which its stack knows by its id.
pub const REFERENCES: &[Read] = &[read("cloudformation:DescribeStackResources", On::Stacks)];

/// For an instance whose automated backups go to another Region, there.
pub const REPLICATION: &[Read] = &[read(
    "rds:DescribeDBInstanceAutomatedBackups",
    On::AutomatedBackups,
)];

/// For each kind of resource.
#[rustfmt::skip]
pub const KINDS: &[(&str, &[Read])] = &[
    ("AWS::RDS::DBInstance", &[read("rds:DescribeDBInstances", On::Instances)]),
    ("AWS::RDS::EventSubscription", &[read("rds:DescribeEventSubscriptions", On::EventSubscriptions)]),
    ("AWS::KMS::Key", &[
        read("kms:DescribeKey", On::Keys),
        read("kms:GetKeyRotationStatus", On::Keys),
        read("kms:GetKeyPolicy", On::Keys),
        read("kms:ListResourceTags", On::Keys),
    ]),
    ("AWS::KMS::Alias", &[read("kms:DescribeKey", On::Keys)]),
    ("AWS::S3::Bucket", &[
        read("s3:GetBucketVersioning", On::Buckets),
        read("s3:GetEncryptionConfiguration", On::Buckets),
        read("s3:GetBucketPublicAccessBlock", On::Buckets),
        read("s3:GetLifecycleConfiguration", On::Buckets),
        read("s3:GetBucketObjectLockConfiguration", On::Buckets),
        read("s3:GetBucketTagging", On::TaggedBuckets),
    ]),
    ("AWS::S3::BucketPolicy", &[read("s3:GetBucketPolicy", On::Buckets)]),
    // By listing them: of a vault that does not exist AWS Backup says only that access is denied.
    ("AWS::Backup::BackupVault", &[
        read("backup:ListBackupVaults", On::Everything),
        read("backup:GetBackupVaultAccessPolicy", On::SharedVaults),
        read("backup:ListTags", On::TaggedVaults),
    ]),
    ("AWS::Backup::BackupPlan", &[
        read("backup:ListBackupPlans", On::Everything),
        read("backup:GetBackupPlan", On::BackupPlans),
    ]),
    ("AWS::Backup::BackupSelection", &[
        read("backup:ListBackupPlans", On::Everything),
        read("backup:ListBackupSelections", On::BackupPlans),
        read("backup:GetBackupSelection", On::BackupPlans),
    ]),
    ("AWS::Backup::RestoreTestingPlan", &[read("backup:GetRestoreTestingPlan", On::RestoreTests)]),
    ("AWS::Backup::RestoreTestingSelection", &[read("backup:GetRestoreTestingSelection", On::RestoreTests)]),
    ("AWS::SNS::Topic", &[
        read(GET_RESOURCE, On::Everything),
        read("sns:GetTopicAttributes", On::Topics),
        read("sns:ListTagsForResource", On::Topics),
        read("sns:ListSubscriptionsByTopic", On::Topics),
        read("sns:GetDataProtectionPolicy", On::Topics),
    ]),
    ("AWS::SNS::TopicInlinePolicy", &[
        read(GET_RESOURCE, On::Everything),
        read("sns:GetTopicAttributes", On::Topics),
    ]),
    // The handler's iam:PassRole is for a rule's role, which none of backstay's has.
    ("AWS::Events::Rule", &[
        read(GET_RESOURCE, On::Everything),
        read("events:DescribeRule", On::Rules),
        read("events:ListTargetsByRule", On::Rules),
        read("events:ListTagsForResource", On::Rules),
    ]),
    ("AWS::CloudWatch::Alarm", &[
        read(GET_RESOURCE, On::Everything),
        read("cloudwatch:DescribeAlarms", On::Alarms),
        read("cloudwatch:ListTagsForResource", On::Alarms),
    ]),
    ("AWS::IAM::Role", &[
        read(GET_RESOURCE, On::Everything),
        read("iam:GetRole", On::Roles),
        read("iam:ListAttachedRolePolicies", On::Roles),
        read("iam:ListRolePolicies", On::Roles),
        read("iam:GetRolePolicy", On::Roles),
    ]),
];

/// What reading a kind needs.
pub fn of(kind: &str) -> &'static [Read] {
    let found = KINDS.iter().find(|(name, _)| *name == kind);
    found.map_or(&[], |(_, reads)| reads)
}
