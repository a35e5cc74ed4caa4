//! `backstay validate`.

use super::failure::Failure;
use super::outcome::Code;
use super::{load, outcome};
use crate::cli::Validate;
use crate::report::{Detail, Report};

pub(super) fn run(args: &Validate) -> Result<Code, Failure> {
    let (workspace, findings) = load::workspace(&args.paths.paths)?;
    let (estate, findings) = load::estate(&workspace, findings);
    let report = Report {
        command: "validate",
        sources: &workspace.sources,
        findings: &findings,
        compared: None,
        databases: &load::databases(&estate),
        threshold: outcome::threshold(&args.output),
    };
    outcome::finish(&report, &workspace, &args.output, Detail::Brief)
}
