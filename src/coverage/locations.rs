//! The locations of a policy as places of the clouds.

use std::collections::BTreeMap;

use crate::observe::inventory::{Database, Place, plain};
use crate::plan::{Address, Scope};
use crate::resolve::{Estate, Scope as PolicyScope, Site};
use crate::source;

/// A location's name and where it is written.
pub(super) type Location<'w> = (&'w str, source::Place);

/// The first location of each place, and of each account's Region or resource group.
pub(super) struct Locations<'w> {
    places: BTreeMap<Place, Location<'w>>,
    scopes: BTreeMap<Scope, Location<'w>>,
}

/// What has to be read to cover a policy, each once: with the role of its first location.
pub fn asked(estate: &Estate<'_>) -> BTreeMap<Place, Option<String>> {
    let mut asked = BTreeMap::new();
    for (_, site) in sites(estate) {
        let role = match site.scope {
            PolicyScope::Aws { role, .. } => role.map(str::to_owned),
            PolicyScope::Azure { .. } | PolicyScope::Host { .. } => None,
        };
        if let Some(scope) = scope(site.scope) {
            asked.entry(Place::of(&scope)).or_insert(role);
        }
    }
    asked
}

/// In the order of the policy.
fn sites<'w>(estate: &Estate<'w>) -> Vec<(source::Place, Site<'w>)> {
    let policies = estate.workspace.policies();
    let names = policies.flat_map(|(_, policy)| policy.locations.keys());
    let site = |name: &'w crate::policy::Name| Some((name.place, estate.location(name)?));
    names.filter_map(site).collect()
}

/// A location's scope as the plan has it. None: it is no cloud.
fn scope(scope: PolicyScope<'_>) -> Option<Scope> {
    match scope {
        PolicyScope::Aws {
            account, region, ..
        } => Some(Scope::Aws {
            account: account.to_owned(),
            region: region.to_owned(),
        }),
        PolicyScope::Azure {
            subscription,
            resource_group,
            ..
        } => Some(Scope::Azure {
            subscription: subscription.to_owned(),
            resource_group: resource_group.to_owned(),
        }),
        PolicyScope::Host { .. } => None,
    }
}

/// Without regard to case.
fn same(scope: &Scope) -> Scope {
    let address = Address {
        scope: scope.clone(),
        kind: String::new(),
        name: String::new(),
    };
    plain(&address).scope
}

impl<'w> Locations<'w> {
    pub(super) fn of(estate: &Estate<'w>) -> Locations<'w> {
        let mut locations = Locations {
            places: BTreeMap::new(),
            scopes: BTreeMap::new(),
        };
        for (place, site) in sites(estate) {
            let Some(scope) = scope(site.scope) else {
                continue;
            };
            let location = (site.name, place);
            let places = &mut locations.places;
            places.entry(Place::of(&scope)).or_insert(location);
            locations.scopes.entry(same(&scope)).or_insert(location);
        }
        locations
    }

    pub(super) fn places(&self) -> impl Iterator<Item = (&Place, Location<'w>)> {
        self.places
            .iter()
            .map(|(place, location)| (place, *location))
    }

    pub(super) fn of_place(&self, place: &Place) -> Option<Location<'w>> {
        self.places.get(place).copied()
    }

    /// The location that a database is in.
    pub(super) fn of_database(&self, database: &Database) -> Option<Location<'w>> {
        self.scopes.get(&same(&database.address.scope)).copied()
    }

    /// What a database is counted under: its location, or its group where that is no location.
    pub(super) fn label(&self, database: &Database, near: &str) -> String {
        match (self.of_database(database), &database.address.scope) {
            (Some((name, _)), _) => name.to_owned(),
            (None, Scope::Azure { resource_group, .. }) => {
                format!("{near}, group {}", super::kinds::shown(resource_group))
            }
            (None, Scope::Aws { .. }) => near.to_owned(),
        }
    }
}
