//! # vault-lock
//! The lock of a vault in AWS cannot be made: its bounds are not 1 to 36,500 days, the shortest
//! retention is above the longest, or `grace` is under 3 days or beside a governance lock.
//!
//! **Why.** AWS Backup refuses such a lock when it is deployed. Only a compliance lock has a grace: a
//! governance lock can be taken back at any time by who has the right.
//!
//! **Fix.** Write the days that the message names.
use crate::cloud::aws::limits::{KEPT_DAYS, LOCK_GRACE_DAYS};
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Duration, LockMode, Spanned, VaultLock};
use crate::resolve::{Estate, Scope};

pub static CODE: Code = Code::new("vault-lock", Severity::Error, include_str!("vault_lock.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for vault in &estate.vaults {
        if let (Scope::Aws { .. }, Some(lock)) = (vault.site.scope, &vault.written.lock) {
            findings.extend([&lock.min, &lock.max].into_iter().flatten().filter_map(bound));
            findings.extend(order(lock));
            findings.extend(grace(lock));
        }
    }
}

fn bound(bound: &Spanned<Duration>) -> Option<Finding> {
    let days = bound.value.days();
    let (least, most) = (KEPT_DAYS.start(), KEPT_DAYS.end());
    let message = format!("a vault lock takes {least} to {most} days, not {days}");
    (!KEPT_DAYS.contains(&days)).then(|| {
        Finding::new(&CODE, bound.place, message)
            .why("AWS Backup refuses the lock when it is deployed")
            .fix(format!("write {least}d to {most}d"))
    })
}

fn order(lock: &VaultLock) -> Option<Finding> {
    let (min, max) = (lock.min.as_ref()?, lock.max.as_ref()?);
    let (least, most) = (min.value.days(), max.value.days());
    let message = format!("the vault takes nothing under {least} days and nothing over {most}");
    (least > most).then(|| {
        Finding::new(&CODE, max.place, message)
            .label(min.place, "the shortest retention")
            .why("AWS Backup refuses the lock, since no backup could ever enter")
            .fix("make `max` at least `min`")
    })
}

fn grace(lock: &VaultLock) -> Option<Finding> {
    let grace = lock.grace.as_ref()?;
    let days = grace.value.days();
    let finding = |message: String| Finding::new(&CODE, grace.place, message);
    if lock.mode.value == LockMode::Governance {
        return Some(
            finding("`grace` has no meaning for a governance lock".to_owned())
                .label(lock.mode.place, "the mode is set here")
                .why("whoever has the right can take a governance lock back at any time")
                .fix("remove `grace`, or write `mode: compliance`"),
        );
    }
    let range = LOCK_GRACE_DAYS..=*KEPT_DAYS.end();
    (!range.contains(&days)).then(|| {
        finding(format!(
            "a lock becomes immutable after {LOCK_GRACE_DAYS} days at the earliest, not {days}"
        ))
        .why("AWS Backup refuses a shorter time to take the lock back")
        .fix(format!("write `grace: {LOCK_GRACE_DAYS}d` or more"))
    })
}
