//! Markdown for the comment of a pull request: the summary first, the details folded, always under
//! GitHub's limit, with a marker by which the next run finds and updates it.

pub(super) mod escape;
mod page;

use indexmap::{IndexMap, IndexSet};

use super::recovery::{self, Line};
use super::{Coverage, Covered, Report, is_unread, many, sides};
use crate::drift::brief;
use crate::finding::{Accepted, Difference, Finding, Kind, Severity};
use crate::source::Sources;
use crate::status::Status;

use escape::{cell, code, fence, html, prose};
use page::{Page, Section};

/// What ends a fold.
const FOLDED: &str = "\n</details>\n\n";

/// The comment.
pub fn render(report: &Report<'_>) -> String {
    let (policy, drift) = report.parts();
    let mut page = Page::default();
    page.add([Section::text(head(report, &drift))]);
    page.add(report.coverage.and_then(coverage));
    page.add(report.status.into_iter().flat_map(points));
    page.add(findings(report, &policy));
    let mut resources: IndexMap<&str, Vec<(&Finding, &Difference)>> = IndexMap::new();
    for finding in drift {
        if let Some(difference) = finding.difference.as_deref()
            && difference.kind != Kind::NotCompared
        {
            // What no cloud tells back is counted above and no news here.
            let rows = resources.entry(&difference.resource).or_default();
            rows.push((finding, difference));
        }
    }
    for (resource, rows) in &resources {
        page.add([table(report.sources, resource, rows)]);
    }
    let rows = || resources.values().flatten();
    page.add(commands(
        "What would restore the policy's values",
        rows().filter(|(_, it)| !matches!(it.kind, Kind::Strengthened | Kind::Proposed)),
    ));
    page.add(commands(
        "What deploys the proposals, once this change is merged",
        rows().filter(|(_, it)| it.kind == Kind::Proposed),
    ));
    page.add(accepted(report));
    page.finish()
}

/// Marker, title, and the counts of what was found.
fn head(report: &Report<'_>, drift: &[&Finding]) -> String {
    let marker = format!("<!-- backstay {} -->\n\n", report.command);
    let fails = report.findings.iter().any(|finding| report.fails(finding));
    let unread = report.findings.iter().filter(|f| is_unread(f)).count();
    let verdict = match (fails, unread) {
        (true, _) => "fails",
        (false, 0) => "passes",
        (false, _) => "is incomplete",
    };
    let mut text = format!(
        "{marker}### backstay {} {verdict}\n\n{}",
        report.command,
        report.totals()
    );
    if let Some(compared) = report.compared {
        text += &format!("; {} compared", many(compared.resources, "resource"));
    }
    if report.unreadable() > 0 {
        text += &format!(", **{} could not be read**", report.unreadable());
    }
    text += ".\n\n";
    let counted = Kind::ALL.map(|kind| {
        (
            kind,
            drift.iter().filter(|f| f.kind() == Some(kind)).count(),
        )
    });
    let counted: Vec<String> = counted
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} {}", kind.name()))
        .collect();
    if !counted.is_empty() {
        text += &format!("Drift: {}.\n\n", counted.join(", "));
    }
    if let Some(status) = report.status {
        text += &format!(
            "{}, {}.\n\n",
            recovery::tally(status),
            recovery::as_of(status)
        );
    }
    text
}

/// How the databases of each location stand.
fn coverage(coverage: &Coverage) -> Option<Section> {
    let heads = Covered::HEADS.join(" | ");
    let rule = "---:|".repeat(Covered::HEADS.len() - 1);
    let row = |row: &Covered| {
        let numbers = row.numbers().map(|number| number.to_string());
        format!("| {} | {} |\n", cell(&row.location), numbers.join(" | "))
    };
    (!coverage.rows.is_empty()).then(|| Section {
        open: format!("| {heads} |\n|---|{rule}\n"),
        lines: coverage.rows.iter().map(row).collect(),
        close: "\n",
    })
}

/// The recovery points and drills: those that somebody has to look at are open, the others folded.
fn points(status: &Status) -> impl Iterator<Item = Section> {
    let (bad, rest): (Vec<_>, Vec<_>) = recovery::lines(status)
        .into_iter()
        .partition(|line| line.verdict.is_bad());
    let head = format!(
        "| {} |\n|{}\n",
        recovery::HEADS.join(" | "),
        "---|".repeat(8)
    );
    [(" open", "To look at", bad), ("", "In order", rest)]
        .into_iter()
        .filter(|(_, _, lines)| !lines.is_empty())
        .map(move |(open, title, lines)| Section {
            open: format!(
                "<details{open}><summary>{title}: {}</summary>\n\n{head}",
                lines.len()
            ),
            lines: lines.iter().map(point).collect(),
            close: FOLDED,
        })
}

fn point(line: &Line<'_>) -> String {
    let cells = line.cells.each_ref().map(|text| prose(text));
    let (database, verdict) = (cell(line.database), line.verdict.name());
    format!("| {database} | {} | {verdict} |\n", cells.join(" | "))
}

/// Findings that are no differences, one fold for each severity; errors are open.
fn findings(report: &Report<'_>, findings: &[&Finding]) -> Vec<Section> {
    // Beside drift, which is told apart.
    let what = report.compared.map_or("", |_| " on the policy");
    let parts = [
        (Severity::Error, "error", " open"),
        (Severity::Warning, "warning", ""),
        (Severity::Info, "note", ""),
    ];
    parts
        .into_iter()
        .filter_map(|(severity, word, open)| {
            let of: Vec<_> = findings.iter().filter(|f| f.severity == severity).collect();
            let count = many(of.len(), word);
            (!of.is_empty()).then(|| Section {
                open: format!("<details{open}><summary>{count}{what}</summary>\n\n"),
                lines: of
                    .iter()
                    .map(|finding| item(report.sources, finding))
                    .collect(),
                close: FOLDED,
            })
        })
        .collect()
}

fn item(sources: &Sources, finding: &Finding) -> String {
    let place = match finding.place {
        Some(place) => format!(" {}", code(&sources.link(place))),
        None => String::new(),
    };
    let more = [&finding.why, &finding.fix];
    let more: String = more
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(|text| format!("  {}\\\n", prose(text)))
        .collect();
    let more = more.strip_suffix("\\\n").map(|text| format!("{text}\n"));
    format!(
        "- **{}**{place}: {}\\\n{}",
        prose(finding.code.name),
        prose(&finding.message),
        more.unwrap_or_default()
    )
}

/// One resource, folded.
fn table(sources: &Sources, resource: &str, rows: &[(&Finding, &Difference)]) -> Section {
    let lines = rows
        .iter()
        .map(|(finding, difference)| {
            let place = finding.place.map(|place| sources.link(place));
            let [live, intended] = sides(difference, brief);
            let cells = [
                difference.label(),
                cell(difference.property.trim_start_matches('/')),
                cell(&live),
                cell(&intended),
                cell(&place.unwrap_or_default()),
            ];
            format!("| {} |\n", cells.join(" | "))
        })
        .collect();
    let errors = rows
        .iter()
        .any(|(finding, _)| finding.severity == Severity::Error);
    let open = if errors { " open" } else { "" };
    Section {
        open: format!(
            "<details{open}><summary>{}</summary>\n\n| kind | property | live | policy | asked for at |\n|---|---|---|---|---|\n",
            html(resource)
        ),
        lines,
        close: FOLDED,
    }
}

/// The commands, each once.
fn commands<'d>(
    title: &str,
    rows: impl Iterator<Item = &'d (&'d Finding, &'d Difference)>,
) -> Option<Section> {
    let commands = rows.filter_map(|(_, difference)| difference.restore.as_deref());
    let seen: IndexSet<&str> = commands.collect();
    // Whole or not at all: a fence has to end as it began.
    let text = seen.iter().copied().collect::<Vec<_>>().join("\n");
    let fence = fence(&text, 3);
    (!seen.is_empty()).then(|| {
        Section::text(format!(
            "<details><summary>{title}</summary>\n\nbackstay never runs these.\n\n{fence}sh\n{text}\n{fence}\n{FOLDED}"
        ))
    })
}

/// What the policy accepts, folded.
fn accepted(report: &Report<'_>) -> Option<Section> {
    let item = |(finding, accepted): (&Finding, &Accepted)| {
        format!(
            "- **{}** {}: {}\\\n  until {} by {}: {}\n",
            prose(finding.code.name),
            code(&report.sources.link(accepted.place)),
            prose(&finding.message),
            prose(&accepted.until),
            prose(&accepted.owner),
            prose(&accepted.reason)
        )
    };
    let lines: Vec<String> = report.accepted().map(item).collect();
    let count = lines.len();
    (count > 0).then(|| Section {
        open: format!("<details><summary>{count} accepted by the policy</summary>\n\n"),
        lines,
        close: FOLDED,
    })
}
