//! Promised recovery points against those that are there: how old the newest is, how far they reach
//! back, and whether restoring was proved. Pure.

mod drills;
mod kinds;
mod limit;
mod points;
mod words;

use jiff::Timestamp;

use crate::finding::Finding;
use crate::observe::{Clock, Points};
use crate::plan::Promises;
use crate::source::Place;

pub use crate::observe::Span;
pub use kinds::CODES;
pub use limit::Limit;
pub use words::{age, minutes};

/// A moment this far ahead is a clock that differs, not a point that is to come.
const AHEAD_SECONDS: i64 = 5 * 60;

/// What there is, judged at one moment.
#[derive(Debug)]
pub struct Status {
    /// The moment.
    pub now: Timestamp,
    /// In the order of the policy.
    pub points: Vec<Row>,
    pub drills: Vec<DrillRow>,
    pub findings: Vec<Finding>,
    /// Mechanisms and drills of which something could not be read.
    pub unreadable: usize,
}

/// How a mechanism, a class of its points, or a drill stands to what is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Fresh,
    /// In time, and younger than what it has to reach back to: nobody can tell yet.
    Growing,
    /// Nothing is made now, and nothing is written either.
    Paused,
    /// The provider tells no times.
    Untold,
    /// Points are gone, or kept for less than is promised.
    Short,
    Stale,
    /// The last drill did not pass.
    Failed,
    /// There is nothing.
    Missing,
    Unreadable,
}

impl Verdict {
    pub const ALL: [Verdict; 9] = [
        Verdict::Fresh,
        Verdict::Growing,
        Verdict::Paused,
        Verdict::Untold,
        Verdict::Short,
        Verdict::Stale,
        Verdict::Failed,
        Verdict::Missing,
        Verdict::Unreadable,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Verdict::Fresh => "fresh",
            Verdict::Growing => "growing",
            Verdict::Paused => "paused",
            Verdict::Untold => "untold",
            Verdict::Short => "short",
            Verdict::Stale => "stale",
            Verdict::Failed => "failed",
            Verdict::Missing => "none",
            Verdict::Unreadable => "unreadable",
        }
    }

    /// Whether something has to be done about it.
    pub fn is_bad(self) -> bool {
        use Verdict::{Failed, Missing, Short, Stale, Unreadable};
        matches!(self, Short | Stale | Failed | Missing | Unreadable)
    }
}

/// One mechanism of one database.
#[derive(Debug, Clone)]
pub struct Row {
    pub database: String,
    pub mechanism: &'static str,
    /// The policy's name of the location, vault or store.
    pub location: String,
    pub verdict: Verdict,
    pub span: Span,
    pub limit: Option<Limit>,
    /// Most that the database may lose, in minutes.
    pub rpo: Option<u64>,
    pub keeps: Option<Keeps>,
    pub classes: Vec<ClassRow>,
    /// What a reader has to know besides.
    pub note: Option<String>,
    /// Where the policy asks for it.
    pub place: Place,
}

/// How long the longest kept point lives.
#[derive(Debug, Clone)]
pub struct Keeps {
    pub days: u64,
    /// As the policy writes it.
    pub written: String,
}

/// Points of one length of life.
#[derive(Debug, Clone)]
pub struct ClassRow {
    pub name: &'static str,
    pub verdict: Verdict,
    pub span: Span,
    pub limit: Limit,
    pub keeps: Keeps,
}

/// One drill of one database.
#[derive(Debug, Clone)]
pub struct DrillRow {
    pub database: String,
    pub drill: &'static str,
    pub verdict: Verdict,
    /// When the last one ended, whatever came of it, and the last one that passed.
    pub last: Option<Timestamp>,
    pub passed: Option<Timestamp>,
    pub limit: Limit,
    pub note: Option<String>,
    pub place: Place,
}

/// Judges everything that is promised, as of a moment.
pub fn judge(promises: &Promises, seen: &Points, now: Timestamp) -> Status {
    let mut status = Status {
        now,
        points: Vec::new(),
        drills: Vec::new(),
        findings: seen.clocks.iter().map(clock).collect(),
        unreadable: 0,
    };
    for promise in &promises.points {
        let state = seen.points.get(&promise.key);
        let row = points::row(promise, state, now, &mut status.findings);
        status.unreadable += usize::from(row.verdict == Verdict::Unreadable);
        status.points.push(row);
    }
    for drill in &promises.drills {
        let state = seen.drills.get(&drill.key);
        let row = drills::row(drill, state, now, &mut status.findings);
        status.unreadable += usize::from(row.verdict == Verdict::Unreadable);
        status.drills.push(row);
    }
    status
}

impl Status {
    /// How many mechanisms and drills have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        let points = self.points.iter().map(|row| row.verdict);
        let drills = self.drills.iter().map(|row| row.verdict);
        points.chain(drills).filter(|it| *it == verdict).count()
    }
}

/// Whether a finding speaks of a drill and not of recovery points.
pub fn is_of_a_drill(finding: &Finding) -> bool {
    [&kinds::OVERDUE, &kinds::FAILED].contains(&finding.code)
}

fn clock(clock: &Clock) -> Finding {
    let seconds = clock.ahead_seconds;
    let how = if seconds < 0 { "ahead of" } else { "behind" };
    let by = minutes(seconds.unsigned_abs().div_ceil(60));
    let message = format!("this machine's clock is {by} {how} that of {}", clock.of);
    Finding::without_place(&kinds::SKEW, message)
        .why(
            "ages are counted by the clock of the clouds, which is the later one where they differ",
        )
        .fix("set the clock of this machine by NTP")
}

/// What could not be read, and is neither fresh nor stale.
fn unread(what: &str, place: Place, named: Place, reason: &str) -> Finding {
    let message = format!("{what} could not be read: {reason}");
    let finding = Finding::new(crate::drift::unreadable(), place, message)
        .why("could-not-read is neither fresh nor stale")
        .fix("give the credentials and permissions that reading it needs, and run again");
    about(finding, named)
}

/// A finding with the database that it is about, whose setting may be written elsewhere.
fn about(finding: Finding, named: Place) -> Finding {
    match finding.place == Some(named) {
        true => finding,
        false => finding.label(named, "of this database"),
    }
}

fn seconds_between(later: Timestamp, earlier: Timestamp) -> i64 {
    later.as_second() - earlier.as_second()
}

/// Minutes since a moment; none for one that is to come.
fn since(now: Timestamp, moment: Timestamp) -> u64 {
    u64::try_from(seconds_between(now, moment) / 60).unwrap_or_default()
}

fn is_ahead(now: Timestamp, moment: Option<Timestamp>) -> bool {
    moment.is_some_and(|moment| seconds_between(moment, now) > AHEAD_SECONDS)
}
