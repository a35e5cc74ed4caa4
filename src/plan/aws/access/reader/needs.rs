//! Actions, and what they are allowed on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::super::super::lifecycle::CLASSES;
use super::super::dumps::DRILLS;
use super::super::{allow, list};
use crate::cloud::aws::reads::{On, Read};
use crate::cloud::aws::{partition, roles};

/// How narrow statements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breadth {
    /// By names, where they are known.
    Names,
    /// By the Regions of what is named.
    Regions,
    /// The whole account.
    Account,
}

impl Breadth {
    pub(super) const ALL: [Breadth; 3] = [Breadth::Names, Breadth::Regions, Breadth::Account];
}

/// What one identity reads in one account.
#[derive(Default)]
pub(super) struct Needs(BTreeMap<On, Need>);

#[derive(Default)]
struct Need {
    actions: BTreeSet<&'static str>,
    regions: BTreeSet<String>,
    /// The ARNs of what is known by name.
    names: BTreeSet<String>,
}

impl Needs {
    pub(super) fn add(&mut self, reads: &[Read], region: &str) {
        for read in reads {
            let need = self.0.entry(read.on).or_default();
            need.actions.insert(read.action);
            need.regions.insert(region.to_owned());
        }
    }

    /// That something is read of what has this ARN.
    pub(super) fn name(&mut self, on: On, arn: String) {
        self.0.entry(on).or_default().names.insert(arn);
    }

    pub(super) fn statements(&self, account: &str, breadth: Breadth) -> Vec<Value> {
        let needs = self.0.iter();
        let needs = needs.filter(|(_, need)| !need.actions.is_empty());
        needs
            .map(|(on, need)| {
                let sid = format!("{on:?}");
                let resources = need.resources(*on, account, breadth);
                match on {
                    On::Dumps => {
                        let mut folders = CLASSES.to_vec();
                        folders.push(DRILLS);
                        list(&sid, &resources, &folders)
                    }
                    On::Everything => allow(&sid, json!(need.actions), "*"),
                    _ => allow(&sid, json!(need.actions), json!(resources)),
                }
            })
            .collect()
    }
}

impl Need {
    fn resources(&self, on: On, account: &str, breadth: Breadth) -> BTreeSet<String> {
        if breadth == Breadth::Names && !self.names.is_empty() {
            return self.names.clone();
        }
        let first = self.regions.first().map_or("", String::as_str);
        let partition = partition(first);
        let (service, all) = patterns(on);
        let places: Vec<String> = match (on, breadth) {
            // Names of buckets are everybody's, and roles are of no Region.
            (On::Buckets | On::Dumps | On::Results, _) => vec![":".to_owned()],
            (On::Roles, _) => vec![format!(":{account}")],
            (On::AutomatedBackups, _) | (_, Breadth::Account) => vec![format!("*:{account}")],
            _ => {
                let regions = self.regions.iter();
                regions
                    .map(|region| format!("{region}:{account}"))
                    .collect()
            }
        };
        let arns = places.iter().flat_map(|place| {
            all.iter()
                .map(move |rest| format!("arn:{partition}:{service}:{place}:{rest}"))
        });
        arns.collect()
    }
}

/// The service, and all that an action can be about there; that backstay names, where it names them.
fn patterns(on: On) -> (&'static str, Vec<String>) {
    let own = roles::PREFIX;
    let (service, all): (_, &[&str]) = match on {
        On::Everything => ("", &[]),
        On::Instances => ("rds", &["db:*"]),
        On::AutomatedBackups => ("rds", &["auto-backup:*", "db:*"]),
        On::Snapshots => ("rds", &["db:*", "snapshot:*"]),
        On::EventSubscriptions => ("rds", &["es:*"]),
        On::AllStacks => ("cloudformation", &["stack/*"]),
        On::Stacks => return ("cloudformation", vec![format!("stack/{own}*/*")]),
        On::Buckets | On::Dumps => ("s3", &["*"]),
        On::Results => return ("s3", results("*").to_vec()),
        On::Vaults => ("backup", &["backup-vault:*"]),
        On::BackupPlans => ("backup", &["backup-plan:*"]),
        On::RestoreTests => ("backup", &["restore-testing-plan:*"]),
        On::Keys | On::StoreKeys => ("kms", &["key/*"]),
        On::Topics => ("sns", &["*"]),
        On::Rules => return ("events", vec![format!("rule/{own}*")]),
        On::Alarms => ("cloudwatch", &["alarm:*"]),
        On::Roles => return ("iam", vec![format!("role/{own}*")]),
    };
    (service, all.iter().map(|it| (*it).to_owned()).collect())
}

/// What is read of the objects of a bucket.
pub(super) fn results(bucket: &str) -> [String; 2] {
    [
        format!("{bucket}/*/manifest.json"),
        format!("{bucket}/{DRILLS}/*"),
    ]
}
