//! One page for a browser: the estate and its objectives, drift and findings, with filters. It holds
//! everything that it needs and asks no server for anything.

use indexmap::IndexMap;
use serde::Serialize;
use tera::{Context, Tera};

use super::{Database, Report, ReportError, is_unread, sides};
use crate::drift::brief;
use crate::finding::{Difference, Finding, Kind, Severity};
use crate::source::Sources;

/// The name's ending makes the engine escape every value.
const PAGE: &str = "page.html";

#[derive(Serialize)]
struct Page<'a> {
    command: &'a str,
    verdict: &'a str,
    totals: String,
    counts: Vec<(&'static str, usize)>,
    /// Resources, properties, and those that could not be read.
    compared: Option<(usize, usize, usize)>,
    heads: [&'static str; 7],
    covered: &'a [super::Covered],
    databases: Vec<Row<'a>>,
    resources: Vec<Resource<'a>>,
    findings: Vec<Entry<'a>>,
    accepted: Vec<Exception<'a>>,
}

/// A finding of which the policy makes an exception.
#[derive(Serialize)]
struct Exception<'a> {
    code: &'static str,
    message: &'a str,
    place: String,
    reason: &'a str,
    owner: &'a str,
    until: &'a str,
}

/// A database with what was found of it, the worst counted first.
#[derive(Serialize)]
struct Row<'a> {
    database: &'a Database,
    counts: Vec<(&'static str, usize)>,
}

#[derive(Serialize)]
struct Resource<'a> {
    name: &'a str,
    severity: &'static str,
    differences: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    kind: &'static str,
    label: String,
    severity: &'static str,
    property: String,
    live: String,
    intended: String,
    place: Option<String>,
    restore: Option<&'a str>,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    place: Option<String>,
    why: &'a str,
    fix: &'a str,
}

/// The page.
///
/// # Errors
/// None in practice: the template is part of the program, and a test renders it.
pub fn render(report: &Report<'_>) -> Result<String, ReportError> {
    let (policy, drift) = report.parts();
    let mut resources: IndexMap<&str, Vec<(&Finding, &Difference)>> = IndexMap::new();
    for finding in &drift {
        if let Some(difference) = finding.difference.as_deref() {
            let rows = resources.entry(&difference.resource).or_default();
            rows.push((finding, difference));
        }
    }
    let mut resources: Vec<Resource<'_>> = resources
        .into_iter()
        .map(|(name, rows)| resource(report.sources, name, rows))
        .collect();
    // The worst first; a stable sort keeps the order of the plan within.
    resources.sort_by_key(|resource| order(resource.severity));
    let fails = report.findings.iter().any(|finding| report.fails(finding));
    let unread = report.findings.iter().any(is_unread);
    let page = Page {
        command: report.command,
        verdict: match (fails, unread) {
            (true, _) => "fails",
            (false, true) => "is incomplete",
            (false, false) => "passes",
        },
        totals: report.totals(),
        counts: SEVERITIES
            .map(|severity| (word(severity), report.count(severity)))
            .to_vec(),
        compared: report
            .compared
            .map(|it| (it.resources, it.properties, it.unreadable)),
        heads: super::Covered::HEADS,
        covered: report.coverage.map(|it| &*it.rows).unwrap_or_default(),
        databases: rows(report.databases, &drift),
        resources,
        findings: policy
            .into_iter()
            .map(|finding| entry(report.sources, finding))
            .collect(),
        accepted: report
            .accepted()
            .map(|(finding, accepted)| Exception {
                code: finding.code.name,
                message: &finding.message,
                place: report.sources.link(accepted.place),
                reason: &accepted.reason,
                owner: &accepted.owner,
                until: &accepted.until,
            })
            .collect(),
    };
    let mut engine = Tera::new();
    engine.add_raw_template(PAGE, include_str!("html/page.html"))?;
    Ok(engine.render(PAGE, &Context::from_serialize(&page)?)?)
}

const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn order(severity: &str) -> Option<usize> {
    SEVERITIES.iter().position(|it| word(*it) == severity)
}

fn rows<'a>(databases: &'a [Database], drift: &[&Finding]) -> Vec<Row<'a>> {
    let mut kinds: IndexMap<&str, Vec<Kind>> = IndexMap::new();
    for difference in drift.iter().filter_map(|it| it.difference.as_deref()) {
        kinds
            .entry(&difference.part)
            .or_default()
            .push(difference.kind);
    }
    let counts = |name: &str| {
        let found = kinds.get(name).map(Vec::as_slice).unwrap_or_default();
        let count = |kind: Kind| found.iter().filter(|it| **it == kind).count();
        let kinds = Kind::ALL
            .into_iter()
            .filter(|kind| *kind != Kind::NotCompared);
        kinds
            .map(|kind| (kind.name(), count(kind)))
            .filter(|(_, count)| *count > 0)
            .collect()
    };
    databases
        .iter()
        .map(|database| Row {
            counts: counts(&database.name),
            database,
        })
        .collect()
}

fn resource<'a>(
    sources: &Sources,
    name: &'a str,
    mut rows: Vec<(&'a Finding, &'a Difference)>,
) -> Resource<'a> {
    rows.sort_by_key(|(_, difference)| difference.kind);
    let worst = rows.iter().map(|(finding, _)| finding.severity).max();
    Resource {
        name,
        severity: word(worst.unwrap_or(Severity::Info)),
        differences: rows
            .into_iter()
            .map(|(finding, difference)| (finding, difference, sides(difference, brief)))
            .map(|(finding, difference, [live, intended])| Line {
                kind: difference.kind.name(),
                label: difference.label(),
                severity: word(finding.severity),
                property: difference.property.trim_start_matches('/').to_owned(),
                live,
                intended,
                place: finding.place.map(|place| sources.link(place)),
                restore: difference.restore.as_deref(),
            })
            .collect(),
    }
}

fn entry<'a>(sources: &Sources, finding: &'a Finding) -> Entry<'a> {
    Entry {
        code: finding.code.name,
        severity: word(finding.severity),
        message: &finding.message,
        place: finding.place.map(|place| sources.link(place)),
        why: &finding.why,
        fix: &finding.fix,
    }
}
