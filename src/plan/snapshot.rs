//! Manual snapshots of RDS instances: what is taken, how long it is kept, and where a copy goes.

use serde::Serialize;

use super::{AwsRegion, Job, key_alias, tag_list, tags};
use crate::policy::Task;
use crate::resolve::{Database, Estate};

/// One snapshot job. Serialises to what the script's template is given.
#[derive(Debug, Clone, Serialize)]
pub struct Snapshot {
    #[serde(flatten)]
    pub job: Job,
    pub account: String,
    pub region: String,
    pub instance: String,
    /// How the identifier of each snapshot starts.
    pub prefix: String,
    /// The key of the tag by which the script knows its own snapshots; its value is the job's name.
    pub owner_tag: &'static str,
    /// Each as the AWS CLI takes it.
    pub tags: Vec<String>,
    pub keep_days: u64,
    pub copy_region: Option<String>,
    /// The alias of the key there that encrypts the copies: one is rendered for each database.
    pub copy_key: String,
}

/// The key of the tag by which snapshots of a policy are known.
pub(super) const OWNER_TAG: &str = "backstay:policy";

pub(super) fn snapshot(database: &Database<'_>, estate: &Estate<'_>) -> Option<Snapshot> {
    let snapshots = database.written.snapshots.as_ref()?;
    let AwsRegion {
        account, region, ..
    } = AwsRegion::of(database.site)?;
    let copy_to = snapshots
        .copy_to
        .as_ref()
        .and_then(|to| estate.location(to));
    let mut tags = tags(database);
    tags.insert(OWNER_TAG.to_owned(), database.name.value.clone());
    Some(Snapshot {
        job: Job::of(database, Task::Snapshot, estate)?,
        account,
        region,
        instance: database.written.id.to_ascii_lowercase(),
        prefix: prefix(database.name),
        owner_tag: OWNER_TAG,
        tags: tag_list(&tags),
        keep_days: snapshots.keep.value.days(),
        copy_key: key_alias(database.name),
        copy_region: copy_to.and_then(AwsRegion::of).map(|it| it.region),
    })
}

/// A snapshot's identifier has letters, digits and single hyphens.
pub(super) fn prefix(name: &str) -> String {
    let words = name.split(['-', '_']).filter(|word| !word.is_empty());
    words.fold("backstay".to_owned(), |prefix, word| {
        format!("{prefix}-{word}")
    })
}
