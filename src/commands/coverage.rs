//! `backstay coverage`.

use std::collections::HashSet;

use super::failure::Failure;
use super::load::Loaded;
use super::outcome::Code;
use super::{exceptions, inventory, load, outcome};
use crate::cli::Coverage as Args;
use crate::coverage::{asked, cover};
use crate::finding::{self, Severity};
use crate::report::{Coverage, Covered, Detail, Report};

pub(super) fn run(args: &Args) -> Result<Code, Failure> {
    let (workspace, findings) = load::workspace(&args.paths.paths)?;
    let Loaded {
        estate,
        mut findings,
        exceptions,
        plan,
    } = load::estate(&workspace, findings, &args.paths);
    let mut covered = None;
    if let Some(plan) = &plan {
        // What validate says is validate's to say; coverage speaks of the clouds, and of exceptions.
        findings.retain(|finding| exceptions::CODES.contains(&finding.code));
        let inventory = inventory::read(&args.inventory, asked(&estate))?;
        let coverage = cover(&estate, plan, &inventory, exceptions::today());
        let looked_for: HashSet<&str> = coverage.looked_for().map(|code| code.name).collect();
        let mut told = coverage.findings;
        exceptions.apply(&mut told);
        findings.extend(told);
        findings.extend(exceptions.unused(&looked_for));
        finding::sort(&mut findings);
        let row = |(location, row): (String, crate::coverage::Row)| Covered {
            location,
            databases: row.databases,
            protected: row.protected,
            unprotected: row.unprotected,
            twice: row.twice,
            ignored: row.ignored,
            not_handled: row.not_handled,
        };
        covered = Some(Coverage {
            rows: coverage.rows.into_iter().map(row).collect(),
            unreadable: coverage.unreadable,
        });
    } else {
        findings.retain(|finding| finding.severity == Severity::Error);
    }
    let report = Report {
        command: "coverage",
        sources: &workspace.sources,
        findings: &findings,
        compared: None,
        coverage: covered.as_ref(),
        status: None,
        databases: &load::databases(&estate),
        threshold: outcome::threshold(&args.output),
    };
    outcome::finish(&report, &workspace, &args.output, Detail::Brief)
}
