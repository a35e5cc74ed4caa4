//! Who may do what in Azure: an identity without a secret for each thing that the repository's workflows
//! do, a role that allows that and nothing else, and where.

mod duty;
mod rights;
mod worker;

use std::collections::BTreeSet;

use super::super::{Body, Plan, Promises, Purpose, Resource, promises};
use super::Group;
use crate::cloud::Owned;
use crate::cloud::azure::access::{
    Assignment, FederatedCredential, Holder, Identity, Permission, Role, RoleAssignment,
    RoleDefinition, Trust,
};
use crate::cloud::azure::reads::{INVENTORY, right};
use crate::cloud::azure::{group_id, guid};
use crate::policy::{GitHub, ISSUER, Subjects};
use crate::resolve::Estate;
use crate::source::Place;

use duty::Duty;
use rights::Right;
pub use worker::Worker;

/// For whom GitHub's tokens are made out, where Azure takes them.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// The version of the language of conditions.
const CONDITIONS: &str = "2.0";

/// Everything that the workflows need, where the policy names their repository. The identities lie in
/// the first Azure location of the policy; their rights lie beside what they are rights to.
pub(in crate::plan) fn access(estate: &Estate<'_>, plan: &Plan) -> Vec<Resource> {
    let locations = locations(estate);
    let (Some(github), Some(home)) = (estate.github, locations.first()) else {
        return Vec::new();
    };
    let access = Access {
        home: *home,
        planned: &plan.resources,
        promises: promises(estate),
        place: github.repository.place,
    };
    let mut rights = rights::of_jobs(estate, plan);
    let read = locations.iter().filter(|group| access.has(group));
    rights.extend(read.map(|group| Right {
        duty: Duty::Read,
        group: *group,
        on: None,
    }));
    rights.extend(rights::of_status(estate, &access.promises));
    let workers: BTreeSet<Worker> = rights.iter().map(|right| right.duty.worker()).collect();
    let mut resources: Vec<Resource> = workers
        .into_iter()
        .flat_map(|worker| access.identity(worker, github))
        .collect();
    let mut roles = BTreeSet::new();
    for right in &rights {
        if roles.insert(role_id(right)) {
            resources.push(access.role(right));
        }
        resources.push(access.assignment(right));
    }
    resources
}

/// The Azure locations in the order of the policy.
fn locations<'e>(estate: &'e Estate<'_>) -> Vec<Group<'e>> {
    let policies = estate.workspace.policies();
    let names = policies.flat_map(|(_, policy)| policy.locations.keys());
    let mut groups: Vec<Group<'_>> = Vec::new();
    for group in names.filter_map(|name| Group::of(estate.location(name)?)) {
        if groups.iter().all(|known| known.location != group.location) {
            groups.push(group);
        }
    }
    groups
}

struct Access<'e> {
    home: Group<'e>,
    planned: &'e [Resource],
    promises: Promises,
    /// Where the repository is written.
    place: Place,
}

impl Access<'_> {
    /// Whether there is anything to read in a location.
    fn has(&self, group: &Group<'_>) -> bool {
        let here = |resource: &Resource| resource.location == group.location;
        group.location == self.home.location || self.planned.iter().any(here)
    }

    fn resource(
        &self,
        group: Group<'_>,
        purpose: Purpose,
        id: &str,
        body: impl Into<Body>,
    ) -> Resource {
        let file = match purpose {
            Purpose::Identities => "identities",
            _ => "access",
        };
        let owner = group.template(purpose, file);
        group.resource(group.location, id, body, owner, self.place)
    }

    /// The identity, and whom it trusts: GitHub has two forms of a repository's name, and no other text
    /// is the same to Azure.
    fn identity(&self, worker: Worker, github: &GitHub) -> Vec<Resource> {
        let name = worker.name();
        let body = Identity {
            name: name.to_owned(),
            location: self.home.region.to_owned(),
        };
        let trust = |run: &str, subjects: Subjects| {
            let numbers = subjects.by_number.map(|it| (format!("{run}-numbers"), it));
            let credential = |(form, subject): (String, String)| {
                let name = format!("{name}/{form}");
                let body = FederatedCredential {
                    name: name.clone(),
                    properties: Trust {
                        issuer: ISSUER.to_owned(),
                        subject,
                        audiences: BTreeSet::from([AUDIENCE.to_owned()]),
                    },
                };
                self.resource(self.home, Purpose::Identities, &name, body)
            };
            let forms = [Some((run.to_owned(), subjects.by_name)), numbers];
            forms.map(|form| form.map(credential)).into_iter().flatten()
        };
        let mut resources = vec![self.resource(self.home, Purpose::Identities, name, body)];
        resources.extend(trust("github", github.subjects()));
        // Whoever may push a branch may say what a pull request runs: it may look, and nothing else.
        if let (Worker::DriftReader, Some(subjects)) = (worker, github.pull_request_subjects()) {
            resources.extend(trust("pull-request", subjects));
        }
        resources
    }

    fn role(&self, right: &Right<'_>) -> Resource {
        let (duty, group) = (right.duty, right.group);
        let id = role_id(right);
        // Names of roles are unique in a directory.
        let name = format!("{} {} {}", duty.role(), group.location, &id[..8]);
        let actions = match duty {
            Duty::Read => self.reads(group),
            _ => duty.actions().into_iter().collect(),
        };
        let body = RoleDefinition {
            name: id,
            properties: Role {
                role_name: name.clone(),
                description: duty.description().to_owned(),
                kind: "CustomRole".to_owned(),
                permissions: vec![Permission {
                    actions,
                    not_actions: BTreeSet::new(),
                    data_actions: duty.data_actions().into_iter().collect(),
                    not_data_actions: BTreeSet::new(),
                }],
                assignable_scopes: BTreeSet::from([group_id(
                    group.subscription,
                    group.resource_group,
                )]),
            },
        };
        self.resource(group, Purpose::Access, &name, body)
    }

    /// What is asked for in a location: by drift each kind of resource that the plan has there, by status
    /// recovery points, by coverage what there is.
    fn reads(&self, group: Group<'_>) -> BTreeSet<String> {
        let here = self.planned.iter();
        let here = here.filter(|resource| resource.location == group.location);
        let mut kinds: BTreeSet<&str> = here.map(|it| it.address.kind.as_str()).collect();
        kinds.extend([RoleDefinition::TYPE, RoleAssignment::TYPE]);
        if group.location == self.home.location {
            kinds.extend([Identity::TYPE, FederatedCredential::TYPE]);
        }
        kinds.extend(rights::kinds(group, &self.promises));
        kinds.extend(INVENTORY);
        kinds.into_iter().map(right).collect()
    }

    fn assignment(&self, right: &Right<'_>) -> Resource {
        let (duty, group) = (right.duty, right.group);
        let whole = group_id(group.subscription, group.resource_group);
        let on = right.on.as_deref().unwrap_or(&whole);
        let role = role_id(right);
        let holder = self.home.id(Identity::TYPE, duty.worker().name());
        let condition = duty.condition();
        let body = RoleAssignment {
            name: guid(&[
                &on.to_ascii_lowercase(),
                &role,
                &holder.to_ascii_lowercase(),
            ]),
            scope: right.on.clone(),
            properties: Assignment {
                role_definition_id: format!(
                    "/subscriptions/{}/providers/{}/{role}",
                    group.subscription,
                    RoleDefinition::TYPE
                ),
                condition_version: condition.is_some().then(|| CONDITIONS.to_owned()),
                condition,
                principal_type: "ServicePrincipal".to_owned(),
            },
            holder: Holder::Identity(holder),
        };
        let what = on.rsplit('/').next().unwrap_or(on);
        let id = format!("{} on {what}", duty.role());
        self.resource(group, Purpose::Access, &id, body)
    }
}

/// A role's number: of what it allows, and where.
fn role_id(right: &Right<'_>) -> String {
    let group = right.group;
    let within = group_id(group.subscription, group.resource_group).to_ascii_lowercase();
    guid(&[&within, group.location, right.duty.role()])
}
