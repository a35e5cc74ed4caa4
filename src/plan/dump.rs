//! Dumps: what is dumped, how, when, and where it goes.

use serde::Serialize;

use super::lifecycle::{CLASSES, class};
use crate::policy::{DumpFormat, Engine, Runner};
use crate::resolve::{Database, Estate, Scope};

/// One dump job. Serialises to what the script's template is given.
#[derive(Debug, Clone, Serialize)]
pub struct Dump {
    pub name: String,
    /// The policy file.
    pub source: String,
    pub connection: Connection,
    pub databases: Vec<String>,
    pub format: &'static str,
    pub jobs: Option<u8>,
    pub globals: bool,
    pub classes: Vec<Class>,
    pub stores: Vec<DumpStore>,
    pub keep_local_days: u64,
    /// Five-field cron in `timezone`.
    pub cron: String,
    pub timezone: String,
    /// The schedule as the policy writes it.
    pub schedule: String,
    #[serde(skip)]
    pub run_by: Vec<Runner>,
    /// Location and address of the host whose crontab runs it.
    pub host: Option<(String, String)>,
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
        subscription: String,
    },
}

const KEEP_LOCAL_DAYS: u64 = 7;

pub(super) fn dump(database: &Database<'_>, estate: &Estate<'_>) -> Option<Dump> {
    let dump = database.written.dump.as_ref()?;
    let host = match database.site.scope {
        Scope::Host { address } => Some((database.site.name.to_owned(), address.to_owned())),
        _ => None,
    };
    let runner = if host.is_some() {
        Runner::Cron
    } else {
        Runner::GithubActions
    };
    let run_by = match &dump.run_by {
        Some(runners) => runners.iter().map(|runner| runner.value).collect(),
        None => vec![runner],
    };
    let provision = database.written.provision.as_ref();
    let version = provision.and_then(|p| p.version.as_ref().or(p.engine_version.as_ref()));
    Some(Dump {
        name: database.name.value.clone(),
        source: estate.workspace.sources.get(database.file).display_path(),
        connection: Connection {
            host: match database.engine() {
                Engine::Postgres => host.as_ref().map(|(_, address)| address.clone()),
                Engine::AzurePostgres => Some(format!(
                    "{}.postgres.database.azure.com",
                    database.written.id.value
                )),
                // The endpoint of an RDS instance has a part that only AWS knows.
                Engine::RdsPostgres | Engine::RdsMysql | Engine::RdsMariadb => None,
            },
            port: None,
            user: dump.user.as_ref().map(|user| user.value.clone()),
            sslmode: if host.is_some() { "prefer" } else { "require" },
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
        cron: dump.schedule.cron().to_owned(),
        timezone: database.intent.timezone.value.to_string(),
        schedule: dump.schedule.value.to_string(),
        run_by,
        host,
        postgres_major: version.map(|v| v.value.split('.').next().unwrap_or_default().to_owned()),
    })
}

fn store(estate: &Estate<'_>, name: &str) -> Option<DumpStore> {
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
        Scope::Azure { subscription, .. } => Some(DumpStore::Blob {
            name,
            storage_account: text(&store.written.storage_account)?,
            container: text(&store.written.container)?,
            subscription: subscription.to_owned(),
        }),
        Scope::Host { .. } => None,
    }
}
