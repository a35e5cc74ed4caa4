//! Microsoft.DataProtection/backupVaults/backupInstances: that a vault backs something up.

use serde::{Deserialize, Serialize};

use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupInstance {
    /// VAULT/INSTANCE
    pub name: String,
    pub properties: InstanceProperties,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceProperties {
    pub object_type: String,
    pub friendly_name: String,
    pub data_source_info: Datasource,
    pub data_source_set_info: Datasource,
    pub policy_info: PolicyInfo,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Datasource {
    pub object_type: String,
    pub datasource_type: String,
    #[serde(rename = "resourceID")]
    pub resource_id: String,
    pub resource_name: String,
    pub resource_type: String,
    pub resource_location: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyInfo {
    pub policy_id: String,
}

use Direction::{AbsentIsWeaker, Neutral};
use Restore::{Replacement, Revert};

impl Owned for BackupInstance {
    const TYPE: &'static str = "Microsoft.DataProtection/backupVaults/backupInstances";
    const API_VERSION: Option<&'static str> = super::VERSION;

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/properties/objectType", Neutral, Replacement),
        property("/properties/friendlyName", Neutral, Revert),
        property("/properties/dataSourceInfo", Neutral, Replacement),
        property("/properties/dataSourceSetInfo", Neutral, Replacement),
        property("/properties/policyInfo/policyId", AbsentIsWeaker, Revert),
    ];
}
