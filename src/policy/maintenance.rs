//! When a cloud may maintain a database.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cloud::{WeeklyWindow, WindowError, text_type};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Maintenance {
    Weekly(WeeklyWindow),
    /// The cloud chooses; it takes back what a lower layer says.
    ProviderManaged,
}

pub(crate) const PROVIDER_MANAGED: &str = "provider_managed";

impl Maintenance {
    pub fn weekly(self) -> Option<WeeklyWindow> {
        match self {
            Maintenance::Weekly(window) => Some(window),
            Maintenance::ProviderManaged => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}, or {PROVIDER_MANAGED}")]
pub struct MaintenanceError(WindowError);

impl FromStr for Maintenance {
    type Err = MaintenanceError;

    fn from_str(text: &str) -> Result<Self, MaintenanceError> {
        match text {
            PROVIDER_MANAGED => Ok(Maintenance::ProviderManaged),
            _ => text
                .parse()
                .map(Maintenance::Weekly)
                .map_err(MaintenanceError),
        }
    }
}

impl fmt::Display for Maintenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Maintenance::Weekly(window) => window.fmt(f),
            Maintenance::ProviderManaged => f.write_str(PROVIDER_MANAGED),
        }
    }
}

text_type!(
    Maintenance,
    "Maintenance",
    "backstay-maintenance",
    "A weekly window in UTC, ddd:hh:mm-ddd:hh:mm, or provider_managed: the cloud chooses.",
    ["sun:04:30-sun:05:30", "provider_managed"]
);
