//! Plan against observations: what differs, in which direction, and what would restore it. Pure.

mod kinds;
mod tree;
mod walk;
mod weigh;

use serde_json::Value;

use crate::finding::{Code, Difference, Finding, Kind, StackDrift};
use crate::observe::{Found, Observations, State};
use crate::plan::{Owner, Plan, Resource};
use crate::source::Place;

use tree::{is_reference, lookup};
use walk::Walk;

pub use kinds::{CODES, unreadable};

/// The three values of a difference; null where there is none.
#[derive(Default)]
struct Values {
    intended: Value,
    live: Value,
    /// What the deployed template says, where it is neither of the two.
    deployed: Option<Value>,
}

/// What a reader can do about a difference.
enum Remedy {
    /// Run this command.
    Command(String),
    /// Do this, or nothing where it is empty: no command does it.
    Words(&'static str),
}

const RECOVER: &str = "restore it from its newest backup, or remove it from the policy";
const REPLACE: &str = "no command changes it in place: it needs a new resource";
const MEND: &str = "no command restores it: see what the cloud says of it, and put that right";
const ONE_OWNER: &str = "let one of the two go: the other service's rule, or the policy's value";
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
    let mut drift = Drift::default();
    for resource in &plan.resources {
        match observations.0.get(&resource.address) {
            Some(State::Found(found)) => drift.found(resource, found, restore),
            Some(State::Missing) => drift.missing(resource, restore),
            // Its stack takes it for there: deploying again would create nothing.
            Some(State::Deleted) => drift.missing(resource, &|_, _, _| None),
            Some(State::Undeployed) => drift.undeployed(resource, restore),
            Some(State::Unreadable { reason }) => drift.unreadable(resource, reason),
            None => drift.unreadable(resource, "it is not in the recorded state"),
        }
    }
    drift
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

    fn found(&mut self, resource: &Resource, found: &Found, restore: Restore<'_>) {
        let before = self.findings.len();
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
                deployed: None,
            };
            let remedy = Remedy::Words(MEND);
            self.push(resource, Kind::Weakened, pointer, values, remedy);
        }
        let mut walk = Walk {
            drift: self,
            resource,
            found,
            restore,
        };
        walk.value("", &intended, &found.live);
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
        let told = self.findings.iter_mut().skip(before);
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
            .why(why(kind))
            .fix(fix);
        finding.difference = Some(Box::new(Difference {
            kind,
            part: resource.name.clone(),
            resource: resource.address.to_string(),
            property: property.to_owned(),
            intended: values.intended,
            live: values.live,
            deployed: values.deployed,
            restore,
            stack_drift: None,
        }));
        self.findings.push(finding);
    }
}

fn message(resource: &Resource, kind: Kind, property: &str, values: &Values) -> String {
    let name = &resource.address.name;
    let property = dotted(property);
    let deployed = match &values.deployed {
        Some(deployed) => format!("; the deployed template says {}", brief(deployed)),
        None => String::new(),
    };
    match kind {
        Kind::Missing => format!("{} does not exist", resource.address),
        Kind::Undeployed if property.is_empty() => {
            format!("{} is not deployed yet", resource.address)
        }
        Kind::NotCompared => format!("{name}: {property} is not compared"),
        _ => format!(
            "{name}: {property} is {}, the policy asks for {}{deployed}",
            brief(&values.live),
            brief(&values.intended)
        ),
    }
}

/// A JSON Pointer as people write a path.
fn dotted(pointer: &str) -> String {
    let path = pointer.trim_start_matches('/').replace('/', ".");
    path.replace("~1", "/").replace("~0", "~")
}

fn why(kind: Kind) -> &'static str {
    match kind {
        Kind::Missing => "what is not there protects nothing",
        Kind::Weakened => "the live value protects less than the policy asks for",
        Kind::Changed => "the cloud has a value that the policy does not say",
        Kind::Undeployed => "the policy changed and its template was not deployed yet",
        Kind::Strengthened => "the live value protects more than the policy asks for",
        Kind::Pending => "the cloud has accepted the intended value and not applied it yet",
        Kind::InFlight => "the resource is being modified right now",
        Kind::SetElsewhere => {
            "another service of the cloud sets it, and two owners undo each other"
        }
        Kind::NotCompared => "the cloud does not tell this value back",
    }
}

/// A value short enough for a line.
pub fn brief(value: &Value) -> String {
    let text = match value {
        Value::Null => "absent".to_owned(),
        Value::String(text) => text.clone(),
        other => reference(other).unwrap_or_else(|| other.to_string()),
    };
    match text.char_indices().nth(48) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A reference to another resource of the stack, as people write it: `DatabaseKey.Arn`.
fn reference(value: &Value) -> Option<String> {
    if !is_reference(value) {
        return None;
    }
    match value.as_object()?.values().next()? {
        Value::String(name) => Some(name.clone()),
        Value::Array(path) => {
            let steps: Option<Vec<&str>> = path.iter().map(Value::as_str).collect();
            Some(steps?.join("."))
        }
        _ => None,
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
