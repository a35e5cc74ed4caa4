//! # copies-unmade
//! `copies.to` names vaults for an RDS database that has no `vault`, or names the database's own one.
//!
//! **Why.** AWS Backup copies what it has put into a vault. Without one nothing is copied, and a vault
//! holds no second copy of itself.
//!
//! **Fix.** Give the database a `vault` in its own location, another one than the copy's.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "copies-unmade",
    Severity::Warning,
    include_str!("copies_unmade.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::run_by(estate, Engine::RdsPostgres) {
        findings.extend(unmade(database));
    }
}

fn unmade(database: &Database<'_>) -> Option<Finding> {
    let copies = &database.intent.copies.to;
    let Some(vault) = &database.written.vault else {
        let copy = copies.first()?;
        let message = "nothing is copied to a vault from a database that has none itself";
        return Some(
            super::about(&CODE, database, copy, message)
                .why("AWS Backup copies what it has put into the database's own vault")
                .fix("name a `vault` of the database's own location"),
        );
    };
    let own = copies.iter().find(|copy| copy.value == vault.value)?;
    let message = format!("vault `{}` holds the backups themselves, no copy", own.value);
    Some(
        super::about(&CODE, database, own, message)
            .label(vault.place, "the backups go there")
            .why("what is lost with the vault is lost with its copy")
            .fix("name another vault, in another Region or account"),
    )
}
