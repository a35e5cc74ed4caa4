//! # copies-unmade
//! `copies.to` names vaults for an RDS database that has no `vault`, or names the database's own one;
//! or it is set on a database that is not RDS.
//!
//! **Why.** AWS Backup copies what it has put into a vault. Without one nothing is copied, a vault
//! holds no second copy of itself, and no other provider copies between vaults.
//!
//! **Fix.** Give an RDS database a `vault` in its own location, another one than the copy's. Elsewhere
//! use `copies.geo` (Azure), or send dumps to stores in several places.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate, Layer};

pub static CODE: Code = Code::new(
    "copies-unmade",
    Severity::Warning,
    include_str!("copies_unmade.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        findings.extend(match database.engine().rds() {
            Some(_) => unmade(database),
            None => foreign(database),
        });
    }
}

/// A tier's copies are for those of its databases that can have them.
fn foreign(database: &Database<'_>) -> Option<Finding> {
    let mut copies = database.intent.copies.to.iter();
    let own = copies.find(|copy| copy.layer == Layer::Database)?;
    Some(
        super::about(&CODE, database, own, "only AWS Backup copies from vault to vault")
            .label(database.written.engine.place, "this is not RDS")
            .why("nothing would be copied, while the file reads as if it were")
            .fix("remove `copies.to`; use `copies.geo` in Azure, or dumps to several stores"),
    )
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
