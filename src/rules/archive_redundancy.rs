//! # archive-redundancy
//! Dumps are kept for a year or more in a storage account that has no archive tier, or of which
//! nothing says whether it has one. Only `lrs`, `grs` and `ra_grs` have.
//!
//! **Why.** Without the archive tier those dumps stay in the cold tier, at about twice the price or
//! more. backstay renders no archiving where it is not sure: Azure refuses it on `zrs`, `gzrs` and
//! `ra_gzrs`.
//!
//! **Fix.** Write the account's `redundancy`. Where it is one of zones, keep it for the zones, or put
//! what is kept longest into a store of its own whose account has `grs`.
use crate::cloud::azure::limits::ARCHIVE;
use crate::finding::{Code, Finding, Severity};
use crate::policy::Duration;
use crate::resolve::{Account, Estate, Resolved};

pub static CODE: Code = Code::new(
    "archive-redundancy",
    Severity::Warning,
    include_str!("archive_redundancy.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(estate.accounts().iter().filter_map(|it| one(estate, it)));
}

fn one(estate: &Estate<'_>, account: &Account<'_, '_>) -> Option<Finding> {
    let redundancy = account.redundancy();
    if redundancy.is_some_and(|redundancy| redundancy.value.archives()) {
        return None;
    }
    let (class, retention) = longest(estate, account)?;
    let name = &account.name.value;
    let finding = match redundancy {
        None => {
            let message = format!("nothing says whether the account `{name}` has an archive tier");
            Finding::new(&CODE, account.name.place, message)
                .fix("add `redundancy`: lrs, grs and ra_grs have one")
        }
        Some(redundancy) => {
            let message = format!("the account `{name}` has no archive tier for what it keeps longest");
            let finding = Finding::new(&CODE, redundancy.place, message)
                .fix("keep it for its zones, or send those dumps to an account with grs as well");
            Finding {
                severity: Severity::Info,
                ..finding
            }
        }
    };
    let finding = finding.why("what is kept for a year or more costs about half there, or less");
    let label = format!("`{class}` is kept for {}", retention.value);
    Some(match retention.place {
        Some(place) => finding.label(place, label),
        None => finding,
    })
}

/// The longest kept class of the account for which the archive would pay.
fn longest<'e>(
    estate: &'e Estate<'_>,
    account: &Account<'_, '_>,
) -> Option<(&'static str, &'e Resolved<Duration>)> {
    let (_, life) = ARCHIVE;
    account
        .stores
        .iter()
        .flat_map(|store| estate.dumped_to(store))
        .flat_map(|database| database.intent.retention.classes())
        .filter_map(|(class, retention)| Some((class, retention?)))
        .filter(|(_, retention)| retention.value.days() >= u64::from(life))
        .max_by_key(|(_, retention)| retention.value.days())
}
