//! # replica-location
//! A replica is where it cannot be: at a location of another cloud, account or partition than its
//! database, or named by the key of another cloud. RDS takes `at` (a location of the policy) and
//! `zone`; Azure takes `location` (one of its own regions).
//!
//! **Why.** The cloud refuses it when it is deployed, and a disaster finds no replica there.
//!
//! **Fix.** Name a location of the database's own account, in whichever Region. Data for another
//! account goes through a vault or a dump.
use crate::cloud::aws::partition;
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Engine, Replica, Spanned};
use crate::resolve::{Database, Estate, Scope};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "replica-location",
    Severity::Error,
    include_str!("replica_location.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        for replica in &database.written.replicas {
            findings.extend(foreign(database, replica));
            findings.extend(elsewhere(estate, database, replica));
        }
    }
}

/// Keys of another cloud than the database's.
fn foreign(database: &Database<'_>, replica: &Replica) -> Vec<Finding> {
    fn at<T>(value: &Option<Spanned<T>>) -> Option<Place> {
        value.as_ref().map(|value| value.place)
    }
    let keys = match database.engine() {
        Engine::RdsPostgres | Engine::RdsMysql | Engine::RdsMariadb => {
            vec![("location", at(&replica.location), "`at`, a location of the policy")]
        }
        Engine::AzurePostgres => vec![
            ("at", at(&replica.at), "`location`, a region of Azure"),
            ("zone", at(&replica.zone), "nothing: Azure chooses the zone"),
            (
                "high_availability",
                at(&replica.high_availability),
                "nothing: a replica has no standby",
            ),
        ],
        Engine::Postgres => Vec::new(),
    };
    let engine = database.engine().name();
    keys.into_iter()
        .filter_map(|(key, place, instead)| {
            let message = format!("`{key}` has no meaning for a replica of {engine}");
            Some(
                Finding::new(&CODE, place?, message)
                    .label(database.written.engine.place, "the engine is set here")
                    .why("it would have no effect, while the file reads as if it had")
                    .fix(format!("write {instead}")),
            )
        })
        .collect()
}

fn elsewhere(estate: &Estate<'_>, database: &Database<'_>, replica: &Replica) -> Option<Finding> {
    let at = replica.at.as_ref()?;
    let Scope::Aws {
        account, region, ..
    } = database.site.scope
    else {
        return None;
    };
    let name = &at.value;
    let (message, why) = match estate.location(name)?.scope {
        Scope::Azure { .. } | Scope::Host { .. } => (
            format!("RDS cannot have a replica at `{name}`, which is not on AWS"),
            "RDS replicates between instances of its own",
        ),
        Scope::Aws { account: other, .. } if other != account => (
            format!("`{name}` is in account {other}, the database in {account}"),
            "RDS replicates within one account",
        ),
        Scope::Aws { region: other, .. } if partition(other) != partition(region) => (
            format!("RDS cannot have a replica of {region} in {other}"),
            "the two are in different partitions of AWS, which share nothing",
        ),
        Scope::Aws { .. } => return None,
    };
    Some(
        Finding::new(&CODE, at.place, message)
            .label(database.written.at.place, "the database is here")
            .why(why)
            .fix("name a location of the database's own account"),
    )
}
