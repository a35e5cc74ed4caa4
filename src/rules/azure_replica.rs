//! # azure-replica
//! A replica of a flexible server has `zone`, which only replicas in RDS have.
//!
//! **Why.** It would have no effect, while the file reads as if the replica were in that zone. Azure
//! chooses the zone; another region is chosen by `location`.
//!
//! **Fix.** Remove `zone`, or write `location` with the region in which the replica is to be.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::Estate;

pub static CODE: Code = Code::new(
    "azure-replica",
    Severity::Error,
    include_str!("azure_replica.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::run_by(estate, Engine::AzurePostgres) {
        let zones = database.written.replicas.iter();
        findings.extend(zones.filter_map(|replica| {
            let zone = replica.zone.as_ref()?;
            let message = "`zone` has no meaning for a replica of a flexible server";
            Some(
                Finding::new(&CODE, zone.place, message)
                    .label(database.written.engine.place, "the engine is set here")
                    .why("it would have no effect, while the file reads as if it had")
                    .fix("remove `zone`; another region is written as `location`"),
            )
        }));
    }
}
