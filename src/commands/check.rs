//! `backstay check`: validate, `render --check` and drift in one report.

use super::failure::Failure;
use super::outcome::{self, Code};
use super::{drift, load, render, stale};
use crate::cli::Check;
use crate::finding::Severity;
use crate::plan::plan;
use crate::render::folder;
use crate::report::Report;

pub(super) fn run(args: &Check) -> Result<Code, Failure> {
    let (workspace, findings) = load::workspace(&args.paths.paths)?;
    let (estate, mut findings) = load::estate(&workspace, findings);
    let mut compared = None;
    if load::is_sound(&findings) {
        if !args.state.verbose {
            findings.retain(|finding| finding.severity > Severity::Info);
        }
        let plan = plan(&estate);
        let artifacts = render::artifacts(&plan, &args.folder)?;
        let changes = folder::compare(&args.folder.out, &artifacts)?;
        findings.extend(stale::findings(&changes, &args.folder.out));
        compared = Some(drift::compare(&plan, &args.state, &mut findings)?);
    }
    let report = Report {
        command: "check",
        sources: &workspace.sources,
        findings: &findings,
        compared,
        databases: &load::databases(&estate),
        threshold: outcome::threshold(&args.output),
    };
    outcome::finish(
        &report,
        &workspace,
        &args.output,
        drift::detail(&args.state),
    )
}
