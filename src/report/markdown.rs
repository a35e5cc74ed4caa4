//! Markdown for the comment of a pull request: the summary first, the details folded, always under
//! GitHub's limit, with a marker by which the next run finds and updates it.

use indexmap::{IndexMap, IndexSet};

use super::{Coverage, Covered, Report, is_unread, many, sides};
use crate::drift::brief;
use crate::finding::{Difference, Finding, Kind, Severity};
use crate::source::Sources;

/// The longest comment that GitHub takes, in characters, less what closes a cut one.
const LONGEST: usize = 65_536 - 1_024;

/// The comment.
pub fn render(report: &Report<'_>) -> String {
    let (policy, drift) = report.parts();
    let mut page = Page::default();
    page.add(head(report, &drift));
    page.add(report.coverage.and_then(coverage));
    page.add(findings(report.sources, &policy));
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
        page.add(table(report.sources, resource, rows));
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

/// Sections up to the limit; whole sections only, so that no table and no fold is cut open.
#[derive(Default)]
struct Page {
    text: String,
    characters: usize,
    left_out: usize,
}

impl Page {
    fn add(&mut self, sections: impl IntoIterator<Item = String>) {
        for section in sections {
            let more = section.chars().count();
            match self.characters + more <= LONGEST {
                true => {
                    self.text += &section;
                    self.characters += more;
                }
                false => self.left_out += 1,
            }
        }
    }

    fn finish(mut self) -> String {
        if self.left_out > 0 {
            self.text += &format!(
                "\n{} left out: a comment has a limit. The JSON report has them all.\n",
                many(self.left_out, "section")
            );
        }
        self.text
    }
}

/// Marker, title, and the counts of what was found.
fn head(report: &Report<'_>, drift: &[&Finding]) -> Vec<String> {
    let marker = format!("<!-- backstay {} -->\n", report.command);
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
    vec![text]
}

/// How the databases of each location stand.
fn coverage(coverage: &Coverage) -> Option<String> {
    let mut text = format!("| {} |\n|---|", Covered::HEADS.join(" | "));
    text += &"---:|".repeat(Covered::HEADS.len() - 1);
    for row in &coverage.rows {
        let numbers = row.numbers().map(|number| number.to_string());
        text += &format!("\n| {} | {} |", cell(&row.location), numbers.join(" | "));
    }
    (!coverage.rows.is_empty()).then(|| text + "\n\n")
}

/// Findings on the policy, one fold for each severity; errors are open.
fn findings(sources: &Sources, findings: &[&Finding]) -> Vec<String> {
    let parts = [
        (Severity::Error, "error", " open"),
        (Severity::Warning, "warning", ""),
        (Severity::Info, "note", ""),
    ];
    parts
        .into_iter()
        .filter_map(|(severity, word, open)| {
            let of: Vec<_> = findings.iter().filter(|f| f.severity == severity).collect();
            let items: String = of.iter().map(|finding| item(sources, finding)).collect();
            let count = many(of.len(), word);
            (!of.is_empty()).then(|| {
                format!("<details{open}><summary>{count} on the policy</summary>\n\n{items}\n</details>\n\n")
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
fn table(sources: &Sources, resource: &str, rows: &[(&Finding, &Difference)]) -> Vec<String> {
    let lines: String = rows
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
    vec![format!(
        "<details{open}><summary>{}</summary>\n\n| kind | property | live | policy | asked for at |\n|---|---|---|---|---|\n{lines}\n</details>\n\n",
        html(resource)
    )]
}

/// The commands, each once.
fn commands<'d>(
    title: &str,
    rows: impl Iterator<Item = &'d (&'d Finding, &'d Difference)>,
) -> Option<String> {
    let commands = rows.filter_map(|(_, difference)| difference.restore.as_deref());
    let seen: IndexSet<&str> = commands.collect();
    if seen.is_empty() {
        return None;
    }
    let text = seen.into_iter().collect::<Vec<_>>().join("\n");
    let fence = fence(&text, 3);
    Some(format!(
        "<details><summary>{title}</summary>\n\nbackstay never runs these.\n\n{fence}sh\n{text}\n{fence}\n\n</details>\n"
    ))
}

/// What the policy accepts, folded.
fn accepted(report: &Report<'_>) -> Option<String> {
    let items: String = report
        .accepted()
        .map(|(finding, accepted)| {
            format!(
                "- **{}** {}: {}\\\n  until {} by {}: {}\n",
                prose(finding.code.name),
                code(&report.sources.link(accepted.place)),
                prose(&finding.message),
                prose(&accepted.until),
                prose(&accepted.owner),
                prose(&accepted.reason)
            )
        })
        .collect();
    let count = report.accepted().count();
    (count > 0).then(|| {
        format!(
            "<details><summary>{count} accepted by the policy</summary>\n\n{items}\n</details>\n"
        )
    })
}

/// More backticks than the text has in a row.
fn fence(text: &str, least: usize) -> String {
    let runs = text.split(|c| c != '`').map(str::len);
    "`".repeat(runs.max().map_or(least, |longest| least.max(longest + 1)))
}

/// A text as a code span: no mention, link or markup in it counts.
fn code(text: &str) -> String {
    let text = line(text);
    if text.is_empty() {
        return text;
    }
    let fence = fence(&text, 1);
    match text.starts_with('`') || text.ends_with('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

/// A code span in a table, where a bar would end the cell even there.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Our own sentences, which quote names and values: every sign with a meaning is taken literally,
/// and a mention notifies nobody.
fn prose(text: &str) -> String {
    let text = html(&line(text));
    let special = |c: char| "\\`*_[]#|~!".contains(c);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '@' => shown += "@\u{200b}",
            c if special(c) => {
                shown.push('\\');
                shown.push(c);
            }
            c => shown.push(c),
        }
    }
    shown
}

fn html(text: &str) -> String {
    line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}
