//! The least that works for each identity: documents for all, and roles where the policy says who
//! takes them.

mod reader;
mod recovery;
mod trust;
mod writers;

use serde_json::{Value, json};

use super::super::{Grant, Plan, Purpose, Resource};
use super::{Region, logical_id};
use crate::cloud::aws::PolicyDocument;
use crate::cloud::aws::iam::{InlinePolicy, Role};
use crate::resolve::{Estate, Scope, Site};
use crate::source::Place;

/// The name of each account's stack.
const NAME: &str = "access";

/// A role before it is known who may take it.
struct Wanted {
    account: String,
    role: String,
    allows: PolicyDocument,
    taken_by: TakenBy,
    /// Longest session, in seconds.
    seconds: u32,
    /// What asks for it.
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TakenBy {
    /// Workflows of the policy's repository.
    Workflows,
    /// RDS, to write an export.
    Exports,
    /// Somebody whom the policy does not name.
    Others,
}

/// A session as long as AWS gives one without being told, and as long as GitHub's longest run.
const HOUR: u32 = 3600;
const RUN: u32 = 6 * HOUR;

/// Documents and roles of every account.
pub(in crate::plan) fn access(estate: &Estate<'_>, plan: &mut Plan) {
    for wanted in writers::writers(estate, &plan.dumps, &plan.pitr_tests) {
        add(estate, plan, wanted);
    }
    for wanted in reader::readers(estate, &plan.resources) {
        add(estate, plan, wanted);
    }
}

fn add(estate: &Estate<'_>, plan: &mut Plan, wanted: Wanted) {
    let trust = trust::trust(estate, &wanted);
    let home = home(estate, &wanted.account);
    if let (Some(region), Some(trust)) = (home, &trust) {
        plan.resources.push(role(region, &wanted, trust));
    }
    plan.grants.push(Grant {
        account: wanted.account,
        role: wanted.role,
        allows: wanted.allows,
        trust,
    });
}

/// Where an account's stack is deployed: IAM is the same in every Region.
fn home<'e>(estate: &'e Estate<'_>, account: &str) -> Option<Region<'e>> {
    let policies = estate.workspace.policies();
    let names = policies.flat_map(|(_, policy)| policy.locations.keys());
    let sites = names.filter_map(|name| estate.location(&name.value));
    sites
        .filter_map(Region::of)
        .find(|it| it.account == account)
}

fn role(region: Region<'_>, wanted: &Wanted, trust: &PolicyDocument) -> Resource {
    let body = Role {
        role_name: wanted.role.clone(),
        max_session_duration: wanted.seconds,
        assume_role_policy_document: trust.clone(),
        managed_policy_arns: [].into(),
        policies: vec![InlinePolicy {
            policy_name: wanted.role.clone(),
            policy_document: wanted.allows.clone(),
        }],
    };
    let owner = region.stack(Purpose::Access, NAME, &logical_id("Role", &wanted.role));
    region.resource(NAME, &wanted.role, body, owner, wanted.place)
}

/// Allows some actions on some resources.
fn allow<A: Into<Value>, R: Into<Value>>(sid: &str, actions: A, resources: R) -> Value {
    json!({
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions.into(),
        "Resource": resources.into(),
    })
}

fn when(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

fn scope<'s>(site: &Site<'s>) -> Option<(&'s str, &'s str)> {
    match site.scope {
        Scope::Aws {
            account, region, ..
        } => Some((account, region)),
        Scope::Azure { .. } | Scope::Host { .. } => None,
    }
}
