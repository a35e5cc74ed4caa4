//! The locations of what is written: those of the policy where it has them, others by new names.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Candidate, Wanted};
use super::plain;
use crate::observe::inventory::{self, Database, Live, Place};
use crate::plan::{Address, Scope};
use crate::resolve::Scope as PolicyScope;

/// A location that the policy does not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Location {
    Aws {
        account: String,
        region: String,
        role: Option<String>,
    },
    Azure {
        subscription: String,
        resource_group: String,
        region: String,
    },
}

/// What a location is known by: without regard to case, and with the region of an Azure server, which
/// its resource group does not tell.
type Where = (Scope, String);

#[derive(Debug, Default)]
pub(in super::super) struct Locations {
    names: BTreeMap<Where, String>,
    new: BTreeMap<String, Location>,
}

impl Locations {
    pub(super) fn of(wanted: &Wanted<'_>, candidates: &[Candidate<'_>]) -> Locations {
        let mut locations = Locations::default();
        for site in wanted.estate.locations.values() {
            let (scope, region) = match site.scope {
                PolicyScope::Aws {
                    account, region, ..
                } => (aws(account, region), region),
                PolicyScope::Azure {
                    subscription,
                    resource_group,
                    region,
                } => {
                    let scope = Scope::Azure {
                        subscription: subscription.to_owned(),
                        resource_group: resource_group.to_owned(),
                    };
                    (scope, region)
                }
                PolicyScope::Host { .. } => continue,
            };
            let names = &mut locations.names;
            names
                .entry(key(&scope, region))
                .or_insert(site.name.to_owned());
        }
        let mut new: BTreeMap<Where, Location> = BTreeMap::new();
        for candidate in candidates {
            for scope in scopes(candidate) {
                let region = region(&scope, candidate.database);
                let place = key(&scope, &region);
                if !locations.names.contains_key(&place) {
                    new.entry(place).or_insert(location(scope, region, wanted));
                }
            }
        }
        let taken = wanted.estate.locations.keys();
        let mut taken: BTreeSet<String> = taken.map(|name| (*name).to_owned()).collect();
        let all: Vec<Location> = new.values().cloned().collect();
        for (place, location) in new {
            let name = location.name(&all, &mut taken);
            locations.names.insert(place, name.clone());
            locations.new.insert(name, location);
        }
        locations
    }

    pub(super) fn of_database(&self, database: &Database) -> Option<&str> {
        let scope = &database.address.scope;
        let place = key(scope, &region(scope, database));
        self.names.get(&place).map(String::as_str)
    }

    /// Where a replica is written to be: its location, where that is another one than its source's.
    pub(in super::super) fn elsewhere(&self, replica: &Database, at: &str) -> Option<&str> {
        self.of_database(replica).filter(|there| *there != at)
    }

    /// Those that the policy does not have, of which one of these names is used.
    pub(in super::super) fn written(
        &self,
        used: &BTreeSet<&str>,
    ) -> impl Iterator<Item = (&String, &Location)> {
        let new = self.new.iter();
        new.filter(move |(name, _)| used.contains(name.as_str()))
    }
}

/// Where a database and its replicas are. Azure's replicas are in their server's group.
fn scopes(candidate: &Candidate<'_>) -> Vec<Scope> {
    let mut scopes = vec![candidate.database.address.scope.clone()];
    if candidate.engine.rds().is_some() {
        let replicas = candidate.replicas.iter();
        scopes.extend(replicas.map(|replica| replica.address.scope.clone()));
    }
    scopes
}

fn aws(account: &str, region: &str) -> Scope {
    Scope::Aws {
        account: account.to_owned(),
        region: region.to_owned(),
    }
}

fn region(scope: &Scope, database: &Database) -> String {
    match (scope, &database.live) {
        (Scope::Aws { region, .. }, _) => region.clone(),
        (_, Live::Server(body)) => body.location.clone().unwrap_or_default(),
        (_, Live::Replica(body)) => body.location.clone().unwrap_or_default(),
        (_, Live::Instance(_)) => String::new(),
    }
}

fn key(scope: &Scope, region: &str) -> Where {
    let address = Address {
        scope: scope.clone(),
        kind: String::new(),
        name: String::new(),
    };
    (
        inventory::plain(&address).scope,
        region.to_ascii_lowercase(),
    )
}

fn location(scope: Scope, region: String, wanted: &Wanted<'_>) -> Location {
    let role = wanted.roles.get(&Place::of(&scope)).cloned().flatten();
    match scope {
        Scope::Aws { account, region } => Location::Aws {
            account,
            region,
            role,
        },
        Scope::Azure {
            subscription,
            resource_group,
        } => Location::Azure {
            subscription,
            resource_group,
            region,
        },
    }
}

impl Location {
    /// The Region or the group, with what tells it from another of the same name.
    fn name(&self, all: &[Location], taken: &mut BTreeSet<String>) -> String {
        let (short, long) = self.words();
        let same = all.iter().filter(|other| other.words().0 == short).count();
        let first = if same > 1 { long.clone() } else { short };
        let numbered = (2..).map(|n| super::shortened(&long, &format!("-{n}")));
        let mut free = [first, long.clone()].into_iter().chain(numbered);
        // There are more numbers than locations.
        free.find(|name| taken.insert(name.clone())).unwrap_or(long)
    }

    fn words(&self) -> (String, String) {
        match self {
            Location::Aws {
                account, region, ..
            } => (
                plain(region),
                super::shortened(&plain(region), &format!("-{account}")),
            ),
            Location::Azure {
                resource_group,
                region,
                subscription,
            } => {
                let group = plain(resource_group);
                let start: String = subscription.chars().take(8).collect();
                let end = format!("-{}-{}", plain(region), plain(&start));
                (group.clone(), super::shortened(&group, &end))
            }
        }
    }
}
