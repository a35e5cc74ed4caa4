//! The JSON report, version 1. Its structs are its own: renaming a field inside backstay cannot
//! change what scripts read.

use serde::Serialize;

use super::{Compared, Report};
use crate::finding::{Difference, Finding, Severity};
use crate::source::{Place, Sources};

pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    command: &'a str,
    summary: Summary,
    findings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    infos: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Compared>,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'a str,
    severity: Severity,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<Label<'a>>,
    why: &'a str,
    fix: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    drift: Option<&'a Difference>,
}

#[derive(Serialize)]
struct Location {
    file: String,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Label<'a> {
    #[serde(flatten)]
    place: Location,
    text: &'a str,
}

/// The report as JSON, with a final newline.
///
/// # Errors
/// None in practice: texts, numbers and lists always serialise.
pub fn render(report: &Report<'_>) -> Result<String, serde_json::Error> {
    let document = Document {
        version: VERSION,
        command: report.command,
        summary: Summary {
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            infos: report.count(Severity::Info),
            compared: report.compared,
        },
        findings: report
            .findings
            .iter()
            .map(|finding| entry(report.sources, finding))
            .collect(),
    };
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}

fn entry<'a>(sources: &Sources, finding: &'a Finding) -> Entry<'a> {
    Entry {
        code: finding.code.name,
        severity: finding.severity,
        message: &finding.message,
        place: finding.place.map(|place| location(sources, place)),
        labels: finding
            .labels
            .iter()
            .map(|(place, text)| Label {
                place: location(sources, *place),
                text,
            })
            .collect(),
        why: &finding.why,
        fix: &finding.fix,
        drift: finding.difference.as_deref(),
    }
}

fn location(sources: &Sources, place: Place) -> Location {
    let position = sources.position(place);
    Location {
        file: sources.get(place.file).display_path(),
        line: position.line,
        column: position.column,
    }
}
