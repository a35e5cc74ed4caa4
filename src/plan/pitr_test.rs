//! Drills of the point-in-time recovery.

use serde::Serialize;

use super::Job;
use super::dump::{self, DumpStore};
use super::recovery::{self, Recovery};
use crate::policy::Task;
use crate::resolve::{Database, Estate, Scope};

/// One drill. Serialises to what the script's template is given.
#[derive(Debug, Clone, Serialize)]
pub struct PitrTest {
    #[serde(flatten)]
    pub job: Job,
    /// The database in the server that holds the drill's rows.
    pub database: String,
    pub user: Option<String>,
    pub recovery: Recovery,
    /// How the identifier of each restored instance or server starts.
    pub prefix: String,
    /// Objectives in seconds.
    pub rpo_seconds: Option<u64>,
    pub rto_seconds: Option<u64>,
    /// What receives the result.
    pub store: Option<DumpStore>,
}

/// A stamp and its hyphen, as -20261125t021700z.
const STAMP: usize = 17;
const IDENTIFIER: usize = 63;

pub(super) fn pitr_test(database: &Database<'_>, estate: &Estate<'_>) -> Option<PitrTest> {
    let test = database.written.pitr_test.as_ref()?;
    let seconds = |minutes: u64| minutes * 60;
    let intent = &database.intent;
    Some(PitrTest {
        job: Job::of(database, Task::PitrTest, estate)?,
        database: test.database.value.clone(),
        user: test.user.as_ref().map(|user| user.value.clone()),
        recovery: recovery::recovery(database, estate),
        prefix: prefix(database, "pitr"),
        rpo_seconds: intent.rpo.as_ref().map(|rpo| seconds(rpo.value.minutes())),
        rto_seconds: intent.rto.as_ref().map(|rto| seconds(rto.value.minutes())),
        store: drill_store(database, estate),
    })
}

/// How the identifiers of what is restored for a drill start.
pub(super) fn prefix(database: &Database<'_>, what: &str) -> String {
    let mut prefix = database.written.id.to_ascii_lowercase();
    prefix.truncate(IDENTIFIER - STAMP - 1 - what.len());
    format!("{}-{what}", prefix.trim_end_matches('-'))
}

/// The first store that the database is dumped to; rather one in its own account, whose role the drill has.
pub(super) fn drill_store(database: &Database<'_>, estate: &Estate<'_>) -> Option<DumpStore> {
    let own = match database.site.scope {
        Scope::Aws { account, .. } => Some(account),
        Scope::Azure { .. } | Scope::Host { .. } => None,
    };
    let to = &database.written.dump.as_ref()?.to;
    let stores = to.iter().filter_map(|to| dump::store(estate, to));
    stores.min_by_key(|store| own.is_some() && store.account() != own)
}
