//! The table of prices: built in and dated, and overridden by a file of the user's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const BUILT_IN: &str = include_str!("prices.yaml");

/// Where a Region has no price of its own.
const ANY: &str = "any";

/// What backups cost. Each part that a file leaves out is the built-in one.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "backstay prices")]
pub struct Prices {
    /// Day of the prices, year-month-day.
    pub date: Option<String>,
    /// Currency of all prices. Another one than USD: no built-in price counts.
    pub currency: Option<String>,
    /// What cannot be known of a database beforehand.
    #[serde(default)]
    pub assumptions: Assumptions,
    /// Prices of AWS by Region, and those of `any`.
    #[serde(default)]
    pub aws: BTreeMap<String, AwsRates>,
    /// Prices of Azure by region, and those of `any`.
    #[serde(default)]
    pub azure: BTreeMap<String, AzureRates>,
}

/// Shares, from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assumptions {
    /// Share of a database's blocks that change in a day.
    pub daily_change: Option<f64>,
    /// Size of a dump, as a share of the database's.
    pub dump_ratio: Option<f64>,
    /// Size of an export, as a share of the database's.
    pub export_ratio: Option<f64>,
}

/// Prices for each GiB and month, unless the name says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsRates {
    /// Automated backups and snapshots of RDS beyond the free share.
    pub snapshots: Option<f64>,
    /// Recovery points of AWS Backup.
    pub vault: Option<f64>,
    /// Each GiB that goes to another Region.
    pub transfer: Option<f64>,
    /// Each GiB that a snapshot export writes.
    pub export: Option<f64>,
    pub standard: Option<f64>,
    pub standard_ia: Option<f64>,
    /// S3 Glacier Flexible Retrieval.
    pub glacier: Option<f64>,
    pub deep_archive: Option<f64>,
}

/// Prices for each GiB and month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AzureRates {
    /// Backups of a flexible server beyond the free share.
    pub snapshots: Option<f64>,
    /// Long-term backups in a vault of Azure Backup.
    pub vault: Option<f64>,
    pub hot: Option<f64>,
    pub cool: Option<f64>,
    pub cold: Option<f64>,
    pub archive: Option<f64>,
}

/// Why a file is no table of prices.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    #[error("{0}")]
    Form(#[from] serde_yaml::Error),
    #[error("`{name}` is {value}: write {wanted}")]
    Value {
        name: String,
        value: f64,
        wanted: &'static str,
    },
}

impl Prices {
    /// The built-in table.
    ///
    /// # Errors
    /// It is no table, which a test rules out.
    pub fn built_in() -> Result<Prices, PriceError> {
        Prices::of(BUILT_IN)
    }

    /// Reads a table as YAML, of which every part may be missing.
    ///
    /// # Errors
    /// The text is no table, or a number in it is no price or share.
    pub fn of(text: &str) -> Result<Prices, PriceError> {
        let prices: Prices = serde_yaml::from_str(text)?;
        prices.checked()
    }

    fn checked(self) -> Result<Prices, PriceError> {
        let aws = self.aws.iter();
        let aws = aws.flat_map(|(region, rates)| rates.named(format!("aws.{region}"), PRICE));
        let azure = self.azure.iter();
        let azure = azure.flat_map(|(region, rates)| rates.named(format!("azure.{region}"), PRICE));
        let shares = self.assumptions.named("assumptions".to_owned(), SHARE);
        for (name, value, (wanted, most)) in aws.chain(azure).chain(shares) {
            if !(0.0..=most).contains(&value) {
                return Err(PriceError::Value {
                    name,
                    value,
                    wanted,
                });
            }
        }
        Ok(self)
    }

    /// This table laid over another one. Prices in another currency are no prices.
    #[must_use]
    pub fn over(self, base: Prices) -> Prices {
        let foreign = self.currency.is_some() && self.currency != base.currency;
        let (mut aws, mut azure) = match foreign {
            true => (BTreeMap::new(), BTreeMap::new()),
            false => (base.aws, base.azure),
        };
        for (region, rates) in self.aws {
            let below = aws.remove(&region).unwrap_or_default();
            aws.insert(region, rates.over(below));
        }
        for (region, rates) in self.azure {
            let below = azure.remove(&region).unwrap_or_default();
            azure.insert(region, rates.over(below));
        }
        Prices {
            date: self.date.or(base.date),
            currency: self.currency.or(base.currency),
            assumptions: self.assumptions.over(base.assumptions),
            aws,
            azure,
        }
    }

    pub(super) fn aws(&self, region: &str) -> AwsRates {
        let any = self.aws.get(ANY).copied().unwrap_or_default();
        self.aws.get(region).map_or(any, |own| own.over(any))
    }

    pub(super) fn azure(&self, region: &str) -> AzureRates {
        let any = self.azure.get(ANY).copied().unwrap_or_default();
        self.azure.get(region).map_or(any, |own| own.over(any))
    }
}

/// What a number has to be, in words, and the most that it may be.
type Wanted = (&'static str, f64);

const PRICE: Wanted = ("a price of 0 or more", f64::MAX);
const SHARE: Wanted = ("a share from 0 to 1", 1.0);

/// What every set of optional numbers can do: be laid over another, and tell those that it has by name.
macro_rules! numbers {
    ($type:ident: $($name:ident),+) => {
        impl $type {
            fn over(self, base: $type) -> $type {
                $type { $($name: self.$name.or(base.$name)),+ }
            }

            fn named(self, of: String, wanted: Wanted) -> impl Iterator<Item = (String, f64, Wanted)> {
                let all = [$((stringify!($name), self.$name)),+].into_iter();
                all.filter_map(move |(name, value)| Some((format!("{of}.{name}"), value?, wanted)))
            }
        }
    };
}

numbers!(Assumptions: daily_change, dump_ratio, export_ratio);
numbers!(AwsRates: snapshots, vault, transfer, export, standard, standard_ia, glacier, deep_archive);
numbers!(AzureRates: snapshots, vault, hot, cool, cold, archive);
