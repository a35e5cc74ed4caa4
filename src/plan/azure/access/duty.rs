//! What each role allows.

use super::Worker;
use crate::cloud::Owned;
use crate::cloud::azure::postgres::FlexibleServer;
use crate::cloud::azure::reads::{BLOBS, SERVER_BACKUPS, right};
use crate::plan::{DRILLS, MANIFEST};

/// What an identity does, each with a role of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Duty {
    /// Settings and recovery points.
    Read,
    /// What says in a container which dumps are whole, and which drills passed.
    ReadDumps,
    WriteDumps,
    TestDumps,
    BackUp,
}

impl Duty {
    pub fn worker(self) -> Worker {
        match self {
            Duty::Read | Duty::ReadDumps => Worker::DriftReader,
            Duty::WriteDumps => Worker::DumpWriter,
            Duty::TestDumps => Worker::RestoreTester,
            Duty::BackUp => Worker::SnapshotOperator,
        }
    }

    pub fn role(self) -> &'static str {
        match self {
            Duty::ReadDumps => "backstay-status-reader",
            Duty::Read | Duty::WriteDumps | Duty::TestDumps | Duty::BackUp => self.worker().name(),
        }
    }

    pub fn description(self) -> &'static str {
        match self {
            Duty::Read => {
                "Reads the settings and recovery points that backstay compares with its policy."
            }
            Duty::ReadDumps => "Lists dumps, and reads what says of them whether they are whole.",
            Duty::WriteDumps => "Puts dumps into a container, and can delete none.",
            Duty::TestDumps => "Reads the dumps of a container, and writes what came of it.",
            Duty::BackUp => "Makes and deletes on-demand backups of a server.",
        }
    }

    /// What is read is the plan's to say.
    pub fn actions(self) -> Vec<String> {
        let backups = |verb: &str| format!("{SERVER_BACKUPS}/{verb}");
        match self {
            Duty::Read | Duty::ReadDumps | Duty::WriteDumps | Duty::TestDumps => Vec::new(),
            Duty::BackUp => vec![
                right(FlexibleServer::TYPE),
                right(SERVER_BACKUPS),
                backups("write"),
                backups("delete"),
            ],
        }
    }

    pub fn data_actions(self) -> Vec<String> {
        match self {
            Duty::Read | Duty::BackUp => Vec::new(),
            Duty::ReadDumps => vec![right(BLOBS)],
            Duty::WriteDumps | Duty::TestDumps => {
                let [add, write] = WRITES.map(blobs);
                vec![right(BLOBS), add, write]
            }
        }
    }

    /// To which blobs of a container the role is limited. Lists tell names alone.
    pub fn condition(self) -> Option<String> {
        let of = |verb: &str| format!("ActionMatches{{'{}'}}", blobs(verb));
        let path = |like: &str| format!("@Resource[{BLOBS}:path] StringLike '{like}'");
        let drills = path(&format!("{DRILLS}/*"));
        match self {
            Duty::ReadDumps => {
                let read = format!("{} AND NOT SubOperationMatches{{'Blob.List'}}", of("read"));
                let manifests = path(&format!("*/{MANIFEST}"));
                Some(format!("((!({read})) OR ({manifests} OR {drills}))"))
            }
            Duty::TestDumps => {
                let [add, write] = WRITES.map(of);
                Some(format!("((!({add}) AND !({write})) OR ({drills}))"))
            }
            Duty::Read | Duty::WriteDumps | Duty::BackUp => None,
        }
    }
}

const WRITES: [&str; 2] = ["add/action", "write"];

fn blobs(verb: &str) -> String {
    format!("{BLOBS}/{verb}")
}
