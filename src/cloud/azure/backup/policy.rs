//! Microsoft.DataProtection/backupVaults/backupPolicies. A policy in use can neither be edited nor
//! deleted, so its name says what is in it: another content is another policy.

use serde::{Deserialize, Serialize};

use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPolicy {
    /// VAULT/POLICY
    pub name: String,
    pub properties: PolicyProperties,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyProperties {
    pub object_type: String,
    pub datasource_types: Vec<String>,
    pub policy_rules: Vec<PolicyRule>,
}

/// When backups are made, or how long those of one tag are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "objectType")]
pub enum PolicyRule {
    #[serde(rename = "AzureBackupRule", rename_all = "camelCase")]
    Backup {
        name: String,
        backup_parameters: BackupParameters,
        data_store: DataStore,
        trigger: Trigger,
    },
    #[serde(rename = "AzureRetentionRule", rename_all = "camelCase")]
    Retention {
        name: String,
        /// Of backups that no tag has.
        is_default: bool,
        lifecycles: Vec<Lifecycle>,
    },
}

impl PolicyRule {
    pub fn name(&self) -> &str {
        let (PolicyRule::Backup { name, .. } | PolicyRule::Retention { name, .. }) = self;
        name
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupParameters {
    pub object_type: String,
    pub backup_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataStore {
    pub object_type: String,
    pub data_store_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trigger {
    pub object_type: String,
    pub schedule: Schedule,
    /// In the order of their priorities.
    pub tagging_criteria: Vec<TaggingCriteria>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Schedule {
    /// ISO 8601, as R/2026-01-04T03:00:00+00:00/P1W.
    pub repeating_time_intervals: Vec<String>,
    pub time_zone: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaggingCriteria {
    pub is_default: bool,
    /// The lowest counts first.
    pub tagging_priority: u32,
    pub tag_info: TagInfo,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<Criteria>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagInfo {
    /// The name of a retention rule.
    pub tag_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Criteria {
    pub object_type: String,
    /// As FirstOfMonth.
    pub absolute_criteria: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lifecycle {
    pub delete_after: DeleteAfter,
    pub source_data_store: DataStore,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteAfter {
    pub object_type: String,
    /// ISO 8601, as P12W.
    pub duration: String,
}

use Direction::{MoreIsStronger, Neutral};
use Restore::{Migration, Replacement};

const IN_USE: &str = "a policy in use cannot be edited: make one with this content under another name, and let the servers' backups follow that";

impl Owned for BackupPolicy {
    const TYPE: &'static str = "Microsoft.DataProtection/backupVaults/backupPolicies";
    const API_VERSION: Option<&'static str> = super::VERSION;

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/properties/objectType", Neutral, Replacement),
        property("/properties/datasourceTypes", Neutral, Replacement),
        property("/properties/policyRules", Neutral, Migration(IN_USE)),
        property("/properties/policyRules/*", Neutral, Migration(IN_USE)),
        property("/properties/policyRules/*/trigger/schedule/repeatingTimeIntervals", Neutral, Migration(IN_USE)),
        property("/properties/policyRules/*/trigger/taggingCriteria", Neutral, Migration(IN_USE)),
        property("/properties/policyRules/*/lifecycles/*/deleteAfter/duration", MoreIsStronger, Migration(IN_USE)),
    ];
}
