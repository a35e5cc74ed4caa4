//! # vault-elsewhere
//! A database's `vault` is not in its own account and Region, or a vault is of another provider than
//! the database whose backups it is to keep.
//!
//! **Why.** AWS Backup first keeps a backup beside the database; only then can it be copied to
//! another account or Region. No provider's vault takes another's backups.
//!
//! **Fix.** Name a vault in the database's own location in `vault`, and the far one in `copies.to`.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate, Scope};

pub static CODE: Code = Code::new(
    "vault-elsewhere",
    Severity::Error,
    include_str!("vault_elsewhere.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        findings.extend(home(database, estate));
    }
    for database in super::on_rds(estate) {
        findings.extend(copies(database, estate));
    }
}

fn provider(scope: Scope<'_>) -> &'static str {
    match scope {
        Scope::Aws { .. } => "AWS",
        Scope::Azure { .. } => "Azure",
        Scope::Host { .. } => "a host",
    }
}

fn home(database: &Database<'_>, estate: &Estate<'_>) -> Option<Finding> {
    let named = database.written.vault.as_ref()?;
    let vault = estate.vault(&named.value)?;
    let (here, there) = (database.site.scope, vault.site.scope);
    let name = &vault.name.value;
    let message = match (here, there) {
        (
            Scope::Aws { account, region, .. },
            Scope::Aws {
                account: of,
                region: at,
                ..
            },
        ) if (account, region) != (of, at) => format!(
            "vault `{name}` is in account {of}, {at}, and the database in account {account}, {region}"
        ),
        _ if provider(here) != provider(there) => format!(
            "vault `{name}` is in {}, and the database in {}",
            provider(there),
            provider(here)
        ),
        _ => return None,
    };
    Some(
        Finding::new(&CODE, named.place, message)
            .label(vault.written.at.place, "the vault is there")
            .label(database.written.at.place, "the database is here")
            .why("a backup is first made beside its database, and then copied")
            .fix("name a vault of the database's own location, and this one in `copies.to`"),
    )
}

fn copies(database: &Database<'_>, estate: &Estate<'_>) -> Vec<Finding> {
    let copies = database.intent.copies.to.iter();
    let far = copies.filter_map(|copy| {
        let vault = estate.vault(&copy.value)?;
        let there = provider(vault.site.scope);
        let name = &vault.name.value;
        let message = format!("vault `{name}` is in {there}, which takes no copies from AWS");
        (there != "AWS").then(|| {
            super::about(&CODE, database, copy, message)
                .label(vault.written.at.place, "the vault is there")
                .why("no provider's vault takes another's backups")
                .fix("name a vault in AWS; a dump is what both providers can keep")
        })
    });
    far.collect()
}
