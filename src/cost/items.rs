//! What is stored for a database, by the mechanisms that its intent sets in motion.

use super::prices::{AwsRates, AzureRates, Prices};
use super::stored::{Blocks, MONTH, Pace};
use crate::plan::{EXPORT, Means, Tier, point_classes, tiers};
use crate::policy::{Duration, Size};
use crate::resolve::{Database, Estate, Lies, Mechanism, Scope, Store, mechanisms};
use crate::source::Place;

/// What shares one free amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Pool<'w> {
    Region {
        account: &'w str,
        region: &'w str,
    },
    /// By the place of the server's name.
    Server(Place),
}

/// An item before the free share is known.
#[derive(Debug)]
pub(super) struct Draft<'w> {
    /// As status names the mechanism, or `export`.
    pub what: &'static str,
    pub holder: &'w str,
    pub region: String,
    /// In GiB.
    pub stored: f64,
    /// Of all that is stored, a month. None: no price.
    pub storage: Option<f64>,
    /// What is paid for each move, a month. None: no price.
    pub fees: Option<f64>,
    /// None: nothing of it is free.
    pub pool: Option<Pool<'w>>,
}

/// A database whose items are told.
struct Sized<'e, 'w> {
    database: &'e Database<'w>,
    estate: &'e Estate<'w>,
    prices: &'e Prices,
    blocks: Blocks,
}

const DAY: f64 = 24.0 * 60.0;

pub(super) fn of<'w>(
    database: &Database<'w>,
    size: Size,
    estate: &Estate<'w>,
    prices: &Prices,
) -> Vec<Draft<'w>> {
    let sized = Sized {
        database,
        estate,
        prices,
        blocks: Blocks {
            gib: f64::from(size.gib()),
            daily_change: prices.assumptions.daily_change.unwrap_or_default(),
        },
    };
    let mechanisms = mechanisms(database, estate);
    let own = mechanisms
        .iter()
        .filter_map(|mechanism| sized.item(mechanism));
    own.chain(sized.export()).collect()
}

impl<'w> Sized<'_, 'w> {
    fn item(&self, mechanism: &Mechanism<'w>) -> Option<Draft<'w>> {
        match mechanism.means {
            Means::Automated | Means::Replicated | Means::Geo => self.automated(mechanism),
            Means::Snapshots => self.snapshots(mechanism),
            Means::Vault | Means::VaultCopies | Means::LongTerm => self.vault(mechanism),
            Means::Dumps => self.dumps(mechanism),
        }
    }

    fn automated(&self, mechanism: &Mechanism<'w>) -> Option<Draft<'w>> {
        let days = daily(mechanism.keeps?);
        let stored = self.blocks.chain(days.ages()) + self.blocks.logs(days.keep);
        // Its snapshots and its logs.
        let moved = self.blocks.changed(1.0) * MONTH + self.blocks.logs(MONTH);
        let (rate, pool) = match self.database.site.scope {
            Scope::Azure { region, .. } => {
                let rate = self.prices.azure(region).snapshots;
                (rate, Some(Pool::Server(self.database.name.place)))
            }
            Scope::Aws { .. } | Scope::Host { .. } => {
                let site = self.estate.location(mechanism.holder)?;
                (self.aws(site.scope).snapshots, pool(site.scope))
            }
        };
        let fees = match mechanism.means {
            Means::Replicated => self.transfer(mechanism, moved),
            _ => Some(0.0),
        };
        Some(Draft {
            stored,
            storage: rate.map(|rate| rate * stored),
            fees,
            pool,
            ..draft(mechanism)
        })
    }

    /// Those in the database's own Region share their blocks with its automated backups.
    fn snapshots(&self, mechanism: &Mechanism<'w>) -> Option<Draft<'w>> {
        let pace = Pace {
            every: mechanism.rpo? as f64 / DAY,
            keep: mechanism.keeps?.days() as f64,
        };
        let site = self.estate.location(mechanism.holder)?;
        let own = site == self.database.site;
        let pitr = self.database.intent.retention.pitr.as_ref();
        let pitr = pitr.filter(|pitr| own && pitr.value.minutes() > 0);
        let automated: Vec<f64> = pitr
            .map(|pitr| daily(pitr.value).ages().collect())
            .unwrap_or_default();
        let all = automated.iter().copied().chain(pace.ages());
        let stored = self.blocks.chain(all) - self.blocks.chain(automated.iter().copied());
        let moved = pace.a_month() * self.blocks.changed(pace.every);
        Some(Draft {
            stored,
            storage: self.aws(site.scope).snapshots.map(|rate| rate * stored),
            fees: self.transfer(mechanism, moved),
            pool: pool(site.scope),
            ..draft(mechanism)
        })
    }

    fn vault(&self, mechanism: &Mechanism<'w>) -> Option<Draft<'w>> {
        let vault = self.estate.vault(mechanism.holder)?;
        let classes = point_classes(mechanism, self.database);
        let paces: Vec<Pace> = classes
            .iter()
            .map(|class| Pace {
                every: class.every as f64 / DAY,
                keep: class.keep.value.days() as f64,
            })
            .collect();
        let ages = paces.iter().flat_map(|pace| pace.ages());
        let (stored, rate) = match vault.site.scope {
            // Each is a dump of its own.
            Scope::Azure { region, .. } => {
                let dump = self.prices.assumptions.dump_ratio.unwrap_or_default();
                let stored = self.blocks.gib * dump * ages.count() as f64;
                (stored, self.prices.azure(region).vault)
            }
            scope => (self.blocks.chain(ages), self.aws(scope).vault),
        };
        let moved = paces.iter();
        let moved = moved.map(|pace| pace.a_month() * self.blocks.changed(pace.every));
        let fees = match mechanism.means {
            Means::VaultCopies => self.transfer(mechanism, moved.sum()),
            _ => Some(0.0),
        };
        Some(Draft {
            stored,
            storage: rate.map(|rate| rate * stored),
            fees,
            ..draft(mechanism)
        })
    }

    fn dumps(&self, mechanism: &Mechanism<'w>) -> Option<Draft<'w>> {
        let store = self.estate.store(mechanism.holder)?;
        let ratio = self.prices.assumptions.dump_ratio.unwrap_or_default();
        let mut sum = (0.0, Some(0.0));
        for class in point_classes(mechanism, self.database) {
            let every = class.every as f64 / DAY;
            let kept = self.kept(store, class.name, class.keep.value, every, ratio);
            sum = (sum.0 + kept.0, sum.1.zip(kept.1).map(|(a, b)| a + b));
        }
        Some(Draft {
            stored: sum.0,
            storage: sum.1,
            ..draft(mechanism)
        })
    }

    fn export(&self) -> Option<Draft<'w>> {
        let export = self.database.written.export.as_ref()?;
        let store = self.estate.store(&export.to.value)?;
        let ratio = self.prices.assumptions.export_ratio.unwrap_or_default();
        let every = export.schedule.longest_gap() as f64 / DAY;
        let (stored, storage) = self.kept(store, EXPORT, export.keep.value, every, ratio);
        let runs = MONTH / every;
        let rate = self.aws(store.site.scope).export;
        Some(Draft {
            what: EXPORT,
            holder: store.name.value.as_str(),
            region: region(store.site.scope).to_owned(),
            stored,
            storage,
            // It is paid for what the snapshot holds, not for what is written.
            fees: rate.map(|rate| rate * self.blocks.gib * runs),
            pool: None,
        })
    }

    /// What a store holds of a class in GiB, and what it costs where each lies at its age.
    fn kept(
        &self,
        store: &Store<'_>,
        class: &str,
        keep: Duration,
        every: f64,
        ratio: f64,
    ) -> (f64, Option<f64>) {
        let days = keep.days();
        let pace = Pace {
            every,
            keep: days as f64,
        };
        let tiers = tiers(store, class, u32::try_from(days).unwrap_or(u32::MAX));
        let one = self.blocks.gib * ratio;
        let (mut stored, mut storage) = (0.0, Some(0.0));
        for age in pace.ages() {
            let reached = tiers.iter().filter(|(_, from)| f64::from(*from) <= age);
            // Without a price of its own a colder tier costs no more than the one before it.
            let mut rates = reached.filter_map(|(tier, _)| self.rate(store.site.scope, *tier));
            storage = storage
                .zip(rates.next_back())
                .map(|(sum, rate)| sum + rate * one);
            stored += one;
        }
        (stored, storage)
    }

    fn rate(&self, scope: Scope<'_>, tier: Tier) -> Option<f64> {
        let (aws, azure) = (self.aws(scope), self.azure(scope));
        match tier {
            Tier::Standard => aws.standard,
            Tier::StandardIa => aws.standard_ia,
            Tier::Glacier => aws.glacier,
            Tier::DeepArchive => aws.deep_archive,
            Tier::Hot => azure.hot,
            Tier::Cool => azure.cool,
            Tier::Cold => azure.cold,
            Tier::Archive => azure.archive,
        }
    }

    /// What moving so many GiB to where a mechanism's backups lie costs.
    fn transfer(&self, mechanism: &Mechanism<'w>, gib: f64) -> Option<f64> {
        let scope = self.database.site.scope;
        match mechanism.lies {
            Lies::Region(to) if to != region(scope) => {
                self.aws(scope).transfer.map(|rate| rate * gib)
            }
            _ => Some(0.0),
        }
    }

    fn aws(&self, scope: Scope<'_>) -> AwsRates {
        self.prices.aws(region(scope))
    }

    fn azure(&self, scope: Scope<'_>) -> AzureRates {
        self.prices.azure(region(scope))
    }
}

/// The provider takes one a day.
fn daily(keep: Duration) -> Pace {
    Pace {
        every: 1.0,
        keep: keep.days() as f64,
    }
}

fn pool(scope: Scope<'_>) -> Option<Pool<'_>> {
    match scope {
        Scope::Aws {
            account, region, ..
        } => Some(Pool::Region { account, region }),
        Scope::Azure { .. } | Scope::Host { .. } => None,
    }
}

fn region(scope: Scope<'_>) -> &str {
    match scope {
        Scope::Aws { region, .. } | Scope::Azure { region, .. } => region,
        Scope::Host { address } => address,
    }
}

fn draft<'w>(mechanism: &Mechanism<'w>) -> Draft<'w> {
    Draft {
        what: mechanism.means.name(),
        holder: mechanism.holder,
        region: match mechanism.lies {
            Lies::Region(region) => region.to_owned(),
            Lies::PairOf(region) => format!("pair of {region}"),
            Lies::Host(address) => address.to_owned(),
        },
        stored: 0.0,
        storage: Some(0.0),
        fees: Some(0.0),
        pool: None,
    }
}
