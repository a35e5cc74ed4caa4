//! A database of the policy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alerts::Alerts;
use super::dump::Dump;
use super::duration::Duration;
use super::maintenance::Maintenance;
use super::model::requirements;
use super::schedule::Schedule;
use super::settings::{
    Copies, Encryption, HighAvailability, RestoreTest, Retention, TimeZone, layer,
};
use super::size::Size;
use super::spanned::{Named, Spanned};
use crate::cloud::{DailyWindow, aws};

layer! {
    /// A database, or a server with its databases, that must be recoverable.
    #[derive(Debug, Clone, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[schemars(extend("allOf" = requirements("engine", &[
        ("rds_postgres", &[], &[]),
        ("rds_mysql", &[], &["pitr_test"]),
        ("rds_mariadb", &[], &["pitr_test"]),
        ("azure_postgres", &[], &["export", "stopped"]),
        ("postgres", &["dump"], &["provision", "vault", "snapshots", "export", "pitr_test", "replicas", "high_availability", "stopped"]),
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
        /// Read replicas. They hold no backups of their own.
        #[serde(default)]
        pub replicas: Vec<Replica>,
        /// Manual snapshots (RDS) or on-demand backups (Azure) by script.
        pub snapshots: Option<Box<Snapshots>>,
        /// Export for analytics (RDS); never counts as a backup.
        pub export: Option<Box<Export>>,
        /// Dumps by pg_dump (PostgreSQL).
        pub dump: Option<Box<Dump>>,
        /// When it is stopped every day, UTC, as 22:00-06:00 (RDS); backstay does not stop it.
        pub stopped: Option<Spanned<DailyWindow>>,
        /// Drill of the point-in-time recovery (PostgreSQL in RDS or Azure).
        pub pitr_test: Option<Box<PitrTest>>,
        /// Present: the whole database is rendered. Absent: it exists, and only its backup settings
        /// are managed.
        pub provision: Option<Box<Provision>>,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Amazon RDS for PostgreSQL.
    RdsPostgres,
    /// Amazon RDS for MySQL.
    RdsMysql,
    /// Amazon RDS for MariaDB.
    RdsMariadb,
    /// Azure Database for PostgreSQL flexible server.
    AzurePostgres,
    /// PostgreSQL that you run yourself.
    Postgres,
}

impl Engine {
    /// What RDS knows of it. None: RDS does not run it.
    pub fn rds(self) -> Option<&'static aws::engine::Engine> {
        match self {
            Engine::RdsPostgres => Some(&aws::engine::POSTGRES),
            Engine::RdsMysql => Some(&aws::engine::MYSQL),
            Engine::RdsMariadb => Some(&aws::engine::MARIADB),
            Engine::AzurePostgres | Engine::Postgres => None,
        }
    }

    /// The engine that RDS calls so. None: backstay does not handle it.
    pub fn of_rds(name: &str) -> Option<Engine> {
        let all = [Engine::RdsPostgres, Engine::RdsMysql, Engine::RdsMariadb];
        all.into_iter()
            .find(|engine| engine.rds().is_some_and(|rds| rds.name == name))
    }

    /// As the policy writes it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::RdsPostgres => "rds_postgres",
            Engine::RdsMysql => "rds_mysql",
            Engine::RdsMariadb => "rds_mariadb",
            Engine::AzurePostgres => "azure_postgres",
            Engine::Postgres => "postgres",
        }
    }
}

/// A read replica. It has the settings of its database, and no automated backups of its own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = without_backups)]
pub struct Replica {
    /// Name in the cloud.
    #[schemars(length(min = 1, max = 63))]
    pub id: Spanned<String>,
    /// Location of the replica (RDS), where it is not the database's own.
    pub at: Option<Spanned<String>>,
    /// Availability zone (RDS).
    #[schemars(pattern(r"^[a-z0-9-]{3,40}$"))]
    pub zone: Option<Spanned<String>>,
    /// A standby of the replica (RDS): multi_az or none.
    pub high_availability: Option<Spanned<HighAvailability>>,
    /// Region of the replica (Azure), where it is not the server's own.
    #[schemars(pattern(r"^[a-z0-9]{3,40}$"))]
    pub location: Option<Spanned<String>>,
    /// Key of the replica (Azure), in its region; the server's own where it is in the same one.
    pub key: Option<Key>,
}

/// A key that exists, and who may use it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// URL of a Key Vault key. Without the version, new versions are taken up by themselves. Not
    /// needed where `encryption` names the key.
    #[schemars(pattern(r"^https://[a-z0-9-]{3,63}(\.[a-z0-9-]{2,63}){2,4}/keys/[A-Za-z0-9-]{1,127}(/[0-9a-f]{32})?$"))]
    pub url: Option<Spanned<String>>,
    /// User-assigned identity that may use the key: its name in the database's resource group, or its
    /// ARM id.
    #[schemars(pattern(r"^(/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[A-Za-z0-9_().-]{1,90}/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/)?[A-Za-z0-9][A-Za-z0-9_-]{2,127}$"))]
    pub identity: Spanned<String>,
}

/// Known keys of a database that a replica cannot have.
fn without_backups(schema: &mut schemars::Schema) {
    if let Some(properties) = schema
        .get_mut("properties")
        .and_then(|properties| properties.as_object_mut())
    {
        for key in ["retention", "window"] {
            properties.insert(key.to_owned(), false.into());
        }
    }
}

/// Manual snapshots or on-demand backups by script.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshots {
    /// When.
    pub schedule: Spanned<Schedule>,
    /// How long each is kept. Azure keeps none longer than `retention.pitr`, and seven at most.
    pub keep: Spanned<Duration>,
    /// Location in another Region that receives a copy (RDS).
    pub copy_to: Option<Spanned<String>>,
    /// What starts it. Built in: cron on a host, github_actions for a cloud.
    #[schemars(length(min = 1))]
    pub run_by: Option<Vec<Spanned<Runner>>>,
    /// Location of the host whose cron or systemd starts it. Built in: the database's own, where that
    /// is a host.
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
    /// Location of the host whose cron or systemd starts it. Built in: the database's own, where that
    /// is a host.
    pub host: Option<Spanned<String>>,
}

/// A drill: rows are written and deleted, the moment between is restored beside the database, and it
/// must have what was there then and nothing that came later.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PitrTest {
    /// When.
    pub schedule: Spanned<Schedule>,
    /// Name of the database in the server that holds the drill's rows, in a schema of their own.
    #[schemars(length(min = 1, max = 63))]
    pub database: Spanned<String>,
    /// Login that may make that schema; PGUSER, a service file or libpq's default otherwise.
    #[schemars(length(min = 1, max = 63))]
    pub user: Option<Spanned<String>>,
    /// What starts it. Built in: github_actions, on a runner of one's own.
    #[schemars(length(min = 1))]
    pub run_by: Option<Vec<Spanned<Runner>>>,
    /// Location of the host whose cron or systemd starts it.
    pub host: Option<Spanned<String>>,
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
    PitrTest,
    RestoreTest,
}

impl Task {
    pub fn name(self) -> &'static str {
        match self {
            Task::Dump => "dump",
            Task::Snapshot => "snapshot",
            Task::Export => "export",
            Task::PitrTest => "pitr-test",
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
        let pitr_test = self.pitr_test.as_ref().map(|test| Scheduled {
            task: Task::PitrTest,
            schedule: &test.schedule,
            run_by: test.run_by.as_deref(),
            host: test.host.as_ref(),
        });
        let jobs = dump.into_iter().chain(snapshot).chain(export);
        jobs.chain(pitr_test)
    }
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
    /// Version of the engine (RDS): a major or full version, quoted.
    #[schemars(pattern(r"^[0-9]{1,2}(\.[0-9]{1,2}){0,2}$"))]
    pub engine_version: Option<Spanned<String>>,
    /// Instance class (RDS), as db.t4g.medium.
    #[schemars(pattern(r"^db\.[a-z0-9-]+\.[a-z0-9-]+$"))]
    pub instance_class: Option<Spanned<String>>,
    /// Availability zone (RDS); not with a standby, which RDS places itself.
    #[schemars(pattern(r"^[a-z0-9-]{3,40}$"))]
    pub zone: Option<Spanned<String>>,
    /// Major version of PostgreSQL (Azure), quoted.
    #[schemars(pattern(r"^[0-9]{1,2}$"))]
    pub version: Option<Spanned<String>>,
    /// Compute size (Azure), as Standard_D2s_v3.
    #[schemars(pattern(r"^Standard_[A-Za-z0-9_]+$"))]
    pub sku: Option<Spanned<String>>,
    /// Compute tier (Azure).
    pub sku_tier: Option<Spanned<SkuTier>>,
    /// Key that encrypts the server (Azure), where `encryption` is not provider_managed. Settable
    /// only when the server is created.
    pub key: Option<Key>,
    /// Key of the geo-redundant backups (Azure), in the paired region, with an identity of its own.
    pub geo_key: Option<Key>,
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
    /// Disk type: gp2 or gp3 (RDS); premium_v2 (Azure), where Premium SSD is built in.
    #[serde(rename = "type")]
    pub kind: Option<Spanned<StorageType>>,
}

impl ProvisionStorage {
    pub fn has(&self, kind: StorageType) -> bool {
        self.kind.as_ref().is_some_and(|own| own.value == kind)
    }
}

/// Disk types that can be created today without further parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageType {
    Gp2,
    Gp3,
    /// Premium SSD v2, with the speed that costs nothing more.
    PremiumV2,
}

impl StorageType {
    /// Whether it is Azure's, and RDS's otherwise.
    pub fn is_azure(self) -> bool {
        match self {
            StorageType::PremiumV2 => true,
            StorageType::Gp2 | StorageType::Gp3 => false,
        }
    }
}

/// Compute tier of an Azure server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
pub enum SkuTier {
    Burstable,
    GeneralPurpose,
    MemoryOptimized,
}
