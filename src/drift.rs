//! Plan against observations: what differs, in which direction, and what would restore it. Pure.

mod baseline;
mod kinds;
mod tree;
mod walk;
mod weigh;
mod words;

use serde_json::Value;

use crate::cloud::is_reference;
use crate::finding::{Code, Difference, Effect, Finding, Kind, StackDrift};
use crate::observe::{Found, Observations, State};
use crate::plan::{Address, Owner, Plan, Resource};
use crate::source::Place;

use baseline::{Baseline, Before, Since};
use tree::lookup;
use walk::Walk;
use words::{dotted, message, why};

pub use kinds::{CODES, unreadable};
pub use words::brief;

/// The values of a difference; null where there is none.
#[derive(Default)]
struct Values {
    intended: Value,
    live: Value,
    /// What the deployed template says, where it is neither of the two.
    deployed: Option<Value>,
    /// What was asked for before this change, where live is neither of the two.
    baseline: Option<Value>,
    effect: Option<Effect>,
}

/// What a reader can do about a difference.
enum Remedy {
    /// Run this command.
    Command(String),
    /// Do this, or nothing where it is empty: no command does it.
    Words(&'static str),
}

const RECOVER: &str = "restore it from its newest backup, or remove it from the policy";
const CREATE: &str = "make it, or let the policy provision it: no command here creates it";
const UNMOVED: &str = "nothing moves what is in the one that the policy asked for before";
const UNASKED: &str = "nothing deletes it: where nobody needs it, do that by hand";
const REPLACE: &str = "no command changes it in place: it needs a new resource";
const MEND: &str = "no command restores it: see what the cloud says of it, and put that right";
const ONE_OWNER: &str = "let one of the two go: the other service's rule, or the policy's value";
const THERE: &str = "exists";
const UNKNOWN: &str = "was not read";
const KEEP: &str = "write the live value into the policy; this would weaken it";
const ACCEPT: &str = "no command lowers it: write the live value into the policy";

impl Remedy {
    fn of(command: Option<String>, words: &'static str) -> Remedy {
        command.map_or(Remedy::Words(words), Remedy::Command)
    }
}

/// What the comparison found.
#[derive(Debug, Default)]
pub struct Drift {
    pub findings: Vec<Finding>,
    /// Resources that were compared.
    pub resources: usize,
    /// Properties that were compared.
    pub properties: usize,
    /// Resources of which nothing is known.
    pub unreadable: usize,
}

/// The command that restores a property (by JSON Pointer; empty for the whole resource) that has
/// this live value.
pub type Restore<'a> = &'a dyn Fn(&Resource, &str, &Value) -> Option<String>;

/// Compares everything that the plan names.
pub fn compare(plan: &Plan, observations: &Observations, restore: Restore<'_>) -> Drift {
    compare_since(plan, plan, observations, restore)
}

/// The same, and tells what the plan changes of an older one apart from what the clouds changed.
/// What only the older one names is looked up in the observations as well.
pub fn compare_since(
    before: &Plan,
    plan: &Plan,
    observations: &Observations,
    restore: Restore<'_>,
) -> Drift {
    let baseline = Baseline::new(before, plan);
    let mut drift = Drift::default();
    for resource in &plan.resources {
        let before = baseline.before(resource);
        match (observations.0.get(&resource.address), before) {
            (Some(State::Found(found)), before) => drift.found(resource, found, before, restore),
            (Some(State::Missing | State::Undeployed), Before::Nothing) => {
                drift.proposed(resource, baseline.elsewhere(&resource.address), restore);
            }
            (Some(State::Missing), _) => drift.missing(resource, restore),
            // Its stack takes it for there: deploying again would create nothing.
            (Some(State::Deleted), _) => drift.missing(resource, &|_, _, _| None),
            (Some(State::Undeployed), _) => drift.undeployed(resource, restore),
            (Some(State::Unreadable { reason }), _) => drift.unreadable(resource, reason),
            (None, _) => drift.unreadable(resource, "it is not in the recorded state"),
        }
    }
    for resource in &baseline.removed {
        let there = match observations.0.get(&resource.address) {
            Some(State::Missing | State::Undeployed | State::Deleted) => continue,
            Some(State::Found(_)) => THERE,
            Some(State::Unreadable { .. }) | None => UNKNOWN,
        };
        drift.unasked(resource, there, baseline.elsewhere(&resource.address));
    }
    drift
}

/// What the older plan alone names.
pub fn removed<'p>(before: &'p Plan, plan: &'p Plan) -> Vec<&'p Resource> {
    Baseline::new(before, plan).removed
}

impl Drift {
    fn missing(&mut self, resource: &Resource, restore: Restore<'_>) {
        self.resources += 1;
        self.push(
            resource,
            Kind::Missing,
            "",
            Values::default(),
            Remedy::of(restore(resource, "", &Value::Null), RECOVER),
        );
    }

    fn undeployed(&mut self, resource: &Resource, restore: Restore<'_>) {
        self.resources += 1;
        let remedy = Remedy::of(restore(resource, "", &Value::Null), RECOVER);
        self.push(resource, Kind::Undeployed, "", Values::default(), remedy);
    }

    /// A resource that only the change asks for, and that is not there.
    fn proposed(&mut self, resource: &Resource, from: Option<&Address>, restore: Restore<'_>) {
        self.resources += 1;
        let remedy = Remedy::of(restore(resource, "", &Value::Null), CREATE);
        self.push(resource, Kind::Proposed, "", Values::default(), remedy);
        let address = &resource.address;
        if let Some(finding) = self.findings.last_mut() {
            finding.message = match from {
                Some(from) => format!("this change will create {address}, in place of {from}"),
                None => format!("this change will create {address}"),
            };
            if from.is_some() {
                finding.why = UNMOVED.to_owned();
            }
        }
    }

    /// A resource that the change asks for no longer. It has no line in the policy any more.
    fn unasked(&mut self, resource: &Resource, there: &str, to: Option<&Address>) {
        let values = Values {
            live: there.into(),
            ..Values::default()
        };
        self.push(resource, Kind::Proposed, "", values, Remedy::Words(UNASKED));
        if let Some(finding) = self.findings.last_mut() {
            let to = to.map(|to| format!("; it asks for {to} instead"));
            finding.message = format!(
                "this change no longer asks for {}, which {there}{}",
                resource.address,
                to.unwrap_or_default()
            );
            finding.why = "what is not asked for is not checked any more".to_owned();
            finding.place = None;
        }
    }

    fn unreadable(&mut self, resource: &Resource, reason: &str) {
        let what = resource.address.to_string();
        self.unread(&what, resource.place, reason);
    }

    fn unread(&mut self, what: &str, place: Place, reason: &str) {
        self.unreadable += 1;
        let message = format!("{what} could not be read: {reason}");
        self.findings.push(
            Finding::new(kinds::unreadable(), place, message)
                .why("could-not-read is neither clean nor drift")
                .fix("give the credentials and permissions that reading it needs, and run again"),
        );
    }

    fn found(
        &mut self,
        resource: &Resource,
        found: &Found,
        before: Before<'_>,
        restore: Restore<'_>,
    ) {
        let first = self.findings.len();
        self.resources += 1;
        let intended = resource.body.tree();
        for (pointer, reason) in &found.unread {
            // What the plan does not own was not asked for in its name.
            if lookup(&intended, pointer).is_some() {
                let what = format!("{} {}", resource.address, dotted(pointer));
                self.unread(&what, resource.place_of(pointer), reason);
            }
        }
        for (pointer, failing) in &found.failing {
            let values = Values {
                intended: failing.healthy.as_str().into(),
                live: failing.live.as_str().into(),
                ..Values::default()
            };
            let remedy = Remedy::Words(MEND);
            self.push(resource, Kind::Weakened, pointer, values, remedy);
        }
        let mut walk = Walk {
            drift: self,
            resource,
            found,
            since: &Since::of(before, found),
            restore,
        };
        walk.value("", &intended, &found.live);
        if let Some(reason) = &found.deployed_unread
            && self.findings[first..]
                .iter()
                .any(|it| it.difference.is_some())
        {
            // What differs may be what nobody deployed yet.
            let what = format!("the deployed template of {}", resource.address);
            self.unread(&what, resource.place, reason);
        }
        if !matches!(resource.owner, Owner::Existing { .. }) {
            for property in resource.body.not_compared() {
                let remedy = Remedy::Words("");
                self.push(
                    resource,
                    Kind::NotCompared,
                    property.path,
                    Values::default(),
                    remedy,
                );
            }
        }
        let told = self.findings.iter_mut().skip(first);
        for difference in told.filter_map(|finding| finding.difference.as_mut()) {
            difference.stack_drift = found.stack_drift.as_ref().map(|verdict| StackDrift {
                status: verdict.status.clone(),
                checked: verdict.checked.clone(),
            });
        }
    }

    fn push(
        &mut self,
        resource: &Resource,
        kind: Kind,
        property: &str,
        values: Values,
        remedy: Remedy,
    ) {
        let message = message(resource, kind, property, &values);
        let (fix, restore) = match remedy {
            Remedy::Command(command) if kind == Kind::Strengthened => {
                (format!("{KEEP}: {command}"), Some(command))
            }
            Remedy::Command(command) => (command.clone(), Some(command)),
            Remedy::Words(words) => (words.to_owned(), None),
        };
        let place = resource.place_of(property);
        let mut finding = Finding::new(kinds::code(kind), place, message)
            .why(why(kind, values.effect))
            .fix(fix);
        finding.difference = Some(Box::new(Difference {
            kind,
            part: resource.name.clone(),
            resource: resource.address.to_string(),
            property: property.to_owned(),
            intended: values.intended,
            live: values.live,
            deployed: values.deployed,
            baseline: values.baseline,
            effect: values.effect,
            restore,
            stack_drift: None,
        }));
        self.findings.push(finding);
    }
}

/// Whether a value is too much for a line.
pub fn is_document(value: &Value) -> bool {
    (value.is_object() || value.is_array()) && !is_reference(value)
}

/// The code of a kind, for `explain` and the reports.
pub fn code(kind: Kind) -> &'static Code {
    kinds::code(kind)
}
