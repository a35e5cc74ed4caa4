//! Microsoft.DBforPostgreSQL/flexibleServers, as far as backstay owns it.

mod maintenance;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cloud::property::property;
use crate::cloud::{Direction, NotCompared, Owned, Property, Restore};

pub use maintenance::{DISABLED, ENABLED, MaintenanceWindow};

/// A server or a replica in ARM's words, by its own properties. None: not owned, so neither rendered nor
/// compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Server<P> {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    pub properties: P,
}

pub type FlexibleServer = Server<Properties>;

/// It has no backups, geo-redundancy or standby of its own, whatever the API reports.
pub type Replica = Server<ReplicaProperties>;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sku {
    pub name: String,
    pub tier: String,
}

/// The identities by which a server reaches its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// UserAssigned.
    #[serde(rename = "type")]
    pub kind: String,
    /// By their ids.
    pub user_assigned_identities: BTreeMap<String, Member>,
}

/// ARM takes nothing here, and tells ids that say no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {}

/// Keys of the customer's own. None: Azure's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataEncryption {
    /// AzureKeyVault.
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "primaryKeyURI", skip_serializing_if = "Option::is_none")]
    pub primary_key: Option<String>,
    #[serde(
        rename = "primaryUserAssignedIdentityId",
        skip_serializing_if = "Option::is_none"
    )]
    pub primary_identity: Option<String>,
    #[serde(rename = "geoBackupKeyURI", skip_serializing_if = "Option::is_none")]
    pub geo_key: Option<String>,
    #[serde(
        rename = "geoBackupUserAssignedIdentityId",
        skip_serializing_if = "Option::is_none"
    )]
    pub geo_identity: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Properties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub administrator_login: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_encryption: Option<DataEncryption>,
    pub backup: Backup,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high_availability: Option<HighAvailability>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintenance_window: Option<MaintenanceWindow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    #[serde(rename = "storageSizeGB")]
    pub size_gib: u32,
    /// Premium_LRS or PremiumV2_LRS; settable only at creation.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Of Premium SSD v2, which has a speed of its own: operations a second, and MB a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iops: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<u32>,
    /// Enabled or Disabled.
    #[serde(rename = "autoGrow", skip_serializing_if = "Option::is_none")]
    pub auto_grow: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// Days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_retention_days: Option<u32>,
    /// Enabled or Disabled; settable only at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geo_redundant_backup: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HighAvailability {
    /// Disabled, SameZone or ZoneRedundant.
    pub mode: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplicaProperties {
    /// Id of the server that it copies. None: it is no replica any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_server_resource_id: Option<String>,
    /// Size and growth as the source's: a replica whose disk is full stops copying.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_encryption: Option<DataEncryption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintenance_window: Option<MaintenanceWindow>,
}

use Direction::{AbsentIsWeaker, MoreIsStronger, Neutral, Ranked};
use Restore::{Migration, Option as Flag, Raise, Replacement, Revert, Tag};

const GEO: &str = "it is set when a server is created: restore the server to a new one that has it (az postgres flexible-server restore --geo-redundant-backup), move the clients there, and remove the old one";
const KEY: &str = "whose key encrypts a server is set when it is created: restore the server to a new one that has the key (az postgres flexible-server restore --key --identity), move the clients there, and remove the old one";
const DISK: &str = "the type of a server's disk is set when it is created: restore the server to a new one that has it (az postgres flexible-server restore --storage-type), move the clients there, and remove the old one";
const PROMOTED: &str = "a promoted replica is a server of its own: remove it once nothing uses it, and deploy the replica again";

/// One option sets the whole block.
const MAINTENANCE: Property = property(
    "/properties/maintenanceWindow",
    Neutral,
    Flag("--maintenance-window"),
);

const ON: Direction = Ranked(&["Disabled", "Enabled"]);

impl Owned for FlexibleServer {
    const TYPE: &'static str = "Microsoft.DBforPostgreSQL/flexibleServers";
    const API_VERSION: Option<&'static str> = Some("2025-08-01");

    /// Options are those of `az postgres flexible-server update`.
    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/location", Neutral, Replacement),
        property("/sku/name", Neutral, Flag("--sku-name")),
        property("/sku/tier", Neutral, Flag("--tier")),
        property("/identity/type", Neutral, Revert),
        property("/identity/userAssignedIdentities/*", AbsentIsWeaker, Revert),
        property("/tags", Neutral, Tag),
        property("/properties/version", Neutral, Raise("--version")),
        property("/properties/administratorLogin", Neutral, Replacement),
        property("/properties/storage/storageSizeGB", MoreIsStronger, Raise("--storage-size")),
        property("/properties/storage/type", Neutral, Migration(DISK)),
        property("/properties/storage/iops", Neutral, Flag("--iops")),
        property("/properties/storage/throughput", Neutral, Flag("--throughput")),
        property("/properties/storage/autoGrow", ON, Flag("--storage-auto-grow")).losing("a full disk stops the server"),
        property("/properties/dataEncryption", AbsentIsWeaker, Migration(KEY)),
        property("/properties/dataEncryption/type", Neutral, Migration(KEY)),
        property("/properties/dataEncryption/primaryKeyURI", AbsentIsWeaker, Flag("--key")),
        property("/properties/dataEncryption/primaryUserAssignedIdentityId", AbsentIsWeaker, Flag("--identity")),
        property("/properties/dataEncryption/geoBackupKeyURI", AbsentIsWeaker, Flag("--backup-key")),
        property("/properties/dataEncryption/geoBackupUserAssignedIdentityId", AbsentIsWeaker, Flag("--backup-identity")),
        property("/properties/backup/backupRetentionDays", MoreIsStronger, Flag("--backup-retention")).losing("backups that are older are deleted"),
        property("/properties/backup/geoRedundantBackup", ON, Migration(GEO)),
        property("/properties/highAvailability/mode", Ranked(&["Disabled", "SameZone", "ZoneRedundant"]), Flag("--zonal-resiliency")).losing("the standby is removed, or is in the same zone"),
        MAINTENANCE,
    ];

    /// Properties of the frame that ARM never tells back (writeOnly).
    const NOT_COMPARED: &'static [NotCompared] = &[
        NotCompared {
            path: "/properties/administratorLoginPassword",
            beside: None,
            reason: "a secret; ARM does not report it",
        },
        CREATE_MODE,
    ];
}

const CREATE_MODE: NotCompared = NotCompared {
    path: "/properties/createMode",
    beside: None,
    reason: "it says how the server was made, once; ARM does not report it",
};

impl Owned for Replica {
    const TYPE: &'static str = FlexibleServer::TYPE;
    const API_VERSION: Option<&'static str> = FlexibleServer::API_VERSION;

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/location", Neutral, Replacement),
        property("/sku/name", Neutral, Flag("--sku-name")),
        property("/sku/tier", Neutral, Flag("--tier")),
        property("/identity/type", Neutral, Revert),
        property("/identity/userAssignedIdentities/*", AbsentIsWeaker, Revert),
        property("/tags", Neutral, Tag),
        property("/properties/sourceServerResourceId", AbsentIsWeaker, Migration(PROMOTED)),
        property("/properties/storage/storageSizeGB", MoreIsStronger, Raise("--storage-size")),
        property("/properties/storage/type", Neutral, Migration(DISK)),
        property("/properties/storage/iops", Neutral, Flag("--iops")),
        property("/properties/storage/throughput", Neutral, Flag("--throughput")),
        property("/properties/storage/autoGrow", ON, Flag("--storage-auto-grow")).losing("a full disk stops the replica"),
        property("/properties/dataEncryption", AbsentIsWeaker, Migration(KEY)),
        property("/properties/dataEncryption/type", Neutral, Migration(KEY)),
        property("/properties/dataEncryption/primaryKeyURI", AbsentIsWeaker, Flag("--key")),
        property("/properties/dataEncryption/primaryUserAssignedIdentityId", AbsentIsWeaker, Flag("--identity")),
        MAINTENANCE,
    ];

    const NOT_COMPARED: &'static [NotCompared] = &[CREATE_MODE];
}
