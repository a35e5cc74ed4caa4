//! A database of the policy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compression::Compression;
use super::duration::Duration;
use super::endpoint::Endpoint;
use super::model::requirements;
use super::schedule::Schedule;
use super::settings::{
    Alerts, Copies, Encryption, HighAvailability, RestoreTest, Retention, TimeZone, layer,
};
use super::size::Size;
use super::spanned::{Named, Spanned};
use super::table::TableName;
use crate::cloud::{DailyWindow, WeeklyWindow};

layer! {
    /// A database, or a server with its databases, that must be recoverable.
    #[derive(Debug, Clone, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[schemars(extend("allOf" = requirements("engine", &[
        ("rds_postgres", &[], &[]),
        ("azure_postgres", &[], &["snapshots", "export"]),
        ("postgres", &["dump"], &["provision", "vault", "snapshots", "export", "replicas", "high_availability"]),
    ])))]
    pub struct Database {
        /// What runs it.
        pub engine: Spanned<Engine>,
        /// Location.
        pub at: Spanned<String>,
        /// Name in the cloud: instance identifier or server name.
        #[schemars(length(min = 1, max = 63))]
        pub id: Spanned<String>,
        /// Level of protection: mission_critical, business_critical, important, non_critical, or one
        /// of your own.
        pub tier: Option<Spanned<String>>,
        /// Size of the data, for estimates and limits.
        pub size: Option<Spanned<Size>>,
        /// Vault that keeps its long-term backups.
        pub vault: Option<Spanned<String>>,
        /// Read replicas.
        #[serde(default)]
        pub replicas: Vec<Replica>,
        /// Manual snapshots by script (RDS).
        pub snapshots: Option<Snapshots>,
        /// Export for analytics (RDS); never counts as a backup.
        pub export: Option<Export>,
        /// Dumps by pg_dump.
        pub dump: Option<Dump>,
        /// Present: the whole database is rendered. Absent: it exists, and only its backup settings
        /// are managed.
        pub provision: Option<Provision>,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Amazon RDS for PostgreSQL.
    RdsPostgres,
    /// Azure Database for PostgreSQL flexible server.
    AzurePostgres,
    /// PostgreSQL that you run yourself.
    Postgres,
}

impl Engine {
    /// As the policy writes it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::RdsPostgres => "rds_postgres",
            Engine::AzurePostgres => "azure_postgres",
            Engine::Postgres => "postgres",
        }
    }
}

/// A read replica.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replica {
    /// Name in the cloud.
    #[schemars(length(min = 1, max = 63))]
    pub id: Spanned<String>,
    /// Availability zone (RDS).
    #[schemars(pattern(r"^[a-z0-9-]{3,40}$"))]
    pub zone: Option<Spanned<String>>,
    /// Region of the replica (Azure), where it is not the server's own.
    #[schemars(pattern(r"^[a-z0-9]{3,40}$"))]
    pub location: Option<Spanned<String>>,
}

/// Manual snapshots by script.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshots {
    /// When.
    pub schedule: Spanned<Schedule>,
    /// How long each is kept.
    pub keep: Spanned<Duration>,
    /// Location in another Region that receives a copy.
    pub copy_to: Option<Spanned<String>>,
    /// What starts it. Built in: cron on a host, github_actions for a cloud.
    #[schemars(length(min = 1))]
    pub run_by: Option<Vec<Spanned<Runner>>>,
    /// Location of the host whose cron or systemd starts it. Built in: the database's own, where that is a host.
    pub host: Option<Spanned<String>>,
}

/// Export of a snapshot for analytics.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// Store: a bucket in the database's own Region.
    pub to: Spanned<String>,
    /// When.
    pub schedule: Spanned<Schedule>,
    /// How long each is kept.
    pub keep: Spanned<Duration>,
    /// What starts it. Built in: cron on a host, github_actions for a cloud.
    #[schemars(length(min = 1))]
    pub run_by: Option<Vec<Spanned<Runner>>>,
    /// Location of the host whose cron or systemd starts it. Built in: the database's own, where that is a host.
    pub host: Option<Spanned<String>>,
}

/// Dumps by pg_dump.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dump {
    /// Stores that receive each dump.
    #[schemars(length(min = 1))]
    pub to: Vec<Spanned<String>>,
    /// Names of the databases in the server; each has an archive of its own.
    #[serde(default)]
    #[schemars(inner(length(min = 1, max = 63)))]
    pub databases: Vec<Spanned<String>>,
    /// The whole server by pg_dumpall as well: every database, role and tablespace in one file of
    /// SQL. With it, `databases` may be left out.
    pub cluster: Option<Spanned<bool>>,
    /// Roles and tablespaces as well.
    pub globals: Option<Spanned<bool>>,
    /// schema or data alone. Built in: both.
    pub only: Option<Spanned<DumpPart>>,
    /// These tables alone, with their own sequences and indexes; a missing one fails the dump. Types
    /// and functions that they use are not in it.
    #[schemars(length(min = 1))]
    pub tables: Option<Vec<Spanned<TableName>>>,
    /// When.
    pub schedule: Spanned<Schedule>,
    /// custom (one file), directory (parallel) or plain (SQL).
    pub format: Option<Spanned<DumpFormat>>,
    /// Parallel jobs; directory format only.
    #[schemars(range(min = 1, max = 64))]
    pub jobs: Option<Spanned<u8>>,
    /// none, gzip, lz4 or zstd, with a level as zstd:9; gzip where the client has no other. Built in:
    /// the client's own gzip.
    pub compression: Option<Spanned<Compression>>,
    /// What starts it. Built in: cron on a host, github_actions for a cloud.
    #[schemars(length(min = 1))]
    pub run_by: Option<Vec<Spanned<Runner>>>,
    /// Location of the host whose cron or systemd starts it. Built in: the database's own, where that is a host.
    pub host: Option<Spanned<String>>,
    /// Where the server answers: host, host:port or the folder of a socket. Built in: the location's
    /// address, the Azure server's name, or what AWS says of the RDS instance.
    pub endpoint: Option<Spanned<Endpoint>>,
    /// Login that reads the databases; PGUSER, a service file or libpq's default otherwise.
    #[schemars(length(min = 1, max = 63))]
    pub user: Option<Spanned<String>>,
    /// How long the machine that dumps keeps its own copy. Built in: 7d.
    pub keep_local: Option<Spanned<Duration>>,
    /// Address that is called after each dump that went well, for a service that misses the call. One
    /// that is secret belongs into BACKSTAY_HEARTBEAT_URL instead.
    #[schemars(pattern(r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$"))]
    pub heartbeat: Option<Spanned<String>>,
}

/// A script of a database that is run again and again, as the policy schedules it.
#[derive(Debug, Clone, Copy)]
pub struct Scheduled<'p> {
    pub task: Task,
    pub schedule: &'p Spanned<Schedule>,
    pub run_by: Option<&'p [Spanned<Runner>]>,
    pub host: Option<&'p Spanned<String>>,
}

/// What such a script does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    Dump,
    Snapshot,
    Export,
    RestoreTest,
}

impl Task {
    pub fn name(self) -> &'static str {
        match self {
            Task::Dump => "dump",
            Task::Snapshot => "snapshot",
            Task::Export => "export",
            Task::RestoreTest => "restore-test",
        }
    }
}

impl Database {
    pub fn scheduled(&self) -> impl Iterator<Item = Scheduled<'_>> {
        let dump = self.dump.as_ref().map(|dump| Scheduled {
            task: Task::Dump,
            schedule: &dump.schedule,
            run_by: dump.run_by.as_deref(),
            host: dump.host.as_ref(),
        });
        let snapshot = self.snapshots.as_ref().map(|snapshots| Scheduled {
            task: Task::Snapshot,
            schedule: &snapshots.schedule,
            run_by: snapshots.run_by.as_deref(),
            host: snapshots.host.as_ref(),
        });
        let export = self.export.as_ref().map(|export| Scheduled {
            task: Task::Export,
            schedule: &export.schedule,
            run_by: export.run_by.as_deref(),
            host: export.host.as_ref(),
        });
        dump.into_iter().chain(snapshot).chain(export)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DumpFormat {
    Custom,
    Directory,
    Plain,
}

/// What of a database is dumped, where it is not all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DumpPart {
    Schema,
    Data,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Runner {
    Cron,
    Systemd,
    GithubActions,
}

impl Runner {
    /// Whether it belongs to one machine.
    pub fn of_a_host(self) -> bool {
        match self {
            Runner::Cron | Runner::Systemd => true,
            Runner::GithubActions => false,
        }
    }

    /// As the policy writes it.
    pub fn name(self) -> &'static str {
        match self {
            Runner::Cron => "cron",
            Runner::Systemd => "systemd",
            Runner::GithubActions => "github_actions",
        }
    }
}

/// What a new database is made of.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provision {
    /// Version of PostgreSQL (RDS): a major or full version, quoted.
    #[schemars(pattern(r"^[0-9]{1,2}(\.[0-9]{1,2})?$"))]
    pub engine_version: Option<Spanned<String>>,
    /// Instance class (RDS), as db.t4g.medium.
    #[schemars(pattern(r"^db\.[a-z0-9-]+\.[a-z0-9-]+$"))]
    pub instance_class: Option<Spanned<String>>,
    /// Major version of PostgreSQL (Azure), quoted.
    #[schemars(pattern(r"^[0-9]{1,2}$"))]
    pub version: Option<Spanned<String>>,
    /// Compute size (Azure), as Standard_D2s_v3.
    #[schemars(pattern(r"^Standard_[A-Za-z0-9_]+$"))]
    pub sku: Option<Spanned<String>>,
    /// Compute tier (Azure).
    pub sku_tier: Option<Spanned<SkuTier>>,
    /// Disk.
    pub storage: Option<ProvisionStorage>,
    /// Administrator's login; the secret itself is made and kept by the cloud.
    #[schemars(pattern(r"^[A-Za-z][A-Za-z0-9_]{0,62}$"))]
    pub username: Option<Spanned<String>>,
}

/// Disk of a new database.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvisionStorage {
    /// Size.
    pub size: Spanned<Size>,
    /// Disk type (RDS), as gp3.
    #[serde(rename = "type")]
    pub kind: Option<Spanned<StorageType>>,
}

/// Disk types of RDS that can be created today without further parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageType {
    Gp2,
    Gp3,
}

/// Compute tier of an Azure server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
pub enum SkuTier {
    Burstable,
    GeneralPurpose,
    MemoryOptimized,
}
