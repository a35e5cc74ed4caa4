//! AWS::RDS::DBInstance, as far as backstay owns it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Tags, Value};
use crate::cloud::property::property;
use crate::cloud::{DailyWindow, Direction, NotCompared, Owned, Property, Restore, WeeklyWindow};

/// Properties in CloudFormation's words. None: not owned, so neither rendered nor compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DbInstance {
    #[serde(rename = "DBInstanceIdentifier")]
    pub identifier: String,
    #[serde(rename = "DBInstanceClass", skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_version: Option<String>,
    /// GiB. CloudFormation takes a text here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocated_storage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master_username: Option<String>,
    /// RDS makes no read replica of a PostgreSQL, MySQL or MariaDB instance whose password it keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manage_master_user_password: Option<bool>,
    #[serde(
        rename = "SourceDBInstanceIdentifier",
        skip_serializing_if = "Option::is_none"
    )]
    pub source: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// Days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_retention_period: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_backup_window: Option<DailyWindow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_maintenance_window: Option<WeeklyWindow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_tags_to_snapshot: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    #[serde(rename = "MultiAZ", skip_serializing_if = "Option::is_none")]
    pub multi_az: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_encrypted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<Value>,
    #[serde(
        rename = "EnableCloudwatchLogsExports",
        skip_serializing_if = "Option::is_none"
    )]
    pub log_exports: Option<BTreeSet<String>>,
    /// The Region that receives the replicated automated backups.
    #[serde(
        rename = "AutomaticBackupReplicationRegion",
        skip_serializing_if = "Option::is_none"
    )]
    pub replication_region: Option<String>,
    /// Days in that Region.
    #[serde(
        rename = "AutomaticBackupReplicationRetentionPeriod",
        skip_serializing_if = "Option::is_none"
    )]
    pub replication_retention: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
}

use Direction::{AbsentIsWeaker, EachIsStronger, MoreIsStronger, Neutral};
use Restore::{Option as Flag, Raise, Replacement, Replicate, Revert, Switch};

impl Owned for DbInstance {
    const TYPE: &'static str = "AWS::RDS::DBInstance";

    /// Options are those of `aws rds modify-db-instance`.
    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/DBInstanceIdentifier", Neutral, Replacement),
        property("/DBInstanceClass", Neutral, Flag("--db-instance-class")),
        property("/Engine", Neutral, Replacement),
        property("/EngineVersion", Neutral, Raise("--engine-version")),
        property("/AllocatedStorage", MoreIsStronger, Raise("--allocated-storage")),
        property("/StorageType", Neutral, Flag("--storage-type")),
        property("/MasterUsername", Neutral, Replacement),
        property("/ManageMasterUserPassword", MoreIsStronger, Revert),
        property("/SourceDBInstanceIdentifier", Neutral, Replacement),
        property("/AvailabilityZone", Neutral, Replacement),
        property("/BackupRetentionPeriod", MoreIsStronger, Flag("--backup-retention-period")).losing("automated backups that are older are deleted at once"),
        property("/PreferredBackupWindow", Neutral, Flag("--preferred-backup-window")),
        property("/PreferredMaintenanceWindow", Neutral, Flag("--preferred-maintenance-window")),
        property("/CopyTagsToSnapshot", MoreIsStronger, Switch("--copy-tags-to-snapshot", "--no-copy-tags-to-snapshot")).losing("new snapshots carry no tags"),
        property("/DeletionProtection", MoreIsStronger, Switch("--deletion-protection", "--no-deletion-protection")).losing("one command can delete the database"),
        property("/MultiAZ", MoreIsStronger, Switch("--multi-az", "--no-multi-az")).losing("the standby is removed"),
        property("/StorageEncrypted", MoreIsStronger, Replacement),
        property("/KmsKeyId", Neutral, Replacement),
        property("/EnableCloudwatchLogsExports", EachIsStronger, Flag("--cloudwatch-logs-export-configuration")),
        property("/AutomaticBackupReplicationRegion", AbsentIsWeaker, Replicate),
        property("/AutomaticBackupReplicationRetentionPeriod", MoreIsStronger, Replicate),
        property("/Tags", Neutral, Restore::Tag),
    ];

    /// Properties of the frame that RDS never tells back (writeOnly in the registry schema).
    const NOT_COMPARED: &'static [NotCompared] = &[
        NotCompared {
            path: "/DeleteAutomatedBackups",
            beside: Some("/BackupRetentionPeriod"),
            reason: "RDS does not report it",
        },
        NotCompared {
            path: "/AutomaticBackupReplicationKmsKeyId",
            beside: Some("/AutomaticBackupReplicationRegion"),
            reason: "it is a parameter of the stack",
        },
    ];
}
