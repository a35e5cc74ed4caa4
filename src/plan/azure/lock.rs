//! The lock of a server.

use super::super::{Purpose, Resource};
use super::Group;
use crate::cloud::Owned;
use crate::cloud::azure::{locks, postgres};
use crate::resolve::{Database, Layer};

const NAME: &str = "backstay";

/// Asked for by `deletion_protection`: of a new server unless it says no, of one that exists where
/// somebody wrote it. Replicas have none: they hold no backups that would go with them.
pub(in crate::plan) fn lock(database: &Database<'_>) -> Option<Resource> {
    let group = Group::of(database.site)?;
    let written = database.written;
    let protection = &database.intent.deletion_protection;
    let asked = written.provision.is_some() || protection.layer != Layer::BuiltIn;
    if !asked || !protection.value {
        return None;
    }
    let body = locks::Lock {
        name: NAME.to_owned(),
        scope: group.id(postgres::FlexibleServer::TYPE, &written.id),
        properties: locks::Properties {
            level: "CanNotDelete".to_owned(),
        },
    };
    let name = &database.name.value;
    let owner = group.template(Purpose::Database, name);
    let place = protection.place.unwrap_or(written.id.place);
    Some(group.resource(name, &written.id, body, owner, place))
}
