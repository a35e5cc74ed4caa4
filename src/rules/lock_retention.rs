//! # lock-retention
//! A weekly, monthly or yearly backup, or its copy, is kept for a shorter or longer time than the lock
//! of its vault allows.
//!
//! **Why.** AWS Backup does not adjust the retention: the backup or copy job fails, each time, and
//! nothing is in the vault when it is needed.
//!
//! **Fix.** Move the retention inside the lock's bounds, or widen the lock while it can be changed.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Duration, Spanned};
use crate::resolve::{Database, Estate, Resolved, Vault};

pub static CODE: Code = Code::new(
    "lock-retention",
    Severity::Error,
    include_str!("lock_retention.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for (database, vault) in super::kept_in_vaults(estate) {
        let copies = database.intent.copies.to.iter();
        let copies = copies.filter_map(|copy| estate.vault(&copy.value));
        let others = copies.filter(|other| other.name != vault.name);
        let targets: Vec<_> = std::iter::once(("backups", vault))
            .chain(others.map(|other| ("copies", other)))
            .collect();
        for (class, kept) in super::long_term(&database.intent) {
            for (what, vault) in &targets {
                findings.extend(refused(database, class, kept, what, vault));
            }
        }
    }
}

fn refused(
    database: &Database<'_>,
    class: &str,
    kept: &Resolved<Duration>,
    what: &str,
    vault: &Vault<'_>,
) -> Option<Finding> {
    let lock = vault.written.lock.as_ref()?;
    let days = kept.value.days();
    let beyond = |bound: &&Spanned<Duration>, side: fn(u64, u64) -> bool| {
        side(days, bound.value.days())
    };
    let least = lock.min.as_ref().filter(|min| beyond(min, |a, b| a < b));
    let most = lock.max.as_ref().filter(|max| beyond(max, |a, b| a > b));
    let (bound, side) = least.map(|min| (min, "under")).or(most.map(|max| (max, "over")))?;
    let message = format!(
        "{class} {what} are kept {days} days, and vault `{}` takes nothing {side} {}",
        vault.name.value,
        bound.value.days()
    );
    Some(
        super::about(&CODE, database, kept, message)
            .label(bound.place, "the lock says so here")
            .why("AWS Backup fails the job instead of adjusting the retention")
            .fix(format!(
                "keep them {} or {}, or change the lock",
                bound.value,
                if side == "under" { "longer" } else { "shorter" }
            )),
    )
}
