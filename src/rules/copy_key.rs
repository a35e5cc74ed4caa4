//! # copy-key
//! Backups of a database under AWS's own key are to be copied into another account.
//!
//! **Why.** A snapshot is copied across accounts by sharing its key, and AWS's own key for RDS cannot
//! be shared: each copy job fails.
//!
//! **Fix.** Write `encryption: customer_managed`, or the ARN of the database's key. The key that is
//! rendered for a new database allows the other account; let the policy of any other key do the same. A
//! database that has AWS's own key today gets another one only by being restored from a snapshot that is
//! copied under the new key.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Encryption;
use crate::resolve::{Database, Estate, Resolved, Scope};

pub static CODE: Code = Code::new("copy-key", Severity::Error, include_str!("copy_key.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for (database, _) in super::kept_in_vaults(estate) {
        if database.intent.encryption.value != Encryption::ProviderManaged {
            continue;
        }
        let mut copies = database.intent.copies.to.iter();
        let far = copies.find(|copy| is_abroad(database, copy, estate));
        findings.extend(far.map(|copy| {
            let message = "a backup under AWS's own key cannot be copied into another account";
            let finding = super::about(&CODE, database, copy, message)
                .why("the copy needs the key, and AWS's own cannot be shared")
                .fix("write `encryption: customer_managed`, or the ARN of the database's key");
            match database.intent.encryption.place {
                Some(place) => finding.label(place, "the key is chosen here"),
                None => finding,
            }
        }));
    }
}

fn is_abroad(database: &Database<'_>, copy: &Resolved<String>, estate: &Estate<'_>) -> bool {
    let account = |scope: Scope<'_>| match scope {
        Scope::Aws { account, .. } => Some(account.to_owned()),
        Scope::Azure { .. } | Scope::Host { .. } => None,
    };
    let vault = estate.vault(&copy.value);
    let there = vault.and_then(|vault| account(vault.site.scope));
    there.is_some() && there != account(database.site.scope)
}
