//! What a store keeps, and for how long: each retention class of each dump that goes there, and exports.

use std::collections::BTreeMap;

use super::{aws, azure};
use crate::policy::Duration;
use crate::resolve::{Database, Estate, IntentRetention, Resolved, Scope, Store};
use crate::source::Place;

/// The classes, from the shortest period to the longest.
pub(super) const CLASSES: [&str; 4] = ["daily", "weekly", "monthly", "yearly"];

/// The class of exports, which are no backups.
pub const EXPORT: &str = "export";

/// Storage class of S3, or access tier of a storage account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    Standard,
    StandardIa,
    /// S3 Glacier Flexible Retrieval.
    Glacier,
    DeepArchive,
    Hot,
    Cool,
    Cold,
    Archive,
}

/// Where what a store keeps of a class for some days lies, and from which age in days on: the warmest
/// first. Exports have the class `export`.
pub fn tiers(store: &Store<'_>, class: &str, days: u32) -> Vec<(Tier, u32)> {
    match store.site.scope {
        Scope::Azure { .. } => {
            let redundancy = store.written.redundancy.as_ref();
            let archives = redundancy.is_some_and(|redundancy| redundancy.value.archives());
            let colder = azure::lifecycle::colder(days, archives);
            [(Tier::Hot, 0)].into_iter().chain(colder).collect()
        }
        Scope::Aws { .. } | Scope::Host { .. } => {
            let colder = aws::bucket::colder(class, days);
            let colder = colder.map(|(tier, _, age)| (tier, age));
            [(Tier::Standard, 0)].into_iter().chain(colder).collect()
        }
    }
}

/// Retention of a class.
pub(super) fn class<'i>(
    retention: &'i IntentRetention,
    class: &str,
) -> Option<&'i Resolved<Duration>> {
    match class {
        "daily" => retention.daily.as_ref(),
        "weekly" => retention.weekly.as_ref(),
        "monthly" => retention.monthly.as_ref(),
        _ => retention.yearly.as_ref(),
    }
}

/// What one store keeps.
#[derive(Debug, Default)]
pub(super) struct Kept {
    groups: Vec<Group>,
    /// The policy line of the first retention.
    pub place: Option<Place>,
}

/// Dumps of one class that are kept equally long.
#[derive(Debug)]
pub(super) struct Group {
    pub class: &'static str,
    pub days: u32,
    pub prefixes: Vec<String>,
    /// The first policy line that asks for it.
    pub place: Option<Place>,
}

impl Kept {
    /// Where all dumps of a class are kept equally long, one prefix covers the class; otherwise
    /// each database has its own.
    pub fn of(store: &Store<'_>, estate: &Estate<'_>) -> Kept {
        let mut kept = Kept::default();
        for class in CLASSES.into_iter().chain([EXPORT]) {
            let mut by_days: BTreeMap<u32, Group> = BTreeMap::new();
            let databases: Vec<&Database<'_>> = match class {
                EXPORT => estate.exported_to(store).collect(),
                _ => estate.dumped_to(store).collect(),
            };
            for database in databases {
                if let Some((days, place)) = kept_for(database, class) {
                    let group = by_days.entry(days).or_insert(Group {
                        class,
                        days,
                        prefixes: Vec::new(),
                        place: None,
                    });
                    let name = &database.name.value;
                    group.prefixes.push(format!("{class}/{name}/"));
                    group.place = group.place.or(place);
                    kept.place = kept.place.or(place);
                }
            }
            let uniform = by_days.len() == 1;
            kept.groups.extend(by_days.into_values().map(|mut group| {
                if uniform {
                    group.prefixes = vec![format!("{class}/")];
                }
                group
            }));
        }
        kept.groups.sort_by_key(|group| (group.class, group.days));
        kept
    }

    pub fn groups(&self) -> &[Group] {
        &self.groups
    }
}

/// How many days is kept what a database sends in a class, and who says so.
fn kept_for(database: &Database<'_>, name: &str) -> Option<(u32, Option<Place>)> {
    if name == EXPORT {
        let keep = &database.written.export.as_ref()?.keep;
        return Some((keep.value.days() as u32, Some(keep.place)));
    }
    let days = class(&database.intent.retention, name)?;
    Some((days.value.days() as u32, days.place))
}
