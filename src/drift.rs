//! Plan against observations: what differs, in which direction, and what would restore it. Pure.

mod kinds;
mod weigh;

use serde_json::{Map, Value};

use crate::cloud::{self, Property};
use crate::finding::{Code, Difference, Finding, Kind};
use crate::observe::{Found, Observations, State};
use crate::plan::{Owner, Plan, Resource};

pub use kinds::CODES;

/// What a reader can do about a difference.
enum Remedy {
    /// Run this command.
    Command(String),
    /// Do this, or nothing where it is empty: no command does it.
    Words(&'static str),
}

const RECOVER: &str = "restore it from its newest backup, or remove it from the policy";
const REPLACE: &str = "no command changes it in place: it needs a new resource";
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

/// The command that restores a property (by JSON Pointer; empty for the whole resource).
pub type Restore<'a> = &'a dyn Fn(&Resource, &str) -> Option<String>;

/// Compares everything that the plan names.
pub fn compare(plan: &Plan, observations: &Observations, restore: Restore<'_>) -> Drift {
    let mut drift = Drift::default();
    for resource in &plan.resources {
        match observations.0.get(&resource.address) {
            Some(State::Found(found)) => drift.found(resource, found, restore),
            Some(State::Missing) => drift.missing(resource, restore),
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
            (Value::Null, Value::Null),
            Remedy::of(restore(resource, ""), RECOVER),
        );
    }

    fn unreadable(&mut self, resource: &Resource, reason: &str) {
        self.unreadable += 1;
        let message = format!("{} could not be read: {reason}", resource.address);
        self.findings.push(
            Finding::new(kinds::unreadable(), resource.place, message)
                .why("could-not-read is neither clean nor drift")
                .fix("give the credentials and permissions that reading it needs, and run again"),
        );
    }

    fn found(&mut self, resource: &Resource, found: &Found, restore: Restore<'_>) {
        self.resources += 1;
        let intended = resource.body.tree();
        let mut walk = Walk {
            drift: self,
            resource,
            found,
            restore,
        };
        walk.value("", &intended, &found.live);
        if !matches!(resource.owner, Owner::Existing { .. }) {
            for property in resource.body.not_compared() {
                let values = (Value::Null, Value::Null);
                let remedy = Remedy::Words("");
                self.push(resource, Kind::NotCompared, property.path, values, remedy);
            }
        }
    }

    fn push(
        &mut self,
        resource: &Resource,
        kind: Kind,
        property: &str,
        (intended, live): (Value, Value),
        remedy: Remedy,
    ) {
        let code = kinds::code(kind);
        let place = resource.place_of(property);
        let message = message(resource, kind, property, &intended, &live);
        let (fix, restore) = match remedy {
            Remedy::Command(command) => (command.clone(), Some(command)),
            Remedy::Words(words) => (words.to_owned(), None),
        };
        let mut finding = Finding::new(code, place, message).why(why(kind)).fix(fix);
        finding.difference = Some(Box::new(Difference {
            kind,
            resource: resource.address.to_string(),
            property: property.to_owned(),
            intended,
            live,
            restore,
        }));
        self.findings.push(finding);
    }
}

fn message(
    resource: &Resource,
    kind: Kind,
    property: &str,
    intended: &Value,
    live: &Value,
) -> String {
    let name = &resource.address.name;
    let property = property.trim_start_matches('/').replace('/', ".");
    match kind {
        Kind::Missing => format!("{} does not exist", resource.address),
        Kind::NotCompared => format!("{name}: {property} is not compared"),
        _ => format!(
            "{name}: {property} is {}, the policy asks for {}",
            brief(live),
            brief(intended)
        ),
    }
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
        Kind::NotCompared => "the cloud does not tell this value back",
    }
}

/// A value short enough for a line.
pub fn brief(value: &Value) -> String {
    let text = match value {
        Value::Null => "absent".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(48) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// One resource's walk along its intended tree.
struct Walk<'a> {
    drift: &'a mut Drift,
    resource: &'a Resource,
    found: &'a Found,
    restore: Restore<'a>,
}

impl Walk<'_> {
    fn value(&mut self, pointer: &str, intended: &Value, live: &Value) {
        match (intended, live) {
            (Value::Object(map), Value::Object(others)) if !is_reference(intended) => {
                for (key, value) in map {
                    self.value(&below(pointer, key), value, &live[key.as_str()]);
                }
                if self.in_document(pointer) {
                    self.additions(pointer, map, others);
                }
            }
            (Value::Array(list), Value::Array(others)) if identity(intended).is_some() => {
                self.list(pointer, list, others);
            }
            _ => self.leaf(pointer, intended, live),
        }
    }

    /// Members that have a name are matched by it, in any order.
    fn list(&mut self, pointer: &str, intended: &[Value], live: &[Value]) {
        let name = |item: &Value| item_name(item).unwrap_or_default().to_owned();
        for item in intended {
            let step = name(item);
            let twin = live.iter().find(|other| name(other) == step);
            self.value(&below(pointer, &step), item, twin.unwrap_or(&Value::Null));
        }
        // Tags are an open set: others may be there. Any other named list is owned whole.
        if intended.iter().any(|item| item.get("Key").is_some()) {
            return;
        }
        for item in live {
            let step = name(item);
            if !intended.iter().any(|own| name(own) == step) {
                self.added(&below(pointer, &step), item);
            }
        }
    }

    /// A document is put whole, so what it has beside the plan was put by somebody else.
    fn additions(
        &mut self,
        pointer: &str,
        intended: &Map<String, Value>,
        live: &Map<String, Value>,
    ) {
        let more =
            |(key, value): &(&String, &Value)| !intended.contains_key(*key) && !value.is_null();
        for (key, value) in live.iter().filter(more) {
            self.added(&below(pointer, key), value);
        }
    }

    /// What the policy does not ask for is weaker where it removes something.
    fn added(&mut self, pointer: &str, live: &Value) {
        let kind = match self.removes(pointer, live) {
            true => Kind::Weakened,
            false => Kind::Changed,
        };
        self.differs(pointer, kind, &Value::Null, live);
    }

    fn removes(&self, pointer: &str, live: &Value) -> bool {
        let property = self.property(pointer);
        let inside = |(key, value): (&String, &Value)| self.removes(&below(pointer, key), value);
        property.is_some_and(|it| it.direction == cloud::Direction::Removal)
            || live.as_object().is_some_and(|map| map.iter().any(inside))
    }

    fn in_document(&self, pointer: &str) -> bool {
        let mut properties = self.resource.body.properties().iter();
        properties.any(|property| {
            let inner = pointer.strip_prefix(property.path);
            property.restore == cloud::Restore::Document
                && inner.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    fn leaf(&mut self, pointer: &str, intended: &Value, live: &Value) {
        self.drift.properties += 1;
        if intended == live {
            return;
        }
        let unresolved = is_reference(intended) && self.found.deployed.is_none() && !live.is_null();
        let kind = match unresolved {
            true => Kind::NotCompared,
            false => weigh::kind(self.property(pointer), intended, live),
        };
        self.differs(pointer, kind, intended, live);
    }

    fn differs(&mut self, pointer: &str, kind: Kind, intended: &Value, live: &Value) {
        let kind = self.in_time(pointer, kind, intended, live);
        let command = |pointer| (self.restore)(self.resource, pointer);
        let remedy = match kind {
            Kind::Pending | Kind::InFlight | Kind::NotCompared => Remedy::Words(""),
            Kind::Undeployed => Remedy::of(command(""), REPLACE),
            _ if self.is_raised(pointer, intended, live) => Remedy::Words(ACCEPT),
            _ => Remedy::of(command(pointer), REPLACE),
        };
        let values = (intended.clone(), live.clone());
        self.drift
            .push(self.resource, kind, pointer, values, remedy);
    }

    /// The live value is above the intended one, and the cloud never takes a lower one.
    fn is_raised(&self, pointer: &str, intended: &Value, live: &Value) -> bool {
        let property = self.property(pointer);
        let grows = property.is_some_and(|it| matches!(it.restore, cloud::Restore::Raise(_)));
        grows && weigh::is_more(live, intended)
    }

    /// A difference that time or a deployment will close is told as such.
    fn in_time(&self, pointer: &str, kind: Kind, intended: &Value, live: &Value) -> Kind {
        if kind == Kind::NotCompared {
            return kind;
        }
        let at = |tree: &Option<Value>| {
            tree.as_ref()
                .and_then(|tree| lookup(tree, pointer).cloned())
        };
        let deployed = at(&self.found.deployed);
        if !intended.is_null() && at(&self.found.pending).as_ref() == Some(intended) {
            Kind::Pending
        } else if self.found.busy.is_some() {
            Kind::InFlight
        } else if self.found.deployed.is_some()
            && deployed.as_ref() != Some(intended)
            && deployed.as_ref().unwrap_or(&Value::Null) == live
        {
            Kind::Undeployed
        } else {
            kind
        }
    }

    fn property(&self, pointer: &str) -> Option<&'static Property> {
        let matches = |pattern: &str| {
            let (mut wanted, mut steps) = (pattern.split('/'), pointer.split('/'));
            loop {
                match (wanted.next(), steps.next()) {
                    (None, None) => return true,
                    (Some("*"), Some(_)) => {}
                    (Some(want), Some(step)) if want == step => {}
                    _ => return false,
                }
            }
        };
        self.resource
            .body
            .properties()
            .iter()
            .find(|property| matches(property.path))
    }
}

/// A pointer's next step.
fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// CloudFormation's references are values of their own, not trees.
fn is_reference(value: &Value) -> bool {
    value.as_object().is_some_and(|map| {
        map.len() == 1 && (map.contains_key("Ref") || map.contains_key("Fn::GetAtt"))
    })
}

/// The name of a list's member: a rule's id, a tag's key.
fn item_name(item: &Value) -> Option<&str> {
    ["Id", "Key", "name"]
        .into_iter()
        .find_map(|key| item.get(key)?.as_str())
}

/// Some when every member of the list has a name.
fn identity(list: &Value) -> Option<()> {
    let list = list.as_array()?;
    list.iter()
        .all(|item| item_name(item).is_some())
        .then_some(())
}

/// Follows a pointer whose steps into named lists are names.
fn lookup<'v>(tree: &'v Value, pointer: &str) -> Option<&'v Value> {
    pointer.split('/').skip(1).try_fold(tree, |value, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        match value {
            Value::Array(list) => list
                .iter()
                .find(|item| item_name(item) == Some(step.as_str())),
            other => other.get(&step),
        }
    })
}

/// The code of a kind, for `explain` and the reports.
pub fn code(kind: Kind) -> &'static Code {
    kinds::code(kind)
}
