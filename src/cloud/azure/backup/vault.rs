//! Microsoft.DataProtection/backupVaults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupVault {
    pub name: String,
    pub location: String,
    pub identity: Identity,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    pub properties: VaultProperties,
}

/// By which the vault reads the servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// SystemAssigned.
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultProperties {
    /// One for each kind of store; the vault itself is the one that is ours.
    pub storage_settings: Vec<StorageSetting>,
    pub security_settings: SecuritySettings,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_settings: Option<FeatureSettings>,
    pub monitoring_settings: Monitoring,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageSetting {
    pub datastore_type: String,
    /// LocallyRedundant, ZoneRedundant or GeoRedundant.
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecuritySettings {
    pub soft_delete_settings: SoftDelete,
    pub immutability_settings: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SoftDelete {
    /// Off, On or AlwaysOn.
    pub state: String,
    /// Days for which what was deleted can be had back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_duration_in_days: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeatureSettings {
    /// Whether its owner can restore in the paired region; otherwise only Microsoft opens it.
    pub cross_region_restore_settings: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Monitoring {
    pub azure_monitor_alert_settings: JobFailures,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobFailures {
    /// Enabled or Disabled.
    pub alerts_for_all_job_failures: String,
}

use Direction::{AbsentIsWeaker, MoreIsStronger, Neutral, Ranked};
use Restore::{Migration, Ratchet, Replacement, Revert, Tag};

const ON: Direction = Ranked(&["Disabled", "Enabled"]);
const STORAGE: &str = "a vault's redundancy is fixed once it holds a backup: make another vault, let new backups go there, and keep this one until its last backup ends";

impl Owned for BackupVault {
    const TYPE: &'static str = "Microsoft.DataProtection/backupVaults";
    const API_VERSION: Option<&'static str> = super::VERSION;

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/location", Neutral, Replacement),
        property("/identity/type", AbsentIsWeaker, Revert),
        property("/tags", Neutral, Tag),
        property("/properties/storageSettings/*/type", Ranked(&["LocallyRedundant", "ZoneRedundant", "GeoRedundant"]), Migration(STORAGE)),
        property("/properties/securitySettings/softDeleteSettings/state", Ranked(&["Off", "On", "AlwaysOn"]), Ratchet),
        property("/properties/securitySettings/softDeleteSettings/retentionDurationInDays", MoreIsStronger, Revert),
        property("/properties/securitySettings/immutabilitySettings/state", Ranked(&["Disabled", "Unlocked", "Locked"]), Ratchet),
        property("/properties/featureSettings/crossRegionRestoreSettings/state", ON, Ratchet),
        property("/properties/monitoringSettings/azureMonitorAlertSettings/alertsForAllJobFailures", ON, Revert),
    ];
}
