//! # no-baseline
//! `--baseline` names a revision or copy that has no policy, or one that cannot be used: it does not
//! parse, or it has errors.
//!
//! **Why.** Only beside the older policy can be said what this change proposes and what the clouds
//! did. Where there was no policy, all of it counts as proposed; beside one that cannot be used, every
//! difference counts as drift.
//!
//! **Fix.** Name a revision whose policy is sound; where this change is what mends it, nothing.
mod git;

use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::load::{self, Loaded};
use crate::cli::Paths;
use crate::finding::{Code, Finding, Severity};
use crate::plan::Plan;
use crate::policy;
use crate::source::Sources;

pub(super) static CODE: Code =
    Code::new("no-baseline", Severity::Info, include_str!("baseline.rs"));

/// The policy as it was before the change.
#[derive(Default)]
pub(super) struct Baseline {
    /// None: every difference counts as drift.
    pub(super) plan: Option<Plan>,
    pub(super) findings: Vec<Finding>,
}

/// A text of the older policy, under the name that reports give it.
type Text = (PathBuf, Vec<u8>);

/// What a name of an older policy leads to.
pub(super) enum Old {
    Policy(Sources),
    /// There was none yet.
    Nothing,
    /// Why it cannot be used.
    Unusable(String),
}

/// Reads the older policy of the same paths.
pub(super) fn load(name: &str, paths: &Paths) -> Result<Baseline, Failure> {
    Ok(match old(name, &paths.paths)? {
        Old::Policy(sources) => sound(sources),
        Old::Unusable(why) => unusable(&why),
        Old::Nothing => {
            let message =
                format!("the baseline {name} has no policy, so this change proposes all of it");
            Baseline {
                plan: Some(Plan::default()),
                findings: vec![finding(&message)],
            }
        }
    })
}

/// The texts of the older policy of these paths.
pub(super) fn old(name: &str, paths: &[PathBuf]) -> Result<Old, Failure> {
    let texts = match older(name)? {
        Older::Copy(path) => copy(&path)?,
        Older::Revision(repository, commit) => match repository.files(&commit, paths) {
            Ok(files) => {
                let named = |(path, bytes)| (PathBuf::from(format!("{name}:{path}")), bytes);
                files.into_iter().map(named).collect()
            }
            Err(git::Problem::Link(path)) => {
                let why = format!("{name}:{path} is a link or another repository");
                return Ok(Old::Unusable(why));
            }
            Err(git::Problem::Failed(why)) => return Err(refused(name, why)),
        },
    };
    if texts.is_empty() {
        return Ok(Old::Nothing);
    }
    let mut sources = Sources::default();
    for (path, bytes) in texts {
        match String::from_utf8(bytes) {
            Ok(text) => drop(sources.add(path, text)),
            Err(_) => return Ok(Old::Unusable(format!("{} is no text", path.display()))),
        }
    }
    Ok(Old::Policy(sources))
}

/// The plan of a policy that has no errors.
fn sound(sources: Sources) -> Baseline {
    let (workspace, findings) = policy::parse(sources);
    // What the older policy made exceptions of was sound when it was merged.
    let paths = Paths {
        paths: Vec::new(),
        no_exceptions: false,
    };
    let Loaded { findings, plan, .. } = load::estate(&workspace, findings, &paths);
    if plan.is_some() {
        return Baseline {
            plan,
            findings: Vec::new(),
        };
    }
    // Code and place only: a message may quote what the older text had to hide.
    let errors = findings
        .iter()
        .filter(|it| it.severity == Severity::Error && it.accepted.is_none());
    let told: Vec<String> = errors
        .map(|it| {
            let place = it.place.map(|place| workspace.sources.link(place));
            format!("{} at {}", it.code.name, place.unwrap_or_default())
        })
        .collect();
    let more = match told.len() {
        0 | 1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    unusable(&format!(
        "{}{more}",
        told.first().map_or("", String::as_str)
    ))
}

fn unusable(why: &str) -> Baseline {
    let message = format!(
        "the policy of the baseline cannot be used, so every difference counts as drift: {why}"
    );
    Baseline {
        plan: None,
        findings: vec![finding(&message)],
    }
}

fn finding(message: &str) -> Finding {
    Finding::without_place(&CODE, message)
        .why("only beside the older policy can be said what this change proposes")
        .fix("name a revision whose policy is sound; where this change mends it, nothing")
}

enum Older {
    Copy(PathBuf),
    Revision(git::Repository, String),
}

/// A path that cannot be a revision is taken for a path; a name that can be both is refused.
fn older(name: &str) -> Result<Older, Failure> {
    let path = Path::new(name);
    if name.starts_with('.') || path.is_absolute() {
        return Ok(Older::Copy(path.to_owned()));
    }
    let revision = git::Repository::open().and_then(|it| it.commit(name).map(|id| (it, id)));
    match (path.exists(), revision) {
        (false, Ok((repository, commit))) => Ok(Older::Revision(repository, commit)),
        (false, Err(why)) => Err(refused(name, why)),
        (true, Err(_)) => Ok(Older::Copy(path.to_owned())),
        (true, Ok(_)) => Err(refused(
            name,
            format!(
                "it is a path and a revision: write ./{name} for the path, or refs/heads/{name}"
            ),
        )),
    }
}

fn refused(name: &str, why: String) -> Failure {
    Failure::Baseline {
        name: name.to_owned(),
        why,
    }
}

fn copy(path: &Path) -> Result<Vec<Text>, Failure> {
    let read = |path: PathBuf| match std::fs::read(&path) {
        Ok(bytes) => Ok((path, bytes)),
        Err(source) => Err(Failure::Read { path, source }),
    };
    load::files(&[path.to_owned()])?
        .into_iter()
        .map(read)
        .collect()
}
