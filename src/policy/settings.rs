//! The settings that defaults, tiers and databases share, written once.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alerts::Alerts;
use super::duration::Duration;
use super::maintenance::Maintenance;
use super::query::Query;
use super::spanned::{Named, Spanned};
use super::table::TableName;
use crate::cloud::{DailyWindow, text_type};

/// Declares a layer of the policy: its own fields, then every shared setting, and `settings()`, the
/// view by which layers are laid over each other.
macro_rules! layer {
    ($(#[$meta:meta])* pub struct $name:ident { $($own:tt)* }) => {
        layer! { @struct [$(#[$meta])*] $name { $($own)* }
            /// Most data that may be lost, as time.
            rpo: Spanned<Duration>,
            /// Longest time until the database serves again.
            rto: Spanned<Duration>,
            /// How long each kind of backup is kept.
            retention: Retention,
            /// Where backups are held besides the database's own region.
            copies: Copies,
            /// How often, and on which tables, a backup is restored to prove it.
            restore_test: RestoreTest,
            /// IANA time zone of the schedules. Windows are always UTC, as the clouds take them.
            timezone: Spanned<TimeZone>,
            /// Daily backup window, UTC.
            window: Spanned<DailyWindow>,
            /// Weekly maintenance window, UTC. On RDS it must not overlap the backup window; Azure takes
            /// the hour from its start. provider_managed: the cloud chooses (RDS keeps what it has).
            maintenance_window: Spanned<Maintenance>,
            /// Daily window, UTC, in which weekly, monthly and yearly backups to a vault start, at
            /// least 60 minutes. Built in: clear of the other two windows (RDS), or the daily one
            /// (Azure, where they start as it does).
            long_term_window: Spanned<DailyWindow>,
            /// customer_managed, provider_managed, or the ARN or URL of a key that exists. none: an RDS
            /// instance that exists and was created without encryption.
            encryption: Spanned<Encryption>,
            /// Whether the cloud refuses to delete the database. On by default. In Azure it is a lock
            /// (CanNotDelete) on the server; one that exists has it only where this is written.
            deletion_protection: Spanned<bool>,
            /// Whether snapshots get the tags of the database (RDS). On by default.
            copy_tags_to_snapshots: Spanned<bool>,
            /// Standby in the same Region, or none.
            high_availability: Spanned<HighAvailability>,
            /// Tags of everything that is rendered for the database.
            #[schemars(with = "std::collections::BTreeMap<String, String>")]
            tags: Named<Spanned<String>>,
            /// Who is told of what.
            alerts: Alerts,
        }
    };
    (@struct [$(#[$meta:meta])*] $name:ident { $($own:tt)* }
        $($(#[$doc:meta])* $field:ident: $type:ty,)*) => {
        $(#[$meta])*
        pub struct $name {
            $($own)*
            $($(#[$doc])* #[serde(default, skip_serializing_if = "Option::is_none")]
            pub $field: Option<$type>,)*
        }

        impl $name {
            /// The shared settings that this layer sets.
            pub fn settings(&self) -> $crate::policy::Settings<'_> {
                $crate::policy::Settings { $($field: self.$field.as_ref(),)* }
            }
        }
    };
}
pub(super) use layer;

/// The shared settings that one layer sets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings<'a> {
    pub rpo: Option<&'a Spanned<Duration>>,
    pub rto: Option<&'a Spanned<Duration>>,
    pub retention: Option<&'a Retention>,
    pub copies: Option<&'a Copies>,
    pub restore_test: Option<&'a RestoreTest>,
    pub timezone: Option<&'a Spanned<TimeZone>>,
    pub window: Option<&'a Spanned<DailyWindow>>,
    pub maintenance_window: Option<&'a Spanned<Maintenance>>,
    pub long_term_window: Option<&'a Spanned<DailyWindow>>,
    pub encryption: Option<&'a Spanned<Encryption>>,
    pub deletion_protection: Option<&'a Spanned<bool>>,
    pub copy_tags_to_snapshots: Option<&'a Spanned<bool>>,
    pub high_availability: Option<&'a Spanned<HighAvailability>>,
    pub tags: Option<&'a Named<Spanned<String>>>,
    pub alerts: Option<&'a Alerts>,
}

/// How long each kind of backup is kept. Every class is rounded up to whole days, never down.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Any moment within this time can be restored.
    pub pitr: Option<Spanned<Duration>>,
    /// One dump a day is kept this long.
    pub daily: Option<Spanned<Duration>>,
    /// One backup a week is kept this long, in a vault or as a dump. Azure restores its
    /// vaults as files.
    pub weekly: Option<Spanned<Duration>>,
    /// One backup a month is kept this long.
    pub monthly: Option<Spanned<Duration>>,
    /// One backup a year is kept this long.
    pub yearly: Option<Spanned<Duration>>,
}

/// Where backups are held besides the database's own region.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Copies {
    /// How many Regions hold the backups, the database's own counted.
    #[schemars(range(min = 1, max = 5))]
    pub regions: Option<Spanned<u8>>,
    /// Vaults that receive a copy.
    pub to: Option<Vec<Spanned<String>>>,
    /// Location that receives the replicated automated backups (RDS).
    pub replicate_pitr: Option<Spanned<String>>,
    /// Geo-redundant backup storage (Azure); settable only when the server is created.
    pub geo: Option<Spanned<bool>>,
}

/// Proof that a backup can be restored.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreTest {
    /// Longest time between two tests.
    pub every: Option<Spanned<Duration>>,
    /// Tables that must be there with rows.
    pub tables: Option<Vec<Spanned<TableName>>>,
    /// Fewest rows, by table.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, u64>")]
    pub rows: Named<Spanned<u64>>,
    /// A query by database, whose answer in the restored database must be the one that it gave when
    /// the dump began, as a sum or a hash over rows in their order.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, Query>")]
    pub checksums: Named<Spanned<Query>>,
}

/// A standby in the same Region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HighAvailability {
    /// No standby.
    None,
    /// RDS: a standby in another zone.
    MultiAz,
    /// Azure: a standby in the same zone.
    SameZone,
    /// Azure: a standby in another zone.
    ZoneRedundant,
}

/// Whose key encrypts the database and its backups.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Encryption {
    /// The provider's own key.
    ProviderManaged,
    /// A key of the account; rendered with the database where that is provisioned.
    CustomerManaged,
    /// A key that exists: a KMS key ARN, or a Key Vault key URL.
    Key(String),
    /// No encryption at all.
    Unencrypted,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no key: write customer_managed, provider_managed, a KMS key ARN or a Key Vault key URL"
)]
pub struct EncryptionError(String);

impl FromStr for Encryption {
    type Err = EncryptionError;

    fn from_str(text: &str) -> Result<Self, EncryptionError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
        match text {
            "provider_managed" => Ok(Encryption::ProviderManaged),
            "customer_managed" => Ok(Encryption::CustomerManaged),
            "none" => Ok(Encryption::Unencrypted),
            key if key.chars().all(plain)
                && ((key.starts_with("arn:aws")
                    && key.contains(":kms:")
                    && key.contains(":key/"))
                    || (key.starts_with("https://") && key.contains("/keys/"))) =>
            {
                Ok(Encryption::Key(key.to_owned()))
            }
            _ => Err(EncryptionError(text.to_owned())),
        }
    }
}

impl std::fmt::Display for Encryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Encryption::ProviderManaged => "provider_managed",
            Encryption::CustomerManaged => "customer_managed",
            Encryption::Key(key) => key,
            Encryption::Unencrypted => "none",
        })
    }
}

text_type!(
    Encryption,
    "Encryption",
    "backstay-encryption",
    "customer_managed, provider_managed, or the ARN (AWS) or URL (Azure) of a key that exists.",
    ["customer_managed", "provider_managed"]
);

/// An IANA time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time zone: write an IANA name, as UTC or Europe/Madrid")]
pub struct TimeZoneError(String);

impl FromStr for TimeZone {
    type Err = TimeZoneError;

    fn from_str(text: &str) -> Result<Self, TimeZoneError> {
        match text == "UTC" || jiff::tz::TimeZone::get(text).is_ok() {
            true => Ok(TimeZone(text.to_owned())),
            false => Err(TimeZoneError(text.to_owned())),
        }
    }
}

impl std::fmt::Display for TimeZone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

text_type!(
    TimeZone,
    "TimeZone",
    "iana-time-zone",
    "An IANA time zone name.",
    ["UTC", "Europe/Madrid"]
);
