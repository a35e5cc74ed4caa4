//! What a run ends with: its reports and its exit code.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use super::failure::Failure;
use super::write;
use crate::cli::{FailOn, Format, Output};
use crate::finding::Severity;
use crate::policy::Workspace;
use crate::report::{self, Color, Detail, Report, Style, Threshold, many};

/// Exit codes, the same for every command and format. The greater wins, but for [`Code::Findings`],
/// which wins over [`Code::Incomplete`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Clean = 0,
    Findings = 1,
    Unusable = 2,
    Incomplete = 3,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> ExitCode {
        ExitCode::from(code as u8)
    }
}

impl Code {
    /// The code of a report.
    pub(super) fn of(report: &Report<'_>, workspace: &Workspace) -> Code {
        if workspace
            .documents
            .iter()
            .any(|document| document.tree.is_none())
        {
            Code::Unusable
        } else if report.findings.iter().any(|finding| report.fails(finding)) {
            Code::Findings
        } else if report.unreadable() > 0 {
            Code::Incomplete
        } else {
            Code::Clean
        }
    }
}

/// From which finding on a run fails: drift from `weakened` on, the rest from `warning` on, where
/// nothing else is said.
pub(super) fn threshold(output: &Output) -> Threshold {
    let least = |default| match output.fail_on.unwrap_or(default) {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Info => Some(Severity::Info),
        FailOn::Never => None,
    };
    Threshold {
        policy: least(FailOn::Warning),
        drift: least(FailOn::Error),
    }
}

/// Prints the report, writes the files that were asked for, and says how it ended.
pub(super) fn finish(
    report: &Report<'_>,
    workspace: &Workspace,
    output: &Output,
    detail: Detail,
) -> Result<Code, Failure> {
    for file in &output.reports {
        let plain = Style {
            color: Color::Plain,
            width: 120,
            detail,
        };
        let text = text(report, file.format, plain)?;
        write::write(&file.path, &text)?;
    }
    print(&text(report, output.format, style(detail))?)?;
    summary(report);
    Ok(Code::of(report, workspace))
}

fn text(report: &Report<'_>, format: Format, style: Style) -> Result<String, Failure> {
    Ok(match format {
        Format::Text => report::text(report, style),
        Format::Json => report::json(report)?,
        Format::Sarif => report::sarif(report)?,
        Format::Junit => report::junit(report)?,
        Format::Markdown => report::markdown(report),
        Format::Github => report::github(report),
        Format::Html => report::html(report)?,
        Format::Prometheus => report::prometheus(report),
    })
}

pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Colour and the terminal's width on a terminal only; NO_COLOR is honoured.
pub(super) fn style(detail: Detail) -> Style {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let terminal = io::stdout().is_terminal();
    Style {
        color: if terminal && !plain {
            Color::Styled
        } else {
            Color::Plain
        },
        width: match terminal_size::terminal_size() {
            Some((width, _)) if terminal => usize::from(width.0).max(40),
            _ => 120,
        },
        detail,
    }
}

fn summary(report: &Report<'_>) {
    let properties = |count| match count {
        1 => "1 property".to_owned(),
        count => format!("{count} properties"),
    };
    if let Some(status) = report.status {
        let (verdicts, counts) = (report::verdicts(status), report.totals());
        eprintln!("backstay {}: {verdicts}; {counts}", report.command);
        return;
    }
    let looked_at = match (report.compared, report.coverage) {
        (Some(compared), _) => format!(
            "{} and {} compared",
            many(compared.resources, "resource"),
            properties(compared.properties)
        ),
        (None, Some(coverage)) => {
            let databases = coverage.rows.iter().map(|row| row.databases).sum();
            let locations = many(coverage.rows.len(), "location");
            format!("{} in {locations}", many(databases, "database"))
        }
        (None, None) => String::new(),
    };
    let unread = match report.unreadable() {
        0 => String::new(),
        count => format!("; {count} could not be read"),
    };
    let end = if looked_at.is_empty() { "" } else { "; " };
    let counts = report.totals();
    eprintln!(
        "backstay {}: {looked_at}{unread}{end}{counts}",
        report.command
    );
}
