//! # replication-region
//! `copies.replicate_pitr` names a location to which RDS cannot replicate the database's automated
//! backups: not on AWS, another account, the same Region, or a Region of another partition. A pair of
//! Regions that RDS did not list when it last published its table is a warning.
//!
//! **Why.** RDS replicates automated backups within one account and partition, and between certain
//! pairs of Regions only. Copies in the database's own Region would be lost with it.
//!
//! **Fix.** Name a location of the same account in another Region.
//! `aws rds describe-source-regions --region DESTINATION` says today's pairs. A copy in another account
//! is a `vault`'s to make.
use crate::cloud::aws::partition;
use crate::cloud::aws::replication::{PAIRS_READ, Pair, pair};
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate, Layer, Scope};

pub static CODE: Code = Code::new(
    "replication-region",
    Severity::Error,
    include_str!("replication_region.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let databases = estate.databases.iter();
    findings.extend(databases.filter_map(|database| unreachable(estate, database)));
}

fn unreachable(estate: &Estate<'_>, database: &Database<'_>) -> Option<Finding> {
    let to = database.intent.copies.replicate_pitr.as_ref()?;
    let there = estate.location(&to.value)?;
    let finding = |message: String| {
        super::about(&CODE, database, to, message)
            .label(database.written.at.place, "the database is here")
    };
    let Scope::Aws {
        account, region, ..
    } = database.site.scope
    else {
        // Defaults and tiers may serve several clouds.
        return (to.layer == Layer::Database).then(|| {
            finding("only RDS replicates automated backups".to_owned())
                .why("it would have no effect, while the file reads as if it had")
                .fix("remove `replicate_pitr`")
        });
    };
    let name = &to.value;
    let Scope::Aws {
        account: other,
        region: destination,
        ..
    } = there.scope
    else {
        return Some(
            finding(format!("RDS cannot replicate backups to `{name}`, which is not on AWS"))
                .why("RDS replicates between Regions of AWS")
                .fix("name a location of the same account in another Region"),
        );
    };
    if account != other {
        return Some(
            finding(format!("`{name}` is in account {other}, the database in {account}"))
                .why("RDS replicates automated backups within one account")
                .fix("name a location of the same account; a vault copies into another one"),
        );
    }
    if region == destination {
        return Some(
            finding(format!("`{name}` is in the database's own Region, {region}"))
                .why("what takes the Region away would take the copies along")
                .fix("name a location in another Region"),
        );
    }
    if partition(region) != partition(destination) {
        return Some(
            finding(format!("RDS cannot replicate backups from {region} to {destination}"))
                .why("the two are in different partitions of AWS, which share nothing")
                .fix("name a location in the same partition"),
        );
    }
    (pair(region, destination) == Pair::NotListed).then(|| {
        let mut unlisted = finding(format!(
            "RDS is not known to replicate backups from {region} to {destination}"
        ))
        .why(format!("the table that RDS published last ({PAIRS_READ}) has no such pair"))
        .fix(format!(
            "choose another Region, where `aws rds describe-source-regions --region {destination}` does not list {region}"
        ));
        unlisted.severity = Severity::Warning;
        unlisted
    })
}
