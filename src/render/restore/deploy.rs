//! The commands that bring to the clouds what was rendered.

use std::collections::{BTreeSet, HashSet};

use super::super::parameters;
use super::{azure, stack};
use crate::cloud::Command;
use crate::plan::{Owner, Plan, Resource, Scope};

/// The commands that deploy the files that are `wanted`, of those that are rendered whole: what others
/// name comes first, else in the order of the plan. Azure shows first what a deployment would change.
/// Stacks of one name and Region are in several accounts: there each command asks whose credentials
/// it has.
pub fn deploy_commands(plan: &Plan, wanted: impl Fn(&str) -> bool) -> Vec<Command> {
    let one = accounts(plan).len() < 2;
    let guarded = |command, resource: &Resource| match &resource.address.scope {
        Scope::Aws { account, .. } if !one => only_in(account).then(command),
        _ => command,
    };
    let both = |resource| {
        let shown = azure::template(resource, "what-if");
        let put = deploy_command(resource).map(|command| guarded(command, resource));
        shown.into_iter().chain(put)
    };
    let wanted = |owner: &Owner| {
        let beside = parameters::path(owner);
        wanted(owner.file()) || beside.is_some_and(|path| wanted(&path))
    };
    owned(plan, wanted).into_iter().flat_map(both).collect()
}

/// The accounts of AWS that the plan has something in.
pub fn accounts(plan: &Plan) -> BTreeSet<&str> {
    let scopes = plan.resources.iter().map(|it| &it.address.scope);
    scopes
        .filter_map(|scope| match scope {
            Scope::Aws { account, .. } => Some(account.as_str()),
            Scope::Azure { .. } => None,
        })
        .collect()
}

/// A command that succeeds with the credentials of an account.
fn only_in(account: &str) -> Command {
    let caller = [
        "aws",
        "sts",
        "get-caller-identity",
        "--query",
        "Account",
        "--output",
        "text",
    ];
    Command::new(["test"])
        .output("", Command::new(caller))
        .args(["-eq", account])
}

/// The commands that show what the `wanted` scripts would change of what exists already.
pub fn enforce_commands(plan: &Plan, wanted: impl Fn(&str) -> bool) -> Vec<Command> {
    let script = |resource: &Resource| match &resource.owner {
        Owner::Existing { file, .. } => Some(Command::new(["bash"]).file(file)),
        Owner::Stack { .. } | Owner::Template { .. } => None,
    };
    let wanted = owned(plan, |owner| wanted(owner.file()));
    wanted.into_iter().filter_map(script).collect()
}

/// One resource of each wanted file, in the order in which files are deployed.
fn owned(plan: &Plan, wanted: impl Fn(&Owner) -> bool) -> Vec<&Resource> {
    let mut resources: Vec<&Resource> = plan.resources.iter().collect();
    resources.sort_by_key(|resource| resource.owner.purpose());
    let mut seen = HashSet::new();
    resources.retain(|resource| seen.insert(resource.owner.file()) && wanted(&resource.owner));
    resources
}

pub(super) fn deploy_command(resource: &Resource) -> Option<Command> {
    match (&resource.owner, &resource.address.scope) {
        (Owner::Stack { .. }, Scope::Aws { region, .. }) => stack::deploy(&resource.owner, region),
        (Owner::Template { .. }, Scope::Azure { .. }) => azure::template(resource, "create"),
        _ => None,
    }
}
