//! `backstay check`: validate, `render --check` and drift in one report.

use std::collections::HashSet;

use super::drift::Comparison;
use super::failure::Failure;
use super::load::Loaded;
use super::outcome::{self, Code};
use super::{codes, drift, load, out, render, stale};
use crate::cli::Check;
use crate::finding::Severity;
use crate::render::folder::Rendering;
use crate::report::Report;

pub(super) fn run(args: &Check) -> Result<Code, Failure> {
    let (workspace, findings) = load::workspace(&args.paths.paths)?;
    let Loaded {
        estate,
        mut findings,
        exceptions,
        plan,
    } = load::estate(&workspace, findings, &args.paths);
    let mut compared = None;
    let mut looked_for: HashSet<&str> = codes::of_the_policy().map(|code| code.name).collect();
    if let Some(plan) = plan {
        let plan = render::whole(plan, &estate);
        if !args.state.verbose {
            findings.retain(|finding| finding.severity > Severity::Info);
        }
        let mut rendering = Rendering::compared_with(&args.folder.out)?;
        render::each(&plan, &args.folder, &args.paths, &mut |artifact| {
            rendering.take(&artifact).map(drop)
        })?;
        let changes = rendering.finish()?;
        findings.extend(stale::findings(&changes, &args.folder.out));
        let result = drift::compare(&Comparison {
            plan: &plan,
            sources: &workspace.sources,
            paths: &args.paths,
            state: &args.state,
            out: &out::name(&args.folder.out),
            exceptions: &exceptions,
        })?;
        looked_for.extend(result.looked_for());
        findings.extend(result.findings);
        compared = Some(result.compared);
    }
    findings.extend(exceptions.unused(&looked_for));
    let report = Report {
        command: "check",
        sources: &workspace.sources,
        findings: &findings,
        compared,
        coverage: None,
        status: None,
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
