//! Replicas in another Region than their database.

use super::super::{Owner, Purpose, Resource, tags};
use super::instances::replica_places;
use super::keys::Key;
use super::{Region, logical_id};
use crate::cloud::aws::{Tags, Value, rds};
use crate::policy::Replica;
use crate::resolve::{Database, Estate};

/// Logical id of the key of a stack of replicas.
const KEY: &str = "ReplicaKey";

/// Where a replica is, if not in its database's own Region.
pub(super) fn elsewhere<'w>(
    replica: &Replica,
    here: Region<'w>,
    estate: &Estate<'w>,
) -> Option<Region<'w>> {
    let there = Region::of(estate.location(replica.at.as_ref()?)?)?;
    (!there.is(here)).then_some(there)
}

/// A replica in another Region. That of a new database is in a stack of its own: it can only come
/// behind the database, which in turn needs the key for its copies there before. The source's key is
/// of no use in another Region, so the stack has one.
pub(super) fn resource(
    database: &Database<'_>,
    replica: &Replica,
    (here, there): (Region<'_>, Region<'_>),
    body: rds::DbInstance,
    resources: &mut Vec<Resource>,
) {
    let name = database.name.value.as_str();
    let source = format!("db:{}", database.written.id.to_ascii_lowercase());
    let stack = format!("{name}-replicas");
    let provisioned = database.written.provision.is_some();
    let body = rds::DbInstance {
        source: Some(Value::Text(here.arn("rds", &source))),
        kms_key_id: provisioned.then(|| Value::attribute(KEY, "Arn")),
        ..body
    };
    let owner = match provisioned {
        true => there.stack(
            Purpose::Replicas,
            &stack,
            &logical_id("Replica", &replica.id),
        ),
        false => Owner::script(Purpose::Database, name),
    };
    let tags = tags(database);
    let key = Key {
        purpose: Purpose::Replicas,
        name,
        stack: &stack,
        logical_id: KEY,
        encrypts: format!("the replicas of the database {name}"),
        tags: (!tags.is_empty()).then_some(Tags(tags)),
        users: Vec::new(),
        place: replica.at.as_ref().unwrap_or(&replica.id).place,
    };
    let [key, alias] = key.resources(there);
    // What the same database asked for is at the end.
    let own = resources
        .iter()
        .rev()
        .take_while(|other| other.name == name);
    if provisioned && !own.into_iter().any(|other| other.address == key.address) {
        resources.extend([key, alias]);
    }
    let id = replica.id.to_ascii_lowercase();
    resources.push(Resource {
        places: replica_places(database, replica),
        ..there.resource(name, &id, body, owner, replica.id.place)
    });
}
