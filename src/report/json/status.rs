//! What `status` adds to the JSON report: the recovery points themselves, version 1.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Location, location};
use crate::source::Sources;
use crate::status::{self, Span, Verdict};

/// Recovery points and drills, judged at one moment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Status")]
pub(super) struct State<'a> {
    /// Version of this form. Always 1; a later version may add members, never change one.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// The moment, in RFC 3339.
    now: String,
    /// Whether everything could be read.
    complete: bool,
    /// How many mechanisms and drills have each verdict.
    verdicts: BTreeMap<&'a str, usize>,
    /// One for each mechanism of each database, in the order of the policy.
    recovery_points: Vec<Points<'a>>,
    drills: Vec<Drill<'a>>,
}

/// The recovery points of one mechanism of one database.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RecoveryPoints")]
struct Points<'a> {
    database: &'a str,
    /// automated, replicated, geo, snapshots, vault, vault_copies, long_term or dumps.
    mechanism: &'a str,
    /// The policy's name of the location, vault or store that holds them.
    location: &'a str,
    /// fresh, growing, paused, untold, short, stale, none or unreadable.
    verdict: &'a str,
    #[serde(flatten)]
    span: Extent,
    /// The longest age of the newest that is allowed; absent where the provider tells no times.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<Limit<'a>>,
    /// Most that the database may lose.
    #[serde(skip_serializing_if = "Option::is_none")]
    rpo_seconds: Option<u64>,
    /// How long the longest kept one lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention: Option<Retention<'a>>,
    /// Points by how long they are kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    classes: Vec<Class<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    place: Location,
}

/// Newest and oldest of some points.
#[derive(Serialize, JsonSchema)]
struct Extent {
    /// RFC 3339; absent where there is none, or it is not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    newest_age_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<String>,
    /// Absent where any moment between the two can be restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
struct Limit<'a> {
    seconds: u64,
    because: &'a str,
    place: Location,
}

#[derive(Serialize, JsonSchema)]
struct Retention<'a> {
    days: u64,
    /// As the policy writes it.
    written: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct Class<'a> {
    /// daily, weekly, monthly or yearly.
    name: &'a str,
    verdict: &'a str,
    #[serde(flatten)]
    span: Extent,
    limit: Limit<'a>,
    retention: Retention<'a>,
}

/// The drills of one kind of one database.
#[derive(Serialize, JsonSchema)]
struct Drill<'a> {
    database: &'a str,
    /// restore_test or pitr_test.
    drill: &'a str,
    /// fresh, untold, stale, failed, none or unreadable.
    verdict: &'a str,
    /// When the last one ended, whatever came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    /// When the last one that passed ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    passed: Option<String>,
    limit: Limit<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    place: Location,
}

pub(super) fn state<'a>(sources: &Sources, status: &'a status::Status) -> State<'a> {
    let verdicts = Verdict::ALL.map(|verdict| (verdict.name(), status.count(verdict)));
    State {
        version: 1,
        now: status.now.to_string(),
        complete: status.unreadable == 0,
        verdicts: verdicts.into(),
        recovery_points: status
            .points
            .iter()
            .map(|row| points(sources, status.now, row))
            .collect(),
        drills: status
            .drills
            .iter()
            .map(|row| drill(sources, row))
            .collect(),
    }
}

fn points<'a>(sources: &Sources, now: Timestamp, row: &'a status::Row) -> Points<'a> {
    let class = |class: &'a status::ClassRow| Class {
        name: class.name,
        verdict: class.verdict.name(),
        span: extent(now, class.span),
        limit: limit(sources, &class.limit),
        retention: retention(&class.keeps),
    };
    Points {
        database: &row.database,
        mechanism: row.mechanism,
        location: &row.location,
        verdict: row.verdict.name(),
        span: extent(now, row.span),
        limit: row.limit.as_ref().map(|it| limit(sources, it)),
        rpo_seconds: row.rpo.map(|minutes| minutes * 60),
        retention: row.keeps.as_ref().map(retention),
        classes: row.classes.iter().map(class).collect(),
        note: row.note.as_deref(),
        place: location(sources, row.place),
    }
}

fn drill<'a>(sources: &Sources, row: &'a status::DrillRow) -> Drill<'a> {
    Drill {
        database: &row.database,
        drill: row.drill,
        verdict: row.verdict.name(),
        last: row.last.map(|last| last.to_string()),
        passed: row.passed.map(|passed| passed.to_string()),
        limit: limit(sources, &row.limit),
        note: row.note.as_deref(),
        place: location(sources, row.place),
    }
}

fn extent(now: Timestamp, span: Span) -> Extent {
    let age = |newest: Timestamp| u64::try_from(now.as_second() - newest.as_second());
    Extent {
        newest: span.newest.map(|newest| newest.to_string()),
        newest_age_seconds: span.newest.map(|newest| age(newest).unwrap_or_default()),
        oldest: span.oldest.map(|oldest| oldest.to_string()),
        count: span.count,
    }
}

fn limit<'a>(sources: &Sources, limit: &'a status::Limit) -> Limit<'a> {
    Limit {
        seconds: limit.minutes * 60,
        because: &limit.because,
        place: location(sources, limit.place),
    }
}

fn retention(keeps: &status::Keeps) -> Retention<'_> {
    Retention {
        days: keeps.days,
        written: &keeps.written,
    }
}
