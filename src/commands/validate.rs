//! `backstay validate`.

use super::failure::Failure;
use super::load::Loaded;
use super::outcome::Code;
use super::{codes, load, outcome};
use crate::cli::Validate;
use crate::report::{Detail, Report};

pub(super) fn run(args: &Validate) -> Result<Code, Failure> {
    let (workspace, findings) = load::workspace(&args.paths.paths)?;
    let Loaded {
        estate,
        mut findings,
        exceptions,
        ..
    } = load::estate(&workspace, findings, &args.paths);
    let looked_for = codes::of_the_policy().map(|code| code.name).collect();
    findings.extend(exceptions.unused(&looked_for));
    let report = Report {
        command: "validate",
        sources: &workspace.sources,
        findings: &findings,
        compared: None,
        coverage: None,
        status: None,
        databases: &load::databases(&estate),
        threshold: outcome::threshold(&args.output),
    };
    outcome::finish(&report, &workspace, &args.output, Detail::Brief)
}
