//! # blob-lock-retention
//! A class of dumps is kept for less time than its container is immutable.
//!
//! **Why.** Azure's lifecycle cannot delete a blob of an immutable container: the dumps stay, and are
//! paid for, until the lock lets go of them. Of the two times one is not what was meant, and a locked
//! policy can never be shortened.
//!
//! **Fix.** Keep the class at least as long as the lock, shorten the lock, or send the class to a
//! store without one.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Estate, Scope, Store};

pub static CODE: Code = Code::new(
    "blob-lock-retention",
    Severity::Error,
    include_str!("blob_lock_retention.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for store in &estate.stores {
        if let Scope::Azure { .. } = store.site.scope {
            one(estate, store, findings);
        }
    }
}

fn one(estate: &Estate<'_>, store: &Store<'_>, findings: &mut Vec<Finding>) {
    let Some(lock) = &store.written.lock else {
        return;
    };
    let locked = lock.duration.value.days();
    for database in estate.dumped_to(store) {
        for (class, retention) in database.intent.retention.classes() {
            let Some(retention) = retention.filter(|it| it.value.days() < locked) else {
                continue;
            };
            let message = format!(
                "`{class}` dumps are kept for {}, and `{}` keeps each one immutable for {}",
                retention.value, store.name.value, lock.duration.value
            );
            findings.push(
                super::about(&CODE, database, retention, message)
                    .label(lock.duration.place, "the lock")
                    .why("the lifecycle cannot delete what is immutable, so one of the two times is not meant")
                    .fix(format!(
                        "keep `{class}` for {} or longer, or shorten the lock",
                        lock.duration.value
                    )),
            );
        }
    }
}
