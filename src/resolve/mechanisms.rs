//! What backs a database up: each mechanism that its intent sets in motion, where its backups lie,
//! how much it may lose and how long it keeps.

use serde::{Deserialize, Serialize};

use super::{Database, Estate, Resolved, Scope, Site};
use crate::cloud::azure::regions::{Pair, pair};
use crate::policy::{Duration, Engine, StoreRedundancy, VaultRedundancy};
use crate::source::Place;

/// One way in which a database is backed up.
#[derive(Debug, Clone)]
pub struct Mechanism<'w> {
    pub means: Means,
    /// The policy's name of the store, vault or location that holds its backups.
    pub holder: &'w str,
    /// Where its backups lie.
    pub lies: Lies<'w>,
    /// Most that is lost when it is all that is left, in minutes. None: nobody promises a bound.
    pub rpo: Option<u64>,
    /// How long the longest kept backup of it lives.
    pub keeps: Option<Duration>,
    /// Where the policy asks for it; nowhere for what is built in.
    pub place: Option<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// Automated backups of the provider: any moment can be restored.
    Automated,
    /// The same, replicated to another Region.
    Replicated,
    /// The same, held in the paired region as well.
    Geo,
    /// Manual snapshots by script.
    Snapshots,
    /// Recovery points in a vault of the provider's backup service.
    Vault,
    /// Logical dumps in a vault of Azure Backup. They restore as files.
    LongTerm,
    /// Copies of them in another vault.
    VaultCopies,
    /// Dumps in a bucket or container.
    Dumps,
}

/// What a backup is made of. One defect spoils all backups of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Medium {
    /// A copy of the disks, which only its provider can read.
    Storage,
    /// Rows, which any PostgreSQL can read.
    Rows,
}

/// A place that one disaster takes as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lies<'w> {
    Region(&'w str),
    /// The paired region of this one, where its name is not known.
    PairOf(&'w str),
    Host(&'w str),
}

/// Minutes by which the providers' logs may lag: RDS ships them every five minutes, Azure as well.
/// Source: the RDS user guide on LatestRestorableTime; Azure's documentation on backup and restore.
const LOG_MINUTES: u64 = 5;

/// Minutes by which a geo-redundant copy may lag. Source: Azure's documentation on geo-restore.
const GEO_MINUTES: u64 = 60;

const DAY: u64 = 24 * 60;

impl Means {
    /// As reports and recorded states name it.
    pub fn name(self) -> &'static str {
        match self {
            Means::Automated => "automated",
            Means::Replicated => "replicated",
            Means::Geo => "geo",
            Means::Snapshots => "snapshots",
            Means::Vault => "vault",
            Means::LongTerm => "long_term",
            Means::VaultCopies => "vault_copies",
            Means::Dumps => "dumps",
        }
    }

    pub fn medium(self) -> Medium {
        match self {
            Means::Dumps | Means::LongTerm => Medium::Rows,
            _ => Medium::Storage,
        }
    }
}

impl<'w> Site<'w> {
    pub(super) fn lies(self) -> Lies<'w> {
        match self.scope {
            Scope::Aws { region, .. } | Scope::Azure { region, .. } => Lies::Region(region),
            Scope::Host { address } => Lies::Host(address),
        }
    }

    /// Where Azure's own copies of what is here lie. None: it makes none.
    fn pair(self) -> Option<Lies<'w>> {
        let Scope::Azure { region, .. } = self.scope else {
            return None;
        };
        match pair(region) {
            Pair::With(pair) => Some(Lies::Region(pair)),
            Pair::Without => None,
            Pair::Unknown => Some(Lies::PairOf(region)),
        }
    }
}

/// The mechanisms of a database, the provider's own first.
pub fn mechanisms<'w>(database: &Database<'w>, estate: &Estate<'w>) -> Vec<Mechanism<'w>> {
    let mut found = Vec::new();
    found.extend(automated(database));
    found.extend(replicated(database, estate));
    found.extend(geo(database));
    found.extend(snapshots(database, estate));
    found.extend(vaults(database, estate));
    found.extend(dumps(database, estate));
    found
}

/// The provider's own backups, where it keeps any.
fn automated<'w>(database: &Database<'w>) -> Option<Mechanism<'w>> {
    let provider = database.engine() != Engine::Postgres;
    let pitr = database
        .intent
        .retention
        .pitr
        .as_ref()
        .filter(|_| provider)?;
    (pitr.value.minutes() > 0).then(|| Mechanism {
        means: Means::Automated,
        holder: database.site.name,
        lies: database.site.lies(),
        rpo: Some(LOG_MINUTES),
        keeps: Some(pitr.value),
        place: pitr.place,
    })
}

fn replicated<'w>(database: &Database<'w>, estate: &Estate<'w>) -> Option<Mechanism<'w>> {
    let own = automated(database)?;
    let to = database.intent.copies.replicate_pitr.as_ref()?;
    let site = estate.location(&to.value)?;
    Some(Mechanism {
        means: Means::Replicated,
        holder: site.name,
        lies: site.lies(),
        // RDS promises no bound on the replication's lag.
        rpo: None,
        place: to.place,
        ..own
    })
}

fn geo<'w>(database: &Database<'w>) -> Option<Mechanism<'w>> {
    let own = automated(database)?;
    let geo = database
        .intent
        .copies
        .geo
        .as_ref()
        .filter(|geo| geo.value)?;
    Some(Mechanism {
        means: Means::Geo,
        lies: database.site.pair()?,
        rpo: Some(GEO_MINUTES),
        place: geo.place,
        ..own
    })
}

/// Of RDS only: Azure's on-demand backups are more of the server's own, and live and die with them.
fn snapshots<'w>(database: &Database<'w>, estate: &Estate<'w>) -> Vec<Mechanism<'w>> {
    let on_rds = database.engine().rds().is_some();
    let written = database.written.snapshots.as_ref();
    let Some(snapshots) = written.filter(|_| on_rds) else {
        return Vec::new();
    };
    let copy = snapshots.copy_to.as_ref();
    let copy = copy.and_then(|to| Some((estate.location(to)?, to.place)));
    let own = (database.site, snapshots.schedule.place);
    let each = |(site, place): (Site<'w>, Place)| Mechanism {
        means: Means::Snapshots,
        holder: site.name,
        lies: site.lies(),
        rpo: Some(snapshots.schedule.longest_gap()),
        keeps: Some(snapshots.keep.value),
        place: Some(place),
    };
    [Some(own), copy].into_iter().flatten().map(each).collect()
}

/// Weekly, monthly and yearly recovery points, in the database's vault and in those that get copies.
fn vaults<'w>(database: &Database<'w>, estate: &Estate<'w>) -> Vec<Mechanism<'w>> {
    let retention = &database.intent.retention;
    let classes = [
        (7 * DAY, retention.weekly.as_ref()),
        (31 * DAY, retention.monthly.as_ref()),
        (366 * DAY, retention.yearly.as_ref()),
    ];
    let kept: Vec<(u64, &Resolved<Duration>)> = classes
        .into_iter()
        .filter_map(|(gap, class)| Some((gap, class?)))
        .collect();
    let (Some(vault), Some((gap, _))) = (&database.written.vault, kept.first()) else {
        return Vec::new();
    };
    let longest = kept.iter().map(|(_, class)| class.value);
    let longest = longest.max_by_key(|kept| kept.minutes());
    // Only AWS Backup copies from vault to vault.
    let copies = database.intent.copies.to.iter();
    let copies = copies.filter(|_| database.engine().rds().is_some());
    let copies = copies.map(|to| (Means::VaultCopies, to.value.as_str(), to.place));
    let named = [(Means::Vault, vault.value.as_str(), Some(vault.place))];
    let mut found = Vec::new();
    for (means, name, place) in named.into_iter().chain(copies) {
        let Some(vault) = estate.vault(name) else {
            continue;
        };
        let logical = matches!(vault.site.scope, Scope::Azure { .. });
        let means = if logical { Means::LongTerm } else { means };
        let geo = vault.redundancy() == VaultRedundancy::Geo;
        let twin = vault.site.pair().filter(|_| geo);
        let lie = [Some(vault.site.lies()), twin].into_iter().flatten();
        found.extend(lie.map(|lies| Mechanism {
            means,
            holder: vault.name.value.as_str(),
            lies,
            rpo: Some(*gap),
            keeps: longest,
            place,
        }));
    }
    found
}

fn dumps<'w>(database: &Database<'w>, estate: &Estate<'w>) -> Vec<Mechanism<'w>> {
    // What has no rows, or some tables only, brings no database back.
    let Some(dump) = database.written.dump.as_ref().filter(|it| it.is_whole()) else {
        return Vec::new();
    };
    let classes = database.intent.retention.classes();
    let longest = classes
        .into_iter()
        .filter_map(|(_, kept)| Some(kept?.value));
    let longest = longest.max_by_key(|kept| kept.minutes());
    let stores = dump.to.iter().filter_map(|to| estate.store(to));
    let mut found = Vec::new();
    for store in stores {
        use StoreRedundancy::{Grs, Gzrs, RaGrs, RaGzrs};
        let copied = store.written.redundancy.as_ref();
        let copied = copied.is_some_and(|it| matches!(it.value, Grs | RaGrs | Gzrs | RaGzrs));
        let twin = store.site.pair().filter(|_| copied);
        let lie = [Some(store.site.lies()), twin].into_iter().flatten();
        found.extend(lie.map(|lies| Mechanism {
            means: Means::Dumps,
            holder: store.name.value.as_str(),
            lies,
            rpo: Some(dump.schedule.longest_gap()),
            keeps: longest,
            place: Some(dump.schedule.place),
        }));
    }
    found
}
