//! # copy-account-and-region
//! A copy leaves both the account and the Region of its database in one step.
//!
//! **Why.** For RDS, AWS Backup's guide has long said that a plan copies either to another account or
//! to another Region, since a snapshot's key must change on the way; where your Regions do not take
//! both at once, each copy job fails.
//!
//! **Fix.** Copy to the other Region of the same account, or to the other account in the same Region.
//! Where both are needed, try one copy by hand first (`aws backup start-copy-job`).
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Estate, Scope};

pub static CODE: Code = Code::new(
    "copy-account-and-region",
    Severity::Warning,
    include_str!("copy_account_and_region.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for (database, _) in super::kept_in_vaults(estate) {
        for copy in &database.intent.copies.to {
            let Some(vault) = estate.vault(&copy.value) else {
                continue;
            };
            if !both(database.site.scope, vault.site.scope) {
                continue;
            }
            let name = &vault.name.value;
            let message = format!("vault `{name}` is in another account and in another Region");
            findings.push(
                super::about(&CODE, database, copy, message)
                    .label(vault.written.at.place, "the vault is there")
                    .label(database.written.at.place, "the database is here")
                    .why("AWS Backup may refuse to do both in one step for RDS")
                    .fix("copy to the other account in the same Region, or to the other Region in the same account"),
            );
        }
    }
}

fn both(here: Scope<'_>, there: Scope<'_>) -> bool {
    let (
        Scope::Aws { account, region, .. },
        Scope::Aws {
            account: other,
            region: far,
            ..
        },
    ) = (here, there)
    else {
        return false;
    };
    account != other && region != far
}
