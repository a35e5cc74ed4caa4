//! What is asked of Azure beside the settings of a policy's own resources: the one list that the readers
//! and the role that is rendered for them go by.
//! Source: "Azure permissions" (databases, management and governance, storage) in the documentation of
//! Azure RBAC.

use super::backup::{BackupInstance, BackupVault};
use super::postgres::FlexibleServer;
use crate::cloud::Owned;

/// Backups of a flexible server, the daily ones and those on demand.
pub const SERVER_BACKUPS: &str = "Microsoft.DBforPostgreSQL/flexibleServers/backups";

/// Of one thing that a vault backs up.
pub const RECOVERY_POINTS: &str =
    "Microsoft.DataProtection/backupVaults/backupInstances/recoveryPoints";

pub const BLOBS: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";

/// What coverage lists in a subscription.
pub const INVENTORY: [&str; 3] = [
    FlexibleServer::TYPE,
    BackupVault::TYPE,
    BackupInstance::TYPE,
];

/// The path of a list: what a resource has of a kind.
pub fn list_of(parent: &str, kind: &str) -> String {
    let step = kind.rsplit('/').next().unwrap_or(kind);
    format!("{parent}/{step}")
}

/// The path of the list of a whole subscription.
pub fn list_in(subscription: &str, kind: &str) -> String {
    format!("/subscriptions/{subscription}/providers/{kind}")
}

/// The right that reads a kind, in settings and in data alike.
pub fn right(kind: &str) -> String {
    format!("{kind}/read")
}
