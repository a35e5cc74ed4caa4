//! Who is told of what by AWS itself, in each account and Region.

mod presence;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::{Database, Estate, Resolved, Scope, Site};
use crate::cloud::aws::signals::{self, Signals};
use crate::policy::{AlertEvent, Receiver, topic_of};
use crate::source::Place;

pub use presence::{Presence, presences};

/// What one receiver is told in one account's Region.
#[derive(Debug)]
pub struct Route<'e> {
    /// The first of the policy's locations there.
    pub site: Site<'e>,
    pub receiver: &'e Receiver,
    /// The name of the topic that carries it.
    pub topic: String,
    /// Where the receiver is written first.
    pub place: Place,
    /// The databases that ask for it, with what each asks for.
    pub told: Vec<Told<'e>>,
}

/// What one database has there, and the events that it asks for.
#[derive(Debug)]
pub struct Told<'e> {
    pub database: &'e Database<'e>,
    pub events: &'e [Resolved<AlertEvent>],
    pub here: Presence<'e>,
}

/// Every event, in the order of the policy's reference.
pub const EVENTS: [AlertEvent; 5] = [
    AlertEvent::Failed,
    AlertEvent::Missed,
    AlertEvent::Stale,
    AlertEvent::RestoreTestFailed,
    AlertEvent::Weakened,
];

/// What AWS itself tells of an event. None: only backstay's own workflows can.
pub fn signals(event: AlertEvent) -> Option<&'static Signals> {
    match event {
        AlertEvent::Failed => Some(&signals::FAILED),
        AlertEvent::Missed => Some(&signals::MISSED),
        AlertEvent::RestoreTestFailed => Some(&signals::RESTORE_TEST_FAILED),
        AlertEvent::Weakened => Some(&signals::WEAKENED),
        AlertEvent::Stale => None,
    }
}

/// The name of the topic that carries what a receiver is told. None: SNS does not deliver to it.
pub fn topic_name(receiver: &Receiver) -> Option<String> {
    match receiver {
        Receiver::Slack(_) => None,
        Receiver::Topic(name) => Some(name.clone()),
        Receiver::TopicArn(arn) => Some(arn.rsplit(':').next().unwrap_or(arn).to_owned()),
        Receiver::Email(address) => Some(format!("backstay-{}", address_word(address))),
    }
}

/// A mail address in letters that a topic's name can have. Two addresses never give one word: only
/// marks are in capitals.
fn address_word(address: &str) -> String {
    address
        .chars()
        .map(|c| match c {
            '@' => "-AT-".to_owned(),
            '.' => "_".to_owned(),
            '_' => "L".to_owned(),
            '+' => "P".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

/// Whether a receiver is told by SNS what happens in a Region: a topic that exists serves its own.
pub fn serves(receiver: &Receiver, site: Site<'_>) -> bool {
    match (receiver, site.scope) {
        (Receiver::Topic(_) | Receiver::Email(_), Scope::Aws { .. }) => true,
        (Receiver::TopicArn(arn), Scope::Aws { region, .. }) => {
            topic_of(arn).is_some_and(|(at, ..)| at == region)
        }
        _ => false,
    }
}

/// Every receiver of every account's Region that has something to tell, in the order of the policy.
pub fn routes<'e>(estate: &'e Estate<'_>) -> Vec<Route<'e>> {
    let mut routes: IndexMap<(&str, &str, &Receiver), Route<'e>> = IndexMap::new();
    for database in &estate.databases {
        let alerts = &database.intent.alerts;
        let mut receivers: Vec<&Resolved<Receiver>> = Vec::new();
        for receiver in &alerts.to {
            // A receiver that is written twice is told once.
            if !receivers.iter().any(|it| it.value == receiver.value) {
                receivers.push(receiver);
            }
        }
        for receiver in receivers {
            for here in presences(database, estate) {
                let told = alerts.events.iter().any(|event| here.tells(event.value));
                let (Some((account, region)), Some(topic), true) = (
                    region_of(here.site),
                    topic_name(&receiver.value),
                    told && serves(&receiver.value, here.site),
                ) else {
                    continue;
                };
                let route = routes
                    .entry((account, region, &receiver.value))
                    .or_insert_with(|| Route {
                        site: here.site,
                        receiver: &receiver.value,
                        topic,
                        place: receiver.place.unwrap_or(database.name.place),
                        told: Vec::new(),
                    });
                route.told.push(Told {
                    database,
                    events: &alerts.events,
                    here,
                });
            }
        }
    }
    routes.into_values().collect()
}

/// What a subscription to RDS's events is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Instances,
    /// Those that are made by hand, and exports of them.
    Snapshots,
}

/// One subscription of a receiver to RDS's events.
#[derive(Debug)]
pub struct Subscription {
    pub source: Source,
    /// From 0, among those of the receiver and source.
    pub number: usize,
    pub categories: BTreeSet<&'static str>,
    /// Identifiers of the instances, as RDS writes them.
    pub ids: BTreeSet<String>,
    /// Where the first of the categories is asked for.
    pub place: Place,
}

/// The subscriptions of a receiver: databases that ask for the same share one.
pub fn subscriptions(route: &Route<'_>) -> Vec<Subscription> {
    let of = |source| {
        let mut groups: BTreeMap<BTreeSet<&'static str>, Subscription> = BTreeMap::new();
        for told in &route.told {
            let Some((categories, place)) = told.categories(source) else {
                continue;
            };
            let group = groups
                .entry(categories)
                .or_insert_with_key(|categories| Subscription {
                    source,
                    number: 0,
                    categories: categories.clone(),
                    ids: BTreeSet::new(),
                    place,
                });
            group.ids.extend(told.here.instances.iter().cloned());
        }
        groups
            .into_values()
            .enumerate()
            .map(|(number, group)| Subscription { number, ..group })
    };
    of(Source::Instances).chain(of(Source::Snapshots)).collect()
}

impl Told<'_> {
    /// The events that the database asks for, each with its place.
    pub fn asked(&self) -> impl Iterator<Item = (AlertEvent, Place)> {
        let place = self.database.name.place;
        let events = self.events.iter();
        events.map(move |event| (event.value, event.place.unwrap_or(place)))
    }

    /// The categories that the database asks for, and where the first is asked for.
    fn categories(&self, source: Source) -> Option<(BTreeSet<&'static str>, Place)> {
        let here = match source {
            Source::Instances => !self.here.instances.is_empty(),
            Source::Snapshots => self.here.snapshots,
        };
        let mut first = None;
        let mut categories = BTreeSet::new();
        for (event, place) in self.asked().filter(|_| here) {
            let more = match (source, signals(event)) {
                (Source::Instances, Some(signals)) => signals.instance,
                (Source::Snapshots, Some(signals)) => signals.snapshot,
                (_, None) => &[],
            };
            if !more.is_empty() {
                first = first.or(Some(place));
                categories.extend(more.iter().copied());
            }
        }
        Some((categories, first?))
    }
}

/// Account and Region.
fn region_of(site: Site<'_>) -> Option<(&str, &str)> {
    match site.scope {
        Scope::Aws {
            account, region, ..
        } => Some((account, region)),
        Scope::Azure { .. } | Scope::Host { .. } => None,
    }
}

/// A topic's name as a part of RDS's names: letters, digits and single hyphens.
pub fn word_of(name: &str) -> String {
    let parts = name.split(['-', '_']).filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
    parts.join("-")
}
