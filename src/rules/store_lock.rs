//! # store-lock
//! The objects of a store stay locked longer than what it holds is to be kept; or the lock is one that
//! S3 does not take: it lasts 1 to 36,500 days.
//!
//! **Why.** Nothing removes a locked object. When it expires, the lifecycle only hides it behind a
//! delete marker, and it is billed until its lock ends. With `mode: compliance` nobody can end that,
//! the account's own administrators included. A lock that is shorter than the retention is fine: from
//! then on the lifecycle decides.
//!
//! **Fix.** Lock for no longer than the shortest class that goes to the store, or send that class to a
//! store without a lock.
use crate::cloud::aws::limits::LOCK_DAYS;
use crate::finding::{Code, Finding, Severity};
use crate::policy::{LockMode, StoreLock};
use crate::resolve::{Database, Estate, Scope, Store};

pub static CODE: Code = Code::new("store-lock", Severity::Warning, include_str!("store_lock.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let on_aws = |store: &&Store<'_>| matches!(store.site.scope, Scope::Aws { .. });
    for store in estate.stores.iter().filter(on_aws) {
        let Some(lock) = &store.written.lock else {
            continue;
        };
        findings.extend(impossible(lock));
        for database in &estate.databases {
            dumps(database, store, lock, findings);
            findings.extend(export(database, store, lock));
        }
    }
}

fn impossible(lock: &StoreLock) -> Option<Finding> {
    let days = lock.duration.days();
    let (first, last) = (LOCK_DAYS.start(), LOCK_DAYS.end());
    (!LOCK_DAYS.contains(&days)).then(|| {
        let message = format!("S3 cannot lock for {days} days");
        let mut finding = Finding::new(&CODE, lock.duration.place, message)
            .why("S3 refuses the lock when it is deployed")
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
        LockMode::Governance => "an administrator can lift it",
        LockMode::Compliance => "nobody can lift it",
    };
    finding
        .label(lock.duration.place, format!("the lock; {whose}"))
        .why("a locked object is billed until its lock ends, whatever the lifecycle says")
        .fix("shorten the lock, or keep this class elsewhere")
}
