//! What a store keeps, and for how long: each retention class of each dump that goes there.

use std::collections::BTreeMap;

use crate::policy::Duration;
use crate::resolve::{Database, IntentRetention, Resolved, Store};
use crate::source::Place;

/// The classes, from the shortest period to the longest.
pub(super) const CLASSES: [&str; 4] = ["daily", "weekly", "monthly", "yearly"];

/// The class of exports, which are no backups.
pub(super) const EXPORT: &str = "export";

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
    pub fn of(store: &Store<'_>, databases: &[Database<'_>]) -> Kept {
        let mut kept = Kept::default();
        for class in CLASSES {
            let mut by_days: BTreeMap<u32, Group> = BTreeMap::new();
            for database in databases {
                let dump = database.written.dump.as_ref();
                let goes_here = dump.is_some_and(|dump| dump.to.iter().any(|to| to == store.name));
                let retention = self::class(&database.intent.retention, class);
                if let (true, Some(retention)) = (goes_here, retention) {
                    let days = retention.value.days() as u32;
                    let group = by_days.entry(days).or_insert(Group {
                        class,
                        days,
                        prefixes: Vec::new(),
                        place: None,
                    });
                    let name = &database.name.value;
                    group.prefixes.push(format!("{class}/{name}/"));
                    group.place = group.place.or(retention.place);
                    kept.place = kept.place.or(retention.place);
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
