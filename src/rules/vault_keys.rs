//! # vault-keys
//! A vault has keys of another provider, or is at a host: `lock` belongs to AWS Backup; `redundancy`,
//! `immutability` and `soft_delete` belong to Azure Backup.
//!
//! **Why.** The key would have no effect, while the file reads as if the vault were protected by it.
//!
//! **Fix.** Give the vault the keys of its provider only, or correct `at`.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Estate, Scope, Vault};

pub static CODE: Code = Code::new("vault-keys", Severity::Error, include_str!("vault_keys.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for vault in &estate.vaults {
        findings.extend(foreign(vault));
    }
}

fn foreign(vault: &Vault<'_>) -> Vec<Finding> {
    let written = vault.written;
    let lock = ("lock", written.lock.as_ref().map(|it| it.mode.place));
    let redundancy = ("redundancy", written.redundancy.as_ref().map(|it| it.place));
    let immutability = (
        "immutability",
        written.immutability.as_ref().map(|it| it.place),
    );
    let soft_delete = ("soft_delete", written.soft_delete.as_ref().map(|it| it.place));
    let (provider, foreign) = match vault.site.scope {
        Scope::Aws { .. } => ("AWS", vec![redundancy, immutability, soft_delete]),
        Scope::Azure { .. } => ("Azure", vec![lock]),
        Scope::Host { .. } => {
            let message = format!("vault `{}` is at a host, which has none", vault.name.value);
            return vec![
                Finding::new(&CODE, written.at.place, message)
                    .why("a vault belongs to AWS Backup or to Azure Backup")
                    .fix("name an AWS or Azure location"),
            ];
        }
    };
    let given = foreign
        .into_iter()
        .filter_map(|(key, place)| Some((key, place?)));
    given
        .map(|(key, place)| {
            let message = format!("`{key}` has no meaning for a vault in {provider}");
            Finding::new(&CODE, place, message)
                .label(written.at.place, format!("this is {provider}"))
                .why("it would have no effect, while the file reads as if it had")
                .fix(format!("remove `{key}`, or correct `at`"))
        })
        .collect()
}
