//! # compliance-lock
//! A vault gets a compliance lock, and the policy does not say how long it can still be taken back:
//! 14 days, then.
//!
//! **Why.** After that nobody can lift the lock or lower its bounds, neither the account's root user
//! nor AWS. What is in the vault stays, and is paid for, until its retention ends; the vault can be
//! removed no sooner.
//!
//! **Fix.** Write `grace: 14d`, or how long you need to be sure, to say that it is meant; or begin
//! with `mode: governance`, which an administrator can lift.
use crate::finding::{Code, Finding, Severity};
use crate::policy::LockMode;
use crate::resolve::{Estate, Scope, Vault};

pub static CODE: Code = Code::new(
    "compliance-lock",
    Severity::Warning,
    include_str!("compliance_lock.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(estate.vaults.iter().filter_map(for_ever));
}

fn for_ever(vault: &Vault<'_>) -> Option<Finding> {
    let lock = vault.written.lock.as_ref()?;
    let aws = matches!(vault.site.scope, Scope::Aws { .. });
    (aws && lock.mode.value == LockMode::Compliance && lock.grace.is_none()).then(|| {
        Finding::new(
            &CODE,
            lock.mode.place,
            "14 days after it is deployed nobody can lift this lock any more",
        )
        .why("not even the account's root user or AWS: what is inside stays until its time is over")
        .fix("write `grace: 14d` to say that it is meant, or `mode: governance`")
    })
}
