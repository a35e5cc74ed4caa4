//! What a change of the policy proposes, told apart from what the clouds did.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::walk::Walk;
use super::{Drift, tree};
use crate::observe::Found;
use crate::plan::{Address, Plan, Resource};

/// What was asked for before the change, met by its addresses.
#[derive(Default)]
pub(super) struct Baseline<'p> {
    resources: HashMap<&'p Address, &'p Resource>,
    /// In the order of the older policy.
    pub removed: Vec<&'p Resource>,
    /// Of a part's resource that the change asks for elsewhere: the other address, both ways.
    moved: HashMap<&'p Address, &'p Address>,
}

/// What the older policy asks of one resource.
#[derive(Clone, Copy)]
pub(super) enum Before<'p> {
    /// The same; or there is no older policy.
    Same,
    Other(&'p Resource),
    Nothing,
}

impl<'p> Baseline<'p> {
    pub(super) fn new(before: &'p Plan, now: &'p Plan) -> Baseline<'p> {
        let by_address = |plan: &'p Plan| -> HashMap<&'p Address, &'p Resource> {
            let resources = plan.resources.iter();
            resources.map(|it| (&it.address, it)).collect()
        };
        let (resources, current) = (by_address(before), by_address(now));
        let removed = absent(before, &current);
        let mut added: HashMap<_, Vec<&Address>> = HashMap::new();
        for resource in absent(now, &resources) {
            added
                .entry(role(resource))
                .or_default()
                .push(&resource.address);
        }
        let mut gone: HashMap<_, Vec<&Address>> = HashMap::new();
        for resource in &removed {
            gone.entry(role(resource))
                .or_default()
                .push(&resource.address);
        }
        let mut moved = HashMap::new();
        for (role, from) in gone {
            // Of more or fewer than before nobody can say which went where.
            let to = added.remove(&role).filter(|to| to.len() == from.len());
            for (from, to) in from.into_iter().zip(to.into_iter().flatten()) {
                moved.insert(from, to);
                moved.insert(to, from);
            }
        }
        Baseline {
            resources,
            removed,
            moved,
        }
    }

    pub(super) fn before(&self, resource: &Resource) -> Before<'p> {
        match self.resources.get(&resource.address) {
            Some(before) if before.body == resource.body => Before::Same,
            Some(before) => Before::Other(before),
            None => Before::Nothing,
        }
    }

    /// Where the change asks for the resource instead, or asked for it before.
    pub(super) fn elsewhere(&self, address: &Address) -> Option<&'p Address> {
        self.moved.get(address).copied()
    }
}

/// What a resource is to the policy, wherever it is.
fn role(resource: &Resource) -> (&str, &str) {
    (&resource.name, &resource.address.kind)
}

fn absent<'p>(plan: &'p Plan, other: &HashMap<&Address, &Resource>) -> Vec<&'p Resource> {
    let resources = plan.resources.iter();
    resources
        .filter(|it| !other.contains_key(&it.address))
        .collect()
}

/// Where the live resource is not as it was asked for before the change.
pub(super) struct Since<'p> {
    before: Before<'p>,
    tree: Value,
    differs: BTreeSet<String>,
}

impl<'p> Since<'p> {
    pub(super) fn of(before: Before<'p>, found: &Found) -> Since<'p> {
        let mut since = Since {
            before,
            tree: Value::Null,
            differs: BTreeSet::new(),
        };
        if let Before::Other(resource) = before {
            since.tree = resource.body.tree();
            let mut drift = Drift::default();
            let mut walk = Walk {
                drift: &mut drift,
                resource,
                found,
                since: &Since::of(Before::Same, found),
                restore: &|_, _, _| None,
            };
            walk.value("", &since.tree, &found.live);
            let differences = drift.findings.into_iter().filter_map(|it| it.difference);
            since.differs = differences.map(|it| it.property).collect();
        }
        since
    }

    /// Whether only the change makes the difference at a pointer: live is as was asked for before.
    pub(super) fn proposes(&self, pointer: &str) -> bool {
        match self.before {
            Before::Same => false,
            Before::Nothing => true,
            Before::Other(_) => {
                let below = format!("{pointer}/");
                let mut after = self.differs.range(below.clone()..);
                let inside = after.next().is_some_and(|it| it.starts_with(&below));
                let ends = pointer.match_indices('/').map(|(end, _)| end);
                let mut above = ends.chain([pointer.len()]).map(|end| &pointer[..end]);
                !inside && !above.any(|it| self.differs.contains(it))
            }
        }
    }

    /// The value asked for before, where that was another one.
    pub(super) fn asked(&self, pointer: &str, intended: &Value) -> Option<&Value> {
        match self.before {
            Before::Same | Before::Nothing => None,
            Before::Other(_) => {
                let value = tree::lookup(&self.tree, pointer).unwrap_or(&Value::Null);
                (value != intended).then_some(value)
            }
        }
    }
}
