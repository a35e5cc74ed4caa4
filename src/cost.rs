//! What the backups of a policy cost a month: an estimate of storage and of what is paid for moving it,
//! once each retention has filled. Pure. Instances, replicas, keys and requests are left out.

mod free;
mod items;
mod prices;
mod stored;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::policy::Size;
use crate::resolve::{Database, Estate};

pub use prices::{Assumptions, PriceError, Prices};

/// Version 1 of what `--format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "backstay cost")]
pub struct Estimate {
    version: u8,
    pub currency: String,
    /// Day of the prices.
    pub date: String,
    pub assumptions: Assumptions,
    pub databases: Vec<Priced>,
    /// A month, of all that has a price.
    pub monthly: Money,
    /// Against an older policy, where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Changed>,
}

/// What differs from an older policy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Changed {
    /// A month, under the older policy.
    pub before: Money,
    /// The databases that cost another amount.
    pub databases: Vec<Change>,
}

/// A database without one of the two is not in that policy.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Change {
    pub database: String,
    pub before: Option<Money>,
    pub after: Option<Money>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Priced {
    pub database: String,
    pub location: String,
    /// None: the policy does not tell, and nothing is estimated.
    pub size_gib: Option<u32>,
    pub items: Vec<Item>,
    /// A month, of all that has a price.
    pub monthly: Money,
}

/// One thing that is stored for a database.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Item {
    /// The mechanism, as `status` names it; `export` is for analytics and no backup.
    pub what: &'static str,
    /// The policy's name of the location, vault or store.
    pub holder: String,
    /// Where it lies: a Region, or a host.
    pub region: String,
    pub stored_gib: f64,
    /// Part of it that costs nothing.
    pub free_gib: f64,
    /// A month. None: the table has no price for it.
    pub monthly: Option<Money>,
}

/// In hundredths of the currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(u64);

impl Money {
    fn of(amount: f64) -> Money {
        Money((amount * 100.0).round() as u64)
    }

    /// Nothing where the other one is more.
    #[must_use]
    pub fn less(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Money>>(all: I) -> Money {
        Money(all.map(|Money(cents)| cents).sum())
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}.{:02}", self.0 / 100, self.0 % 100))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / 100.0)
    }
}

impl JsonSchema for Money {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "description": "An amount of the currency." })
    }
}

/// What each database's backups cost, in the order of the policy.
pub fn estimate(estate: &Estate<'_>, prices: &Prices) -> Estimate {
    let drafts: Vec<Vec<items::Draft>> = estate
        .databases
        .iter()
        .map(|database| match size(database) {
            Some(size) => items::of(database, size, estate, prices),
            None => Vec::new(),
        })
        .collect();
    let shares = free::Shares::of(estate, &drafts);
    let databases: Vec<Priced> = estate
        .databases
        .iter()
        .zip(drafts)
        .map(|(database, drafts)| {
            let items: Vec<Item> = drafts
                .into_iter()
                .map(|draft| shares.price(draft))
                .collect();
            Priced {
                database: database.name.value.clone(),
                location: database.site.name.to_owned(),
                size_gib: size(database).map(Size::gib),
                monthly: items.iter().filter_map(|item| item.monthly).sum(),
                items,
            }
        })
        .collect();
    Estimate {
        version: 1,
        currency: prices.currency.clone().unwrap_or_default(),
        date: prices.date.clone().unwrap_or_default(),
        assumptions: prices.assumptions,
        monthly: databases.iter().map(|database| database.monthly).sum(),
        databases,
        changed: None,
    }
}

impl Estimate {
    /// With what differs from an estimate of an older policy.
    #[must_use]
    pub fn against(self, older: &Estimate) -> Estimate {
        let costs = |estimate: &Estimate| -> BTreeMap<String, Money> {
            let databases = estimate.databases.iter();
            databases
                .map(|it| (it.database.clone(), it.monthly))
                .collect()
        };
        let (before, after) = (costs(older), costs(&self));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let changes = names.into_iter().map(|name| Change {
            database: name.clone(),
            before: before.get(name).copied(),
            after: after.get(name).copied(),
        });
        let databases = changes
            .filter(|change| change.before != change.after)
            .collect();
        Estimate {
            changed: Some(Changed {
                before: older.monthly,
                databases,
            }),
            ..self
        }
    }
}

/// Of the data as the policy tells it, and else of its disk.
fn size(database: &Database<'_>) -> Option<Size> {
    let written = database.written;
    written
        .size
        .as_ref()
        .map(|size| size.value)
        .or(disk(database))
}

/// Of the disk of a database that the policy provisions.
fn disk(database: &Database<'_>) -> Option<Size> {
    let storage = database.written.provision.as_ref()?.storage.as_ref()?;
    Some(storage.size.value)
}
