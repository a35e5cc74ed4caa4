//! # github-trust
//! Workflows take roles of AWS, and the policy does not say of which repository, or says it without
//! the numbers of its owner and name.
//!
//! **Why.** Without a repository no trust is rendered: whoever makes the roles writes it by hand, and
//! a trust that is too wide lets strangers' workflows in. Without the numbers the trust goes by names,
//! and somebody else can take a name that was given up.
//!
//! **Fix.** Add `github: { repository: owner/name, owner_id: "…", repository_id: "…" }`;
//! `gh api repos/OWNER/NAME` tells the numbers as `owner.id` and `id`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Runner, Task};
use crate::resolve::{Database, Estate, Scope};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "github-trust",
    Severity::Info,
    include_str!("github_trust.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let Some(place) = estate.databases.iter().find_map(|it| takes_a_role(estate, it)) else {
        return;
    };
    match estate.github {
        None => findings.push(
            Finding::new(
                &CODE,
                place,
                "a workflow takes a role of AWS, and no repository is named that may take it",
            )
            .why("the roles and their trust are rendered only for a repository")
            .fix("add `github: { repository: owner/name }`"),
        ),
        Some(github) if github.owner_id.is_none() || github.repository_id.is_none() => {
            findings.push(
                Finding::new(
                    &CODE,
                    github.repository.place,
                    format!("{} is trusted by its name alone", github.repository.value),
                )
                .why("somebody else can take a name that was given up, never a number")
                .fix("add `owner_id:` and `repository_id:`"),
            );
        }
        Some(_) => {}
    }
}

/// Where the first workflow is asked for that needs a role.
fn takes_a_role(estate: &Estate<'_>, database: &Database<'_>) -> Option<Place> {
    let aws = |scope: &Scope<'_>| matches!(scope, Scope::Aws { .. });
    let mut places = database.written.scheduled().filter_map(|scheduled| {
        if !estate.started(database, scheduled).by(Runner::GithubActions) {
            return None;
        }
        match scheduled.task {
            Task::Dump | Task::RestoreTest => {
                let mut to = database.written.dump.as_ref()?.to.iter();
                let to = to.find(|to| {
                    let store = estate.store(&to.value);
                    store.is_some_and(|store| aws(&store.site.scope))
                });
                to.map(|to| to.place)
            }
            Task::Snapshot | Task::Export | Task::PitrTest => {
                aws(&database.site.scope).then_some(scheduled.schedule.place)
            }
        }
    });
    places.next()
}
