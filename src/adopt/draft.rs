//! The policy that is being written: names, locations, and who says what.

use std::collections::{BTreeMap, BTreeSet};

use super::group::{self, Member};
use super::judge::{self, Verdict};
use super::labels;
use super::needs::{Key, Settings, holds, missing, needs};
use super::text;
use super::{Candidate, Wanted, leave_out, name};
use crate::resolve::Estate;

mod locations;

pub(super) use locations::{Location, Locations};

/// The longest name that a policy takes.
const NAME: usize = 63;

#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub locations: Locations,
    pub defaults: Settings,
    pub tiers: BTreeMap<String, Settings>,
    pub databases: Vec<Entry<'a>>,
}

#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub name: String,
    pub at: String,
    pub candidate: Candidate<'a>,
    pub tier: Option<&'static str>,
    needs: Settings,
    /// What it says itself.
    pub own: Settings,
}

impl<'a> Draft<'a> {
    pub(super) fn of(wanted: &Wanted<'_>, candidates: Vec<Candidate<'a>>) -> Draft<'a> {
        let locations = Locations::of(wanted, &candidates);
        let mut placed: Vec<(String, Candidate<'a>)> = candidates
            .into_iter()
            .filter_map(|it| Some((locations.of_database(it.database)?.to_owned(), it)))
            .collect();
        placed.sort_by(|(at, a), (other, b)| {
            (at, &a.database.address).cmp(&(other, &b.database.address))
        });
        let names = names(wanted.estate, &placed);
        let mut databases = Vec::new();
        for ((at, candidate), name) in placed.into_iter().zip(names) {
            let needs = needs(&candidate);
            databases.push(Entry {
                name,
                at,
                tier: labels::tier(&candidate, &needs),
                needs,
                own: Settings::new(),
                candidate,
            });
        }
        let draft = Draft {
            locations,
            defaults: Settings::new(),
            tiers: BTreeMap::new(),
            databases,
        };
        draft.layered(wanted)
    }

    /// Moves what many have in common into the layers, and leaves the rest to each.
    fn layered(mut self, wanted: &Wanted<'_>) -> Draft<'a> {
        self.defaults.clear();
        self.tiers.clear();
        self.databases
            .iter_mut()
            .for_each(|entry| entry.own.clear());
        let bases = self.held(wanted, |entry, intent| {
            let held = |key: &Key| Some((key.clone(), holds(intent, key)?));
            entry.needs.keys().filter_map(held).collect()
        });
        let none = Settings::new();
        let members: Vec<Member<'_>> = self
            .databases
            .iter()
            .map(|entry| Member {
                tier: entry.tier,
                needs: &entry.needs,
                base: bases.get(&entry.name).unwrap_or(&none),
            })
            .collect();
        let defaults = group::defaults(&members);
        let tiers = group::tiers(&members, &defaults);
        self.defaults = defaults;
        self.tiers = tiers;
        let mut own = self.held(wanted, |entry, intent| {
            missing(&entry.needs, intent, entry.candidate.engine.rds().is_none())
        });
        for entry in &mut self.databases {
            // Where the layers cannot be told, it says everything.
            let own = own.remove(&entry.name);
            entry.own = own.unwrap_or_else(|| entry.needs.clone());
        }
        self
    }

    /// What follows for each database from the settings that hold of it.
    fn held(
        &self,
        wanted: &Wanted<'_>,
        read: impl Fn(&Entry<'_>, &crate::resolve::Intent) -> Settings,
    ) -> BTreeMap<String, Settings> {
        let text = text::write(self, wanted, &[]);
        judge::with_intents(wanted, &text, |intents| {
            let settings = |entry: &Entry<'_>| {
                let intent = intents.get(entry.name.as_str())?;
                Some((entry.name.clone(), read(entry, intent)))
            };
            self.databases.iter().filter_map(settings).collect()
        })
    }

    /// The draft without what the verdict leaves out.
    pub(super) fn without(
        mut self,
        verdict: Verdict,
        wanted: &Wanted<'_>,
        left_out: &mut Vec<(String, String)>,
    ) -> Draft<'a> {
        let everything = verdict.everything;
        self.databases.retain_mut(|entry| {
            let database = entry.candidate.database;
            if let Some(why) = verdict.databases.get(&entry.name).or(everything.as_ref()) {
                leave_out(database, &entry.candidate.replicas, why, left_out);
                return false;
            }
            entry.candidate.replicas.retain(|replica| {
                let why = verdict.replicas.get(&replica.key());
                left_out.extend(why.map(|why| (name(replica), why.clone())));
                why.is_none()
            });
            true
        });
        self.layered(wanted)
    }
}

/// Names from ids: readable, and unique in the workspace. Where two locations have the same id, both
/// say where they are.
fn names(estate: &Estate<'_>, placed: &[(String, Candidate<'_>)]) -> Vec<String> {
    let policies = estate.workspace.policies();
    let taken = policies.flat_map(|(_, policy)| policy.databases.keys());
    let mut taken: BTreeSet<String> = taken.map(|name| name.value.clone()).collect();
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    for (_, candidate) in placed {
        *ids.entry(plain(&candidate.database.address.name))
            .or_default() += 1;
    }
    let mut names = Vec::new();
    for (at, candidate) in placed {
        let id = plain(&candidate.database.address.name);
        let alone = ids.get(&id) == Some(&1);
        let placed = shortened(&id, &format!("-{at}"));
        let first = if alone { id.clone() } else { placed.clone() };
        let numbered = (2..).map(|n| shortened(&placed, &format!("-{n}")));
        let mut free = [first, placed.clone()].into_iter().chain(numbered);
        // There are more numbers than names.
        let name = free.find(|name| taken.insert(name.clone()));
        names.push(name.unwrap_or(id));
    }
    names
}

/// A name with an end, within the length that a policy takes.
fn shortened(name: &str, end: &str) -> String {
    let end: String = end.chars().take(NAME - 1).collect();
    let kept = name.chars().take(NAME - end.len());
    kept.chain(end.chars()).collect()
}

/// A text as a name: small letters, digits, hyphens; a letter first.
pub(super) fn plain(text: &str) -> String {
    let small = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' => c,
        _ => '-',
    };
    let name: String = text.chars().map(small).collect();
    let name = name.trim_matches('-');
    let first = name.starts_with(|c: char| c.is_ascii_lowercase());
    let name = if first {
        name.to_owned()
    } else {
        format!("db-{name}")
    };
    let name: String = name.chars().take(NAME).collect();
    name.trim_end_matches('-').to_owned()
}
