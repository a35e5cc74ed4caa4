//! One page for a browser: the estate and its objectives, recovery points, drift and findings, with
//! filters. It holds everything that it needs and asks no server for anything.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::Serialize;
use tera::{Context, Tera};

use super::recovery::{self, grade};
use super::{Covered, Database, Report, ReportError, is_unread, sides};
use crate::drift::brief;
use crate::finding::{Difference, Finding, Kind, Severity};
use crate::source::Sources;
use crate::status::{Status, Verdict};

/// The name's ending makes the engine escape every value.
const PAGE: &str = "page.html";

#[derive(Serialize)]
struct Page<'a> {
    command: &'a str,
    verdict: &'a str,
    totals: String,
    counts: Vec<(&'static str, usize)>,
    /// Resources and properties.
    compared: Option<(usize, usize)>,
    /// None where nothing was read.
    unreadable: Option<usize>,
    coverage_heads: [&'static str; 7],
    covered: &'a [Covered],
    points: Option<Points<'a>>,
    /// What the counts of the databases are of.
    counted: Option<&'static str>,
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

/// Recovery points and drills.
#[derive(Serialize)]
struct Points<'a> {
    as_of: String,
    /// How many have each verdict, with its grade.
    verdicts: Vec<(&'static str, usize, &'static str)>,
    heads: [&'static str; 8],
    lines: Vec<Point<'a>>,
}

#[derive(Serialize)]
struct Point<'a> {
    database: &'a str,
    cells: [String; 6],
    verdict: &'static str,
    grade: &'static str,
    note: Option<&'a str>,
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
    let mut counts = counts(report.status, &drift);
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
        compared: report.compared.map(|it| (it.resources, it.properties)),
        unreadable: (report.compared.is_some()
            || report.coverage.is_some()
            || report.status.is_some())
        .then(|| report.unreadable()),
        coverage_heads: Covered::HEADS,
        covered: report.coverage.map(|it| &*it.rows).unwrap_or_default(),
        points: report.status.map(points),
        counted: match (report.compared, report.status) {
            (Some(_), _) => Some("drift"),
            (None, Some(_)) => Some("status"),
            (None, None) => None,
        },
        databases: report
            .databases
            .iter()
            .map(|database| Row {
                counts: counts.remove(&*database.name).unwrap_or_default(),
                database,
            })
            .collect(),
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

fn points(status: &Status) -> Points<'_> {
    let mut lines = recovery::lines(status);
    // The worst first; a stable sort keeps the order of the policy within.
    lines.sort_by_key(|line| std::cmp::Reverse(grade(line.verdict)));
    let good = |verdict| grade(verdict).map_or("good", word);
    let counts = Verdict::ALL.map(|it| (it.name(), status.count(it), good(it)));
    Points {
        as_of: recovery::as_of(status),
        verdicts: counts.into_iter().filter(|it| it.1 > 0).collect(),
        heads: recovery::HEADS,
        lines: lines
            .into_iter()
            .map(|line| Point {
                database: line.database,
                cells: line.cells,
                verdict: line.verdict.name(),
                grade: good(line.verdict),
                note: line.note,
            })
            .collect(),
    }
}

/// Of each database, how many differences there are of each kind; or how its mechanisms and drills
/// stand.
fn counts<'a>(status: Option<&'a Status>, drift: &'a [&Finding]) -> Counts<'a> {
    match status {
        Some(status) => {
            let points = status.points.iter().map(|it| (&*it.database, it.verdict));
            let drills = status.drills.iter().map(|it| (&*it.database, it.verdict));
            grouped(points.chain(drills), &Verdict::ALL, Verdict::name)
        }
        None => {
            let differences = drift.iter().filter_map(|it| it.difference.as_deref());
            let kinds = differences.map(|it| (&*it.part, it.kind));
            let compared = kinds.filter(|(_, kind)| *kind != Kind::NotCompared);
            grouped(compared, &Kind::ALL, Kind::name)
        }
    }
}

/// Words with how often each is met.
type Counts<'a> = HashMap<&'a str, Vec<(&'static str, usize)>>;

fn grouped<'a, T: Copy + PartialEq>(
    found: impl Iterator<Item = (&'a str, T)>,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Counts<'a> {
    let mut of: HashMap<&str, Vec<T>> = HashMap::new();
    found.for_each(|(database, it)| of.entry(database).or_default().push(it));
    let count = |found: &[T], one: T| found.iter().filter(|it| **it == one).count();
    of.into_iter()
        .map(|(database, found)| {
            let counts = all.iter().map(|one| (name(*one), count(&found, *one)));
            (database, counts.filter(|(_, count)| *count > 0).collect())
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
