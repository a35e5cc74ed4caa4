//! The least that works for each identity: documents for all, and roles where the policy says who
//! takes them.

mod dumps;
mod exports;
mod keys;
mod reader;
mod recovery;
mod snapshots;
mod trust;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::{Grant, Plan, Purpose, Resource};
use super::{Region, logical_id};
use crate::cloud::aws::iam::{InlinePolicy, Role};
use crate::cloud::aws::{PolicyDocument, arn, partition};
use crate::policy::{Runner, Task};
use crate::resolve::{Database, Estate, Scope, Site};
use crate::source::Place;
use trust::TakenBy;

/// The name of each account's stack.
const NAME: &str = "access";

/// A role before it is known who may take it.
struct Wanted {
    account: String,
    role: String,
    /// The location that names it, where it is not backstay's to name.
    location: Option<String>,
    allows: PolicyDocument,
    taken_by: Vec<TakenBy>,
    /// Longest session, in seconds.
    seconds: u32,
    /// What asks for it.
    place: Place,
}

/// A session as long as AWS gives one without being told, and as long as GitHub's longest run.
const HOUR: u32 = 3600;
const RUN: u32 = 6 * HOUR;

/// Documents and roles of every account.
pub(in crate::plan) fn access(estate: &Estate<'_>, plan: &mut Plan) {
    let homes = homes(estate);
    let mut wanted = dumps::writers(estate, &plan.dumps);
    wanted.extend(dumps::testers(estate, &plan.restore_tests));
    wanted.extend(snapshots::operators(estate));
    wanted.extend(exports::roles(estate));
    wanted.extend(recovery::operators(estate, plan));
    for wanted in wanted {
        add(estate, &homes, plan, wanted);
    }
    // Roles are read as well.
    for wanted in reader::readers(estate, &homes, &plan.resources) {
        add(estate, &homes, plan, wanted);
    }
}

fn add(estate: &Estate<'_>, homes: &Homes<'_>, plan: &mut Plan, wanted: Wanted) {
    let Some(&home) = homes.get(wanted.account.as_str()) else {
        return;
    };
    let trust = trust::trust(estate, home, &wanted.taken_by);
    if let Some(trust) = &trust {
        plan.resources.push(role(home, &wanted, trust));
    }
    plan.grants.push(Grant {
        account: wanted.account,
        document: match wanted.location {
            Some(location) => format!("reads-{location}"),
            None => wanted.role.clone(),
        },
        role: wanted.role,
        allows: wanted.allows,
        trust,
    });
}

/// Where each account's stack is deployed: IAM is the same in every Region.
type Homes<'e> = BTreeMap<&'e str, Region<'e>>;

/// A location that is read with the account's own reader comes first, since that reads the roles as well.
fn homes<'e>(estate: &'e Estate<'_>) -> Homes<'e> {
    let rank = |region: Region<'_>| match region.role {
        None => 0,
        Some(role) if role == reader::own(region) => 1,
        Some(_) => 2,
    };
    let mut homes = Homes::new();
    for (region, _) in sites(estate) {
        let home = homes.entry(region.account).or_insert(region);
        if rank(region) < rank(*home) {
            *home = region;
        }
    }
    homes
}

/// The locations on AWS and where they are written, in the order of the policy.
fn sites<'e>(estate: &'e Estate<'_>) -> impl Iterator<Item = (Region<'e>, Place)> {
    let policies = estate.workspace.policies();
    let names = policies.flat_map(|(_, policy)| policy.locations.keys());
    names.filter_map(|name| Some((Region::of(estate.location(&name.value)?)?, name.place)))
}

fn role(home: Region<'_>, wanted: &Wanted, trust: &PolicyDocument) -> Resource {
    let body = Role {
        role_name: wanted.role.clone(),
        max_session_duration: wanted.seconds,
        assume_role_policy_document: trust.clone(),
        managed_policy_arns: BTreeSet::new(),
        policies: vec![InlinePolicy {
            policy_name: wanted.role.clone(),
            policy_document: wanted.allows.clone(),
        }],
    };
    let owner = home.stack(Purpose::Access, NAME, &logical_id("Role", &wanted.role));
    home.resource(NAME, &wanted.role, body, owner, wanted.place)
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

/// A crontab's host has credentials of its own.
fn taken_by(workflows: bool) -> Vec<TakenBy> {
    match workflows {
        true => vec![TakenBy::Workflows],
        false => Vec::new(),
    }
}

fn scope<'s>(site: &Site<'s>) -> Option<(&'s str, &'s str)> {
    match site.scope {
        Scope::Aws {
            account, region, ..
        } => Some((account, region)),
        Scope::Azure { .. } | Scope::Host { .. } => None,
    }
}

/// What the databases of one account ask for.
struct Instances<'e> {
    databases: Vec<&'e Database<'e>>,
    by_workflows: bool,
    place: Place,
}

/// Databases with a part of the policy, which asks for a task, by account.
fn by_account<'e>(
    estate: &'e Estate<'_>,
    task: Task,
    place: impl Fn(&'e Database<'_>) -> Option<Place>,
) -> BTreeMap<&'e str, Instances<'e>> {
    let mut accounts: BTreeMap<&str, Instances<'_>> = BTreeMap::new();
    for database in &estate.databases {
        if let (Some((account, _)), Some(place)) = (scope(&database.site), place(database)) {
            let instances = accounts.entry(account).or_insert_with(|| Instances {
                databases: Vec::new(),
                by_workflows: false,
                place,
            });
            let mut scheduled = database.written.scheduled();
            let scheduled = scheduled.find(|scheduled| scheduled.task == task);
            instances.by_workflows |=
                scheduled.is_some_and(|it| estate.started(database, it).by(Runner::GithubActions));
            instances.databases.push(database);
        }
    }
    accounts
}

/// More than this of one kind are allowed by their Region, or by what all their names have.
const NAMED: usize = 40;

impl Instances<'_> {
    fn regions(&self) -> BTreeSet<&str> {
        let databases = self.databases.iter();
        databases
            .filter_map(|database| Some(scope(&database.site)?.1))
            .collect()
    }

    fn arns(&self, account: &str) -> Vec<String> {
        let mut by_region: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for database in &self.databases {
            if let Some((_, region)) = scope(&database.site) {
                let id = database.written.id.to_ascii_lowercase();
                by_region.entry(region).or_default().insert(id);
            }
        }
        let arns = by_region.into_iter().flat_map(|(region, ids)| {
            let ids = match ids.len() > NAMED {
                true => BTreeSet::from(["*".to_owned()]),
                false => ids,
            };
            ids.into_iter()
                .map(move |id| arn("rds", region, account, &format!("db:{id}")))
        });
        arns.collect()
    }
}

fn bucket_arn(region: &str, bucket: &str) -> String {
    format!("arn:{}:s3:::{bucket}", partition(region))
}

/// Objects of buckets below some folders.
fn below(buckets: &BTreeSet<String>, folders: &[&str]) -> Vec<String> {
    let all = buckets.iter().flat_map(|bucket| {
        folders
            .iter()
            .map(move |folder| format!("{bucket}/{folder}/*"))
    });
    all.collect()
}

/// Lists what buckets have below some folders, and nothing else of them.
fn list(sid: &str, buckets: &BTreeSet<String>, folders: &[&str]) -> Value {
    let prefixes: Vec<String> = folders.iter().map(|folder| format!("{folder}/*")).collect();
    when(
        allow(sid, "s3:ListBucket", json!(buckets)),
        json!({ "StringLike": { "s3:prefix": prefixes } }),
    )
}
