//! The walk along one resource's intended tree.

use serde_json::{Map, Value};

use super::baseline::Since;
use super::tree::{below, identity, item_name, lookup};
use super::{ACCEPT, Drift, ONE_OWNER, REPLACE, Remedy, Restore, Values, weigh};
use crate::cloud::{self, Direction, Property, is_reference};
use crate::finding::{Effect, Kind};
use crate::observe::Found;
use crate::plan::Resource;

/// One resource's walk along its intended tree.
pub(super) struct Walk<'a> {
    pub drift: &'a mut Drift,
    pub resource: &'a Resource,
    pub found: &'a Found,
    pub since: &'a Since<'a>,
    pub restore: Restore<'a>,
}

impl Walk<'_> {
    pub(super) fn value(&mut self, pointer: &str, intended: &Value, live: &Value) {
        if self.found.unread.contains_key(pointer) {
            return;
        }
        match (intended, live) {
            (Value::Object(map), Value::Object(others)) if !is_reference(intended) => {
                for (key, value) in map {
                    self.value(&below(pointer, key), value, &live[key.as_str()]);
                }
                if cloud::in_document(self.resource.body.properties(), pointer) {
                    self.additions(pointer, map, others);
                }
            }
            // Where nothing is intended, what is there says whether its members have names.
            (Value::Array(list), Value::Array(others))
                if identity(if list.is_empty() { live } else { intended }).is_some() =>
            {
                self.list(pointer, list, others);
            }
            (Value::Array(list), Value::Array(others)) if self.each_protects(pointer) => {
                self.each(pointer, list, others);
            }
            // Of one member on each side nobody can doubt which is which.
            (Value::Array(list), Value::Array(others))
                if list.len() == 1 && others.len() == 1 && list[0].is_object() =>
            {
                self.value(&format!("{pointer}/0"), &list[0], &others[0]);
            }
            (Value::Array(list), Value::Array(others))
                if list.len() == others.len() && self.has_places(pointer) =>
            {
                for (index, (item, other)) in list.iter().zip(others).enumerate() {
                    self.value(&below(pointer, &index.to_string()), item, other);
                }
            }
            _ => self.leaf(pointer, intended, live),
        }
    }

    /// Whether a property is declared below the places of this list.
    fn has_places(&self, pointer: &str) -> bool {
        let declared = |path: &str| {
            let mut wanted = path.split('/');
            let mut steps = pointer.split('/');
            let leads = steps.all(|step| wanted.next().is_some_and(|it| it == "*" || it == step));
            leads && wanted.next() == Some("*") && wanted.next().is_some()
        };
        let mut properties = self.resource.body.properties().iter();
        properties.any(|property| declared(property.path))
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

    fn each_protects(&self, pointer: &str) -> bool {
        let property = self.property(pointer);
        property.is_some_and(|it| matches!(it.direction, Direction::EachIsStronger))
    }

    /// Members that are texts are told one by one: each has a policy line of its own.
    fn each(&mut self, pointer: &str, intended: &[Value], live: &[Value]) {
        self.drift.properties += intended.len();
        let step = |item: &Value| below(pointer, item.as_str().unwrap_or_default());
        for item in intended.iter().filter(|item| !live.contains(item)) {
            self.differs(&step(item), Kind::Weakened, item, &Value::Null);
        }
        for item in live.iter().filter(|item| !intended.contains(item)) {
            self.differs(&step(item), Kind::Strengthened, &Value::Null, item);
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
        let property = self.property(pointer);
        let kind = match property.map(|it| it.direction) {
            _ if self.removes(pointer, live) => Kind::Weakened,
            Some(cloud::Direction::Neutral) | None => Kind::Changed,
            Some(_) => weigh::kind(property, &Value::Null, live),
        };
        self.differs(pointer, kind, &Value::Null, live);
    }

    fn removes(&self, pointer: &str, live: &Value) -> bool {
        let property = self.property(pointer);
        let inside = |(key, value): (&String, &Value)| self.removes(&below(pointer, key), value);
        property.is_some_and(|it| matches!(it.direction, cloud::Direction::Removal))
            || live.as_object().is_some_and(|map| map.iter().any(inside))
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
        let (weighed, kind) = (kind, self.in_time(pointer, kind, intended, live));
        let command = |pointer| (self.restore)(self.resource, pointer, live);
        let remedy = match kind {
            Kind::Pending | Kind::InFlight | Kind::NotCompared => Remedy::Words(""),
            Kind::SetElsewhere => Remedy::Words(ONE_OWNER),
            Kind::Undeployed => Remedy::of(command(""), REPLACE),
            _ if self.is_raised(weighed, pointer, intended, live) => Remedy::Words(ACCEPT),
            Kind::Proposed if self.is_fixed(pointer) => Remedy::Words(self.way(pointer)),
            Kind::Proposed => Remedy::of(command("").or_else(|| command(pointer)), REPLACE),
            _ => Remedy::of(command(pointer), self.way(pointer)),
        };
        let deployed = self.deployed(pointer);
        let third = deployed.filter(|value| *value != intended && *value != live);
        let values = Values {
            intended: intended.clone(),
            live: cloud::withheld(live),
            deployed: third.map(cloud::withheld),
            baseline: match kind {
                Kind::Proposed => None,
                _ => self.since.asked(pointer, intended).cloned(),
            },
            effect: (kind == Kind::Proposed).then_some(match weighed {
                Kind::Weakened => Effect::Stronger,
                Kind::Strengthened => Effect::Weaker,
                _ => Effect::Other,
            }),
        };
        self.drift
            .push(self.resource, kind, pointer, values, remedy);
    }

    /// How a value is reached that no command sets.
    fn way(&self, pointer: &str) -> &'static str {
        match self.property(pointer).map(|property| property.restore) {
            Some(cloud::Restore::Migration(way)) => way,
            _ => REPLACE,
        }
    }

    /// Whether deploying another value would make a new resource of it.
    fn is_fixed(&self, pointer: &str) -> bool {
        let restore = self.property(pointer).map(|property| property.restore);
        matches!(
            restore,
            Some(cloud::Restore::Replacement | cloud::Restore::Migration(_))
        )
    }

    /// The value of the deployed template, where there is a template and a value.
    fn deployed(&self, pointer: &str) -> Option<&Value> {
        lookup(self.found.deployed.as_ref()?, pointer)
    }

    /// The live value is above the intended one, and the cloud never takes a lower one.
    fn is_raised(&self, kind: Kind, pointer: &str, intended: &Value, live: &Value) -> bool {
        match self.property(pointer).map(|property| property.restore) {
            Some(cloud::Restore::Raise(_)) => weigh::is_more(live, intended),
            Some(cloud::Restore::Ratchet) => kind == Kind::Strengthened,
            _ => false,
        }
    }

    /// A difference that time, a deployment or a review will close is told as such.
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
        } else if self.since.proposes(pointer) {
            Kind::Proposed
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
