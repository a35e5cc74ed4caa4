//! Every action of IAM that drift needs, and on what: the one list that the calls, the rendered
//! reader's policy, the README and the tests go by.
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
    Topics,
    Rules,
    Alarms,
    Roles,
}

const fn read(action: &'static str, on: On) -> Read {
    Read { action, on }
}

pub const DESCRIBE_INSTANCES: &str = "rds:DescribeDBInstances";
pub const DESCRIBE_EVENT_SUBSCRIPTIONS: &str = "rds:DescribeEventSubscriptions";
pub const DESCRIBE_STACKS: &str = "cloudformation:DescribeStacks";
pub const DESCRIBE_STACK_RESOURCES: &str = "cloudformation:DescribeStackResources";
pub const GET_TEMPLATE: &str = "cloudformation:GetTemplate";
pub const GET_RESOURCE: &str = "cloudformation:GetResource";
pub const BUCKET_VERSIONING: &str = "s3:GetBucketVersioning";
pub const BUCKET_ENCRYPTION: &str = "s3:GetEncryptionConfiguration";
pub const BUCKET_PUBLIC_ACCESS: &str = "s3:GetBucketPublicAccessBlock";
pub const BUCKET_LIFECYCLE: &str = "s3:GetLifecycleConfiguration";
pub const BUCKET_TAGGING: &str = "s3:GetBucketTagging";
pub const LIST_VAULTS: &str = "backup:ListBackupVaults";
pub const VAULT_POLICY: &str = "backup:GetBackupVaultAccessPolicy";
pub const VAULT_TAGS: &str = "backup:ListTags";
pub const LIST_PLANS: &str = "backup:ListBackupPlans";
pub const GET_PLAN: &str = "backup:GetBackupPlan";
pub const LIST_SELECTIONS: &str = "backup:ListBackupSelections";
pub const GET_SELECTION: &str = "backup:GetBackupSelection";
pub const GET_RESTORE_TEST: &str = "backup:GetRestoreTestingPlan";
pub const GET_TESTED: &str = "backup:GetRestoreTestingSelection";

/// AWS allows it to everybody who has credentials, whatever a policy says.
pub const CALLER_IDENTITY: &str = "sts:GetCallerIdentity";

/// For locations with a role.
pub const ASSUME_ROLE: &str = "sts:AssumeRole";

/// For whatever a stack made.
pub const STACKS: &[Read] = &[
    read(DESCRIBE_STACKS, On::AllStacks),
    read(GET_TEMPLATE, On::Stacks),
];

/// For what refers to another resource of its stack.
pub const REFERENCES: &[Read] = &[read(DESCRIBE_STACK_RESOURCES, On::Stacks)];

/// For each kind of resource.
#[rustfmt::skip]
pub const KINDS: &[(&str, &[Read])] = &[
    ("AWS::RDS::DBInstance", &[read(DESCRIBE_INSTANCES, On::Instances)]),
    ("AWS::RDS::EventSubscription", &[read(DESCRIBE_EVENT_SUBSCRIPTIONS, On::EventSubscriptions)]),
    ("AWS::S3::Bucket", &[
        read(BUCKET_VERSIONING, On::Buckets),
        read(BUCKET_ENCRYPTION, On::Buckets),
        read(BUCKET_PUBLIC_ACCESS, On::Buckets),
        read(BUCKET_LIFECYCLE, On::Buckets),
        read(BUCKET_TAGGING, On::TaggedBuckets),
    ]),
    // By listing them: of a vault that does not exist AWS Backup says only that access is denied.
    ("AWS::Backup::BackupVault", &[
        read(LIST_VAULTS, On::Everything),
        read(VAULT_POLICY, On::SharedVaults),
        read(VAULT_TAGS, On::TaggedVaults),
    ]),
    ("AWS::Backup::BackupPlan", &[
        read(LIST_PLANS, On::Everything),
        read(GET_PLAN, On::BackupPlans),
    ]),
    ("AWS::Backup::BackupSelection", &[
        read(LIST_PLANS, On::Everything),
        read(LIST_SELECTIONS, On::BackupPlans),
        read(GET_SELECTION, On::BackupPlans),
    ]),
    ("AWS::Backup::RestoreTestingPlan", &[read(GET_RESTORE_TEST, On::RestoreTests)]),
    ("AWS::Backup::RestoreTestingSelection", &[read(GET_TESTED, On::RestoreTests)]),
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
