//! `backstay drift`.

use std::collections::HashSet;

use super::baseline::{self, Baseline};
use super::exceptions::{self, Exceptions};
use super::failure::Failure;
use super::load::Loaded;
use super::outcome::Code;
use super::{load, out, outcome};
use crate::cli::{Drift, Paths, State};
use crate::drift;
use crate::finding::{Finding, Kind, Severity};
use crate::observe::{self, Observations};
use crate::plan::{Plan, Resource, plan};
use crate::render;
use crate::report::{Compared, Detail, Report};

pub(super) fn run(args: &Drift) -> Result<Code, Failure> {
    let (workspace, findings) = load::workspace(&args.paths.paths)?;
    let Loaded {
        estate,
        mut findings,
        exceptions,
        sound,
    } = load::estate(&workspace, findings, &args.paths);
    let mut compared = None;
    if sound {
        // What validate says is validate's to say; drift speaks of the clouds, and of exceptions.
        findings.retain(|finding| exceptions::CODES.contains(&finding.code));
        let result = compare(
            &plan(&estate),
            &args.paths,
            &args.state,
            &out::name(&args.out),
            &exceptions,
        )?;
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

/// Reads the clouds, or the recorded state, and compares. Commands name the rendered files in `out`.
pub(super) fn compare(
    plan: &Plan,
    paths: &Paths,
    state: &State,
    out: &str,
    exceptions: &Exceptions<'_>,
) -> Result<Outcome, Failure> {
    let baseline = match &state.baseline {
        Some(name) => baseline::load(name, paths)?,
        None => Baseline::default(),
    };
    let before = baseline.plan.as_ref().unwrap_or(plan);
    let resources = || plan.resources.iter().chain(drift::removed(before, plan));
    let observations = match &state.from {
        Some(path) => observe::read(path)?,
        None => live(resources())?,
    };
    if let Some(path) = &state.record {
        let text = observe::write(&observations, resources())?;
        std::fs::write(path, text).map_err(|source| Failure::Write {
            path: path.clone(),
            source,
        })?;
    }
    let restore = |resource: &_, pointer: &str, live: &_| {
        let command = render::restore_command(resource, pointer, live)?;
        Some(command.in_folder(out).to_string())
    };
    let mut drift = drift::compare_since(before, plan, &observations, &restore);
    exceptions.apply(&mut drift.findings);
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
    let bar = indicatif::ProgressBar::new_spinner();
    let tell = |line: &str| {
        bar.set_message(line.to_owned());
        bar.tick();
    };
    let observations = observe::live::observe(resources, &tell)?;
    bar.finish_and_clear();
    Ok(observations)
}

#[cfg(not(feature = "clouds"))]
fn live<'p>(_: impl IntoIterator<Item = &'p Resource>) -> Result<Observations, Failure> {
    Err(Failure::NoClouds)
}
