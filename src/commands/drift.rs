//! `backstay drift`.

use super::failure::Failure;
use super::outcome::Code;
use super::{load, outcome};
use crate::cli::{Drift, State};
use crate::drift;
use crate::finding::{Finding, Severity};
use crate::observe::{self, Observations};
use crate::plan::{Plan, plan};
use crate::render;
use crate::report::{Compared, Detail, Report};

pub(super) fn run(args: &Drift) -> Result<Code, Failure> {
    let (workspace, findings) = load::workspace(&args.paths.paths)?;
    let (estate, mut findings) = load::estate(&workspace, findings);
    let mut compared = None;
    if load::is_sound(&findings) {
        // What validate says is validate's to say; drift speaks of the clouds.
        findings.clear();
        compared = Some(compare(&plan(&estate), &args.state, &mut findings)?);
    } else {
        findings.retain(|finding| finding.severity == Severity::Error);
    }
    let report = Report {
        command: "drift",
        sources: &workspace.sources,
        findings: &findings,
        compared,
    };
    outcome::finish(&report, &workspace, &args.output, detail(&args.state))
}

pub(super) fn detail(state: &State) -> Detail {
    match state.verbose {
        true => Detail::Full,
        false => Detail::Brief,
    }
}

/// Reads the clouds, or the recorded state, and adds what differs to the findings.
pub(super) fn compare(
    plan: &Plan,
    state: &State,
    findings: &mut Vec<Finding>,
) -> Result<Compared, Failure> {
    let observations = observations(plan, state)?;
    if let Some(path) = &state.record {
        let text = observe::write(&observations, plan)?;
        std::fs::write(path, text).map_err(|source| Failure::Write {
            path: path.clone(),
            source,
        })?;
    }
    let restore = |resource: &_, pointer: &str, live: &_| {
        render::restore_command(resource, pointer, live).map(|command| command.to_string())
    };
    let drift = drift::compare(plan, &observations, &restore);
    findings.extend(drift.findings);
    Ok(Compared {
        resources: drift.resources,
        properties: drift.properties,
        unreadable: drift.unreadable,
    })
}

fn observations(plan: &Plan, state: &State) -> Result<Observations, Failure> {
    match &state.from {
        Some(path) => Ok(observe::read(path)?),
        None => live(plan),
    }
}

#[cfg(feature = "clouds")]
fn live(plan: &Plan) -> Result<Observations, Failure> {
    let bar = indicatif::ProgressBar::new_spinner();
    let tell = |line: &str| {
        bar.set_message(line.to_owned());
        bar.tick();
    };
    let observations = observe::live::observe(plan, &tell)?;
    bar.finish_and_clear();
    Ok(observations)
}

#[cfg(not(feature = "clouds"))]
fn live(_plan: &Plan) -> Result<Observations, Failure> {
    Err(Failure::NoClouds)
}
