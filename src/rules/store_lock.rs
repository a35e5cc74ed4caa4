//! # store-lock
//! The objects of a bucket stay locked longer than what it holds is to be kept; or the lock of a store
//! is one that its cloud does not take: another cloud's mode, or a time out of its range. S3's Object
//! Lock knows `governance` and `compliance` and lasts 1 to 36,500 days, a container in Azure knows
//! `unlocked` and `locked` and lasts 1 to 146,000 days.
//!
//! **Why.** Nothing removes a locked object. When it expires, the lifecycle only hides it behind a
//! delete marker, and it is billed until its lock ends. With `mode: compliance` nobody can end that,
//! the account's own administrators included. A lock that is shorter than the retention is fine: from
//! then on the lifecycle decides. The modes of the two clouds differ in who can lift the lock, and how:
//! a word of the other one would be a guess at what was meant.
//!
//! **Fix.** Lock for no longer than the shortest class that goes to the store, or send that class to a
//! store without a lock. `governance` and `unlocked` can be lifted by an administrator, `compliance`
//! and `locked` by nobody: they can only be extended, in Azure five times.
use crate::cloud::aws::limits::LOCK_DAYS;
use crate::cloud::azure::limits::IMMUTABLE_DAYS;
use crate::finding::{Code, Finding, Severity};
use crate::policy::{StoreLock, StoreLockMode};
use crate::resolve::{Database, Estate, Scope, Store};

pub static CODE: Code = Code::new("store-lock", Severity::Warning, include_str!("store_lock.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for store in &estate.stores {
        let Some(lock) = &store.written.lock else {
            continue;
        };
        findings.extend(mode(store, lock));
        findings.extend(impossible(store, lock));
        if !matches!(store.site.scope, Scope::Aws { .. }) {
            continue;
        }
        for database in &estate.databases {
            dumps(database, store, lock, findings);
            findings.extend(export(database, store, lock));
        }
    }
}

fn mode(store: &Store<'_>, lock: &StoreLock) -> Option<Finding> {
    use StoreLockMode::{Compliance, Governance, Locked, Unlocked};
    let (cloud, modes, fix) = match (store.site.scope, lock.mode.value) {
        (Scope::Azure { .. }, Governance) => ("Azure", "unlocked and locked", "unlocked"),
        (Scope::Azure { .. }, Compliance) => ("Azure", "unlocked and locked", "locked"),
        (Scope::Aws { .. }, Unlocked) => ("AWS", "governance and compliance", "governance"),
        (Scope::Aws { .. }, Locked) => ("AWS", "governance and compliance", "compliance"),
        _ => return None,
    };
    let message = format!("a lock in {cloud} has no such mode");
    let mut finding = Finding::new(&CODE, lock.mode.place, message)
        .label(store.written.at.place, format!("this is {cloud}"))
        .why(format!("{cloud} knows {modes}"))
        .fix(format!("write `mode: {fix}`, which comes nearest"));
    finding.severity = Severity::Error;
    Some(finding)
}

fn impossible(store: &Store<'_>, lock: &StoreLock) -> Option<Finding> {
    let (cloud, possible) = match store.site.scope {
        Scope::Aws { .. } => ("S3", LOCK_DAYS),
        Scope::Azure { .. } => ("Azure", IMMUTABLE_DAYS),
        Scope::Host { .. } => return None,
    };
    let days = lock.duration.days();
    let (first, last) = (possible.start(), possible.end());
    (!possible.contains(&days)).then(|| {
        let message = format!("{cloud} cannot lock for {days} days");
        let mut finding = Finding::new(&CODE, lock.duration.place, message)
            .why(format!("{cloud} refuses the lock when it is deployed"))
            .fix(format!("write {first}d to {last}d"));
        finding.severity = Severity::Error;
        finding
    })
}

fn dumps(
    database: &Database<'_>,
    store: &Store<'_>,
    lock: &StoreLock,
    findings: &mut Vec<Finding>,
) {
    let dump = database.written.dump.as_ref();
    if !dump.is_some_and(|dump| dump.to.iter().any(|to| to == store.name)) {
        return;
    }
    let kept = &database.intent.retention;
    let classes = [
        ("daily", &kept.daily),
        ("weekly", &kept.weekly),
        ("monthly", &kept.monthly),
        ("yearly", &kept.yearly),
    ];
    for (class, kept) in classes {
        let Some(kept) = kept.as_ref().filter(|kept| kept.value.days() < lock.duration.days())
        else {
            continue;
        };
        let message = format!(
            "{class} dumps expire after {} days, and `{}` locks them for {}",
            kept.value.days(),
            store.name.value,
            lock.duration.days()
        );
        findings.push(explained(super::about(&CODE, database, kept, message), lock));
    }
}

fn export(database: &Database<'_>, store: &Store<'_>, lock: &StoreLock) -> Option<Finding> {
    let export = database.written.export.as_ref()?;
    let shorter = export.keep.days() < lock.duration.days();
    (&export.to == store.name && shorter).then(|| {
        let message = format!(
            "exports expire after {} days, and `{}` locks them for {}",
            export.keep.days(),
            store.name.value,
            lock.duration.days()
        );
        explained(Finding::new(&CODE, export.keep.place, message), lock)
    })
}

fn explained(finding: Finding, lock: &StoreLock) -> Finding {
    let whose = match lock.mode.value {
        StoreLockMode::Governance | StoreLockMode::Unlocked => "an administrator can lift it",
        StoreLockMode::Compliance | StoreLockMode::Locked => "nobody can lift it",
    };
    finding
        .label(lock.duration.place, format!("the lock; {whose}"))
        .why("a locked object is billed until its lock ends, whatever the lifecycle says")
        .fix("shorten the lock, or keep this class elsewhere")
}
