//! Plan against observations: what differs, in which direction, and what would restore it. Pure.

mod kinds;
mod weigh;

use serde_json::Value;

use crate::cloud::Property;
use crate::finding::{Code, Difference, Finding, Kind};
use crate::observe::{Found, Observations, State};
use crate::plan::{Owner, Plan, Resource};
use crate::source::Place;

pub use kinds::CODES;

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
            Difference {
                restore: restore(resource, "", &Value::Null),
                ..valueless(resource, Kind::Missing, "")
            },
        );
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
        self.resources += 1;
        let intended = resource.body.tree();
        for (pointer, reason) in &found.unread {
            // What the plan does not own was not asked for in its name.
            if lookup(&intended, pointer).is_some() {
                let what = format!("{} {}", resource.address, dotted(pointer));
                self.unread(&what, resource.place_of(pointer), reason);
            }
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
                self.push(
                    resource,
                    valueless(resource, Kind::NotCompared, property.path),
                );
            }
        }
    }

    fn push(&mut self, resource: &Resource, difference: Difference) {
        let Difference { kind, restore, .. } = &difference;
        let place = resource.place_of(&difference.property);
        let fix = match (restore, kind) {
            (Some(command), _) => command.clone(),
            (None, Kind::SetElsewhere) => {
                "let one of the two go: the other service's rule, or the policy's value".to_owned()
            }
            (None, Kind::NotCompared | Kind::Pending | Kind::InFlight) => String::new(),
            (None, Kind::Missing) => {
                "restore it from its newest backup, or remove it from the policy".to_owned()
            }
            (None, _) => "no command changes it in place: it needs a new resource".to_owned(),
        };
        let message = message(resource, &difference);
        let mut finding = Finding::new(kinds::code(*kind), place, message)
            .why(why(*kind))
            .fix(fix);
        finding.difference = Some(Box::new(difference));
        self.findings.push(finding);
    }
}

/// A difference without values: of a whole resource, or of what nobody can tell.
fn valueless(resource: &Resource, kind: Kind, property: &str) -> Difference {
    Difference {
        kind,
        resource: resource.address.to_string(),
        property: property.to_owned(),
        intended: Value::Null,
        live: Value::Null,
        deployed: None,
        restore: None,
    }
}

fn message(resource: &Resource, difference: &Difference) -> String {
    let name = &resource.address.name;
    let property = dotted(&difference.property);
    let deployed = match &difference.deployed {
        Some(deployed) => format!("; the deployed template says {}", brief(deployed)),
        None => String::new(),
    };
    match difference.kind {
        Kind::Missing => format!("{} does not exist", resource.address),
        Kind::NotCompared => format!("{name}: {property} is not compared"),
        _ => format!(
            "{name}: {property} is {}, the policy asks for {}{deployed}",
            brief(&difference.live),
            brief(&difference.intended)
        ),
    }
}

/// A JSON Pointer as people write a path.
fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
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
        if self.found.unread.contains_key(pointer) {
            return;
        }
        match (intended, live) {
            (Value::Object(map), Value::Object(_)) if !is_reference(intended) => {
                for (key, value) in map {
                    let step = key.replace('~', "~0").replace('/', "~1");
                    self.value(&format!("{pointer}/{step}"), value, &live[key.as_str()]);
                }
            }
            (Value::Array(list), Value::Array(others)) if identity(intended).is_some() => {
                self.list(pointer, list, others);
            }
            // Of one member on each side nobody can doubt which is which.
            (Value::Array(list), Value::Array(others))
                if list.len() == 1 && others.len() == 1 && list[0].is_object() =>
            {
                self.value(&format!("{pointer}/0"), &list[0], &others[0]);
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
            let pointer = format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"));
            self.value(&pointer, item, twin.unwrap_or(&Value::Null));
        }
        // Tags are an open set: others may be there. Any other named list is owned whole.
        if intended.iter().any(|item| item.get("Key").is_some()) {
            return;
        }
        for item in live {
            let step = name(item);
            if !intended.iter().any(|own| name(own) == step) {
                let pointer = format!("{pointer}/{step}");
                self.differs(&pointer, Kind::Changed, &Value::Null, item);
            }
        }
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
        let restore = match kind {
            Kind::Pending | Kind::InFlight | Kind::SetElsewhere | Kind::NotCompared => None,
            Kind::Undeployed => (self.restore)(self.resource, "", live),
            _ => (self.restore)(self.resource, pointer, live),
        };
        let deployed = self.deployed(pointer);
        let third = deployed.filter(|value| *value != intended && *value != live);
        let difference = Difference {
            intended: intended.clone(),
            live: live.clone(),
            deployed: third.cloned(),
            restore,
            ..valueless(self.resource, kind, pointer)
        };
        self.drift.push(self.resource, difference);
    }

    /// The value of the deployed template, where there is a template and a value.
    fn deployed(&self, pointer: &str) -> Option<&Value> {
        lookup(self.found.deployed.as_ref()?, pointer)
    }

    /// A difference that time or a deployment will close is told as such.
    fn in_time(&self, pointer: &str, kind: Kind, intended: &Value, live: &Value) -> Kind {
        if kind == Kind::NotCompared {
            return kind;
        }
        if self.found.set_by.contains_key(pointer) {
            return Kind::SetElsewhere;
        }
        let deployed = self.deployed(pointer);
        let pending = self.found.pending.as_ref();
        let pending = pending.and_then(|pending| lookup(pending, pointer));
        if !intended.is_null() && pending == Some(intended) {
            Kind::Pending
        } else if self.found.busy.is_some() {
            Kind::InFlight
        } else if self.found.deployed.is_some()
            && deployed != Some(intended)
            && deployed.unwrap_or(&Value::Null) == live
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

/// CloudFormation's references are values of their own, not trees.
fn is_reference(value: &Value) -> bool {
    value.as_object().is_some_and(|map| {
        map.len() == 1 && (map.contains_key("Ref") || map.contains_key("Fn::GetAtt"))
    })
}

/// The name of a list's member: a rule's id, a tag's key, a statement's.
fn item_name(item: &Value) -> Option<&str> {
    ["Id", "Key", "name", "Sid"]
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
                .find(|item| item_name(item) == Some(step.as_str()))
                .or_else(|| list.get(step.parse::<usize>().ok()?)),
            other => other.get(&step),
        }
    })
}

/// The code of a kind, for `explain` and the reports.
pub fn code(kind: Kind) -> &'static Code {
    kinds::code(kind)
}
