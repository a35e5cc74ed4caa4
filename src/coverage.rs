//! Which databases of the clouds a policy protects, which none does, and which are paid for twice.
//! Pure: whoever calls it has read the clouds.

mod ignored;
mod kinds;
mod locations;
mod twice;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::finding::{Code, Finding};
use crate::observe::inventory::{Database, Inventory, Listing, Place, plain};
use crate::plan::{Address, Plan};
use crate::resolve::{self, Estate};
use crate::source;

use ignored::Ignores;
use locations::Locations;

pub use kinds::{CODES, shown};
pub use locations::asked;

/// What the clouds have, against the policy.
#[derive(Debug, Default)]
pub struct Coverage {
    pub findings: Vec<Finding>,
    /// One for each location that has databases, in the order of their names.
    pub rows: BTreeMap<String, Row>,
    /// What could not be read.
    pub unreadable: usize,
}

/// How the databases of one location stand. A replica is protected by its source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Row {
    pub databases: usize,
    pub protected: usize,
    pub unprotected: usize,
    pub twice: usize,
    pub ignored: usize,
    pub not_handled: usize,
}

/// What is known of a database that the clouds have.
struct Seen<'a> {
    database: &'a Database,
    /// The location that it is in, or one of its subscription.
    location: (&'a str, source::Place),
    /// What the policy makes of it, where it names it.
    policy: Option<&'a resolve::Database<'a>>,
}

/// Compares what the places have with what the policy names.
pub fn cover(estate: &Estate<'_>, plan: &Plan, inventory: &Inventory, today: Date) -> Coverage {
    let mut coverage = Coverage::default();
    let locations = Locations::of(estate);
    let (ignores, problems) = Ignores::of(estate, today);
    coverage.findings.extend(problems);
    let named = Named::of(estate, plan);
    let known = known(inventory);
    for (place, location) in locations.places() {
        match inventory.get(place) {
            Some(Listing::Read(contents)) => {
                for reason in &contents.unread {
                    coverage.unread(place, location.1, reason);
                }
                for database in &contents.databases {
                    let seen = Seen {
                        database,
                        location: locations.of_database(database).unwrap_or(location),
                        policy: named.protecting(database, &known),
                    };
                    let label = locations.label(database, seen.location.0);
                    let row = coverage.rows.entry(label).or_default();
                    row.databases += 1;
                    let (findings, standing) = stands(&seen, &named, &contents.plans, &ignores);
                    row.count(standing);
                    coverage.findings.extend(findings);
                }
            }
            Some(Listing::Unreadable { reason }) => coverage.unread(place, location.1, reason),
            None => coverage.unread(place, location.1, "it is not in the recorded inventory"),
        }
    }
    if coverage.unreadable == 0 {
        coverage.findings.extend(ignores.unused());
    }
    coverage
}

/// The databases that no policy names, leaves out, or protects by what they copy.
pub fn unnamed<'i>(
    estate: &Estate<'_>,
    plan: &Plan,
    inventory: &'i Inventory,
    today: Date,
) -> Vec<&'i Database> {
    let locations = Locations::of(estate);
    let (ignores, _) = Ignores::of(estate, today);
    let named = Named::of(estate, plan);
    let known = known(inventory);
    let unnamed = known.values().filter(|database| {
        let at = locations.of_database(database);
        let of_place = || locations.of_place(&Place::of(&database.address.scope));
        let seen = at.or_else(of_place).map(|location| Seen {
            database,
            location,
            policy: None,
        });
        named.protecting(database, &known).is_none()
            && !seen.is_some_and(|seen| ignores.takes(&seen))
    });
    unnamed.copied().collect()
}

/// How one database stands.
#[derive(Clone, Copy)]
enum Standing {
    Protected,
    Twice,
    Unprotected,
    UnprotectedTwice,
    Ignored,
    NotHandled,
}

fn stands(
    seen: &Seen<'_>,
    named: &Named<'_>,
    plans: &[crate::cloud::aws::backup::BackupPlan],
    ignores: &Ignores<'_>,
) -> (Vec<Finding>, Standing) {
    let named_at_all = seen.policy.is_some();
    if !named_at_all && ignores.takes(seen) {
        return (Vec::new(), Standing::Ignored);
    }
    if let Some(finding) = kinds::not_handled(seen) {
        return (vec![finding], Standing::NotHandled);
    }
    let mut findings = twice::findings(seen, plans, &named.plans);
    let twice = !findings.is_empty();
    if named_at_all {
        let standing = if twice {
            Standing::Twice
        } else {
            Standing::Protected
        };
        return (findings, standing);
    }
    findings.push(kinds::unprotected(seen));
    let standing = match twice {
        true => Standing::UnprotectedTwice,
        false => Standing::Unprotected,
    };
    (findings, standing)
}

impl Row {
    fn count(&mut self, standing: Standing) {
        let counts: &mut [&mut usize] = match standing {
            Standing::Protected => &mut [&mut self.protected],
            Standing::Twice => &mut [&mut self.protected, &mut self.twice],
            Standing::Unprotected => &mut [&mut self.unprotected],
            Standing::UnprotectedTwice => &mut [&mut self.unprotected, &mut self.twice],
            Standing::Ignored => &mut [&mut self.ignored],
            Standing::NotHandled => &mut [&mut self.not_handled],
        };
        counts.iter_mut().for_each(|count| **count += 1);
    }
}

impl Coverage {
    fn unread(&mut self, place: &Place, at: source::Place, reason: &str) {
        self.unreadable += 1;
        self.findings.push(kinds::unread(place, at, reason));
    }

    /// Whether everything was read that the policy's locations have.
    pub fn is_complete(&self) -> bool {
        self.unreadable == 0
    }

    /// The codes of which nothing was missed: none while something could not be read.
    pub fn looked_for(&self) -> impl Iterator<Item = &'static Code> {
        CODES.into_iter().filter(|_| self.is_complete())
    }
}

/// What the policy names in the clouds.
struct Named<'e> {
    databases: BTreeMap<Address, &'e resolve::Database<'e>>,
    /// Plans of AWS Backup that are the policy's own.
    plans: BTreeSet<Address>,
}

impl<'e> Named<'e> {
    fn of(estate: &'e Estate<'_>, plan: &Plan) -> Named<'e> {
        let by_name: BTreeMap<&str, &resolve::Database<'_>> = estate
            .databases
            .iter()
            .map(|database| (database.name.value.as_str(), database))
            .collect();
        let mut named = Named {
            databases: BTreeMap::new(),
            plans: BTreeSet::new(),
        };
        for resource in &plan.resources {
            use crate::plan::Body::{BackupPlan, DbInstance, FlexibleServer, Replica};
            let address = plain(&resource.address);
            match resource.body {
                DbInstance(_) | FlexibleServer(_) | Replica(_) => {
                    let database = by_name.get(resource.name.as_str());
                    named.databases.extend(database.map(|it| (address, *it)));
                }
                BackupPlan(_) => drop(named.plans.insert(address)),
                _ => {}
            }
        }
        named
    }

    /// The policy's database: it, or what it copies.
    fn protecting(
        &self,
        database: &Database,
        known: &BTreeMap<Address, &Database>,
    ) -> Option<&'e resolve::Database<'e>> {
        let mut seen = BTreeSet::new();
        let mut address = database.key();
        // A list that copies in a circle ends as well.
        while seen.insert(address.clone()) {
            if let Some(found) = self.databases.get(&address) {
                return Some(found);
            }
            address = known.get(&address)?.source()?;
        }
        None
    }
}

fn known(inventory: &Inventory) -> BTreeMap<Address, &Database> {
    let contents = inventory.places().filter_map(|(_, listing)| match listing {
        Listing::Read(contents) => Some(contents),
        Listing::Unreadable { .. } => None,
    });
    let databases = contents.flat_map(|contents| &contents.databases);
    databases
        .map(|database| (database.key(), database))
        .collect()
}
