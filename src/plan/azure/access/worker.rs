//! What workflows do in Azure, and to what.

use super::super::Group;
use crate::cloud::Owned;
use crate::cloud::azure::{blob, postgres};
use crate::policy::{Runner, Task};
use crate::resolve::Estate;

/// One thing that workflows do, each with an identity of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worker {
    DriftReader,
    DumpWriter,
    SnapshotOperator,
}

impl Worker {
    pub const ALL: [Worker; 3] = [
        Worker::DriftReader,
        Worker::DumpWriter,
        Worker::SnapshotOperator,
    ];

    /// Of the identity, and of the role.
    pub fn name(self) -> &'static str {
        match self {
            Worker::DriftReader => "backstay-drift-reader",
            Worker::DumpWriter => "backstay-dump-writer",
            Worker::SnapshotOperator => "backstay-snapshot-operator",
        }
    }

    /// The variable of the repository that tells a workflow which identity is its own.
    pub fn variable(self) -> &'static str {
        match self {
            Worker::DriftReader => "AZURE_DRIFT_READER_CLIENT_ID",
            Worker::DumpWriter => "AZURE_DUMP_WRITER_CLIENT_ID",
            Worker::SnapshotOperator => "AZURE_SNAPSHOT_OPERATOR_CLIENT_ID",
        }
    }

    pub(super) fn description(self) -> &'static str {
        match self {
            Worker::DriftReader => "Reads the settings that backstay compares with its policy.",
            Worker::DumpWriter => "Puts dumps into a container, and can delete none.",
            Worker::SnapshotOperator => "Makes and deletes on-demand backups of a server.",
        }
    }

    /// What drift reads is the plan's to say.
    pub(super) fn actions(self) -> &'static [&'static str] {
        match self {
            Worker::DriftReader | Worker::DumpWriter => &[],
            Worker::SnapshotOperator => &[
                "Microsoft.DBforPostgreSQL/flexibleServers/backups/delete",
                "Microsoft.DBforPostgreSQL/flexibleServers/backups/read",
                "Microsoft.DBforPostgreSQL/flexibleServers/backups/write",
                "Microsoft.DBforPostgreSQL/flexibleServers/read",
            ],
        }
    }

    pub(super) fn data_actions(self) -> &'static [&'static str] {
        match self {
            Worker::DriftReader | Worker::SnapshotOperator => &[],
            Worker::DumpWriter => &[
                "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
                "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
                "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
            ],
        }
    }
}

/// That one of them may do its work to something, or in the whole group.
pub(super) struct Right<'e> {
    pub worker: Worker,
    pub group: Group<'e>,
    pub on: Option<String>,
}

/// What the scripts need that GitHub starts.
pub(super) fn rights<'e>(estate: &'e Estate<'_>) -> Vec<Right<'e>> {
    let mut found: Vec<Right<'_>> = Vec::new();
    let mut add = |worker, group, on: String| {
        let known = |right: &Right<'_>| right.worker == worker && right.on.as_ref() == Some(&on);
        if !found.iter().any(known) {
            let on = Some(on);
            found.push(Right { worker, group, on });
        }
    };
    for database in &estate.databases {
        let written = database.written;
        let by_github = written.scheduled().filter(|scheduled| {
            let started = estate.started(database, *scheduled);
            started.by(Runner::GithubActions)
        });
        for scheduled in by_github {
            match scheduled.task {
                Task::Dump => {
                    let stores = written.dump.iter().flat_map(|dump| &dump.to);
                    for store in stores.filter_map(|to| estate.store(to)) {
                        if let Some((group, container)) = container(store) {
                            add(Worker::DumpWriter, group, container);
                        }
                    }
                }
                Task::Snapshot => {
                    if let Some(group) = Group::of(database.site) {
                        let server = group.id(postgres::FlexibleServer::TYPE, &written.id);
                        add(Worker::SnapshotOperator, group, server);
                    }
                }
                // Exports are RDS's. Who restores may make and delete servers: that is nothing to give
                // unasked.
                Task::Export | Task::PitrTest => {}
            }
        }
    }
    found
}

fn container<'e>(store: &crate::resolve::Store<'e>) -> Option<(Group<'e>, String)> {
    let group = Group::of(store.site)?;
    let account = store.written.storage_account.as_ref()?;
    let container = store.written.container.as_ref()?;
    let name = format!("{}/default/{}", account.value, container.value);
    Some((group, group.id(blob::Container::TYPE, &name)))
}
