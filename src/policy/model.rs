//! What a policy file says, typed. The doc comments are the reference: they become the JSON
//! Schema's descriptions, and with it the README's tables.

use schemars::JsonSchema;
use serde::Deserialize;

use super::alerts::Alerts;
use super::database::Database;
use super::duration::Duration;
use super::github::GitHub;
use super::maintenance::Maintenance;
use super::settings::{
    Copies, Encryption, HighAvailability, RestoreTest, Retention, TimeZone, layer,
};
use super::spanned::{Named, Spanned};
use crate::cloud::DailyWindow;

/// A backup policy: what must be recoverable, where it lives, and how long.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "backstay policy")]
pub struct Policy {
    /// Version of the grammar. Always 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: Spanned<u8>,
    /// Accounts, subscriptions, Regions and hosts; the only place that names them.
    #[serde(default)]
    pub locations: Named<Location>,
    /// AWS Backup and Azure Backup vaults.
    #[serde(default)]
    pub vaults: Named<Vault>,
    /// Buckets and containers that hold dumps and exports.
    #[serde(default)]
    pub stores: Named<Store>,
    /// Repository whose workflows run what is rendered. It holds for the whole workspace.
    pub github: Option<GitHub>,
    /// What holds for every database of this file; in a file without databases, of the workspace.
    #[serde(default)]
    pub defaults: Option<Defaults>,
    /// Levels of protection. What is written here replaces the built-in tier key by key; other
    /// names make new tiers. They reach as far as defaults do.
    #[serde(default)]
    pub tiers: Named<Tier>,
    /// What must be recoverable.
    #[serde(default)]
    pub databases: Named<Database>,
    /// What `backstay coverage` leaves out.
    pub coverage: Option<Coverage>,
    /// Findings that are accepted for a while.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    Aws,
    Azure,
    Host,
}

/// Where things are: an AWS account and Region, an Azure subscription, group and region, or a host.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = requirements("provider", &[
    ("aws", &["region", "account"], &["subscription", "resource_group", "key_vault", "address"]),
    ("azure", &["region", "subscription", "resource_group"], &["account", "role", "address"]),
    ("host", &["address"], &["region", "account", "role", "subscription", "resource_group", "key_vault"]),
])))]
pub struct Location {
    /// aws, azure or host.
    pub provider: Spanned<Provider>,
    /// Region, as the provider names it.
    #[schemars(pattern(r"^[a-z0-9][a-z0-9-]{1,39}$"))]
    pub region: Option<Spanned<String>>,
    /// AWS account id: twelve digits, quoted.
    #[schemars(pattern(r"^[0-9]{12}$"))]
    pub account: Option<Spanned<String>>,
    /// IAM role that drift assumes to read this account.
    #[schemars(pattern(r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/([A-Za-z0-9+=,.@_/-]{1,511}/)?[A-Za-z0-9+=,.@_-]{1,64}$"))]
    pub role: Option<Spanned<String>>,
    /// Azure subscription id.
    #[schemars(pattern(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"))]
    pub subscription: Option<Spanned<String>>,
    /// Azure resource group; not one that starts with a hyphen, which clients take for an option.
    #[schemars(pattern(
        r"^([A-Za-z0-9_()]|[A-Za-z0-9_().][A-Za-z0-9_().-]{0,88}[A-Za-z0-9_()-])$"
    ))]
    pub resource_group: Option<Spanned<String>>,
    /// Key Vault from which deployments take the passwords of new servers (Azure): its name, where it is
    /// in the location's own group, or its id. Without one the deployment asks for them.
    #[schemars(pattern(r"^(/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[A-Za-z0-9_().-]{1,90}/providers/Microsoft\.KeyVault/vaults/)?[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$"))]
    pub key_vault: Option<Spanned<String>>,
    /// Host name or address of a server that you run.
    #[schemars(pattern(r"^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$"))]
    pub address: Option<Spanned<String>>,
}

/// A vault that keeps long-term backups.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    /// Location.
    pub at: Spanned<String>,
    /// Name in the cloud.
    #[schemars(pattern(r"^[A-Za-z0-9][A-Za-z0-9_-]{1,49}$"))]
    pub name: Spanned<String>,
    /// Lock against early deletion (AWS).
    pub lock: Option<VaultLock>,
    /// Redundancy of the vault's storage (Azure), fixed once it holds a backup. A geo-redundant vault
    /// can be restored in the paired region by its owner. Built in: geo where the region has a pair,
    /// else zone.
    pub redundancy: Option<Spanned<VaultRedundancy>>,
    /// Immutability of the vault (Azure): whether its backups can be deleted or shortened before
    /// their time; locked is for ever. Built in: unlocked.
    pub immutability: Option<Spanned<Immutability>>,
    /// How long a deleted backup can be had back (Azure), 14d to 180d. Built in: 14d. In a vault
    /// whose immutability is locked, soft delete cannot be turned off either.
    pub soft_delete: Option<Spanned<Duration>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    Governance,
    Compliance,
}

/// Bounds on the retention of what a vault takes in.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VaultLock {
    /// governance can be lifted by an administrator, compliance by nobody.
    pub mode: Spanned<LockMode>,
    /// Shortest retention that the vault takes. Built in: 1d.
    pub min: Option<Spanned<Duration>>,
    /// Longest retention that the vault takes.
    pub max: Option<Spanned<Duration>>,
    /// How long a compliance lock can still be taken back, at least 3d. Built in: 14d.
    pub grace: Option<Spanned<Duration>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VaultRedundancy {
    Local,
    Zone,
    Geo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Immutability {
    Disabled,
    Unlocked,
    Locked,
}

/// An S3 bucket, or a container of an Azure storage account.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Location.
    pub at: Spanned<String>,
    /// S3 bucket, rendered whole.
    pub bucket: Option<Spanned<String>>,
    /// Storage account that exists; its lifecycle policy is rendered whole.
    pub storage_account: Option<Spanned<String>>,
    /// Container of the storage account; rendered whole.
    pub container: Option<Spanned<String>>,
    /// Keep overwritten and deleted objects. On by default.
    pub versioning: Option<Spanned<bool>>,
    /// How long deleted blobs and containers can be brought back (Azure). Built in: 14d.
    pub soft_delete: Option<Spanned<Duration>>,
    /// Nothing can be changed or deleted before its time: Object Lock (AWS), immutability of the
    /// container (Azure).
    pub lock: Option<StoreLock>,
    /// Whose key encrypts a bucket. Built in: provider_managed, which is S3's own; customer_managed is
    /// a key that is rendered with the bucket.
    pub encryption: Option<Spanned<Encryption>>,
    /// Redundancy of the storage account (Azure); archive needs lrs, grs or ra_grs.
    pub redundancy: Option<Spanned<StoreRedundancy>>,
}

/// How long what a store takes in is locked.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreLock {
    /// AWS: governance can be lifted by an administrator, compliance by nobody. Azure: unlocked can
    /// be lifted by an administrator, locked by nobody.
    pub mode: Spanned<StoreLockMode>,
    /// How long each object is locked.
    #[serde(rename = "for")]
    pub duration: Spanned<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreLockMode {
    Governance,
    Compliance,
    Unlocked,
    Locked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreRedundancy {
    Lrs,
    Grs,
    RaGrs,
    Zrs,
    Gzrs,
    RaGzrs,
}

impl StoreRedundancy {
    /// Whether such an account has an archive tier.
    pub fn archives(self) -> bool {
        use StoreRedundancy::{Grs, Lrs, RaGrs};
        matches!(self, Lrs | Grs | RaGrs)
    }
}

layer! {
    /// What holds where nothing else is said.
    #[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct Defaults {
        /// Tier of databases that name none. Built in: important.
        pub tier: Option<Spanned<String>>,
    }
}

layer! {
    /// A level of protection.
    #[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct Tier {
        /// Settings that a database of this tier may exceed and never lower.
        pub floor: Option<Vec<Spanned<FloorKey>>>,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FloorKey {
    Rpo,
    Rto,
    Retention,
    Copies,
    Encryption,
    RestoreTest,
}

/// Databases of the locations that need no policy.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Patterns of what is left out.
    #[serde(default)]
    pub ignore: Vec<Ignore>,
}

/// Databases that are left out of the coverage: those that fit every pattern that is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{ "required": ["name"] }, { "required": ["tag"] }]))]
pub struct Ignore {
    /// Name in the cloud; `*` stands for anything.
    #[schemars(length(min = 1))]
    pub name: Option<Spanned<String>>,
    /// A tag's key, or KEY=VALUE; `*` stands for anything in the value.
    #[schemars(pattern(r"^[^=*]+(=.*)?$"))]
    pub tag: Option<Spanned<String>>,
    /// Location, where only its databases are meant.
    pub at: Option<Spanned<String>>,
    /// Why they need no policy.
    #[schemars(length(min = 1))]
    pub reason: Spanned<String>,
    /// Last day on which they are left out, year-month-day.
    #[schemars(extend("format" = "date"))]
    pub until: Option<Spanned<String>>,
}

/// A finding that is accepted until a date.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Path of what it concerns, as databases.NAME.
    #[schemars(pattern(r"^[a-z]+(\.[A-Za-z0-9_-]+)*$"))]
    pub at: Spanned<String>,
    /// Code of the finding.
    #[schemars(pattern(r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub allow: Spanned<String>,
    /// Last day on which it is accepted, year-month-day.
    #[schemars(extend("format" = "date"))]
    pub until: Spanned<String>,
    /// Why it is accepted.
    #[schemars(length(min = 1))]
    pub reason: Spanned<String>,
    /// Who answers for it.
    #[schemars(length(min = 1))]
    pub owner: Spanned<String>,
}

/// `if key is value then these are required and those are not allowed`, for each value.
pub(super) fn requirements(key: &str, cases: &[(&str, &[&str], &[&str])]) -> serde_json::Value {
    cases
        .iter()
        .map(|(value, required, foreign)| {
            let foreign: serde_json::Map<_, _> = foreign
                .iter()
                .map(|name| ((*name).to_owned(), false.into()))
                .collect();
            serde_json::json!({
                "if": { "properties": { key: { "const": value } }, "required": [key] },
                "then": { "required": required, "properties": foreign },
            })
        })
        .collect()
}
