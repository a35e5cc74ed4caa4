//! Dumps: what is dumped, how, when, and where it goes.

use serde::Serialize;

use super::Job;
use super::lifecycle::{CLASSES, class};
use crate::policy::{DumpFormat, Engine, Task};
use crate::resolve::{Database, Estate, Scope};

/// One dump job. Serialises to what the script's template is given.
#[derive(Debug, Clone, Serialize)]
pub struct Dump {
    #[serde(flatten)]
    pub job: Job,
    pub connection: Connection,
    pub databases: Vec<String>,
    pub format: &'static str,
    pub jobs: Option<u8>,
    pub globals: bool,
    pub classes: Vec<Class>,
    pub stores: Vec<DumpStore>,
    pub keep_local_days: u64,
    /// Whether the server is one that you run yourself.
    #[serde(skip)]
    pub at_host: bool,
    #[serde(skip)]
    pub postgres_major: Option<String>,
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

const KEEP_LOCAL_DAYS: u64 = 7;

pub(super) fn dump(database: &Database<'_>, estate: &Estate<'_>) -> Option<Dump> {
    let dump = database.written.dump.as_ref()?;
    let address = match database.site.scope {
        Scope::Host { address } => Some(address),
        Scope::Aws { .. } | Scope::Azure { .. } => None,
    };
    let provision = database.written.provision.as_ref();
    let version = provision.and_then(|p| p.version.as_ref().or(p.engine_version.as_ref()));
    Some(Dump {
        job: Job::of(database, Task::Dump, estate)?,
        connection: Connection {
            host: match database.engine() {
                Engine::Postgres => address.map(str::to_owned),
                Engine::AzurePostgres => Some(format!(
                    "{}.postgres.database.azure.com",
                    database.written.id.value
                )),
                // The endpoint of an RDS instance has a part that only AWS knows.
                Engine::RdsPostgres | Engine::RdsMysql | Engine::RdsMariadb => None,
            },
            port: None,
            user: dump.user.as_ref().map(|user| user.value.clone()),
            sslmode: if address.is_some() {
                "prefer"
            } else {
                "require"
            },
        },
        databases: dump
            .databases
            .iter()
            .map(|name| name.value.clone())
            .collect(),
        format: match dump.format.as_ref().map(|format| format.value) {
            None | Some(DumpFormat::Custom) => "custom",
            Some(DumpFormat::Directory) => "directory",
            Some(DumpFormat::Plain) => "plain",
        },
        jobs: dump.jobs.as_ref().map(|jobs| jobs.value),
        globals: dump.globals.as_ref().is_some_and(|globals| globals.value),
        classes: CLASSES
            .into_iter()
            .filter_map(|name| {
                let days = class(&database.intent.retention, name)?.value.days();
                Some(Class { name, days })
            })
            .collect(),
        stores: dump.to.iter().filter_map(|to| store(estate, to)).collect(),
        keep_local_days: dump
            .keep_local
            .as_ref()
            .map_or(KEEP_LOCAL_DAYS, |keep| keep.value.days()),
        at_host: address.is_some(),
        postgres_major: version.map(|v| v.value.split('.').next().unwrap_or_default().to_owned()),
    })
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
