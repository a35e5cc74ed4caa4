//! What the clouds tell of recovery points and of drills: live, or as recorded.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::recorded::{self, RecordError};
use crate::evidence::Outcome;
use crate::plan::{DrillKey, Key};

const VERSION: u32 = 1;

/// What was seen of everything that is promised.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    /// When, by the clouds' own clocks where this machine's differs from them.
    pub taken: Timestamp,
    /// Clocks that differ from this machine's by so much that it matters.
    pub clocks: Vec<Clock>,
    pub points: BTreeMap<Key, PointState>,
    pub drills: BTreeMap<DrillKey, DrillState>,
}

/// A cloud's clock beside this machine's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clock {
    /// Whose, as `aws 123456789012`.
    pub of: String,
    /// Seconds by which it is ahead of this machine's; less than none where it is behind.
    pub ahead_seconds: i64,
}

/// What a cloud answered of one mechanism's points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PointState {
    Read(Box<PointsRead>),
    /// The cloud tells no times of them.
    Untold,
    /// Neither fresh nor stale: the answer did not come.
    Unreadable {
        reason: String,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PointsRead {
    #[serde(flatten)]
    pub span: Span,
    /// The same by classes; a point counts in the longest one that it is kept for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, Span>,
    /// From when on what is backed up exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// How long the cloud itself is set to keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps_days: Option<u64>,
    /// Why no points are made just now, as `stopped`: nothing is written meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// What should make or hold the points, and is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<String>,
    /// Why a part of the answer did not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// What is there and counts as no point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unusable: Vec<Unusable>,
}

/// The newest and the oldest of some points, and how many there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// None: any moment between the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

impl Span {
    /// Of single points.
    pub fn of(moments: impl IntoIterator<Item = Timestamp>) -> Span {
        let mut span = Span {
            count: Some(0),
            ..Span::default()
        };
        for moment in moments {
            span.newest = span.newest.max(Some(moment));
            span.oldest = Some(span.oldest.map_or(moment, |oldest| oldest.min(moment)));
            span.count = span.count.map(|count| count + 1);
        }
        span
    }
}

/// Something that looks like a point and is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unusable {
    /// Where it lies.
    pub what: String,
    pub why: String,
    /// Whether it was never finished. Otherwise it was, and is no longer whole.
    pub unfinished: bool,
}

/// What the results of a drill say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DrillState {
    Read(DrillsRead),
    /// Nothing that can be read from here holds the results.
    Untold,
    Unreadable {
        reason: String,
    },
}

impl DrillState {
    /// What two that hold results of the same drill say together. Where one was not read, a later result
    /// may be there.
    #[must_use]
    pub fn and(self, other: DrillState) -> DrillState {
        match (self, other) {
            (DrillState::Read(one), DrillState::Read(other)) => {
                let runs = one.last.into_iter().chain(other.last);
                let unusable = one.unusable.into_iter().chain(other.unusable);
                DrillState::Read(DrillsRead {
                    last: runs.max_by_key(|run| run.finished),
                    passed: one.passed.max(other.passed),
                    unusable: unusable.collect(),
                })
            }
            (unread @ DrillState::Unreadable { .. }, _)
            | (_, unread @ DrillState::Unreadable { .. }) => unread,
            (read, DrillState::Untold) | (DrillState::Untold, read) => read,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrillsRead {
    /// The last one, whatever came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<DrillRun>,
    /// When the last one that passed ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<Timestamp>,
    /// Results that say nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unusable: Vec<Unusable>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrillRun {
    pub finished: Timestamp,
    pub passed: bool,
    /// The checks that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
    /// The whole result, which is not recorded among the points.
    #[serde(skip)]
    pub outcome: Option<Box<Outcome>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    taken: Timestamp,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    clocks: Vec<Clock>,
    points: Vec<Entry<Key, PointState>>,
    #[serde(default)]
    drills: Vec<Entry<DrillKey, DrillState>>,
}

#[derive(Serialize, Deserialize)]
struct Entry<K, S> {
    #[serde(flatten)]
    key: K,
    #[serde(flatten)]
    state: S,
}

/// Reads recorded points.
///
/// # Errors
/// The file cannot be read, is not JSON of this shape, or has another version.
pub fn read_points(path: &Path) -> Result<Points, RecordError> {
    let file: File = recorded::parse(path, |file: &File| file.version, VERSION)?;
    let points = file.points.into_iter();
    let drills = file.drills.into_iter();
    Ok(Points {
        taken: file.taken,
        clocks: file.clocks,
        points: points.map(|entry| (entry.key, entry.state)).collect(),
        drills: drills.map(|entry| (entry.key, entry.state)).collect(),
    })
}

/// The text of recorded points. They are times and counts, and what an answer's absence was due to.
///
/// # Errors
/// None in practice: texts, numbers and lists always serialise.
pub fn write_points(seen: &Points) -> Result<String, serde_json::Error> {
    let file = File {
        version: VERSION,
        taken: seen.taken,
        clocks: seen.clocks.clone(),
        points: entries(&seen.points),
        drills: entries(&seen.drills),
    };
    serde_json::to_string_pretty(&file).map(|text| text + "\n")
}

fn entries<K: Clone, S: Clone>(seen: &BTreeMap<K, S>) -> Vec<Entry<K, S>> {
    let entry = |(key, state): (&K, &S)| Entry {
        key: key.clone(),
        state: state.clone(),
    };
    seen.iter().map(entry).collect()
}
