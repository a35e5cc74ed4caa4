//! One set of findings, in the form that its reader needs.

mod json;
mod snippet;
mod table;
mod text;

use crate::finding::{Finding, Severity};
use crate::source::Sources;

pub use json::{VERSION as JSON_VERSION, render as json};
pub use text::render as text;

/// What a run has to say.
#[derive(Debug)]
pub struct Report<'a> {
    pub command: &'static str,
    pub sources: &'a Sources,
    /// In the order in which they are shown.
    pub findings: &'a [Finding],
    pub compared: Option<Compared>,
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
    pub fn count(&self, severity: Severity) -> usize {
        let of = |finding: &&Finding| finding.severity == severity;
        self.findings.iter().filter(of).count()
    }
}
