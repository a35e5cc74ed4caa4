//! The databases that whole accounts and subscriptions have, whether a policy names them or not, and
//! what keeps each.

mod record;
mod withheld;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cloud::aws::{Value, arn, backup, rds};
use crate::cloud::azure::postgres;
use crate::plan::{Address, Scope};

pub use record::{read, write};

/// What is read as a whole: an account's Region, or a subscription.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum Place {
    Aws { account: String, region: String },
    Azure { subscription: String },
}

impl Place {
    pub fn of(scope: &Scope) -> Place {
        match scope {
            Scope::Aws { account, region } => Place::Aws {
                account: account.clone(),
                region: region.clone(),
            },
            Scope::Azure { subscription, .. } => Place::Azure {
                subscription: subscription.to_ascii_lowercase(),
            },
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Aws { account, region } => write!(f, "aws {account} {region}"),
            Place::Azure { subscription } => write!(f, "azure {subscription}"),
        }
    }
}

/// What the places have. No value of it looks like a secret: those are withheld when it is made.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory(BTreeMap<Place, Listing>);

impl Inventory {
    pub fn new(places: impl IntoIterator<Item = (Place, Listing)>) -> Inventory {
        let places = places.into_iter();
        Inventory(
            places
                .map(|(place, listing)| (place, withheld::from(listing)))
                .collect(),
        )
    }

    pub fn places(&self) -> impl Iterator<Item = (&Place, &Listing)> {
        self.0.iter()
    }

    pub fn get(&self, place: &Place) -> Option<&Listing> {
        self.0.get(place)
    }
}

/// What a place answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Listing {
    Read(Contents),
    Unreadable { reason: String },
}

/// What a place has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Contents {
    pub databases: Vec<Database>,
    /// The plans of AWS Backup that take in any of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<backup::BackupPlan>,
    /// Reasons why part of it could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// One instance or server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Database {
    pub address: Address,
    pub live: Live,
    /// The cluster that it is a member of; its backups are the cluster's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Whose the key is that encrypts it. None: it is not known, or there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyOwner>,
    /// What keeps it besides its own automated backups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<Holder>,
    /// Names of tags that look like secrets: their values are nowhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
}

/// A database in the words of its deployed file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Live {
    Instance(Box<rds::DbInstance>),
    Server(Box<postgres::FlexibleServer>),
    Replica(Box<postgres::Replica>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyOwner {
    Provider,
    Customer,
}

/// What keeps backups of a database besides the service that runs it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A plan of AWS Backup that takes it in.
    Plan { name: String },
    /// A continuous backup of AWS Backup.
    Continuous { recovery_point: String },
    /// A vault of AWS Backup that has received a recovery point, and when the last one was made.
    RecoveryPoints { vault: String, last: Option<String> },
    /// A vault and policy of Azure Backup.
    Vault { vault: String, policy: String },
    /// Whatever else a service of backups has of it: it could not be read.
    Unread,
}

impl Database {
    /// The address under which the clouds know it, which ignore case.
    pub fn key(&self) -> Address {
        plain(&self.address)
    }

    pub fn tags(&self) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        let tags = match &self.live {
            Live::Instance(body) => body.tags.as_ref().map(|tags| &tags.0),
            Live::Server(body) => body.tags.as_ref(),
            Live::Replica(body) => body.tags.as_ref(),
        };
        tags.unwrap_or(&NONE)
    }

    /// What it copies.
    pub fn source(&self) -> Option<Address> {
        let source = match &self.live {
            Live::Instance(body) => match body.source.as_ref()? {
                Value::Text(source) => instance(source, &self.address)?,
                Value::Ref { .. } | Value::Attribute { .. } => return None,
            },
            Live::Server(_) => return None,
            Live::Replica(body) => {
                let id = body.properties.source_server_resource_id.as_ref()?;
                server(id, &self.address.kind)?
            }
        };
        Some(plain(&source))
    }

    /// Days for which its own automated backups are kept.
    pub fn automated_days(&self) -> u32 {
        match &self.live {
            Live::Instance(body) => body.backup_retention_period.unwrap_or_default(),
            Live::Server(body) => body
                .properties
                .backup
                .backup_retention_days
                .unwrap_or_default(),
            Live::Replica(_) => 0,
        }
    }
}

/// An instance that is named by its ARN, or by its name beside another one.
fn instance(source: &str, beside: &Address) -> Option<Address> {
    let Scope::Aws { account, region } = &beside.scope else {
        return None;
    };
    let full = match source.contains(':') {
        true => source.to_owned(),
        false => arn("rds", region, account, &format!("db:{source}")),
    };
    let mut parts = full.splitn(7, ':').skip(3);
    let (region, account) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let name = parts.nth(1)?.to_owned();
    Some(Address {
        scope: Scope::Aws { account, region },
        kind: beside.kind.clone(),
        name,
    })
}

/// A server that is named by its id.
fn server(id: &str, kind: &str) -> Option<Address> {
    let steps: Vec<&str> = id.split('/').collect();
    let [_, _, subscription, _, resource_group, .., name] = steps[..] else {
        return None;
    };
    Some(Address {
        scope: Scope::Azure {
            subscription: subscription.to_owned(),
            resource_group: resource_group.to_owned(),
        },
        kind: kind.to_owned(),
        name: name.to_owned(),
    })
}

/// An address in lower case, by which two spellings of one thing meet.
pub fn plain(address: &Address) -> Address {
    let lower = |text: &String| text.to_ascii_lowercase();
    Address {
        scope: match &address.scope {
            Scope::Aws { account, region } => Scope::Aws {
                account: account.clone(),
                region: lower(region),
            },
            Scope::Azure {
                subscription,
                resource_group,
            } => Scope::Azure {
                subscription: lower(subscription),
                resource_group: lower(resource_group),
            },
        },
        kind: address.kind.clone(),
        name: lower(&address.name),
    }
}
