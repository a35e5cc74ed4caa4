//! Microsoft.DataProtection: the vaults of Azure Backup, what they keep, and for whom.

mod instance;
mod policy;
mod vault;

pub use instance::{BackupInstance, Datasource, InstanceProperties, PolicyInfo};
pub use policy::{
    BackupParameters, BackupPolicy, Criteria, DataStore, DeleteAfter, Lifecycle, PolicyProperties,
    PolicyRule, Schedule, TagInfo, TaggingCriteria, Trigger,
};
pub use vault::{
    BackupVault, FeatureSettings, Identity, JobFailures, Monitoring, SecuritySettings, SoftDelete,
    State, StorageSetting, VaultProperties,
};

const VERSION: Option<&str> = Some("2026-03-01");

/// The kind of thing that is backed up, in the service's words.
pub const DATASOURCE: &str = "Microsoft.DBforPostgreSQL/flexibleServers";
