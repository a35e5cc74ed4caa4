//! # rpo-unmet
//! No mechanism of the database loses as little as its `rpo` allows: the shortest time between two
//! backups is longer.
//!
//! **Why.** The objective is a promise to those who use the data. On the day of the restore it counts
//! what the backups can do.
//!
//! **Fix.** Back up more often (a shorter `schedule`, the provider's point-in-time recovery through
//! `retention.pitr`), or write the `rpo` that holds.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate, mechanisms};

pub static CODE: Code = Code::new("rpo-unmet", Severity::Error, include_str!("rpo_unmet.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let unmet = |database| unmet(database, estate);
    findings.extend(estate.databases.iter().filter_map(unmet));
}

fn unmet(database: &Database<'_>, estate: &Estate<'_>) -> Option<Finding> {
    let rpo = database.intent.rpo.as_ref()?;
    // A promise that nobody wrote down is nobody's.
    rpo.place.or(database.tier_place)?;
    let mechanisms = mechanisms(database, estate);
    // Where there is none at all, the rules on retention speak.
    let (minutes, mechanism) = mechanisms
        .iter()
        .filter_map(|mechanism| Some((mechanism.rpo?, mechanism)))
        .min_by_key(|(minutes, _)| *minutes)?;
    if minutes <= rpo.value.minutes() {
        return None;
    }
    let message = format!(
        "`{}` may lose {} at most, and its best backup is up to {} old",
        database.name.value,
        rpo.value,
        time(minutes)
    );
    let finding = super::about(&CODE, database, rpo, message);
    let finding = match mechanism.place {
        Some(place) => finding.label(place, "the most frequent backup"),
        None => finding,
    };
    Some(
        finding
            .why("on the day of the restore it counts what the backups can do")
            .fix("back up more often, or write the `rpo` that holds"),
    )
}

/// Minutes in the unit that a person would choose.
fn time(minutes: u64) -> String {
    match minutes {
        minutes if minutes % (24 * 60) == 0 => format!("{}d", minutes / (24 * 60)),
        minutes if minutes % 60 == 0 => format!("{}h", minutes / 60),
        minutes => format!("{minutes}min"),
    }
}
