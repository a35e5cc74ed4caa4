//! # below-floor
//! A database lowers a setting that its tier declares a floor: a longer RPO, RTO or time between
//! restore tests, a shorter retention, fewer Regions, a weaker encryption.
//!
//! **Why.** A floor is what the owners of the tier promise for every database in it; an exception
//! must be visible and must end.
//!
//! **Fix.** Remove the database's own value or raise it to the floor. The one way past is an entry
//! under `exceptions` with reason, owner and end date.
use std::fmt::Display;

use crate::finding::{Code, Finding, Severity};
use crate::policy::{Duration, Encryption, FloorKey};
use crate::resolve::{Database, Estate, Intent, Resolved};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "below-floor",
    Severity::Error,
    include_str!("below_floor.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        if let Some(floor) = database.intent.floor_intent.as_deref() {
            for (key, place) in &database.intent.floor {
                one(
                    &Floor {
                        database,
                        place: *place,
                    },
                    *key,
                    floor,
                    findings,
                );
            }
        }
    }
}

/// A database and where its tier's floor is declared.
struct Floor<'d, 'w> {
    database: &'d Database<'w>,
    place: Place,
}

type Length = Option<Resolved<Duration>>;

fn one(at: &Floor<'_, '_>, key: FloorKey, floor: &Intent, findings: &mut Vec<Finding>) {
    let own = &at.database.intent;
    let longer = |a: &Duration, b: &Duration| a.minutes() > b.minutes();
    let shorter = |a: &Duration, b: &Duration| a.minutes() < b.minutes();
    match key {
        FloorKey::Rpo => findings.extend(at.lowered("rpo", &own.rpo, &floor.rpo, longer)),
        FloorKey::Rto => findings.extend(at.lowered("rto", &own.rto, &floor.rto, longer)),
        FloorKey::RestoreTest => {
            let (own, floor) = (&own.restore_test.every, &floor.restore_test.every);
            findings.extend(at.lowered("restore_test.every", own, floor, longer));
        }
        FloorKey::Retention => {
            let (own, floor) = (&own.retention, &floor.retention);
            let classes: [(&str, &Length, &Length); 5] = [
                ("retention.pitr", &own.pitr, &floor.pitr),
                ("retention.daily", &own.daily, &floor.daily),
                ("retention.weekly", &own.weekly, &floor.weekly),
                ("retention.monthly", &own.monthly, &floor.monthly),
                ("retention.yearly", &own.yearly, &floor.yearly),
            ];
            let lowered = |(what, own, floor)| at.lowered(what, own, floor, shorter);
            findings.extend(classes.into_iter().filter_map(lowered));
        }
        FloorKey::Copies => {
            let (own, floor) = (&own.copies, &floor.copies);
            findings
                .extend(at.lowered("copies.regions", &own.regions, &floor.regions, |a, b| a < b));
            findings.extend(at.lowered("copies.geo", &own.geo, &floor.geo, |a, b| !a & b));
        }
        FloorKey::Encryption => {
            let weaker = |a: &Encryption, b: &Encryption| {
                strength(a) < strength(b)
            };
            let own = Some(own.encryption.clone());
            let floor = Some(floor.encryption.clone());
            findings.extend(at.lowered("encryption", &own, &floor, weaker));
        }
    }
}

/// Nothing is weaker than the provider's key, and that than one of the account's own.
fn strength(encryption: &Encryption) -> u8 {
    match encryption {
        Encryption::Unencrypted => 0,
        Encryption::ProviderManaged => 1,
        Encryption::CustomerManaged | Encryption::Key(_) => 2,
    }
}

impl Floor<'_, '_> {
    fn lowered<T: Display>(
        &self,
        what: &str,
        own: &Option<Resolved<T>>,
        floor: &Option<Resolved<T>>,
        lower: impl Fn(&T, &T) -> bool,
    ) -> Option<Finding> {
        let (own, floor) = (own.as_ref()?, floor.as_ref()?);
        if !lower(&own.value, &floor.value) {
            return None;
        }
        let tier = &self.database.tier;
        let message = format!(
            "`{what}` {} is below the floor {} of tier `{tier}`",
            own.value, floor.value
        );
        let finding = super::about(&CODE, self.database, own, message)
            .label(self.place, format!("the floor of `{tier}`"))
            .why("a floor may be exceeded, never lowered")
            .fix(format!(
                "write {} or better, or record an exception with reason, owner and end date",
                floor.value
            ));
        Some(match floor.place {
            Some(place) => finding.label(place, format!("`{tier}` asks for {}", floor.value)),
            None => finding,
        })
    }
}
