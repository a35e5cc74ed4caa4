//! GitHub's workflow commands: annotations on the lines of a pull request.
//!
//! GitHub shows ten annotations of each kind for a step and drops the rest without a word, so the
//! tenth rolls the rest up. Source: "Workflow commands" and the limits of annotations in GitHub's
//! documentation.

use super::{Region, Report, many, region};
use crate::finding::{Finding, Kind, Severity};

/// Annotations of one severity that are shown one by one.
const SHOWN: usize = 9;

/// One command a finding, at most ten of each severity.
pub fn render(report: &Report<'_>) -> String {
    let kinds = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Info, "notice"),
    ];
    let mut text = String::new();
    for (severity, command) in kinds {
        let of = |finding: &&Finding| {
            finding.severity == severity && finding.kind() != Some(Kind::NotCompared)
        };
        let findings: Vec<&Finding> = report.counted().filter(of).collect();
        let (shown, rest) = findings.split_at(findings.len().min(SHOWN));
        for finding in shown {
            text += &annotation(report, command, finding);
        }
        match rest {
            [] => {}
            [last] => text += &annotation(report, command, last),
            rest => {
                let title = property(&format!("backstay {}", report.command));
                let count = rest.len();
                text += &format!(
                    "::{command} title={title}::{count} more of this kind are in the log and the other reports\n"
                );
            }
        }
    }
    let silent = |finding: &&Finding| finding.kind() == Some(Kind::NotCompared);
    match report.counted().filter(silent).count() {
        0 => {}
        count => {
            let title = property("backstay: not_compared");
            let values = many(count, "value");
            text += &format!("::notice title={title}::{values} that no cloud tells back\n");
        }
    }
    text
}

fn annotation(report: &Report<'_>, command: &str, finding: &Finding) -> String {
    let title = property(&format!("backstay: {}", finding.code.name));
    let parts = [&finding.message, &finding.why, &finding.fix];
    let parts: Vec<&str> = parts
        .into_iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    let message = message(&parts.join("\n"));
    match finding.place {
        None => format!("::{command} title={title}::{message}\n"),
        Some(place) => {
            let Region {
                file,
                line,
                column,
                end_line,
                end_column,
            } = region(report.sources, place);
            let file = property(&file);
            // Columns mean something on one line only; there the last column is part of the place.
            let end = match end_line == line && end_column > column {
                true => format!(",endColumn={}", end_column - 1),
                false => String::new(),
            };
            format!(
                "::{command} file={file},line={line},col={column}{end},title={title}::{message}\n"
            )
        }
    }
}

/// A text that ends neither the command nor its line.
fn message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A text that does not end a property either.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
