//! Restore tests by script: the newest dump is restored into a scratch database, or the newest snapshot
//! into a scratch instance, and asked what is in it.

mod snapshots;

use indexmap::IndexMap;
use serde::Serialize;

use super::dump::{self, Dump, DumpStore};
use crate::policy::{Duration, Engine, Schedule, TableName, Task};
use crate::resolve::{Database, Estate};

pub use snapshots::SnapshotTest;
pub(super) use snapshots::snapshot_test;

/// One test. Serialises to what the script's template is given.
#[derive(Debug, Clone, Serialize)]
pub struct RestoreTest {
    /// What is tested; its job is the test's.
    #[serde(flatten)]
    pub dump: Dump,
    pub tables: Vec<TableCheck>,
    /// Objectives in seconds, where dumps are the only backup there is.
    pub rto_seconds: Option<u64>,
    pub rpo_seconds: Option<u64>,
    /// What receives the result.
    pub store: Option<DumpStore>,
}

/// A table that must be there.
#[derive(Debug, Clone, Serialize)]
pub struct TableCheck {
    pub database: String,
    /// As the policy writes it.
    pub name: String,
    pub sql: String,
    /// Fewest rows.
    pub least: u64,
}

pub(super) fn restore_test(database: &Database<'_>, estate: &Estate<'_>) -> Option<RestoreTest> {
    let written = database.written.dump.as_ref();
    let written = written.filter(|dump| dump.has_tables())?;
    let every = database.intent.restore_test.every.as_ref()?.value;
    let mut dump = dump::dump(database, estate)?;
    let (schedule, words) = schedule(every, Some(&written.schedule))?;
    dump.job = dump.job.with(Task::RestoreTest, &schedule, words);
    let first = written.databases.first().map(|name| name.value.as_str());
    let intent = &database.intent;
    let seconds = |objective: Duration| objective.minutes() * 60;
    let alone = database.engine() == Engine::Postgres;
    let rto = intent.rto.as_ref().filter(|_| alone);
    let rpo = intent.rpo.as_ref().filter(|_| alone);
    Some(RestoreTest {
        tables: tables(database, first),
        rto_seconds: rto.map(|rto| seconds(rto.value)),
        rpo_seconds: rpo.map(|rpo| seconds(rpo.value)),
        store: dump.stores.first().cloned(),
        dump,
    })
}

/// How a test that comes at least every so many days is scheduled, the rarest first: its day of the
/// month, month and day of the week. The first dump of a month or a year is the one that is kept long:
/// the day after, it is there.
const RHYTHMS: [(&str, u64, &str); 7] = [
    ("yearly", 366, "2 1 *"),
    ("half-yearly", 184, "2 1,7 *"),
    ("quarterly", 92, "2 1,4,7,10 *"),
    ("monthly", 31, "2 * *"),
    ("half-monthly", 17, "2,16 * *"),
    ("weekly", 7, "* * 1"),
    ("daily", 1, "* * *"),
];

/// Hours between the dump and its test; and the hour before which clocks are changed, where they are.
const LATER: u32 = 3;
const STEADY: u32 = 4;

/// The rarest schedule that keeps the promise, and how a person says it. It comes some hours after the
/// backup, at the minute of that.
fn schedule(every: Duration, backup: Option<&Schedule>) -> Option<(Schedule, String)> {
    let mut rhythms = RHYTHMS.into_iter();
    let kept = rhythms.find(|(_, days, _)| *days <= every.days());
    let (name, _, days) = kept.unwrap_or(RHYTHMS[RHYTHMS.len() - 1]);
    let mut fields = backup.into_iter().flat_map(|it| it.cron().split(' '));
    let mut fields = fields.by_ref().map(first_number);
    let minute = fields.next().flatten().unwrap_or(37);
    let hour = fields.next().flatten().unwrap_or(2);
    let hour = ((hour + LATER) % 24).max(STEADY);
    let schedule = format!("{minute} {hour} {days}").parse().ok()?;
    let words = format!("{name}, as one every {every} is asked for");
    Some((schedule, words))
}

/// Where a field of cron begins. None: at anything.
fn first_number(field: &str) -> Option<u32> {
    field.split([',', '-', '/']).next()?.parse().ok()
}

/// Each table that the policy names, under `tables` or under `rows`, in its order. `first` is the database
/// of those that name none.
fn tables(database: &Database<'_>, first: Option<&str>) -> Vec<TableCheck> {
    let test = &database.intent.restore_test;
    let listed = test.tables.iter().map(|table| (table.value.clone(), 1));
    let counted = test
        .rows
        .iter()
        .filter_map(|(name, rows)| Some((name.parse::<TableName>().ok()?, rows.value)));
    let mut checks: IndexMap<(String, String), TableCheck> = IndexMap::new();
    for (table, least) in listed.chain(counted) {
        let Some(database) = table.database().or(first) else {
            continue;
        };
        let check = TableCheck {
            database: database.to_owned(),
            name: table.to_string(),
            sql: table.sql(),
            least,
        };
        checks.insert((check.database.clone(), check.sql.clone()), check);
    }
    checks.into_values().collect()
}
