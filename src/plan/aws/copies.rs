//! What receives a database's copies in other Regions: a key in each.

use super::super::{Parameter, Purpose, Resource, tags};
use super::Region;
use super::keys::Key;
use crate::cloud::aws::{Tags, kms};
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
        users: None,
        place,
    }
}
