//! On-demand backups of flexible servers: full backups beside the daily ones, in the server's own
//! backup storage. Azure ends each with the server's retention, and the server's end is theirs.

use serde::Serialize;

use super::azure::Group;
use super::{Job, snapshot};
use crate::cloud::Owned;
use crate::cloud::azure::{limits, postgres};
use crate::policy::Task;
use crate::resolve::{Database, Estate};

/// One job. Serialises to what the script's template is given.
#[derive(Debug, Clone, Serialize)]
pub struct OnDemand {
    #[serde(flatten)]
    pub job: Job,
    pub subscription: String,
    pub server: String,
    /// The server's id in Azure Resource Manager.
    pub id: String,
    pub api_version: &'static str,
    /// How the name of each backup starts, which is all by which the script knows its own.
    pub prefix: String,
    pub keep_days: u64,
    /// How many a server can have.
    pub most: usize,
    /// The tier and the storage that cannot have any.
    pub burstable: &'static str,
    pub premium_v2: &'static str,
}

pub(super) fn on_demand(database: &Database<'_>, estate: &Estate<'_>) -> Option<OnDemand> {
    let snapshots = database.written.snapshots.as_ref()?;
    let group = Group::of(database.site)?;
    let server = database.written.id.to_ascii_lowercase();
    Some(OnDemand {
        job: Job::of(database, Task::Snapshot, estate)?,
        subscription: group.subscription.to_owned(),
        id: group.id(postgres::FlexibleServer::TYPE, &server),
        server,
        api_version: postgres::FlexibleServer::API_VERSION.unwrap_or_default(),
        prefix: snapshot::prefix(database.name),
        keep_days: snapshots.keep.value.days(),
        most: limits::ON_DEMAND,
        burstable: limits::BURSTABLE,
        premium_v2: limits::PREMIUM_V2,
    })
}
