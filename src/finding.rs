//! The one diagnostic type: a statement about the user's files or clouds.

use serde::Serialize;

use crate::source::{Place, Sources};

mod difference;
mod suggest;

pub use difference::{Difference, Effect, Kind, StackDrift};
pub use suggest::closest;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    Error,
}

/// A kind of finding: its stable name, its severity, and the page that `explain` prints.
#[derive(Debug)]
pub struct Code {
    pub name: &'static str,
    pub severity: Severity,
    /// Whether the line that it points at holds a secret, which no report may show.
    pub hides_its_line: bool,
    source: &'static str,
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        self.name == other.name
    }
}

impl Code {
    /// `source` is the text of the file that defines the code; its leading `//!` lines are the page.
    pub const fn new(name: &'static str, severity: Severity, source: &'static str) -> Code {
        Code {
            name,
            severity,
            hides_its_line: false,
            source,
        }
    }

    /// For a code that points at a secret.
    pub const fn hiding_its_line(self) -> Code {
        Code {
            hides_its_line: true,
            ..self
        }
    }

    /// What it means, why it matters and how to fix it, in Markdown.
    pub fn page(&self) -> String {
        self.source
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .fold(String::new(), |page, line| page + line + "\n")
    }
}

/// One statement about the user's files or clouds.
#[derive(Debug, Clone)]
pub struct Finding {
    pub code: &'static Code,
    pub severity: Severity,
    /// What is wrong, in one sentence without a final stop.
    pub message: String,
    /// The value it speaks of. None only where no file exists to point at.
    pub place: Option<Place>,
    /// Other places that explain it, each with a few words.
    pub labels: Vec<(Place, String)>,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// For drift: what was meant and what was found.
    pub difference: Option<Box<Difference>>,
    /// Set where the policy accepts it for a while.
    pub accepted: Option<Box<Accepted>>,
}

/// The exception that a policy makes of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Where the policy makes it.
    pub place: Place,
    pub reason: String,
    pub owner: String,
    /// The last day, year-month-day.
    pub until: String,
}

impl Finding {
    pub fn new(code: &'static Code, place: Place, message: impl Into<String>) -> Finding {
        Finding {
            place: Some(place),
            ..Finding::without_place(code, message)
        }
    }

    /// A finding on something that is in no file of the workspace.
    pub fn without_place(code: &'static Code, message: impl Into<String>) -> Finding {
        Finding {
            code,
            severity: code.severity,
            message: message.into(),
            place: None,
            labels: Vec::new(),
            why: String::new(),
            fix: String::new(),
            difference: None,
            accepted: None,
        }
    }

    /// For drift: how the cloud stands to the intent.
    pub fn kind(&self) -> Option<Kind> {
        Some(self.difference.as_ref()?.kind)
    }

    pub fn why(mut self, why: impl Into<String>) -> Finding {
        self.why = why.into();
        self
    }

    pub fn fix(mut self, fix: impl Into<String>) -> Finding {
        self.fix = fix.into();
        self
    }

    pub fn label(mut self, place: Place, text: impl Into<String>) -> Finding {
        self.labels.push((place, text.into()));
        self
    }
}

/// Puts findings in the order in which a person reads them: by file, place and code.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.place.is_none(), f.place, std::cmp::Reverse(f.severity));
        key(a)
            .cmp(&key(b))
            .then_with(|| a.code.name.cmp(b.code.name))
            .then_with(|| a.message.cmp(&b.message))
    });
}

/// Withholds every other finding on a line that holds a secret: its message could quote it.
pub fn withhold_secrets(findings: &mut Vec<Finding>, sources: &Sources) {
    let line = |finding: &Finding| {
        let place = finding.place?;
        Some((place.file, sources.position(place).line))
    };
    let hidden = findings
        .iter()
        .filter(|finding| finding.code.hides_its_line);
    let hidden: std::collections::HashSet<_> = hidden.filter_map(line).collect();
    if !hidden.is_empty() {
        findings.retain(|finding| {
            finding.code.hides_its_line || line(finding).is_none_or(|line| !hidden.contains(&line))
        });
    }
}
