//! What drills leave behind: results as the scripts write them, kept beside the policy as its evidence.

mod bad_drill_result;
mod unnamed_drill_result;

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{Code, Finding};
use crate::source::{FileId, Place, Source};

/// Every code of this room.
pub static CODES: &[&Code] = &[&bad_drill_result::CODE, &unnamed_drill_result::CODE];

/// The result of one drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    #[schemars(with = "u8", range(min = 1, max = 1))]
    pub version: Version,
    pub kind: OutcomeKind,
    /// The policy's name of the database.
    pub database: String,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started: Timestamp,
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub finished: Timestamp,
    /// What was restored. None: it did not come so far.
    pub backup: Option<Backup>,
    /// How long it took until what was restored answered.
    pub rto_seconds: Option<i64>,
    /// How much a loss would have cost.
    pub rpo_seconds: Option<i64>,
    pub passed: bool,
    pub checks: Vec<Check>,
}

/// Of the form. There is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Version;

impl TryFrom<u8> for Version {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match number {
            1 => Ok(Version),
            _ => Err(format!("version {number} is not known, only 1 is")),
        }
    }
}

impl From<Version> for u8 {
    fn from(_: Version) -> u8 {
        1
    }
}

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    RestoreTest,
    PitrTest,
    /// A run of the disaster script, as a rehearsal or in earnest.
    Disaster,
}

impl OutcomeKind {
    pub fn name(self) -> &'static str {
        match self {
            OutcomeKind::RestoreTest => "restore_test",
            OutcomeKind::PitrTest => "pitr_test",
            OutcomeKind::Disaster => "disaster",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backup {
    /// As `dump` or `point in time`.
    pub what: String,
    /// The moment of which it is.
    #[serde(default)]
    pub when: Option<String>,
    /// Which run of the dumps, and out of which store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    pub name: String,
    pub passed: bool,
    pub detail: String,
}

/// A result that lies in a file of the workspace.
#[derive(Debug, Clone)]
pub struct Found {
    pub outcome: Outcome,
    pub file: FileId,
}

/// The newest result of each kind of each database.
#[derive(Debug, Default)]
pub struct Evidence(BTreeMap<String, BTreeMap<OutcomeKind, Found>>);

impl Evidence {
    /// Takes in a file of the workspace, or says where it is no result of a drill.
    pub fn take(&mut self, source: &Source, file: FileId) -> Option<Finding> {
        let outcome: Outcome = match serde_json::from_str(source.text()) {
            Ok(outcome) => outcome,
            Err(error) => return Some(bad_drill_result::finding(&error, source, file)),
        };
        let kinds = self.0.entry(outcome.database.clone()).or_default();
        let known = kinds.get(&outcome.kind);
        if known.is_none_or(|known| known.outcome.finished < outcome.finished) {
            kinds.insert(outcome.kind, Found { outcome, file });
        }
        None
    }

    /// The newest result of one kind of a database.
    pub fn newest(&self, database: &str, kind: OutcomeKind) -> Option<&Found> {
        self.0.get(database)?.get(&kind)
    }

    /// A note on each result of a database that no policy names.
    pub fn unnamed(&self, databases: &HashSet<&str>) -> Vec<Finding> {
        let unnamed = self.0.iter();
        let unnamed = unnamed.filter(|(name, _)| !databases.contains(name.as_str()));
        unnamed
            .flat_map(|(_, kinds)| kinds.values())
            .map(|it| unnamed_drill_result::finding(&it.outcome, Place::start_of(it.file)))
            .collect()
    }
}
