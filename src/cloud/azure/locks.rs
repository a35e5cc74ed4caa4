//! Microsoft.Authorization/locks: what keeps a server, and with it its backups, from being deleted.

use serde::{Deserialize, Serialize};

use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

/// A lock in ARM's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    pub name: String,
    /// Id of what is locked.
    pub scope: String,
    pub properties: Properties,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Properties {
    /// CanNotDelete, or ReadOnly, under which no setting can be changed either.
    pub level: String,
}

impl Owned for Lock {
    const TYPE: &'static str = "Microsoft.Authorization/locks";
    const API_VERSION: Option<&'static str> = Some("2020-05-01");

    /// ReadOnly lets nobody work, and is no better against deletion.
    const PROPERTIES: &'static [Property] = &[
        property("/name", Direction::Neutral, Restore::Replacement),
        property("/scope", Direction::Neutral, Restore::Replacement),
        property(
            "/properties/level",
            Direction::Ranked(&["NotSpecified", "CanNotDelete"]),
            Restore::Revert,
        ),
    ];
}
