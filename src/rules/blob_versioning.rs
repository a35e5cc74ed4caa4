//! # blob-versioning
//! A store in Azure says `versioning: false`.
//!
//! **Why.** Whoever may write a dump may also overwrite one; without versions what was overwritten can
//! be brought back for the time of `soft_delete` only. Versioning is a setting of the whole storage
//! account: turning it off ends it for every other container in it too.
//!
//! **Fix.** Remove `versioning: false`. Keep it only where the account has a hierarchical namespace,
//! which has no versions; a `lock` then keeps dumps from being overwritten.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Estate, Scope};

pub static CODE: Code = Code::new(
    "blob-versioning",
    Severity::Warning,
    include_str!("blob_versioning.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for store in &estate.stores {
        let versioning = store.written.versioning.as_ref();
        if let (Scope::Azure { .. }, Some(versioning)) = (store.site.scope, versioning)
            && !versioning.value
        {
            let message = "a dump that is overwritten cannot be brought back for long";
            findings.push(
                Finding::new(&CODE, versioning.place, message)
                    .why("whoever may write dumps may overwrite them, and the whole account loses its versions")
                    .fix("remove `versioning: false`, unless the account has a hierarchical namespace"),
            );
        }
    }
}
