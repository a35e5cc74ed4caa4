//! # github-repository
//! `github` says two things: another repository in another file, or both a branch and an environment.
//!
//! **Why.** One repository holds what is rendered and runs its workflows; the roles trust that one. To
//! GitHub a job has an environment or a branch: its identity names one of the two.
//!
//! **Fix.** Keep one `github` for the workspace, with `branch` or with `environment`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::GitHub;
use crate::resolve::Estate;

pub static CODE: Code = Code::new(
    "github-repository",
    Severity::Error,
    include_str!("github_repository.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let policies = estate.workspace.policies();
    let all: Vec<&GitHub> = policies
        .filter_map(|(_, policy)| policy.github.as_ref())
        .collect();
    for github in &all {
        if let (Some(branch), Some(environment)) = (&github.branch, &github.environment) {
            findings.push(
                Finding::new(
                    &CODE,
                    branch.place,
                    "workflows are trusted by branch or by environment, not by both",
                )
                .label(environment.place, "the environment")
                .why("the identity of a job names its environment in place of its branch")
                .fix("remove `branch:`: an environment can be bound to branches on GitHub"),
            );
        }
    }
    let Some((first, others)) = all.split_first() else {
        return;
    };
    for other in others.iter().filter(|other| other != &first) {
        findings.push(
            Finding::new(
                &CODE,
                other.repository.place,
                format!(
                    "`github` is {} here and something else in another file",
                    other.repository.value
                ),
            )
            .label(first.repository.place, "this one counts")
            .why("the workflows of the whole workspace run in one repository")
            .fix("say it once"),
        );
    }
}
