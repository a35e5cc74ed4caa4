//! # standby-zone
//! An availability zone is chosen for an RDS instance that has a standby; or a replica's standby is not
//! one that RDS has.
//!
//! **Why.** RDS places a Multi-AZ instance and its standby itself, and refuses to be told a zone.
//!
//! **Fix.** Remove `zone`, or the standby. A replica takes `multi_az` or `none`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{HighAvailability, Replica};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "standby-zone",
    Severity::Error,
    include_str!("standby_zone.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::on_rds(estate) {
        findings.extend(main(database));
        let replicas = database.written.replicas.iter();
        findings.extend(replicas.filter_map(mode));
        findings.extend(database.written.replicas.iter().filter_map(replica));
    }
}

const WHY: &str = "RDS places a Multi-AZ instance and its standby itself";
const FIX: &str = "remove `zone`, or the standby";

fn main(database: &Database<'_>) -> Option<Finding> {
    let zone = database.written.provision.as_ref()?.zone.as_ref()?;
    let mode = &database.intent.high_availability;
    (mode.value == HighAvailability::MultiAz).then(|| {
        Finding::new(&CODE, zone.place, "a database with a standby cannot choose its zone")
            .label(super::place_of(database, mode), "the standby is asked for here")
            .why(WHY)
            .fix(FIX)
    })
}

fn replica(replica: &Replica) -> Option<Finding> {
    let (zone, mode) = (replica.zone.as_ref()?, replica.high_availability.as_ref()?);
    (mode.value == HighAvailability::MultiAz).then(|| {
        Finding::new(&CODE, zone.place, "a replica with a standby cannot choose its zone")
            .label(mode.place, "the standby is asked for here")
            .why(WHY)
            .fix(FIX)
    })
}

fn mode(replica: &Replica) -> Option<Finding> {
    let mode = replica.high_availability.as_ref()?;
    match mode.value {
        HighAvailability::None | HighAvailability::MultiAz => None,
        HighAvailability::SameZone | HighAvailability::ZoneRedundant => Some(
            Finding::new(
                &CODE,
                mode.place,
                "RDS has no such standby: its only mode is multi_az",
            )
            .why("the cloud does not know this mode")
            .fix("write `multi_az` or `none`"),
        ),
    }
}
