//! What the clouds have: live, or as recorded.

pub mod inventory;
#[cfg(feature = "clouds")]
pub mod live;
mod points;
mod recorded;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::Address;

pub use points::{
    Clock, DrillRun, DrillState, DrillsRead, PointState, Points, PointsRead, Span, Unusable,
    read_points, write_points,
};
pub use recorded::{RecordError, read, write};

/// What was seen of each resource that the plan names.
#[derive(Debug, Default)]
pub struct Observations(pub BTreeMap<Address, State>);

/// What a cloud answered for one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    Found(Box<Found>),
    Missing,
    /// It is not there, and the deployed template of its stack does not have it either.
    Undeployed,
    /// It is not there, though the deployed template of its stack has it.
    Deleted,
    /// Neither clean nor drift: the answer did not come.
    Unreadable {
        reason: String,
    },
}

/// A resource as the cloud tells it, in the plan's own vocabulary.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The resource's struct, serialised.
    pub live: Value,
    /// The same resource's properties in the deployed template, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed: Option<Value>,
    /// Why nobody can tell what was deployed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed_unread: Option<String>,
    /// Values that the cloud has accepted and not applied yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Value>,
    /// The state that the resource is passing through, as `modifying`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<String>,
    /// Properties whose answer did not come: JSON Pointer and reason. Nothing below one is compared.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, String>,
    /// What the cloud itself calls wrong with the resource: JSON Pointer of what it tells, and the
    /// value that it tells of a resource that works.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failing: BTreeMap<String, Failing>,
    /// Properties that another service sets for the resource: JSON Pointer and who.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set_by: BTreeMap<String, String>,
    /// What CloudFormation's own last drift detection said of the resource's stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_drift: Option<StackDrift>,
}

/// The cloud's own verdict on a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackDrift {
    /// As DRIFTED or IN_SYNC.
    pub status: String,
    /// When it looked: RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<String>,
}

/// A state that the cloud tells and nobody can set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    pub live: String,
    pub healthy: String,
}
