//! # rpo-unmet
//! No mechanism of the database loses as little as its `rpo` allows: the shortest time between two
//! backups is longer, or only a part of the database is dumped.
//!
//! **Why.** The objective is a promise to those who use the data. On the day of the restore it counts
//! what the backups can do.
//!
//! **Fix.** Back up more often (a shorter `schedule`, the provider's point-in-time recovery through
//! `retention.pitr`), or write the `rpo` that holds. What only adds to other backups, as a dump of the schema
//! or of some tables, gets a tier of its own without an `rpo`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Duration;
use crate::resolve::{Database, Estate, Resolved, mechanisms};

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
    let (minutes, mechanism) = match mechanisms
        .iter()
        .filter_map(|mechanism| Some((mechanism.rpo?, mechanism)))
        .min_by_key(|(minutes, _)| *minutes)
    {
        Some(best) => best,
        // Where there is no backup at all, the rules on retention speak.
        None => return parts_only(database, rpo),
    };
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

/// The dump of a part looks like a backup, and brings no database back.
fn parts_only(database: &Database<'_>, rpo: &Resolved<Duration>) -> Option<Finding> {
    let dump = database.written.dump.as_ref()?;
    let tables = dump.tables.as_ref().and_then(|tables| tables.first());
    let part = dump.only.as_ref().map(|only| only.place);
    let part = part.or(tables.map(|table| table.place))?;
    let name = &database.name.value;
    let message = format!("`{name}` may lose {} at most, and only a part of it is dumped", rpo.value);
    Some(
        super::about(&CODE, database, rpo, message)
            .label(part, "the part is chosen here")
            .why("the rest of it has no backup")
            .fix("dump the whole database, or give it a tier of your own that promises no `rpo`"),
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
