//! # too-few-media
//! All backups of a database are of one kind: copies of its disks that only the provider can read, or
//! dumps of its rows.
//!
//! **Why.** The rule of 3-2-1 wants two media, because one defect spoils every backup of one kind: a
//! corrupt page is copied from disk to disk, and a dump that cannot be restored is as useless in three
//! buckets as in one.
//!
//! **Fix.** Add the other kind: a `dump` beside the provider's backups, or the provider's backups beside
//! dumps. Where that has to wait, record an exception; so for MySQL and MariaDB, which backstay does not
//! dump.
use std::collections::BTreeSet;

use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Database, Estate, Medium, mechanisms};

pub static CODE: Code = Code::new(
    "too-few-media",
    Severity::Info,
    include_str!("too_few_media.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let media = |database| one_medium(database, estate);
    findings.extend(estate.databases.iter().filter_map(media));
}

fn one_medium(database: &Database<'_>, estate: &Estate<'_>) -> Option<Finding> {
    let mechanisms = mechanisms(database, estate);
    let media: BTreeSet<Medium> = mechanisms.iter().map(|it| it.means.medium()).collect();
    let foreign = matches!(database.engine(), Engine::RdsMysql | Engine::RdsMariadb);
    let (kind, fix) = match (media.first()?, media.len()) {
        (Medium::Storage, 1) if foreign => (
            "copies of its disks",
            "dump it by other means and record an exception: backstay dumps PostgreSQL only",
        ),
        (Medium::Storage, 1) => ("copies of its disks", "add a `dump`, which any PostgreSQL can read"),
        (Medium::Rows, 1) => ("dumps", "add a copy of another kind, or record an exception"),
        _ => return None,
    };
    let message = format!("all backups of `{}` are {kind}", database.name.value);
    Some(
        Finding::new(&CODE, database.name.place, message)
            .why("one defect spoils every backup of one kind")
            .fix(fix),
    )
}
