//! The report for a terminal. A clean run has nothing to say, but for the counts of coverage and what
//! `status` was asked for.

use super::{Detail, Report, Style, recovery, snippet, table};
use crate::finding::{Finding, Kind};

/// Recovery points, findings on the policy with their snippets, then drift as a table.
pub fn render(report: &Report<'_>, style: Style) -> String {
    let (policy, drift) = report.parts();
    let secrets = snippet::Secrets::of(report.sources, report.findings);
    let points = report.status.map(|status| recovery::table(status, style));
    let mut text = points.unwrap_or_default();
    for finding in policy {
        text += &snippet::render(report.sources, &secrets, finding, style);
        text += "\n\n";
    }
    let mut shown: Vec<&Finding> = drift
        .into_iter()
        .filter(|finding| style.detail == Detail::Full || finding.kind() != Some(Kind::NotCompared))
        .collect();
    shown.sort_by_key(|finding| finding.kind());
    if !shown.is_empty() {
        text += &table::render(report.sources, &shown, style);
    }
    text += &report.coverage.map(table::coverage).unwrap_or_default();
    text
}
