//! # vault-empty
//! A database names a `vault`, and nothing says how long weekly, monthly or yearly backups stay there.
//!
//! **Why.** The file reads as if the database had backups in the vault. Without a class there is no
//! plan that makes one: point-in-time recovery stays with the database, and daily backups are dumps.
//!
//! **Fix.** Add `retention: { weekly: 12w }`, or the classes that you need; or remove `vault`.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::Estate;

pub static CODE: Code = Code::new(
    "vault-empty",
    Severity::Warning,
    include_str!("vault_empty.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        let nothing = super::long_term(&database.intent).next().is_none();
        if let (Some(vault), true) = (&database.written.vault, nothing) {
            let message = format!("nothing is kept in vault `{}`", vault.value);
            findings.push(
                Finding::new(&CODE, vault.place, message)
                    .why("only weekly, monthly and yearly backups go to a vault")
                    .fix("add `retention: { weekly: 12w }` or other classes, or remove `vault`"),
            );
        }
    }
}
