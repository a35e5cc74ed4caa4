//! Dumps: what is dumped, how, when, and where it goes.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Job;
use super::lifecycle::{CLASSES, class};
use crate::policy::{self, Compression, DumpFormat, DumpPart, Engine, Method, TableName, Task};
use crate::resolve::{Database, Estate, Scope};

/// One dump job. Serialises to what the script's template is given.
#[derive(Debug, Clone, Serialize)]
pub struct Dump {
    #[serde(flatten)]
    pub job: Job,
    pub connection: Connection,
    /// Where the host is asked for, when nobody says it.
    pub instance: Option<Instance>,
    pub databases: Vec<DumpedDatabase>,
    /// Whether some database is dumped by its tables, or has a checksum.
    pub chosen_tables: bool,
    pub checksums: bool,
    pub format: &'static str,
    pub jobs: Option<u8>,
    pub globals: bool,
    pub cluster: bool,
    /// Databases of the provider's own, which nobody else may read.
    pub foreign: &'static [&'static str],
    /// What alone is dumped.
    pub only: Option<&'static str>,
    /// What pg_dump is asked for, the first that it takes.
    pub compression: Vec<String>,
    /// The level of gzip, where a dump is piped through it.
    pub gzip_level: Option<u8>,
    pub heartbeat: Option<String>,
    pub classes: Vec<Class>,
    pub stores: Vec<DumpStore>,
    /// The AWS accounts that these lie in.
    pub accounts: BTreeSet<String>,
    pub keep_local_days: u64,
    /// Whether the server is one that you run yourself.
    #[serde(skip)]
    pub at_host: bool,
    #[serde(skip)]
    pub postgres_major: Option<String>,
}

/// One database of the server.
#[derive(Debug, Clone, Serialize)]
pub struct DumpedDatabase {
    pub name: String,
    /// The tables that alone are dumped, as SQL.
    pub tables: Vec<String>,
    /// The query whose answer a restored database must give as well.
    pub checksum: Option<String>,
}

/// An RDS instance whose endpoint AWS is asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Instance {
    pub account: String,
    pub region: String,
    pub identifier: String,
}

/// Defaults of the connection; libpq's environment wins.
#[derive(Debug, Clone, Serialize)]
pub struct Connection {
    pub host: Option<String>,
    pub port: Option<u16>,
    pub user: Option<String>,
    pub sslmode: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct Class {
    pub name: &'static str,
    pub days: u64,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DumpStore {
    S3 {
        name: String,
        bucket: String,
        region: String,
        account: String,
    },
    Blob {
        name: String,
        storage_account: String,
        container: String,
    },
}

impl DumpStore {
    /// The policy's name of it.
    pub fn name(&self) -> &str {
        let (DumpStore::S3 { name, .. } | DumpStore::Blob { name, .. }) = self;
        name
    }

    /// Its AWS account.
    pub fn account(&self) -> Option<&str> {
        match self {
            DumpStore::S3 { account, .. } => Some(account),
            DumpStore::Blob { .. } => None,
        }
    }
}

/// What of a run is written last and says what belongs to it; and where in a store the results of
/// drills lie.
pub const MANIFEST: &str = "manifest.json";
pub const DRILLS: &str = "drills";

const KEEP_LOCAL_DAYS: u64 = 7;

pub(super) fn dump(database: &Database<'_>, estate: &Estate<'_>) -> Option<Dump> {
    let dump = database.written.dump.as_ref()?;
    let provision = database.written.provision.as_ref();
    let version = provision.and_then(|p| p.version.as_ref().or(p.engine_version.as_ref()));
    let connection = connection(database, dump);
    let databases = dump.databases.iter();
    let databases: Vec<_> = databases.map(|name| dumped(database, dump, name)).collect();
    let is_set = |flag: &Option<policy::Spanned<bool>>| flag.as_ref().is_some_and(|it| it.value);
    let compression = dump.compression.as_ref().map(|written| written.value);
    let stores: Vec<_> = dump.to.iter().filter_map(|to| store(estate, to)).collect();
    Some(Dump {
        job: Job::of(database, Task::Dump, estate)?,
        instance: match connection.host {
            Some(_) => None,
            None => instance(database),
        },
        connection,
        chosen_tables: databases.iter().any(|it| !it.tables.is_empty()),
        checksums: databases.iter().any(|it| it.checksum.is_some()),
        databases,
        format: match dump.format.as_ref().map(|format| format.value) {
            None | Some(DumpFormat::Custom) => "custom",
            Some(DumpFormat::Directory) => "directory",
            Some(DumpFormat::Plain) => "plain",
        },
        jobs: dump.jobs.as_ref().map(|jobs| jobs.value),
        globals: is_set(&dump.globals),
        cluster: is_set(&dump.cluster),
        foreign: match database.engine() {
            Engine::RdsPostgres => &["rdsadmin"],
            Engine::AzurePostgres => &["azure_maintenance", "azure_sys"],
            Engine::Postgres | Engine::RdsMysql | Engine::RdsMariadb => &[],
        },
        only: dump.only.as_ref().map(|part| match part.value {
            DumpPart::Schema => "schema",
            DumpPart::Data => "data",
        }),
        compression: compression.map(choices).unwrap_or_default(),
        gzip_level: compression.and_then(|compression| compression.level),
        heartbeat: dump.heartbeat.as_ref().map(|url| url.value.clone()),
        classes: CLASSES
            .into_iter()
            .filter_map(|name| {
                let days = class(&database.intent.retention, name)?.value.days();
                Some(Class { name, days })
            })
            .collect(),
        accounts: stores
            .iter()
            .filter_map(DumpStore::account)
            .map(str::to_owned)
            .collect(),
        stores,
        keep_local_days: dump
            .keep_local
            .as_ref()
            .map_or(KEEP_LOCAL_DAYS, |keep| keep.value.days()),
        at_host: matches!(database.site.scope, Scope::Host { .. }),
        postgres_major: version.map(|v| v.value.split('.').next().unwrap_or_default().to_owned()),
    })
}

fn connection(database: &Database<'_>, dump: &policy::Dump) -> Connection {
    let (host, sslmode) = match (database.engine(), database.site.scope) {
        (Engine::Postgres, Scope::Host { address }) => (Some(address.to_owned()), "prefer"),
        (Engine::AzurePostgres, _) => {
            let server = &database.written.id.value;
            let host = format!("{server}.postgres.database.azure.com");
            (Some(host), "require")
        }
        // The endpoint of an RDS instance has a part that only AWS knows.
        (Engine::RdsPostgres | Engine::RdsMysql | Engine::RdsMariadb | Engine::Postgres, _) => {
            (None, "require")
        }
    };
    let endpoint = dump.endpoint.as_ref().map(|endpoint| &endpoint.value);
    Connection {
        host: endpoint.map(|endpoint| endpoint.host.clone()).or(host),
        port: endpoint.and_then(|endpoint| endpoint.port),
        user: dump.user.as_ref().map(|user| user.value.clone()),
        sslmode,
    }
}

fn instance(database: &Database<'_>) -> Option<Instance> {
    match database.site.scope {
        Scope::Aws {
            account, region, ..
        } => Some(Instance {
            account: account.to_owned(),
            region: region.to_owned(),
            identifier: database.written.id.to_ascii_lowercase(),
        }),
        Scope::Azure { .. } | Scope::Host { .. } => None,
    }
}

fn dumped(database: &Database<'_>, dump: &policy::Dump, name: &str) -> DumpedDatabase {
    let tables = dump.tables.iter().flatten();
    let here = |table: &&policy::Spanned<TableName>| table.database().is_none_or(|it| it == name);
    let checksum = database.intent.restore_test.checksums.get(name);
    DumpedDatabase {
        name: name.to_owned(),
        tables: tables.filter(here).map(|table| table.sql()).collect(),
        checksum: checksum.map(|query| query.value.to_string()),
    }
}

/// As pg_dump spells it, the newest spelling first. Before version 16 it knew only levels of gzip.
fn choices(compression: Compression) -> Vec<String> {
    let newest = compression.to_string();
    match (compression.method, compression.level) {
        (Method::None, _) => vec![newest, "0".to_owned()],
        (Method::Gzip, Some(level)) => vec![newest, level.to_string()],
        (Method::Gzip | Method::Lz4 | Method::Zstd, _) => vec![newest],
    }
}

pub(super) fn store(estate: &Estate<'_>, name: &str) -> Option<DumpStore> {
    let store = estate.store(name)?;
    let name = name.to_owned();
    let text = |value: &Option<crate::policy::Spanned<String>>| Some(value.as_ref()?.value.clone());
    match store.site.scope {
        Scope::Aws {
            account, region, ..
        } => Some(DumpStore::S3 {
            name,
            bucket: text(&store.written.bucket)?,
            region: region.to_owned(),
            account: account.to_owned(),
        }),
        Scope::Azure { .. } => Some(DumpStore::Blob {
            name,
            storage_account: text(&store.written.storage_account)?,
            container: text(&store.written.container)?,
        }),
        Scope::Host { .. } => None,
    }
}
