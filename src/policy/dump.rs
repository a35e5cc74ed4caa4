//! Dumps of a database.

use schemars::JsonSchema;
use serde::Deserialize;

use super::compression::Compression;
use super::database::Runner;
use super::duration::Duration;
use super::endpoint::Endpoint;
use super::schedule::Schedule;
use super::spanned::Spanned;
use super::table::TableName;

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
    /// Location of the host whose cron or systemd starts it. Built in: the database's own, where that
    /// is a host.
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

impl Dump {
    /// Whether it can be restored into an empty database.
    pub fn has_tables(&self) -> bool {
        let only = self.only.as_ref().map(|only| only.value);
        only != Some(DumpPart::Data)
    }

    /// Whether a database comes back from it alone.
    pub fn is_whole(&self) -> bool {
        self.only.is_none() && self.tables.is_none()
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
