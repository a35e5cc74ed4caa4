//! Who works in Azure for the repository.

/// One thing that workflows do, each with an identity of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worker {
    DriftReader,
    DumpWriter,
    RestoreTester,
    SnapshotOperator,
}

impl Worker {
    pub const ALL: [Worker; 4] = [
        Worker::DriftReader,
        Worker::DumpWriter,
        Worker::RestoreTester,
        Worker::SnapshotOperator,
    ];

    /// Of the identity.
    pub fn name(self) -> &'static str {
        match self {
            Worker::DriftReader => "backstay-drift-reader",
            Worker::DumpWriter => "backstay-dump-writer",
            Worker::RestoreTester => "backstay-restore-tester",
            Worker::SnapshotOperator => "backstay-snapshot-operator",
        }
    }

    /// The variable of the repository that tells a workflow which identity is its own.
    pub fn variable(self) -> &'static str {
        match self {
            Worker::DriftReader => "AZURE_DRIFT_READER_CLIENT_ID",
            Worker::DumpWriter => "AZURE_DUMP_WRITER_CLIENT_ID",
            Worker::RestoreTester => "AZURE_RESTORE_TESTER_CLIENT_ID",
            Worker::SnapshotOperator => "AZURE_SNAPSHOT_OPERATOR_CLIENT_ID",
        }
    }
}
