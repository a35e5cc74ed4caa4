//! Laying one layer over the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cloud::DailyWindow;
use crate::policy::{
    AlertEvent, Duration, Encryption, FloorKey, HighAvailability, Maintenance, Named, Query,
    Receiver, Settings, Spanned, TableName, TimeZone,
};
use crate::source::Place;

/// Which layer set a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    BuiltIn,
    WorkspaceDefaults,
    FileDefaults,
    Tier,
    Database,
}

/// A value, the layer that set it, and where it is written (nowhere for what is built in).
#[derive(Debug, Clone)]
pub struct Resolved<T> {
    pub value: T,
    pub layer: Layer,
    pub place: Option<Place>,
}

/// The settings of one database, every layer applied.
#[derive(Debug, Clone)]
pub struct Intent {
    pub rpo: Option<Resolved<Duration>>,
    pub rto: Option<Resolved<Duration>>,
    pub retention: IntentRetention,
    pub copies: IntentCopies,
    pub restore_test: IntentRestoreTest,
    pub timezone: Resolved<TimeZone>,
    pub window: Resolved<DailyWindow>,
    pub maintenance_window: Option<Resolved<Maintenance>>,
    /// As it is written; see [`Intent::long_term_start`].
    pub long_term_window: Option<Resolved<DailyWindow>>,
    pub encryption: Resolved<Encryption>,
    pub deletion_protection: Resolved<bool>,
    pub copy_tags_to_snapshots: Resolved<bool>,
    pub high_availability: Resolved<HighAvailability>,
    pub tags: BTreeMap<String, Resolved<String>>,
    pub alerts: IntentAlerts,
    pub floor: Vec<(FloorKey, Place)>,
    /// The same settings with the database's own layer left off: what its tier asks for.
    pub floor_intent: Option<Arc<Intent>>,
}

#[derive(Debug, Clone, Default)]
pub struct IntentRetention {
    pub pitr: Option<Resolved<Duration>>,
    pub daily: Option<Resolved<Duration>>,
    pub weekly: Option<Resolved<Duration>>,
    pub monthly: Option<Resolved<Duration>>,
    pub yearly: Option<Resolved<Duration>>,
}

impl IntentRetention {
    /// The classes by which dumps are kept, from the shortest interval to the longest.
    pub fn classes(&self) -> [(&'static str, Option<&Resolved<Duration>>); 4] {
        [
            ("daily", self.daily.as_ref()),
            ("weekly", self.weekly.as_ref()),
            ("monthly", self.monthly.as_ref()),
            ("yearly", self.yearly.as_ref()),
        ]
    }
}

#[derive(Debug, Clone, Default)]
pub struct IntentCopies {
    pub regions: Option<Resolved<u8>>,
    pub to: Vec<Resolved<String>>,
    pub replicate_pitr: Option<Resolved<String>>,
    pub geo: Option<Resolved<bool>>,
}

#[derive(Debug, Clone, Default)]
pub struct IntentRestoreTest {
    pub every: Option<Resolved<Duration>>,
    pub tables: Vec<Resolved<TableName>>,
    /// By the table's name as it is written.
    pub rows: BTreeMap<String, Resolved<u64>>,
    /// By the database's name.
    pub checksums: BTreeMap<String, Resolved<Query>>,
}

#[derive(Debug, Clone, Default)]
pub struct IntentAlerts {
    pub to: Vec<Resolved<Receiver>>,
    pub events: Vec<Resolved<AlertEvent>>,
}

/// The layers of one database, weakest first.
pub(super) struct Stack<'a>(pub Vec<(Layer, Settings<'a>)>);

impl<'a> Stack<'a> {
    /// The strongest layer's value.
    fn pick<T: Clone + 'a>(
        &self,
        get: impl Fn(&Settings<'a>) -> Option<&'a Spanned<T>>,
    ) -> Option<Resolved<T>> {
        self.0
            .iter()
            .rev()
            .find_map(|(layer, settings)| Some(resolved(*layer, get(settings)?)))
    }

    fn list<T: Clone + 'a>(
        &self,
        get: impl Fn(&Settings<'a>) -> Option<&'a Vec<Spanned<T>>>,
    ) -> Vec<Resolved<T>> {
        self.0
            .iter()
            .rev()
            .find_map(|(layer, settings)| {
                Some(
                    get(settings)?
                        .iter()
                        .map(|item| resolved(*layer, item))
                        .collect(),
                )
            })
            .unwrap_or_default()
    }

    /// Every entry, each as the strongest layer that has its key says.
    fn map<T: Clone + 'a>(
        &self,
        get: impl Fn(&Settings<'a>) -> Option<&'a Named<Spanned<T>>>,
    ) -> BTreeMap<String, Resolved<T>> {
        let mut map = BTreeMap::new();
        for (layer, settings) in &self.0 {
            let entries = get(settings).into_iter().flat_map(|named| named.iter());
            map.extend(entries.map(|(key, value)| (key.value.clone(), resolved(*layer, value))));
        }
        map
    }

    pub fn tags(&self) -> BTreeMap<String, Resolved<String>> {
        self.map(|s| s.tags)
    }

    /// Every setting. None only if a built-in default were missing.
    pub fn intent(&self) -> Option<Intent> {
        let retention = |get: fn(&crate::policy::Retention) -> Option<&Spanned<Duration>>| {
            self.pick(|s| get(s.retention?))
        };
        Some(Intent {
            rpo: self.pick(|s| s.rpo),
            rto: self.pick(|s| s.rto),
            retention: IntentRetention {
                pitr: retention(|r| r.pitr.as_ref()),
                daily: retention(|r| r.daily.as_ref()),
                weekly: retention(|r| r.weekly.as_ref()),
                monthly: retention(|r| r.monthly.as_ref()),
                yearly: retention(|r| r.yearly.as_ref()),
            },
            copies: IntentCopies {
                regions: self.pick(|s| s.copies?.regions.as_ref()),
                to: self.list(|s| s.copies?.to.as_ref()),
                replicate_pitr: self.pick(|s| s.copies?.replicate_pitr.as_ref()),
                geo: self.pick(|s| s.copies?.geo.as_ref()),
            },
            restore_test: IntentRestoreTest {
                every: self.pick(|s| s.restore_test?.every.as_ref()),
                tables: self.list(|s| s.restore_test?.tables.as_ref()),
                rows: self.map(|s| Some(&s.restore_test?.rows)),
                checksums: self.map(|s| Some(&s.restore_test?.checksums)),
            },
            timezone: self.pick(|s| s.timezone)?,
            window: self.pick(|s| s.window)?,
            maintenance_window: self.pick(|s| s.maintenance_window),
            long_term_window: self.pick(|s| s.long_term_window),
            encryption: self.pick(|s| s.encryption)?,
            deletion_protection: self.pick(|s| s.deletion_protection)?,
            copy_tags_to_snapshots: self.pick(|s| s.copy_tags_to_snapshots)?,
            high_availability: self.pick(|s| s.high_availability)?,
            tags: self.tags(),
            alerts: IntentAlerts {
                to: self.list(|s| s.alerts?.to.as_ref()),
                events: self.list(|s| s.alerts?.events.as_ref()),
            },
            floor: Vec::new(),
            floor_intent: None,
        })
    }
}

fn resolved<T: Clone>(layer: Layer, written: &Spanned<T>) -> Resolved<T> {
    Resolved {
        value: written.value.clone(),
        layer,
        place: (layer != Layer::BuiltIn).then_some(written.place),
    }
}
