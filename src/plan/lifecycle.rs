//! What a store keeps, and for how long: each retention class of each dump that goes there.

use std::collections::BTreeMap;

use crate::policy::Duration;
use crate::resolve::{Database, IntentRetention, Resolved, Store};
use crate::source::Place;

/// The classes, from the shortest period to the longest.
pub(super) const CLASSES: [&str; 4] = ["daily", "weekly", "monthly", "yearly"];

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

/// Prefixes of one store by class and days.
#[derive(Debug, Default)]
pub(super) struct Kept {
    groups: BTreeMap<(&'static str, u32), Vec<String>>,
    /// The policy line of the first retention.
    pub place: Option<Place>,
}

impl Kept {
    /// Where all dumps of a class are kept equally long, one prefix covers the class; otherwise
    /// each database has its own.
    pub fn of(store: &Store<'_>, databases: &[Database<'_>]) -> Kept {
        let mut kept = Kept::default();
        for name in CLASSES {
            let mut by_days: BTreeMap<u32, Vec<String>> = BTreeMap::new();
            for database in databases {
                let dump = database.written.dump.as_ref();
                let goes_here = dump.is_some_and(|dump| dump.to.iter().any(|to| to == store.name));
                if let (true, Some(days)) = (goes_here, class(&database.intent.retention, name)) {
                    let prefix = format!("{name}/{}/", database.name.value);
                    by_days
                        .entry(days.value.days() as u32)
                        .or_default()
                        .push(prefix);
                    kept.place = kept.place.or(days.place);
                }
            }
            let uniform = by_days.len() == 1;
            for (days, prefixes) in by_days {
                let prefixes = if uniform {
                    vec![format!("{name}/")]
                } else {
                    prefixes
                };
                kept.groups.insert((name, days), prefixes);
            }
        }
        kept
    }

    /// Class, days and prefixes.
    pub fn groups(&self) -> impl Iterator<Item = (&'static str, u32, &[String])> {
        self.groups
            .iter()
            .map(|((class, days), prefixes)| (*class, *days, prefixes.as_slice()))
    }
}
