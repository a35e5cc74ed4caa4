//! What is drafted, read back: the rules say what is wrong with it, and a comparison with what is live
//! what is not so.

use std::collections::{BTreeMap, HashMap};

use super::Wanted;
use super::draft::Draft;
use crate::drift;
use crate::finding::{Finding, Kind, Severity};
use crate::observe::inventory::{Database, Live, plain};
use crate::observe::{Found, Observations, State};
use crate::plan::{Address, Body, Plan, Resource, name_clashes, plan};
use crate::policy::{self, Node};
use crate::resolve::{Intent, resolve};
use crate::rules;
use crate::source::{FileId, Place, Sources};

/// What has to be left out, and why.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// By the names that the draft gives them.
    pub databases: BTreeMap<String, String>,
    pub replicas: BTreeMap<Address, String>,
    /// Something is wrong that no single database has asked for.
    pub everything: Option<String>,
}

impl Verdict {
    pub(super) fn is_clean(&self) -> bool {
        self.databases.is_empty() && self.replicas.is_empty() && self.everything.is_none()
    }
}

/// The workspace with one file more, and that file.
fn sources(wanted: &Wanted<'_>, text: &str) -> (Sources, FileId) {
    let mut sources = Sources::default();
    let present = &wanted.estate.workspace.sources;
    for source in present.ids().map(|id| present.get(id)) {
        sources.add(source.path(), source.text());
    }
    let file = sources.add(wanted.path, text);
    (sources, file)
}

/// Tells a reader what holds of each database, by its name.
pub(super) fn with_intents<T>(
    wanted: &Wanted<'_>,
    text: &str,
    read: impl FnOnce(&HashMap<&str, &Intent>) -> T,
) -> T {
    let (sources, file) = sources(wanted, text);
    let (workspace, _) = policy::parse(sources);
    let estate = resolve(&workspace);
    let own = estate.databases.iter().filter(|it| it.file == file);
    let intents = own.map(|database| (database.name.value.as_str(), &database.intent));
    read(&intents.collect())
}

pub(super) fn judge(wanted: &Wanted<'_>, draft: &Draft<'_>, text: &str) -> Verdict {
    let (sources, file) = sources(wanted, text);
    let (workspace, mut findings) = policy::parse(sources);
    let estate = resolve(&workspace);
    findings.extend(rules::check(&estate));
    let mut verdict = Verdict::default();
    let document = workspace.documents.iter().find(|it| it.file == file);
    let Some(tree) = document.and_then(|document| document.tree.as_ref()) else {
        verdict.everything = Some("no policy could be made of it".to_owned());
        return verdict;
    };
    let parts = Parts::of(tree);
    for finding in findings.iter().filter(|it| it.severity >= Severity::Error) {
        verdict.fault(finding, file, &parts, draft);
    }
    if verdict.is_clean() {
        let plan = plan(&estate);
        for clash in name_clashes(&plan) {
            verdict.fault(&clash, file, &parts, draft);
        }
        if verdict.is_clean() {
            verdict.compare(&plan, draft);
        }
    }
    verdict
}

/// Where each database and each location of the file is written.
struct Parts<'t> {
    databases: Vec<(u32, &'t str)>,
    locations: Vec<(u32, &'t str)>,
}

impl<'t> Parts<'t> {
    fn of(tree: &'t Node) -> Parts<'t> {
        let of = |key| {
            let part = tree.get(key).into_iter();
            let entries = part.flat_map(Node::entries);
            entries
                .map(|(name, entry)| (entry.key.start, name))
                .collect()
        };
        Parts {
            databases: of("databases"),
            locations: of("locations"),
        }
    }

    /// The database that a place is in. It is the last part of the file.
    fn database(&self, place: Place) -> Option<&'t str> {
        last(&self.databases, place)
    }

    /// The location that a place is in. It is the first part of the file.
    fn location(&self, place: Place) -> Option<&'t str> {
        let first = self.databases.first().map_or(u32::MAX, |(start, _)| *start);
        last(&self.locations, place).filter(|_| place.start < first)
    }
}

fn last<'t>(parts: &[(u32, &'t str)], place: Place) -> Option<&'t str> {
    let before = parts.iter().take_while(|(start, _)| *start <= place.start);
    before.last().map(|(_, name)| *name)
}

impl Verdict {
    /// Leaves out whom a finding speaks of.
    fn fault(&mut self, finding: &Finding, file: FileId, parts: &Parts<'_>, draft: &Draft<'_>) {
        let labels = finding.labels.iter().map(|(place, _)| *place);
        let places = finding.place.into_iter().chain(labels);
        let places: Vec<Place> = places.filter(|place| place.file == file).collect();
        if places.is_empty() {
            return;
        }
        let why = format!("{} ({})", finding.message, finding.code.name);
        let own = places.iter().find_map(|place| parts.database(*place));
        let at = places.iter().find_map(|place| parts.location(*place));
        match (own, at) {
            (Some(name), _) => drop(self.databases.entry(name.to_owned()).or_insert(why)),
            (None, Some(at)) => {
                let there = draft.databases.iter().filter(|entry| entry.at == at);
                let names: Vec<String> = there.map(|entry| entry.name.clone()).collect();
                match names.is_empty() {
                    true => self.everything = Some(why),
                    false => self
                        .databases
                        .extend(names.into_iter().map(|it| (it, why.clone()))),
                }
            }
            (None, None) => self.everything = Some(why),
        }
    }

    /// Leaves out what is live otherwise than the draft says.
    fn compare(&mut self, plan: &Plan, draft: &Draft<'_>) {
        let planned: HashMap<Address, &Resource> = plan
            .resources
            .iter()
            .map(|resource| (plain(&resource.address), resource))
            .collect();
        for entry in &draft.databases {
            let of = |database: &Database| {
                let resource = planned.get(&database.key());
                resource.map_or(Some(NOT_PLANNED.to_owned()), |it| difference(it, database))
            };
            if let Some(why) = of(entry.candidate.database) {
                self.databases.insert(entry.name.clone(), why);
            }
            for replica in &entry.candidate.replicas {
                if let Some(why) = of(replica) {
                    self.replicas.insert(replica.key(), why);
                }
            }
        }
        // What is planned besides is something that nobody has made.
        for resource in &plan.resources {
            let entry = draft
                .databases
                .iter()
                .find(|entry| entry.name == resource.name);
            let Some(entry) = entry.filter(|it| !self.databases.contains_key(&it.name)) else {
                continue;
            };
            let database = entry.candidate.database;
            let mut own = [database]
                .into_iter()
                .chain(entry.candidate.replicas.iter().copied());
            if !own.any(|it| it.key() == plain(&resource.address)) {
                let why = format!("the policy would ask for a {}", resource.address.kind);
                self.databases.insert(entry.name.clone(), why);
            }
        }
    }
}

const NOT_PLANNED: &str = "the policy would name another resource";

/// What differs between what a policy asks for and what is there.
fn difference(resource: &Resource, database: &Database) -> Option<String> {
    let found = Found {
        live: live(&resource.body, &database.live),
        ..Found::default()
    };
    let state = State::Found(Box::new(found));
    let observations = Observations([(resource.address.clone(), state)].into());
    let one = Plan {
        resources: vec![resource.clone()],
        ..Plan::default()
    };
    let drift = drift::compare(&one, &observations, &|_, _, _| None);
    let told = drift
        .findings
        .into_iter()
        .find(|finding| finding.kind().is_some_and(|kind| kind != Kind::NotCompared));
    told.map(|finding| finding.message)
}

/// The live tree; ids that differ by case only are the plan's.
fn live(planned: &Body, live: &Live) -> serde_json::Value {
    match live {
        Live::Instance(body) => tree(body),
        Live::Server(body) => tree(body),
        Live::Replica(body) => {
            let mut body = body.clone();
            if let Body::Replica(planned) = planned {
                let own = &mut body.properties.source_server_resource_id;
                let wanted = &planned.properties.source_server_resource_id;
                if let (Some(own), Some(wanted)) = (own, wanted)
                    && own.eq_ignore_ascii_case(wanted)
                {
                    own.clone_from(wanted);
                }
            }
            tree(&body)
        }
    }
}

/// Structs of texts, numbers, lists and maps with text keys always serialise.
fn tree(body: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(body).unwrap_or_default()
}
