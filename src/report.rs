//! One set of findings, in the form that its reader needs.

pub mod cost;
mod github;
mod html;
mod json;
mod junit;
mod markdown;
mod prometheus;
mod recovery;
mod sarif;
mod snippet;
mod table;
mod text;

use serde_json::Value;

use crate::drift::{self, brief};
use crate::finding::{Accepted, Difference, Finding, Severity};
use crate::source::{Place, Sources};
use crate::status::Status;

pub use github::render as github;
pub use html::render as html;
pub use json::{
    VERSION as JSON_VERSION, render as json, schema as json_schema, schema_of, status_schema,
};
pub use junit::render as junit;
pub use markdown::render as markdown;
pub use prometheus::render as prometheus;
pub use recovery::tally as verdicts;
pub use sarif::render as sarif;
pub use text::render as text;

/// What a run has to say.
#[derive(Debug)]
pub struct Report<'a> {
    pub command: &'static str,
    pub sources: &'a Sources,
    /// In the order in which they are shown.
    pub findings: &'a [Finding],
    pub compared: Option<Compared>,
    /// How the databases of the clouds stand, where that was asked.
    pub coverage: Option<&'a Coverage>,
    /// The recovery points, where they were looked at.
    pub status: Option<&'a Status>,
    /// What is to be protected, in the order of the policy.
    pub databases: &'a [Database],
    pub threshold: Threshold,
}

/// One database of the policy and its objectives, as people write them.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Database {
    pub name: String,
    pub engine: String,
    pub location: String,
    pub tier: String,
    pub rpo: Option<String>,
    pub rto: Option<String>,
    /// Class of backup and how long it is kept, as pitr and 30d.
    pub retention: Vec<(&'static str, String)>,
    /// file:line:column.
    pub place: String,
}

/// How the databases of the clouds stand, by location.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    pub rows: Vec<Covered>,
    /// Places and parts of them whose answer did not come.
    pub unreadable: usize,
}

/// How the databases of one location stand.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Covered {
    pub location: String,
    pub databases: usize,
    pub protected: usize,
    pub unprotected: usize,
    pub twice: usize,
    pub ignored: usize,
    pub not_handled: usize,
}

impl Covered {
    /// The heads of the table.
    const HEADS: [&str; 7] = [
        "location",
        "databases",
        "protected",
        "unprotected",
        "paid twice",
        "ignored",
        "not handled",
    ];

    fn numbers(&self) -> [usize; 6] {
        [
            self.databases,
            self.protected,
            self.unprotected,
            self.twice,
            self.ignored,
            self.not_handled,
        ]
    }
}

/// From which severity on a finding makes the run fail. None: nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    pub policy: Option<Severity>,
    pub drift: Option<Severity>,
}

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("a report could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("a report could not be written as XML: {0}")]
    Xml(#[from] quick_junit::SerializeError),
    #[error("a report could not be written as HTML: {0}")]
    Html(#[from] tera::Error),
}

/// How much drift looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Compared {
    pub resources: usize,
    pub properties: usize,
    pub unreadable: usize,
}

/// How a text report may look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub color: Color,
    /// Columns of the terminal.
    pub width: usize,
    pub detail: Detail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    Plain,
    Styled,
}

/// Whether what is never compared is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    Brief,
    Full,
}

impl Report<'_> {
    /// Whether the finding makes the run fail. What could not be read makes it incomplete instead.
    pub fn fails(&self, finding: &Finding) -> bool {
        let least = match finding.difference {
            Some(_) => self.threshold.drift,
            None => self.threshold.policy,
        };
        least.is_some_and(|least| finding.severity >= least)
            && !is_unread(finding)
            && finding.accepted.is_none()
    }

    /// Findings on the policy, and those on the clouds, each in their order; none that is accepted.
    fn parts(&self) -> (Vec<&Finding>, Vec<&Finding>) {
        let cloud = |finding: &&Finding| finding.difference.is_some();
        let (drift, policy) = self.counted().partition(cloud);
        (policy, drift)
    }

    /// What counts.
    fn counted(&self) -> impl Iterator<Item = &Finding> {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.accepted.is_none())
    }

    /// What the policy accepts, with its exceptions.
    fn accepted(&self) -> impl Iterator<Item = (&Finding, &Accepted)> {
        let findings = self.findings.iter();
        findings.filter_map(|finding| Some((finding, finding.accepted.as_deref()?)))
    }

    /// "6 errors, 1 warning, 0 notes".
    pub fn totals(&self) -> String {
        format!(
            "{}, {}, {}",
            many(self.count(Severity::Error), "error"),
            many(self.count(Severity::Warning), "warning"),
            many(self.count(Severity::Info), "note"),
        ) + &match self.accepted().count() {
            0 => String::new(),
            count => format!("; {count} accepted"),
        }
    }

    /// What could not be read.
    pub fn unreadable(&self) -> usize {
        let compared = self.compared.map_or(0, |compared| compared.unreadable);
        let covered = self.coverage.map_or(0, |coverage| coverage.unreadable);
        compared + covered + self.status.map_or(0, |status| status.unreadable)
    }

    pub fn count(&self, severity: Severity) -> usize {
        let of = |finding: &&Finding| finding.severity == severity;
        self.counted().filter(of).count()
    }
}

/// What the cloud has and what the policy asks for, each by what shows a value. Of a whole resource
/// that is whether it is there.
fn sides(difference: &Difference, show: fn(&Value) -> String) -> [String; 2] {
    let Difference {
        live,
        intended,
        baseline,
        ..
    } = difference;
    match (difference.property.as_str(), baseline) {
        ("", _) if live.is_null() => ["absent".to_owned(), "exists".to_owned()],
        ("", _) => [brief(live), "not asked for".to_owned()],
        (_, Some(before)) => {
            let before = format!("{} (before: {})", show(intended), show(before));
            [show(live), before]
        }
        (_, None) => [show(live), show(intended)],
    }
}

/// Whether a finding says that something could not be read.
pub fn is_unread(finding: &Finding) -> bool {
    finding.code == drift::unreadable()
}

/// "1 error", "2 errors".
pub fn many(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {one}s"),
    }
}

/// A place as reports name it: lines and columns from 1, columns in characters, the end exclusive.
struct Region {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

fn region(sources: &Sources, place: Place) -> Region {
    let source = sources.get(place.file);
    let (start, end) = (source.position(place.start), source.position(place.end));
    Region {
        file: source.display_path(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
