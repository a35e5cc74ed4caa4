//! The report for a terminal. A clean run has nothing to say.

use super::{Detail, Report, Style, snippet, table};
use crate::finding::{Finding, Kind};

/// Findings on the policy with their snippets, then drift as a table.
pub fn render(report: &Report<'_>, style: Style) -> String {
    let (drift, policy): (Vec<&Finding>, Vec<&Finding>) = report
        .findings
        .iter()
        .partition(|finding| finding.difference.is_some());
    let secrets = snippet::Secrets::of(report.sources, report.findings);
    let mut text = String::new();
    for finding in policy {
        text += &snippet::render(report.sources, &secrets, finding, style);
        text += "\n\n";
    }
    let mut shown: Vec<&Finding> = drift
        .into_iter()
        .filter(|finding| style.detail == Detail::Full || kind(finding) != Some(Kind::NotCompared))
        .collect();
    shown.sort_by_key(|finding| kind(finding));
    if !shown.is_empty() {
        text += &table::render(report.sources, &shown, style);
    }
    text
}

fn kind(finding: &Finding) -> Option<Kind> {
    finding
        .difference
        .as_ref()
        .map(|difference| difference.kind)
}
