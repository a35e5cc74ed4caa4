//! Which recovery points the policy promises: of each mechanism of each database, where they are told,
//! how often one is made and how far back they reach.

mod source;

use std::collections::BTreeSet;

use crate::evidence::OutcomeKind;
use crate::policy::{Duration, Task};
use crate::resolve::{Database, Estate, Mechanism, Resolved, Scope, mechanisms};
use crate::source::Place;

pub use crate::resolve::Means;
pub use source::{AwsRegion, Source};

/// The recovery points of one mechanism of one database.
#[derive(Debug, Clone)]
pub struct Promise {
    pub key: Key,
    pub source: Source,
    pub pace: Pace,
    /// Most that may be lost, and where that is written; nowhere for what is built in.
    pub rpo: Option<Asked>,
    /// How long the longest kept point lives.
    pub keeps: Option<Asked>,
    /// What is kept for a time of its own, the shortest first.
    pub classes: Vec<Class>,
    /// Where the policy asks for the mechanism.
    pub place: Place,
    /// The database's name.
    pub named: Place,
}

/// Whose points, made how, held where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Key {
    /// The policy's name of the database.
    pub database: String,
    pub mechanism: Means,
    /// The policy's name of the location, vault or store.
    pub location: String,
}

/// A length of time that the policy asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub value: Duration,
    pub place: Place,
}

/// How points come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Any moment can be restored, up to these minutes ago.
    Continuous(u64),
    /// One is made every so many minutes.
    Every(u64),
    /// Nobody promises a bound.
    Unbounded,
}

/// A kind of point, by how long it is kept.
#[derive(Debug, Clone)]
pub struct Class {
    pub name: &'static str,
    pub keep: Asked,
    /// Minutes between two.
    pub every: u64,
}

/// A proof that a database can be restored, which is asked for again and again.
#[derive(Debug, Clone)]
pub struct Drill {
    pub key: DrillKey,
    /// What holds the results; nothing where none can be read from here.
    pub sources: Vec<Source>,
    /// The longest time between two, in minutes.
    pub every: u64,
    /// As the policy writes it.
    pub written: String,
    pub place: Place,
    pub named: Place,
}

/// Which drill of which database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct DrillKey {
    pub database: String,
    pub drill: DrillKind,
}

/// As the results name it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DrillKind {
    RestoreTest,
    PitrTest,
}

impl DrillKind {
    pub fn name(self) -> &'static str {
        match self {
            DrillKind::RestoreTest => "restore_test",
            DrillKind::PitrTest => "pitr_test",
        }
    }

    /// How its results call it.
    pub fn outcome(self) -> OutcomeKind {
        match self {
            DrillKind::RestoreTest => OutcomeKind::RestoreTest,
            DrillKind::PitrTest => OutcomeKind::PitrTest,
        }
    }
}

const DAY: u64 = 24 * 60;

/// Everything that a workspace promises of recovery points and drills.
#[derive(Debug, Default)]
pub struct Promises {
    /// In the order of the policy.
    pub points: Vec<Promise>,
    pub drills: Vec<Drill>,
}

pub fn promises(estate: &Estate<'_>) -> Promises {
    let mut promises = Promises::default();
    for database in &estate.databases {
        // What its provider copies to a paired region is told in one place only.
        let mut told = BTreeSet::new();
        for mechanism in mechanisms(database, estate) {
            let Some(promise) = promise(&mechanism, database, estate) else {
                continue;
            };
            if told.insert(promise.key.clone()) {
                promises.points.push(promise);
            }
        }
        promises.points.extend(on_demand(database));
        promises.drills.extend(drills(database, estate));
    }
    promises
}

fn promise(
    mechanism: &Mechanism<'_>,
    database: &Database<'_>,
    estate: &Estate<'_>,
) -> Option<Promise> {
    let named = database.name.place;
    let fallback = mechanism.place.or(database.tier_place).unwrap_or(named);
    let place = |own: Option<Place>| own.unwrap_or(fallback);
    let classes = classes(mechanism, database, fallback);
    let longest = classes.iter().max_by_key(|class| class.keep.value.days());
    let keeps = match longest {
        Some(class) => Some(class.keep),
        None => mechanism.keeps.map(|value| Asked {
            value,
            place: place(kept_at(mechanism.means, database)),
        }),
    };
    Some(Promise {
        key: Key {
            database: database.name.value.clone(),
            mechanism: mechanism.means,
            location: mechanism.holder.to_owned(),
        },
        source: source::of(mechanism, database, estate)?,
        pace: pace(mechanism, database),
        rpo: rpo(database),
        keeps,
        classes,
        place: fallback,
        named,
    })
}

/// On-demand backups of a flexible server.
fn on_demand(database: &Database<'_>) -> Option<Promise> {
    let snapshots = database.written.snapshots.as_ref()?;
    Some(Promise {
        key: Key {
            database: database.name.value.clone(),
            mechanism: Means::Snapshots,
            location: database.site.name.to_owned(),
        },
        source: source::on_demand(database)?,
        pace: Pace::Every(snapshots.schedule.longest_gap()),
        rpo: rpo(database),
        keeps: Some(Asked {
            value: snapshots.keep.value,
            place: snapshots.keep.place,
        }),
        classes: Vec::new(),
        place: snapshots.schedule.place,
        named: database.name.place,
    })
}

fn rpo(database: &Database<'_>) -> Option<Asked> {
    database.intent.rpo.as_ref().map(|rpo| Asked {
        value: rpo.value,
        place: rpo
            .place
            .or(database.tier_place)
            .unwrap_or(database.name.place),
    })
}

/// Where it is written how long a mechanism without classes keeps.
fn kept_at(means: Means, database: &Database<'_>) -> Option<Place> {
    match means {
        Means::Snapshots => Some(database.written.snapshots.as_ref()?.keep.place),
        _ => database.intent.retention.pitr.as_ref()?.place,
    }
}

fn pace(mechanism: &Mechanism<'_>, database: &Database<'_>) -> Pace {
    match (mechanism.means, mechanism.rpo) {
        // Azure tells when it took a backup, once a day, and not how far its logs reach.
        (Means::Automated, Some(_)) if matches!(database.site.scope, Scope::Azure { .. }) => {
            Pace::Every(DAY)
        }
        (Means::Automated | Means::Geo, Some(lag)) => Pace::Continuous(lag),
        (_, Some(every)) => Pace::Every(every),
        (_, None) => Pace::Unbounded,
    }
}

/// What a mechanism keeps for a time of its own; nothing where it keeps all points alike.
pub fn point_classes(mechanism: &Mechanism<'_>, database: &Database<'_>) -> Vec<Class> {
    let place = mechanism.place.unwrap_or(database.name.place);
    classes(mechanism, database, place)
}

fn classes(mechanism: &Mechanism<'_>, database: &Database<'_>, fallback: Place) -> Vec<Class> {
    let retention = &database.intent.retention;
    let of = |name, every, kept: &Option<Resolved<Duration>>| {
        let kept = kept.as_ref()?;
        Some(Class {
            name,
            every,
            keep: Asked {
                value: kept.value,
                place: kept.place.unwrap_or(fallback),
            },
        })
    };
    let at_least = match mechanism.means {
        Means::Dumps => mechanism.rpo.unwrap_or_default(),
        Means::Vault | Means::VaultCopies | Means::LongTerm => 0,
        _ => return Vec::new(),
    };
    let daily = match mechanism.means {
        Means::Dumps => of("daily", DAY.max(at_least), &retention.daily),
        _ => None,
    };
    let longer = [
        of("weekly", (7 * DAY).max(at_least), &retention.weekly),
        of("monthly", (31 * DAY).max(at_least), &retention.monthly),
        of("yearly", (366 * DAY).max(at_least), &retention.yearly),
    ];
    daily
        .into_iter()
        .chain(longer.into_iter().flatten())
        .collect()
}

/// What is asked for again and again of one database.
pub(super) fn drills(database: &Database<'_>, estate: &Estate<'_>) -> Vec<Drill> {
    let named = database.name.place;
    let drill = |drill, sources, every, written, place| Drill {
        key: DrillKey {
            database: database.name.value.clone(),
            drill,
        },
        sources,
        every,
        written,
        place,
        named,
    };
    let mut drills = Vec::new();
    // A promise that nobody wrote down is nobody's.
    if let Some(every) = &database.intent.restore_test.every
        && let Some(place) = every.place.or(database.tier_place)
    {
        drills.push(drill(
            DrillKind::RestoreTest,
            source::restore_tests(database, estate),
            every.value.minutes(),
            every.value.to_string(),
            place,
        ));
    }
    let mut scheduled = database.written.scheduled();
    if let Some(test) = scheduled.find(|it| it.task == Task::PitrTest) {
        drills.push(drill(
            DrillKind::PitrTest,
            source::drill_results(database, estate)
                .into_iter()
                .collect(),
            test.schedule.longest_gap(),
            test.schedule.value.to_string(),
            test.schedule.place,
        ));
    }
    drills
}
