//! # github-reach
//! Locations of two or more AWS accounts that something is in name no `role`, and the workflows of
//! `github` are to read them all.
//!
//! **Why.** A workflow logs in to one account. What lies in another it reads by a role that its own may
//! take: without one, each review and each run for drift and status is incomplete.
//!
//! **Fix.** Give the locations of all these accounts but one a `role`, which may read and trusts the
//! reader of that one.
use std::collections::BTreeMap;

use crate::finding::{Code, Finding, Severity};
use crate::policy::Provider;
use crate::resolve::Estate;
use crate::source::Place;

pub static CODE: Code = Code::new(
    "github-reach",
    Severity::Warning,
    include_str!("github_reach.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let Some(github) = estate.github else {
        return;
    };
    let used = estate.used_locations();
    let mut accounts: BTreeMap<&str, Vec<(&str, Place)>> = BTreeMap::new();
    for (_, policy) in estate.workspace.policies() {
        for (name, location) in policy.locations.iter() {
            if location.provider.value == Provider::Aws
                && location.role.is_none()
                && used.contains(name.value.as_str())
                && let Some(account) = &location.account
            {
                let own = accounts.entry(account.value.as_str()).or_default();
                own.push((name.value.as_str(), name.place));
            }
        }
    }
    if accounts.len() < 2 {
        return;
    }
    let finding = Finding::new(
        &CODE,
        github.repository.place,
        format!(
            "workflows log in to one account, and locations of {} name no `role`",
            accounts.len()
        ),
    )
    .why("what another account has would be unreadable in every run")
    .fix("give the locations of all of them but one a `role` that the reader of that one may take");
    let named = accounts.into_iter().flat_map(|(account, locations)| {
        locations
            .into_iter()
            .map(move |(name, place)| (place, format!("`{name}` is in {account}")))
    });
    findings.push(named.fold(finding, |finding, (place, label)| {
        finding.label(place, label)
    }));
}
