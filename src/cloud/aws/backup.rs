//! AWS Backup: vaults, plans, and which resources a plan takes in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::cron::times_a_year;
use super::{PolicyDocument, Value};
use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

/// AWS::Backup::BackupVault, in CloudFormation's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BackupVault {
    pub backup_vault_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_key_arn: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_configuration: Option<VaultLock>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_policy: Option<PolicyDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_vault_tags: Option<BTreeMap<String, String>>,
}

/// Bounds, in days, on the retention of what a vault takes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct VaultLock {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_retention_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_retention_days: Option<u32>,
    /// Some: the lock becomes immutable after so many days (compliance mode).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changeable_for_days: Option<u32>,
}

/// AWS::Backup::BackupPlan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BackupPlan {
    pub backup_plan: Rules,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rules {
    pub backup_plan_name: String,
    pub backup_plan_rule: Vec<Rule>,
}

/// One kind of backup: when it is made, where it goes, how long it stays.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    pub rule_name: String,
    pub target_backup_vault: String,
    pub schedule_expression: String,
    pub schedule_expression_timezone: String,
    pub start_window_minutes: u32,
    pub completion_window_minutes: u32,
    /// Always false: RDS itself keeps continuous backups, and two owners would undo each other.
    pub enable_continuous_backup: bool,
    pub lifecycle: Lifecycle,
    /// In the order of their vaults' ARNs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copy_actions: Vec<CopyAction>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub recovery_point_tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Lifecycle {
    /// None: kept for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_after_days: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopyAction {
    pub destination_backup_vault_arn: String,
    pub lifecycle: Lifecycle,
}

/// AWS::Backup::BackupSelection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BackupSelection {
    pub backup_plan_id: Value,
    pub backup_selection: Selected,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Selected {
    pub selection_name: String,
    pub iam_role_arn: Value,
    /// ARNs: tags and ARNs in one selection would be OR-ed.
    pub resources: BTreeSet<String>,
}

use Direction::{EachIsStronger, LaterIsStronger, MoreIsStronger, Neutral, Reads};
use Restore::{Document, Replacement, Revert, Tag};

impl Owned for BackupVault {
    const TYPE: &'static str = "AWS::Backup::BackupVault";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/BackupVaultName", Neutral, Replacement),
        property("/EncryptionKeyArn", Neutral, Replacement),
        property("/LockConfiguration", Neutral, Document),
        property("/LockConfiguration/MinRetentionDays", MoreIsStronger, Document),
        property("/LockConfiguration/MaxRetentionDays", LaterIsStronger, Document),
        property("/LockConfiguration/ChangeableForDays", MoreIsStronger, Document),
        property("/AccessPolicy", Neutral, Document),
        property("/BackupVaultTags", Neutral, Tag),
    ];
}

impl Owned for BackupPlan {
    const TYPE: &'static str = "AWS::Backup::BackupPlan";

    /// `*` is a rule's name, or the ARN of a copy's vault.
    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/BackupPlan", Neutral, Document),
        property("/BackupPlan/BackupPlanName", Neutral, Document),
        property("/BackupPlan/BackupPlanRule", Neutral, Document),
        property("/BackupPlan/BackupPlanRule/*/ScheduleExpression", Reads(times_a_year), Document),
        property("/BackupPlan/BackupPlanRule/*/Lifecycle/DeleteAfterDays", LaterIsStronger, Document),
        property("/BackupPlan/BackupPlanRule/*/CopyActions/*/Lifecycle/DeleteAfterDays", LaterIsStronger, Document),
    ];
}

impl Owned for BackupSelection {
    const TYPE: &'static str = "AWS::Backup::BackupSelection";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/BackupPlanId", Neutral, Revert),
        property("/BackupSelection", Neutral, Revert),
        property("/BackupSelection/SelectionName", Neutral, Revert),
        property("/BackupSelection/IamRoleArn", Neutral, Revert),
        property("/BackupSelection/Resources", EachIsStronger, Revert),
    ];
}
