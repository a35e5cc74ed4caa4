//! # replication-quota
//! More automated backups are replicated into one Region than an account can have there.
//!
//! **Why.** RDS takes 20 replicated backups for each account and destination Region. The one after
//! that is refused when it is deployed, and its database has no copy elsewhere.
//!
//! **Fix.** Spread them over several destination Regions, or copy the less important databases by a
//! vault. Where AWS has raised the quota for the account, accept the finding.
use std::collections::BTreeMap;

use crate::cloud::aws::limits::REPLICATED_BACKUPS;
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Estate, Scope};

pub static CODE: Code = Code::new(
    "replication-quota",
    Severity::Warning,
    include_str!("replication_quota.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let replicated = super::on_rds(estate).filter_map(|database| {
        let to = database.intent.copies.replicate_pitr.as_ref()?;
        match estate.location(&to.value)?.scope {
            Scope::Aws {
                account, region, ..
            } => Some((database, to, (account, region))),
            Scope::Azure { .. } | Scope::Host { .. } => None,
        }
    });
    for (database, to, place) in replicated {
        let count = counts.entry(place).or_default();
        *count += 1;
        // Once for each Region, at the first that is too many.
        if *count == REPLICATED_BACKUPS + 1 {
            let (account, region) = place;
            let message = format!(
                "more than {REPLICATED_BACKUPS} databases replicate their backups to {region} in account {account}"
            );
            findings.push(
                super::about(&CODE, database, to, message)
                    .why(format!("RDS takes {REPLICATED_BACKUPS} for each account and destination Region"))
                    .fix("name another Region for some of them, or copy some by a vault"),
            );
        }
    }
}
