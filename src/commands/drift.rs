//! `backstay drift`.

use std::collections::HashSet;

use super::baseline::{self, Baseline};
use super::exceptions::{self, Exceptions};
use super::failure::Failure;
use super::load::Loaded;
use super::outcome::Code;
#[cfg(feature = "clouds")]
use super::progress;
use super::{load, out, outcome, write};
use crate::cli::{Drift, Paths, State};
use crate::drift;
use crate::finding::{Finding, Kind, Severity};
use crate::observe::{self, Observations};
use crate::plan::{Plan, Resource};
use crate::render::{self, Told};
use crate::report::{Compared, Detail, Report};
use crate::source::Sources;

pub(super) fn run(args: &Drift) -> Result<Code, Failure> {
    let (workspace, findings) = load::workspace(&args.paths.paths)?;
    let Loaded {
        estate,
        mut findings,
        exceptions,
        plan,
    } = load::estate(&workspace, findings, &args.paths);
    let mut compared = None;
    if let Some(plan) = &plan {
        // What validate says is validate's to say; drift speaks of the clouds, and of exceptions.
        findings.retain(|finding| exceptions::CODES.contains(&finding.code));
        let result = compare(&Comparison {
            plan,
            sources: &workspace.sources,
            paths: &args.paths,
            state: &args.state,
            out: &out::name(&args.out),
            exceptions: &exceptions,
        })?;
        findings.extend(exceptions.unused(&result.looked_for()));
        findings.extend(result.findings);
        compared = Some(result.compared);
    } else {
        findings.retain(|finding| finding.severity == Severity::Error);
    }
    let report = Report {
        command: "drift",
        sources: &workspace.sources,
        findings: &findings,
        compared,
        coverage: None,
        status: None,
        databases: &load::databases(&estate),
        threshold: outcome::threshold(&args.output),
    };
    outcome::finish(&report, &workspace, &args.output, detail(&args.state))
}

pub(super) fn detail(state: &State) -> Detail {
    match state.verbose {
        true => Detail::Full,
        false => Detail::Brief,
    }
}

/// What the clouds, or a recorded state, have otherwise than the plan.
pub(super) struct Outcome {
    pub(super) findings: Vec<Finding>,
    pub(super) compared: Compared,
}

/// What is compared, and how.
pub(super) struct Comparison<'a> {
    pub(super) plan: &'a Plan,
    pub(super) sources: &'a Sources,
    pub(super) paths: &'a Paths,
    pub(super) state: &'a State,
    /// What commands call the folder of the rendered files.
    pub(super) out: &'a str,
    pub(super) exceptions: &'a Exceptions<'a>,
}

/// Reads the clouds, or the recorded state, and compares.
pub(super) fn compare(comparison: &Comparison<'_>) -> Result<Outcome, Failure> {
    let Comparison {
        plan, state, out, ..
    } = *comparison;
    let baseline = match &state.baseline {
        Some(name) => baseline::load(name, comparison.paths)?,
        None => Baseline::default(),
    };
    let before = baseline.plan.as_ref();
    let removed = before.map_or_else(Vec::new, |before| drift::removed(before, plan));
    let resources = || plan.resources.iter().chain(removed.iter().copied());
    let observations = match &state.from {
        Some(path) => observe::read(path)?,
        None => live(resources())?,
    };
    if let Some(path) = &state.record {
        let text = observe::write(&observations, resources())?;
        write::write(path, &text)?;
    }
    let restore = |resource: &_, pointer: &str, live: &_| {
        let command = render::restore_command(resource, pointer, live)?;
        Some(command.in_folder(out).to_string())
    };
    let mut drift = drift::compare_since(before, plan, &observations, &restore);
    comparison.exceptions.apply(&mut drift.findings);
    if let Some(path) = &state.fix_script {
        let link = |place| comparison.sources.link(place);
        let told = drift.findings.iter().map(|finding| Told {
            finding,
            place: finding.place.map(link),
        });
        let told: Vec<Told<'_>> = told.collect();
        let script = render::fix_script(plan, &told, drift.unreadable, out)?;
        write::write(path, &script)?;
    }
    let mut findings = baseline.findings;
    findings.append(&mut drift.findings);
    Ok(Outcome {
        findings,
        compared: Compared {
            resources: drift.resources,
            properties: drift.properties,
            unreadable: drift.unreadable,
        },
    })
}

impl Outcome {
    /// The codes of which nothing was missed: none while something could not be read, or is told as
    /// proposed that is drift once it is merged.
    pub(super) fn looked_for(&self) -> HashSet<&'static str> {
        let proposes = |it: &Finding| it.kind() == Some(Kind::Proposed);
        match self.compared.unreadable == 0 && !self.findings.iter().any(proposes) {
            true => drift::CODES.iter().map(|code| code.name).collect(),
            false => HashSet::new(),
        }
    }
}

#[cfg(feature = "clouds")]
fn live<'p>(resources: impl IntoIterator<Item = &'p Resource>) -> Result<Observations, Failure> {
    let resources: Vec<&Resource> = resources.into_iter().collect();
    let amount = progress::Amount::Resources(resources.len());
    let read = |report: observe::live::Report<'_>| observe::live::observe(resources, report);
    Ok(progress::shown(amount, read)?)
}

#[cfg(not(feature = "clouds"))]
fn live<'p>(_: impl IntoIterator<Item = &'p Resource>) -> Result<Observations, Failure> {
    Err(Failure::NoClouds)
}
