//! How a database comes back: what its recovery scripts and its runbook are told.

use serde::Serialize;

use super::proof::{self, Proof};
use super::{DumpStore, pitr_test, tag_list, tags};
use crate::cloud::aws::partition;
use crate::policy::Engine;
use crate::resolve::{By, Database, Disaster, Estate, Scope, Way, ways};

/// Everything about one database's recovery. Serialises to what the templates are given.
#[derive(Debug, Clone, Serialize)]
pub struct Recovery {
    /// The policy's name of the database.
    pub name: String,
    /// The policy file.
    pub source: String,
    #[serde(skip)]
    pub engine: Engine,
    pub server: Server,
    pub ways: Vec<Way>,
    pub disasters: Vec<Answer>,
    pub objectives: Objectives,
    pub rto_seconds: Option<u64>,
    pub rpo_seconds: Option<u64>,
    /// Who is told of what happens to its backups.
    pub contacts: Vec<String>,
    /// What drills have shown, kind by kind.
    #[serde(skip)]
    pub proofs: Vec<Proof>,
    /// What receives the results of drills.
    pub store: Option<DumpStore>,
}

/// What was promised.
#[derive(Debug, Clone, Serialize)]
pub struct Objectives {
    pub tier: String,
    pub rpo: Option<String>,
    pub rto: Option<String>,
    /// Class and how long.
    pub retention: Vec<(&'static str, String)>,
}

/// A disaster, and the ways that it leaves, by their places in `ways`.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    pub disaster: Disaster,
    pub ways: Vec<usize>,
}

/// Where the database is, in the words of its cloud.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum Server {
    Aws {
        account: String,
        region: String,
        instance: String,
        /// As ARNs start: aws, aws-cn, aws-us-gov.
        partition: &'static str,
        /// For where the source can no longer be asked.
        instance_class: Option<String>,
        pitr_days: u64,
        /// Each as the AWS CLI takes it.
        tags: Vec<String>,
    },
    Azure {
        subscription: String,
        resource_group: String,
        region: String,
        server: String,
        /// Each as the Azure CLI takes it.
        tags: Vec<String>,
    },
    Host {
        address: String,
    },
}

impl Server {
    /// None: on a host of one's own.
    pub fn region(&self) -> Option<&str> {
        match self {
            Server::Aws { region, .. } | Server::Azure { region, .. } => Some(region),
            Server::Host { .. } => None,
        }
    }
}

/// The key of the tag by which the scripts know what they have restored; its value is the database's name.
pub const RESTORED_TAG: &str = "backstay:restored";

pub(super) fn recovery(database: &Database<'_>, estate: &Estate<'_>) -> Recovery {
    let ways = ways(database, estate);
    let left = |disaster: Disaster| Answer {
        disaster,
        ways: (0..ways.len())
            .filter(|&number| disaster.leaves(&ways[number]))
            .collect(),
    };
    let contacts = database.intent.alerts.to.iter();
    Recovery {
        name: database.name.value.clone(),
        source: estate.workspace.sources.get(database.file).display_path(),
        engine: database.engine(),
        server: server(database),
        disasters: Disaster::ALL.into_iter().map(left).collect(),
        objectives: objectives(database),
        rto_seconds: database
            .intent
            .rto
            .as_ref()
            .map(|rto| rto.value.minutes() * 60),
        rpo_seconds: database
            .intent
            .rpo
            .as_ref()
            .map(|rpo| rpo.value.minutes() * 60),
        proofs: proof::proofs(database, estate),
        contacts: contacts.map(|to| to.value.to_string()).collect(),
        store: pitr_test::drill_store(database, estate),
        ways,
    }
}

impl Recovery {
    /// Whether a cloud restores it: to a new instance or server, or to files.
    pub fn by_cloud(&self) -> bool {
        let restored = |way: &Way| {
            !matches!(
                way.by,
                By::Standby { .. } | By::Replica { .. } | By::Dumps { .. }
            )
        };
        !matches!(self.server, Server::Host { .. }) && self.ways.iter().any(restored)
    }
}

fn server(database: &Database<'_>) -> Server {
    let provision = database.written.provision.as_ref();
    let pitr = database.intent.retention.pitr.as_ref();
    let mut tags = tags(database);
    tags.remove(RESTORED_TAG);
    let restored = (RESTORED_TAG.to_owned(), database.name.value.clone());
    match database.site.scope {
        Scope::Aws {
            account, region, ..
        } => Server::Aws {
            account: account.to_owned(),
            region: region.to_owned(),
            instance: database.written.id.to_ascii_lowercase(),
            partition: partition(region),
            instance_class: provision
                .and_then(|it| Some(it.instance_class.as_ref()?.value.clone())),
            pitr_days: pitr.map_or(0, |kept| kept.value.days()),
            tags: tag_list([(&restored.0, &restored.1)].into_iter().chain(&tags)),
        },
        Scope::Azure {
            subscription,
            resource_group,
            region,
        } => Server::Azure {
            subscription: subscription.to_owned(),
            resource_group: resource_group.to_owned(),
            region: region.to_owned(),
            server: database.written.id.to_ascii_lowercase(),
            tags: [(&restored.0, &restored.1)]
                .into_iter()
                .chain(&tags)
                .map(|(key, value)| format!("{key}={value}"))
                .collect(),
        },
        Scope::Host { address } => Server::Host {
            address: address.to_owned(),
        },
    }
}

fn objectives(database: &Database<'_>) -> Objectives {
    let intent = &database.intent;
    let kept = &intent.retention;
    let classes = [
        ("pitr", &kept.pitr),
        ("daily", &kept.daily),
        ("weekly", &kept.weekly),
        ("monthly", &kept.monthly),
        ("yearly", &kept.yearly),
    ];
    Objectives {
        tier: database.tier.clone(),
        rpo: intent.rpo.as_ref().map(|rpo| rpo.value.to_string()),
        rto: intent.rto.as_ref().map(|rto| rto.value.to_string()),
        retention: classes
            .into_iter()
            .filter_map(|(class, kept)| Some((class, kept.as_ref()?.value.to_string())))
            .collect(),
    }
}
