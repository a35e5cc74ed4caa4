//! # store-lock
//! A store's lock has a mode of the other cloud, or a time for which nothing can be locked. S3's Object
//! Lock knows `governance` and `compliance`, a container in Azure `unlocked` and `locked`.
//!
//! **Why.** The modes of the two differ in who can lift the lock, and how: a word of the other cloud
//! would be a guess at what was meant.
//!
//! **Fix.** `governance` and `unlocked` can be lifted by an administrator, `compliance` and `locked` by
//! nobody: they can only be extended, in Azure five times.
use crate::cloud::azure::limits::IMMUTABLE_DAYS;
use crate::finding::{Code, Finding, Severity};
use crate::policy::{StoreLock, StoreLockMode};
use crate::resolve::{Estate, Scope, Store};

pub static CODE: Code = Code::new("store-lock", Severity::Error, include_str!("store_lock.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for store in &estate.stores {
        if let Some(lock) = &store.written.lock {
            findings.extend(mode(store, lock));
            findings.extend(time(store, lock));
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
    Some(
        Finding::new(&CODE, lock.mode.place, message)
            .label(store.written.at.place, format!("this is {cloud}"))
            .why(format!("{cloud} knows {modes}"))
            .fix(format!("write `mode: {fix}`, which comes nearest")),
    )
}

fn time(store: &Store<'_>, lock: &StoreLock) -> Option<Finding> {
    let Scope::Azure { .. } = store.site.scope else {
        return None;
    };
    let (first, last) = (IMMUTABLE_DAYS.start(), IMMUTABLE_DAYS.end());
    (!IMMUTABLE_DAYS.contains(&lock.duration.value.days())).then(|| {
        let message = format!("a container cannot be immutable for {}", lock.duration.value);
        Finding::new(&CODE, lock.duration.place, message)
            .why(format!("Azure takes {first} to {last} days"))
            .fix(format!("write {first}d or more, or remove the lock"))
    })
}
