//! What receives a database's copies in other Regions: a key in each.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Parameter, Places, Purpose, Resource, tags};
use super::Region;
use super::keys::Key;
use crate::cloud::aws::{Tags, kms, partition};
use crate::resolve::{Database, Estate};
use crate::source::Place;

/// Where a database's automated backups are replicated to.
pub(super) fn replicated<'w>(database: &Database<'w>, estate: &Estate<'w>) -> Option<Region<'w>> {
    let to = database.intent.copies.replicate_pitr.as_ref()?;
    Region::of(estate.location(&to.value)?)
}

/// The parameter by which the database's own stack takes the key there.
pub(super) fn parameter(database: &Database<'_>, there: Region<'_>) -> Parameter {
    Parameter {
        name: "ReplicationKeyArn",
        region: there.region.to_owned(),
        alias: kms::alias(&database.name.value),
    }
}

/// The other accounts that a database's recovery points are copied to: each with one of their Regions
/// and the place that says so.
pub(super) type Receivers<'w> = BTreeMap<&'w str, (&'w str, Place)>;

pub(super) fn receivers<'w>(
    database: &Database<'_>,
    here: Region<'_>,
    estate: &Estate<'w>,
) -> Receivers<'w> {
    let mut receivers = Receivers::new();
    for to in database
        .intent
        .copies
        .to
        .iter()
        .filter(|_| database.written.vault.is_some())
    {
        let vault = estate.vault(&to.value);
        let there = vault.and_then(|vault| Region::of(vault.site));
        if let Some(there) = there.filter(|there| there.account != here.account) {
            let place = to.place.unwrap_or(database.name.place);
            receivers
                .entry(there.account)
                .or_insert((there.region, place));
        }
    }
    receivers
}

/// Statements of the policy of a database's key. A snapshot of RDS is under that key wherever it is
/// copied from, so another account that is to copy it must be able to use the key.
/// Source: "Allowing access to an AWS KMS key" in the RDS user guide, on sharing encrypted snapshots.
pub(super) fn statements(receivers: &Receivers<'_>) -> Vec<Value> {
    let both = |(account, (region, _)): (&&str, &(&str, Place))| {
        let principal = json!({ "AWS": format!("arn:{}:iam::{account}:root", partition(region)) });
        [
            json!({
                "Sid": copies_sid(account),
                "Effect": "Allow",
                "Principal": principal,
                "Action": [
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey*",
                    "kms:ReEncrypt*",
                ],
                "Resource": "*",
            }),
            json!({
                "Sid": grants_sid(account),
                "Effect": "Allow",
                "Principal": principal,
                "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"],
                "Resource": "*",
                "Condition": { "Bool": { "kms:GrantIsForAWSResource": "true" } },
            }),
        ]
    };
    receivers.iter().flat_map(both).collect()
}

/// Where each of them is asked for.
pub(super) fn statement_places(receivers: &Receivers<'_>) -> Places {
    let both = |(account, (_, place)): (&&str, &(&str, Place))| {
        [copies_sid(account), grants_sid(account)]
            .map(|sid| (format!("/KeyPolicy/Statement/{sid}").into(), *place))
    };
    receivers.iter().flat_map(both).collect()
}

fn copies_sid(account: &str) -> String {
    format!("CopiesTo{account}")
}

fn grants_sid(account: &str) -> String {
    format!("GrantsFor{account}")
}

/// One key for each Region that receives automated backups or snapshots: what is encrypted here
/// cannot be read there.
pub(super) fn keys(
    database: &Database<'_>,
    here: Region<'_>,
    estate: &Estate<'_>,
    resources: &mut Vec<Resource>,
) {
    let name = database.name.value.as_str();
    let replicate = database.intent.copies.replicate_pitr.as_ref();
    let replicate = replicate.map(|to| (to.value.as_str(), to.place));
    let snapshots = database.written.snapshots.as_ref();
    let snapshots = snapshots.and_then(|snapshots| snapshots.copy_to.as_ref());
    let snapshots = snapshots.map(|to| (to.value.as_str(), Some(to.place)));
    let mut seen: Vec<Region<'_>> = vec![here];
    for (location, place) in replicate.into_iter().chain(snapshots) {
        let Some(there) = estate.location(location).and_then(Region::of) else {
            continue;
        };
        if !seen.iter().any(|other| other.is(there)) {
            seen.push(there);
            let place = place.unwrap_or(database.written.id.place);
            resources.extend(key(database, name, place).resources(there));
        }
    }
}

fn key<'a>(database: &Database<'_>, name: &'a str, place: Place) -> Key<'a> {
    let tags = tags(database);
    Key {
        purpose: Purpose::Copies,
        name,
        stack: name,
        logical_id: "CopyKey",
        encrypts: format!("the copies of the database {name}"),
        tags: (!tags.is_empty()).then_some(Tags(tags)),
        users: Vec::new(),
        place,
    }
}
