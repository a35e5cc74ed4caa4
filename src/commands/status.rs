//! `backstay status`.

mod drills;
#[cfg(feature = "clouds")]
mod notices;

use std::collections::HashSet;

use super::exceptions;
use super::failure::Failure;
use super::load;
use super::load::Loaded;
use super::outcome::{self, Code};
#[cfg(feature = "clouds")]
use super::progress;
use super::write;
use crate::cli::Status;
use crate::finding::Severity;
use crate::observe::{self, Points};
use crate::plan::{Promises, promises};
use crate::report::{Detail, Report};
use crate::status;

pub(super) fn run(args: &Status) -> Result<Code, Failure> {
    // What is missing for a notice is missing before anything is read.
    #[cfg(feature = "clouds")]
    let told = notices::receivers(&args.notify)?;
    #[cfg(not(feature = "clouds"))]
    if !args.notify.is_empty() {
        return Err(Failure::NoNotices);
    }
    let (workspace, findings) = load::workspace(&args.paths.paths)?;
    let Loaded {
        estate,
        mut findings,
        exceptions,
        plan,
    } = load::estate(&workspace, findings, &args.paths);
    let mut judged = None;
    if plan.is_some() {
        // What validate says is validate's to say; status speaks of the clouds, and of exceptions.
        findings.retain(|finding| exceptions::CODES.contains(&finding.code));
        let promises = promises(&estate);
        let seen = seen(&promises, args)?;
        let mut status = status::judge(&promises, &seen, args.now.unwrap_or(seen.taken));
        exceptions.apply(&mut status.findings);
        let looked_for: HashSet<&str> = match status.unreadable {
            0 => status::CODES.iter().map(|code| code.name).collect(),
            _ => HashSet::new(),
        };
        findings.extend(exceptions.unused(&looked_for));
        findings.append(&mut status.findings);
        judged = Some(status);
    } else {
        findings.retain(|finding| finding.severity == Severity::Error);
    }
    let report = Report {
        command: "status",
        sources: &workspace.sources,
        findings: &findings,
        compared: None,
        coverage: None,
        status: judged.as_ref(),
        databases: &load::databases(&estate),
        threshold: outcome::threshold(&args.output),
    };
    #[cfg(feature = "clouds")]
    if let Some(status) = &judged {
        notices::tell(&told, &report, status, &estate);
    }
    outcome::finish(&report, &workspace, &args.output, Detail::Brief)
}

fn seen(promises: &Promises, args: &Status) -> Result<Points, Failure> {
    if let Some(path) = &args.from {
        return Ok(observe::read_points(path)?);
    }
    let seen = live(promises)?;
    if let Some(path) = &args.record {
        let text = observe::write_points(&seen)?;
        write::write(path, &text)?;
    }
    if let Some(folder) = &args.drills {
        drills::write(folder, &seen)?;
    }
    Ok(seen)
}

#[cfg(feature = "clouds")]
fn live(promises: &Promises) -> Result<Points, Failure> {
    let read = |report: observe::live::Report<'_>| observe::live::points(promises, report);
    Ok(progress::shown(progress::Amount::Unknown, read)?)
}

#[cfg(not(feature = "clouds"))]
fn live(_promises: &Promises) -> Result<Points, Failure> {
    Err(Failure::NoClouds)
}
