//! What drift needs to read: the actions of the planned kinds, on what is planned.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::super::super::{Body, Owner, Resource, Scope};
use super::{HOUR, TakenBy, Wanted, allow, home};
use crate::cloud::Owned;
use crate::cloud::aws::iam::Role;
use crate::cloud::aws::reads::{self, ASSUME_ROLE, On, Read};
use crate::cloud::aws::{PolicyDocument, arn, partition, roles};
use crate::resolve::Estate;

/// What one identity reads: in one account, as the location's role or as the one that drift starts
/// with.
struct Reader<'r> {
    account: &'r str,
    role: Option<&'r str>,
    resources: Vec<&'r Resource>,
}

/// Actions on one kind of thing, and where.
#[derive(Default)]
struct Need<'r> {
    actions: BTreeSet<&'static str>,
    regions: BTreeSet<&'r str>,
}

/// One reader for each account and role.
pub(super) fn readers(estate: &Estate<'_>, resources: &[Resource]) -> Vec<Wanted> {
    let mut readers: IndexMap<(&str, &str), Reader<'_>> = IndexMap::new();
    for resource in resources {
        if let Scope::Aws { account, .. } = &resource.address.scope {
            let role = resource.role.as_deref();
            let reader = readers
                .entry((account, name(role)))
                .or_insert_with(|| Reader {
                    account,
                    role,
                    resources: Vec::new(),
                });
            // Named by some location, it exists.
            reader.role = reader.role.or(role);
            reader.resources.push(resource);
        }
    }
    let others: BTreeSet<&str> = readers.values().filter_map(|reader| reader.role).collect();
    let wanted = readers.values().filter_map(|reader| {
        let place = reader.resources.first()?.place;
        let github = estate.github.filter(|_| reader.is_made(estate));
        Some(Wanted {
            account: reader.account.to_owned(),
            role: name(reader.role).to_owned(),
            allows: PolicyDocument::new(reader.statements(estate, &others)),
            taken_by: match github {
                Some(_) => TakenBy::Workflows,
                None => TakenBy::Others,
            },
            seconds: HOUR,
            place: github.map_or(place, |github| github.repository.place),
        })
    });
    wanted.collect()
}

/// An account has one role of a name, whatever the path before it.
fn name(role: Option<&str>) -> &str {
    let name = role.and_then(|arn| arn.rsplit('/').next());
    name.unwrap_or(roles::DRIFT_READER)
}

impl Reader<'_> {
    /// A role that a location names exists already; and so does whoever reads an account without.
    fn is_made(&self, estate: &Estate<'_>) -> bool {
        let home = home(estate, self.account);
        self.role.is_none() && home.is_some_and(|home| home.role.is_none())
    }

    fn statements(&self, estate: &Estate<'_>, others: &BTreeSet<&str>) -> Vec<Value> {
        let mut needs: BTreeMap<On, Need<'_>> = BTreeMap::new();
        let mut add = |reads: &[Read], region| {
            for read in reads {
                let need = needs.entry(read.on).or_default();
                need.actions.insert(read.action);
                need.regions.insert(region);
            }
        };
        for resource in &self.resources {
            let Scope::Aws { region, .. } = &resource.address.scope else {
                continue;
            };
            add(reads::of(resource.body.kind()), region);
            if let Body::DbInstance(body) = &resource.body
                && let Some(there) = &body.replication_region
            {
                add(reads::REPLICATION, there);
            }
            if matches!(resource.owner, Owner::Stack { .. }) {
                add(reads::STACKS, region);
                if resource.body.refers() || matches!(resource.body, Body::Key(_)) {
                    add(reads::REFERENCES, region);
                }
            }
        }
        // Its own role is read as well.
        let home = estate.github.and_then(|_| home(estate, self.account));
        if let Some(home) = home.filter(|_| self.is_made(estate)) {
            add(reads::of(Role::TYPE), home.region);
            add(reads::STACKS, home.region);
        }
        let mut statements: Vec<Value> = needs
            .iter()
            .filter_map(|(on, need)| {
                let resources = self.resources(*on, &need.regions);
                let some = resources.as_array().is_none_or(|all| !all.is_empty());
                some.then(|| allow(&format!("{on:?}"), json!(need.actions), resources))
            })
            .collect();
        if self.role.is_none() && !others.is_empty() {
            statements.push(allow("OtherRoles", ASSUME_ROLE, json!(others)));
        }
        statements
    }

    fn resources(&self, on: On, regions: &BTreeSet<&str>) -> Value {
        let everywhere = |service: &str, rest: &str| -> BTreeSet<String> {
            let all = regions.iter();
            all.map(|region| arn(service, region, self.account, rest))
                .collect()
        };
        let partition = regions.first().map_or("aws", |region| partition(region));
        let bucket = |resource: &Resource, tagged: bool| match &resource.body {
            Body::Bucket(bucket) if !tagged || bucket.tags.is_some() => {
                Some(format!("arn:{partition}:s3:::{}", bucket.bucket_name))
            }
            _ => None,
        };
        let vault = |resource: &Resource, tags: bool| match &resource.body {
            Body::BackupVault(vault) => {
                let asked = match tags {
                    true => vault.backup_vault_tags.is_some(),
                    false => vault.access_policy.is_some(),
                };
                let id = format!("backup-vault:{}", vault.backup_vault_name);
                asked.then(|| self.arn(resource, "backup", &id)).flatten()
            }
            _ => None,
        };
        let own = roles::PREFIX;
        let resources = match on {
            On::Everything => return json!("*"),
            On::Instances => everywhere("rds", "db:*"),
            On::AutomatedBackups => everywhere("rds", "auto-backup:*"),
            On::Keys => everywhere("kms", "key/*"),
            On::EventSubscriptions => everywhere("rds", "es:*"),
            On::AllStacks => everywhere("cloudformation", "stack/*"),
            On::Stacks => everywhere("cloudformation", &format!("stack/{own}*/*")),
            On::Alarms => everywhere("cloudwatch", "alarm:*"),
            On::Rules => everywhere("events", &format!("rule/{own}*")),
            On::Topics => self.named(|resource| match &resource.body {
                Body::Topic(topic) => self.arn(resource, "sns", &topic.topic_name),
                _ => None,
            }),
            On::Buckets => self.named(|resource| match &resource.body {
                Body::BucketPolicy(policy) => {
                    Some(format!("arn:{partition}:s3:::{}", policy.bucket))
                }
                _ => bucket(resource, false),
            }),
            On::TaggedBuckets => self.named(|resource| bucket(resource, true)),
            On::SharedVaults => self.named(|resource| vault(resource, false)),
            On::TaggedVaults => self.named(|resource| vault(resource, true)),
            // AWS Backup gives plans their ids.
            On::BackupPlans => everywhere("backup", "backup-plan:*"),
            On::RestoreTests => self.named(|resource| match &resource.body {
                Body::RestoreTestingPlan(plan) => {
                    let id = format!("restore-testing-plan:{}-*", plan.restore_testing_plan_name);
                    self.arn(resource, "backup", &id)
                }
                _ => None,
            }),
            On::Roles => {
                BTreeSet::from([format!("arn:{partition}:iam::{}:role/{own}*", self.account)])
            }
        };
        json!(resources)
    }

    fn arn(&self, resource: &Resource, service: &str, rest: &str) -> Option<String> {
        match &resource.address.scope {
            Scope::Aws { region, .. } => Some(arn(service, region, self.account, rest)),
            Scope::Azure { .. } => None,
        }
    }

    fn named(&self, name: impl Fn(&Resource) -> Option<String>) -> BTreeSet<String> {
        let resources = self.resources.iter();
        resources.filter_map(|resource| name(resource)).collect()
    }
}
