//! # name-clash
//! Two parts of the policy would be one file, one stack or one thing in the cloud: a database and a
//! vault of one location have one name, or names that differ only by `-` and `_`; or a part has the
//! name of something that backstay makes beside it, as `alerts`, `access`, or the `-plans` of a vault
//! and the `-replicas` of a database.
//!
//! **Why.** Each of the two would overwrite the other, and a deployment of one stack would remove what
//! the other made. Nothing is rendered while it is so.
//!
//! **Fix.** Give one of the two another name in the policy. Names in the cloud stay as they are: only
//! the rendered files, stacks and aliases of keys are called by the policy's names.
use std::collections::{HashMap, HashSet};

use super::{Address, Owner, Plan, Purpose, Resource};
use crate::finding::{Code, Finding, Severity};

pub static CODE: Code = Code::new("name-clash", Severity::Error, include_str!("name_clash.rs"));

/// What only one part of a policy can be.
#[derive(PartialEq, Eq, Hash)]
enum Name<'p> {
    File(&'p str),
    Stack(&'p super::Scope, &'p str),
    Member(&'p str, &'p str),
    Resource(&'p Address),
}

/// Each pair of parts that share a name, told once.
pub fn name_clashes(plan: &Plan) -> Vec<Finding> {
    let mut names: HashMap<Name<'_>, &Resource> = HashMap::new();
    let mut told = HashSet::new();
    let mut findings = Vec::new();
    for resource in &plan.resources {
        for name in names_of(resource) {
            let Some(first) = names.get(&name) else {
                names.insert(name, resource);
                continue;
            };
            if name.is_shared(first, resource) {
                continue;
            }
            let places = [first.place, resource.place];
            let within = (part(first) == part(resource)).then_some(places);
            if told.insert((part(first), part(resource), within)) {
                findings.push(clash(&name, first, resource));
            }
        }
    }
    findings
}

fn names_of(resource: &Resource) -> Vec<Name<'_>> {
    let Resource { address, owner, .. } = resource;
    let mut names = vec![Name::File(owner.file()), Name::Resource(address)];
    if let Owner::Stack {
        stack, logical_id, ..
    } = owner
    {
        names.push(Name::Stack(&address.scope, stack));
        names.push(Name::Member(owner.file(), logical_id));
    }
    names
}

impl Name<'_> {
    /// Whether two resources may have it: a file holds one part of the policy, a stack is one file.
    fn is_shared(&self, first: &Resource, second: &Resource) -> bool {
        match self {
            Name::File(_) => part(first) == part(second),
            Name::Stack(..) => first.owner.file() == second.owner.file(),
            Name::Member(..) | Name::Resource(_) => false,
        }
    }
}

/// The part of the policy that a resource is of, and what for.
fn part(resource: &Resource) -> (&str, Purpose) {
    (&resource.name, resource.owner.purpose())
}

fn clash(name: &Name<'_>, first: &Resource, second: &Resource) -> Finding {
    // Nobody can call backstay's own parts otherwise.
    let (first, second) = match is_ours(second.owner.purpose()) {
        true => (second, first),
        false => (first, second),
    };
    let both = match part(first) == part(second) {
        true => format!("two parts of {}", said(first)),
        false => format!("{} and {}", said(first), said(second)),
    };
    let message = match name {
        Name::File(file) => format!("{both} would both be rendered to {file}"),
        Name::Stack(_, stack) => format!("{both} would both be the stack {stack}"),
        Name::Member(file, id) => format!("{both} would both be {id} in {file}"),
        Name::Resource(address) => format!("{both} would both be {address}"),
    };
    Finding::new(&CODE, second.place, message)
        .label(first.place, format!("{} is here", said(first)))
        .why("each of the two would overwrite the other")
        .fix("give one of the two another name")
}

fn is_ours(purpose: Purpose) -> bool {
    matches!(
        purpose,
        Purpose::Alerts | Purpose::Identities | Purpose::Access
    )
}

/// A part of the policy, and what of it the resource is for.
fn said(resource: &Resource) -> String {
    let name = &resource.name;
    match resource.owner.purpose() {
        Purpose::Database => format!("the database `{name}`"),
        Purpose::Copies => format!("what receives the copies of `{name}`"),
        Purpose::Replicas => format!("the replicas of `{name}`"),
        Purpose::Vault => format!("the vault `{name}`"),
        Purpose::BackupPlans => format!("the plans of the vault `{name}`"),
        Purpose::VaultAccess => format!("what the vault `{name}` may read"),
        Purpose::Store => format!("the store `{name}`"),
        Purpose::Alerts => "backstay's alerts".to_owned(),
        Purpose::Identities => "the identities of the workflows".to_owned(),
        Purpose::Access => "the access of the workflows".to_owned(),
    }
}
