//! Everything that backstay reads of AWS: the one list by which its clients refuse all else, of which
//! the reader's role is made, and which the README tells.
//!
//! Sources: AWS's models for operations, the Service Authorization Reference for actions and what they
//! are allowed on, and for what Cloud Control reads the permissions of each type's read handler in its
//! registry schema.

/// One thing that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// The call, by the names that AWS's models give service and operation. None: AWS makes it for us,
    /// and asks whether we may.
    pub call: Option<(&'static str, &'static str)>,
    /// What IAM calls it, which is not always the same.
    pub action: &'static str,
    pub on: On,
}

/// What an action is allowed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum On {
    /// The action knows no resources.
    Everything,
    Instances,
    /// Automated backups that any Region holds.
    AutomatedBackups,
    Snapshots,
    EventSubscriptions,
    /// Lists them all.
    AllStacks,
    /// Those that backstay names.
    Stacks,
    Buckets,
    /// Buckets whose objects are listed: dumps, and results of drills.
    Dumps,
    /// Manifests of dumps, and results of drills.
    Results,
    Vaults,
    /// AWS Backup gives plans their ids.
    BackupPlans,
    RestoreTests,
    /// KMS gives keys their ids.
    Keys,
    /// The keys of buckets, through S3 alone.
    StoreKeys,
    Topics,
    Rules,
    Alarms,
    Roles,
}

macro_rules! reads {
    ($($name:ident = $($service:literal $operation:literal)? => $action:literal, $on:ident;)*) => {
        $(
            pub const $name: Read = Read {
                call: reads!(@call $($service $operation)?),
                action: $action,
                on: On::$on,
            };
        )*
        pub const READS: &[Read] = &[$($name),*];
    };
    (@call) => { None };
    (@call $service:literal $operation:literal) => { Some(($service, $operation)) };
}

#[rustfmt::skip]
reads! {
    DESCRIBE_PROTECTED_RESOURCE = "Backup" "DescribeProtectedResource" => "backup:DescribeProtectedResource", Everything;
    GET_BACKUP_PLAN = "Backup" "GetBackupPlan" => "backup:GetBackupPlan", BackupPlans;
    GET_BACKUP_SELECTION = "Backup" "GetBackupSelection" => "backup:GetBackupSelection", BackupPlans;
    GET_VAULT_POLICY = "Backup" "GetBackupVaultAccessPolicy" => "backup:GetBackupVaultAccessPolicy", Vaults;
    GET_RESTORE_TESTING_PLAN = "Backup" "GetRestoreTestingPlan" => "backup:GetRestoreTestingPlan", RestoreTests;
    GET_RESTORE_TESTING_SELECTION = "Backup" "GetRestoreTestingSelection" => "backup:GetRestoreTestingSelection", RestoreTests;
    LIST_BACKUP_PLANS = "Backup" "ListBackupPlans" => "backup:ListBackupPlans", Everything;
    LIST_BACKUP_SELECTIONS = "Backup" "ListBackupSelections" => "backup:ListBackupSelections", BackupPlans;
    LIST_VAULTS = "Backup" "ListBackupVaults" => "backup:ListBackupVaults", Everything;
    LIST_PROTECTED_RESOURCES = "Backup" "ListProtectedResources" => "backup:ListProtectedResources", Everything;
    LIST_RECOVERY_POINTS = "Backup" "ListRecoveryPointsByBackupVault" => "backup:ListRecoveryPointsByBackupVault", Vaults;
    LIST_RESTORE_JOBS = "Backup" "ListRestoreJobs" => "backup:ListRestoreJobs", Everything;
    LIST_VAULT_TAGS = "Backup" "ListTags" => "backup:ListTags", Vaults;
    GET_RESOURCE = "CloudControl" "GetResource" => "cloudformation:GetResource", Everything;
    DESCRIBE_STACK_RESOURCES = "CloudFormation" "DescribeStackResources" => "cloudformation:DescribeStackResources", Stacks;
    DESCRIBE_STACKS = "CloudFormation" "DescribeStacks" => "cloudformation:DescribeStacks", AllStacks;
    // Asked of whoever describes stacks without naming one.
    LIST_STACKS = => "cloudformation:ListStacks", Everything;
    GET_TEMPLATE = "CloudFormation" "GetTemplate" => "cloudformation:GetTemplate", Stacks;
    DESCRIBE_ALARMS = => "cloudwatch:DescribeAlarms", Alarms;
    LIST_ALARM_TAGS = => "cloudwatch:ListTagsForResource", Alarms;
    DESCRIBE_RULE = => "events:DescribeRule", Rules;
    LIST_RULE_TAGS = => "events:ListTagsForResource", Rules;
    LIST_TARGETS = => "events:ListTargetsByRule", Rules;
    GET_ROLE = => "iam:GetRole", Roles;
    GET_ROLE_POLICY = => "iam:GetRolePolicy", Roles;
    LIST_ATTACHED_POLICIES = => "iam:ListAttachedRolePolicies", Roles;
    LIST_ROLE_POLICIES = => "iam:ListRolePolicies", Roles;
    // Of an object that a key encrypts.
    DECRYPT = => "kms:Decrypt", StoreKeys;
    DESCRIBE_KEY = "KMS" "DescribeKey" => "kms:DescribeKey", Keys;
    GET_KEY_POLICY = "KMS" "GetKeyPolicy" => "kms:GetKeyPolicy", Keys;
    GET_KEY_ROTATION = "KMS" "GetKeyRotationStatus" => "kms:GetKeyRotationStatus", Keys;
    LIST_KEY_TAGS = "KMS" "ListResourceTags" => "kms:ListResourceTags", Keys;
    DESCRIBE_AUTOMATED_BACKUPS = "RDS" "DescribeDBInstanceAutomatedBackups" => "rds:DescribeDBInstanceAutomatedBackups", AutomatedBackups;
    DESCRIBE_INSTANCES = "RDS" "DescribeDBInstances" => "rds:DescribeDBInstances", Instances;
    DESCRIBE_SNAPSHOTS = "RDS" "DescribeDBSnapshots" => "rds:DescribeDBSnapshots", Snapshots;
    DESCRIBE_EVENT_SUBSCRIPTIONS = "RDS" "DescribeEventSubscriptions" => "rds:DescribeEventSubscriptions", EventSubscriptions;
    GET_OBJECT_LOCK = "S3" "GetObjectLockConfiguration" => "s3:GetBucketObjectLockConfiguration", Buckets;
    GET_BUCKET_POLICY = "S3" "GetBucketPolicy" => "s3:GetBucketPolicy", Buckets;
    GET_PUBLIC_ACCESS_BLOCK = "S3" "GetPublicAccessBlock" => "s3:GetBucketPublicAccessBlock", Buckets;
    GET_BUCKET_TAGGING = "S3" "GetBucketTagging" => "s3:GetBucketTagging", Buckets;
    GET_BUCKET_VERSIONING = "S3" "GetBucketVersioning" => "s3:GetBucketVersioning", Buckets;
    GET_BUCKET_ENCRYPTION = "S3" "GetBucketEncryption" => "s3:GetEncryptionConfiguration", Buckets;
    GET_BUCKET_LIFECYCLE = "S3" "GetBucketLifecycleConfiguration" => "s3:GetLifecycleConfiguration", Buckets;
    GET_OBJECT = "S3" "GetObject" => "s3:GetObject", Results;
    LIST_OBJECTS = "S3" "ListObjectsV2" => "s3:ListBucket", Dumps;
    GET_DATA_PROTECTION_POLICY = => "sns:GetDataProtectionPolicy", Topics;
    GET_TOPIC_ATTRIBUTES = => "sns:GetTopicAttributes", Topics;
    LIST_SUBSCRIPTIONS = => "sns:ListSubscriptionsByTopic", Topics;
    LIST_TOPIC_TAGS = => "sns:ListTagsForResource", Topics;
    // AWS allows it to everybody who has credentials, whatever a policy says.
    GET_CALLER_IDENTITY = "STS" "GetCallerIdentity" => "sts:GetCallerIdentity", Everything;
}

/// For locations with a role. The SDK's own client does it, before ours read anything.
pub const ASSUME_ROLE: &str = "sts:AssumeRole";

/// For whatever a stack made.
pub const STACKS: &[Read] = &[DESCRIBE_STACKS, LIST_STACKS, GET_TEMPLATE];

/// For what refers to another resource of its stack, and for a key, which its stack knows by its id.
pub const REFERENCES: &[Read] = &[DESCRIBE_STACK_RESOURCES];

/// For automated backups, wherever they are.
pub const AUTOMATED_BACKUPS: &[Read] = &[DESCRIBE_INSTANCES, DESCRIBE_AUTOMATED_BACKUPS];

/// For manual snapshots.
pub const SNAPSHOTS: &[Read] = &[DESCRIBE_SNAPSHOTS];

/// For recovery points of AWS Backup.
pub const RECOVERY_POINTS: &[Read] = &[LIST_VAULTS, LIST_RECOVERY_POINTS];

/// For restore tests of AWS Backup.
pub const RESTORE_TESTS: &[Read] = &[LIST_RESTORE_JOBS, DESCRIBE_PROTECTED_RESOURCE];

/// For dumps, and results of drills.
pub const OBJECTS: &[Read] = &[LIST_OBJECTS, GET_OBJECT];

/// For all databases of a Region, whose their keys are, and what holds them.
pub const INVENTORY: &[Read] = &[
    DESCRIBE_INSTANCES,
    DESCRIBE_AUTOMATED_BACKUPS,
    DESCRIBE_KEY,
    LIST_BACKUP_PLANS,
    GET_BACKUP_PLAN,
    LIST_BACKUP_SELECTIONS,
    GET_BACKUP_SELECTION,
    LIST_PROTECTED_RESOURCES,
];

/// For each kind of resource that drift compares.
#[rustfmt::skip]
pub const KINDS: &[(&str, &[Read])] = &[
    ("AWS::RDS::DBInstance", &[DESCRIBE_INSTANCES]),
    ("AWS::RDS::EventSubscription", &[DESCRIBE_EVENT_SUBSCRIPTIONS]),
    ("AWS::KMS::Key", &[DESCRIBE_KEY, GET_KEY_ROTATION, GET_KEY_POLICY, LIST_KEY_TAGS]),
    ("AWS::KMS::Alias", &[DESCRIBE_KEY]),
    ("AWS::S3::Bucket", &[
        GET_BUCKET_VERSIONING, GET_BUCKET_ENCRYPTION, GET_PUBLIC_ACCESS_BLOCK, GET_BUCKET_LIFECYCLE,
        GET_OBJECT_LOCK, GET_BUCKET_TAGGING,
    ]),
    ("AWS::S3::BucketPolicy", &[GET_BUCKET_POLICY]),
    // By listing them: of a vault that does not exist AWS Backup says only that access is denied.
    ("AWS::Backup::BackupVault", &[LIST_VAULTS, GET_VAULT_POLICY, LIST_VAULT_TAGS]),
    ("AWS::Backup::BackupPlan", &[LIST_BACKUP_PLANS, GET_BACKUP_PLAN]),
    ("AWS::Backup::BackupSelection", &[LIST_BACKUP_PLANS, LIST_BACKUP_SELECTIONS, GET_BACKUP_SELECTION]),
    ("AWS::Backup::RestoreTestingPlan", &[GET_RESTORE_TESTING_PLAN]),
    ("AWS::Backup::RestoreTestingSelection", &[GET_RESTORE_TESTING_SELECTION]),
    ("AWS::SNS::Topic", &[
        GET_RESOURCE, GET_TOPIC_ATTRIBUTES, LIST_TOPIC_TAGS, LIST_SUBSCRIPTIONS, GET_DATA_PROTECTION_POLICY,
    ]),
    ("AWS::SNS::TopicInlinePolicy", &[GET_RESOURCE, GET_TOPIC_ATTRIBUTES]),
    // The handler's iam:PassRole is for a rule's role, which none of backstay's has.
    ("AWS::Events::Rule", &[GET_RESOURCE, DESCRIBE_RULE, LIST_TARGETS, LIST_RULE_TAGS]),
    ("AWS::CloudWatch::Alarm", &[GET_RESOURCE, DESCRIBE_ALARMS, LIST_ALARM_TAGS]),
    ("AWS::IAM::Role", &[
        GET_RESOURCE, GET_ROLE, LIST_ATTACHED_POLICIES, LIST_ROLE_POLICIES, GET_ROLE_POLICY,
    ]),
];

/// What reading a kind needs.
pub fn of(kind: &str) -> &'static [Read] {
    let found = KINDS.iter().find(|(name, _)| *name == kind);
    found.map_or(&[], |(_, reads)| reads)
}
