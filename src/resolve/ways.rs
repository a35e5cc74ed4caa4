//! By which ways a database comes back when it, its Region, its data or its backups are lost.

use schemars::JsonSchema;
use serde::Serialize;

use super::mechanisms::{Means, Mechanism, mechanisms};
use super::{Database, Estate, Scope, Store};
use crate::policy::HighAvailability;
use crate::source::Place;

/// One way back. Serialises to what a script's or runbook's template is given.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Way {
    #[serde(flatten)]
    pub by: By,
    /// Whether it is there when the database's own Region or host is not.
    pub elsewhere: bool,
    /// Most that is lost by it, in minutes. None: nobody promises a bound.
    pub rpo: Option<u64>,
    /// How long the longest kept backup lives.
    pub keeps: Option<String>,
    /// Where the policy asks for it; nowhere for what is built in.
    #[serde(skip)]
    pub place: Option<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum By {
    /// The cloud fails over to it by itself.
    Standby { mode: &'static str },
    /// A replica that can be promoted.
    Replica { id: String, region: String },
    /// The provider's own backups: any moment, in the database's own Region.
    Moment,
    /// The same from RDS's automated backups that are replicated to another Region.
    Replicated { location: String, region: String },
    /// Azure's geo-redundant backups, for the paired region.
    Geo,
    /// Manual snapshots.
    Snapshots { region: String },
    /// Recovery points in a vault.
    Vault(Vault),
    /// Dumps in a store.
    Dumps {
        store: String,
        /// Where they lie.
        url: String,
        schedule: String,
    },
}

/// A vault in the words of the policy and of its cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Vault {
    pub vault: String,
    pub cloud_name: String,
    pub region: String,
    /// Account or subscription.
    pub account: String,
    /// Azure's; its restores are files.
    pub resource_group: Option<String>,
}

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Disaster {
    PrimaryLost,
    RegionLost,
    DataCorrupted,
    BackupDeleted,
}

impl Disaster {
    pub const ALL: [Disaster; 4] = [
        Disaster::PrimaryLost,
        Disaster::RegionLost,
        Disaster::DataCorrupted,
        Disaster::BackupDeleted,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Disaster::PrimaryLost => "primary_lost",
            Disaster::RegionLost => "region_lost",
            Disaster::DataCorrupted => "data_corrupted",
            Disaster::BackupDeleted => "backup_deleted",
        }
    }

    pub fn leaves(self, way: &Way) -> bool {
        match self {
            Disaster::PrimaryLost => true,
            Disaster::RegionLost => way.elsewhere,
            // What is written to the database is written to its standby and replicas as well.
            Disaster::DataCorrupted => !matches!(way.by, By::Standby { .. } | By::Replica { .. }),
            // The provider's own backups are what was deleted.
            Disaster::BackupDeleted => matches!(
                way.by,
                By::Vault { .. } | By::Dumps { .. } | By::Snapshots { .. } | By::Replicated { .. }
            ),
        }
    }
}

/// Every way back, the one that loses least first.
pub fn ways(database: &Database<'_>, estate: &Estate<'_>) -> Vec<Way> {
    let mut ways: Vec<Way> = standby(database).into_iter().collect();
    ways.extend(replicas(database, estate));
    for mechanism in mechanisms(database, estate) {
        let Some(way) = of(&mechanism, database, estate) else {
            continue;
        };
        // A store or vault that its provider copies to a paired region is one way all the same.
        match ways.iter_mut().find(|other| other.by == way.by) {
            Some(other) => other.elsewhere |= way.elsewhere,
            None => ways.push(way),
        }
    }
    ways
}

fn standby(database: &Database<'_>) -> Option<Way> {
    let standby = &database.intent.high_availability;
    let mode = match standby.value {
        HighAvailability::None => return None,
        HighAvailability::MultiAz => "multi_az",
        HighAvailability::SameZone => "same_zone",
        HighAvailability::ZoneRedundant => "zone_redundant",
    };
    Some(Way {
        by: By::Standby { mode },
        elsewhere: false,
        rpo: Some(0),
        keeps: None,
        place: standby.place,
    })
}

fn replicas<'d>(
    database: &'d Database<'_>,
    estate: &'d Estate<'_>,
) -> impl Iterator<Item = Way> + 'd {
    let own = database.region();
    database.written.replicas.iter().filter_map(move |replica| {
        let at = replica.at.as_ref();
        let region = match (at, &replica.location) {
            (Some(at), _) => region(estate.location(&at.value)?.scope)?,
            (None, Some(location)) => location.value.as_str(),
            (None, None) => own?,
        };
        Some(Way {
            by: By::Replica {
                id: replica.id.to_ascii_lowercase(),
                region: region.to_owned(),
            },
            elsewhere: Some(region) != own,
            // It follows its source as fast as it can.
            rpo: None,
            keeps: None,
            place: Some(replica.id.place),
        })
    })
}

fn of(mechanism: &Mechanism<'_>, database: &Database<'_>, estate: &Estate<'_>) -> Option<Way> {
    let holder = mechanism.holder;
    let region = || Some(region(estate.location(holder)?.scope)?.to_owned());
    let by = match mechanism.means {
        Means::Automated => By::Moment,
        Means::Replicated => By::Replicated {
            location: holder.to_owned(),
            region: region()?,
        },
        Means::Geo => By::Geo,
        Means::Snapshots => By::Snapshots { region: region()? },
        Means::Vault | Means::LongTerm | Means::VaultCopies => By::Vault(vault(holder, estate)?),
        Means::Dumps => By::Dumps {
            store: holder.to_owned(),
            url: url(estate.store(holder)?)?,
            schedule: format!(
                "{} {}",
                database.written.dump.as_ref()?.schedule.value,
                database.intent.timezone.value
            ),
        },
    };
    Some(Way {
        by,
        elsewhere: mechanism.lies != database.site.lies(),
        rpo: mechanism.rpo,
        keeps: mechanism.keeps.map(|kept| kept.to_string()),
        place: mechanism.place,
    })
}

fn vault(name: &str, estate: &Estate<'_>) -> Option<Vault> {
    let vault = estate.vault(name)?;
    let (account, region, group) = match vault.site.scope {
        Scope::Aws {
            account, region, ..
        } => (account, region, None),
        Scope::Azure {
            subscription,
            resource_group,
            region,
        } => (subscription, region, Some(resource_group.to_owned())),
        Scope::Host { .. } => return None,
    };
    Some(Vault {
        vault: name.to_owned(),
        cloud_name: vault.written.name.value.clone(),
        region: region.to_owned(),
        account: account.to_owned(),
        resource_group: group,
    })
}

fn url(store: &Store<'_>) -> Option<String> {
    let written = store.written;
    match store.site.scope {
        Scope::Aws { .. } => Some(format!("s3://{}", written.bucket.as_ref()?.value)),
        Scope::Azure { .. } => Some(format!(
            "https://{}.blob.core.windows.net/{}",
            written.storage_account.as_ref()?.value,
            written.container.as_ref()?.value
        )),
        Scope::Host { .. } => None,
    }
}

fn region(scope: Scope<'_>) -> Option<&str> {
    match scope {
        Scope::Aws { region, .. } | Scope::Azure { region, .. } => Some(region),
        Scope::Host { .. } => None,
    }
}

impl Database<'_> {
    /// Where the database is. None: on a host of one's own.
    pub fn region(&self) -> Option<&str> {
        region(self.site.scope)
    }
}
