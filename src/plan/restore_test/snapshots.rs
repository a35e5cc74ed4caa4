//! Tests of RDS's snapshots, where neither dumps nor a vault are tested.

use std::collections::BTreeSet;

use serde::Serialize;

use super::super::dump::DumpStore;
use super::super::recovery::{self, Recovery};
use super::super::{Job, pitr_test};
use super::{TableCheck, schedule, tables};
use crate::resolve::{Database, Estate, Tester};

/// One test. Serialises to what the script's template is given.
#[derive(Debug, Clone, Serialize)]
pub struct SnapshotTest {
    #[serde(flatten)]
    pub job: Job,
    /// The databases in the server that are looked into.
    pub databases: Vec<Asked>,
    pub checksums: bool,
    pub tables: Vec<TableCheck>,
    pub user: Option<String>,
    pub recovery: Recovery,
    /// How the identifier of each restored instance starts.
    pub prefix: String,
    /// In seconds. What a loss costs is not the snapshots' to keep.
    pub rto_seconds: Option<u64>,
    /// What receives the result.
    pub store: Option<DumpStore>,
}

/// A database in the server, and the query that it must be able to answer.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    pub name: String,
    pub checksum: Option<String>,
}

/// The database that every server has.
const ALWAYS: &str = "postgres";

pub(in super::super) fn snapshot_test(
    database: &Database<'_>,
    estate: &Estate<'_>,
) -> Option<SnapshotTest> {
    let tested = database.testers().contains(&Tester::Snapshots);
    let test = tested.then_some(&database.intent.restore_test)?;
    let snapshots = database.written.snapshots.as_ref();
    let backup = snapshots.map(|snapshots| &snapshots.schedule.value);
    let (schedule, words) = schedule(test.every.as_ref()?.value, backup)?;
    let drill = database.written.pitr_test.as_ref();
    let first = drill.map(|drill| drill.database.value.as_str());
    let tables = tables(database, first);
    let named = tables.iter().map(|table| table.database.as_str());
    let named = named.chain(test.checksums.keys().map(String::as_str));
    let mut names: BTreeSet<&str> = named.chain(first).collect();
    if names.is_empty() {
        names.insert(ALWAYS);
    }
    let databases = names.into_iter().map(|name| Asked {
        name: name.to_owned(),
        checksum: test.checksums.get(name).map(|it| it.value.to_string()),
    });
    Some(SnapshotTest {
        job: Job::of_test(database, &schedule, words, estate),
        databases: databases.collect(),
        checksums: !test.checksums.is_empty(),
        tables,
        user: drill.and_then(|drill| Some(drill.user.as_ref()?.value.clone())),
        recovery: recovery::recovery(database, estate),
        prefix: pitr_test::prefix(database, "restore-test"),
        rto_seconds: database
            .intent
            .rto
            .as_ref()
            .map(|rto| rto.value.minutes() * 60),
        store: pitr_test::drill_store(database, estate),
    })
}
