//! What drift says of one property or resource.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Severity;

/// How the live cloud stands to the intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The policy asks for it and the cloud does not have it.
    Missing,
    /// The live value protects less than the policy asks for.
    Weakened,
    /// Different, neither stronger nor weaker.
    Changed,
    /// The deployed template is older than the policy; nobody touched the cloud.
    Undeployed,
    /// The live value protects more than the policy asks for.
    Strengthened,
    /// The cloud has accepted the intended value and not applied it yet.
    Pending,
    /// The resource is being modified right now.
    InFlight,
    /// Another service of the cloud sets this value.
    SetElsewhere,
    /// The cloud does not tell this value back.
    NotCompared,
}

impl Kind {
    pub const ALL: [Kind; 9] = [
        Kind::Missing,
        Kind::Weakened,
        Kind::Changed,
        Kind::Undeployed,
        Kind::Strengthened,
        Kind::Pending,
        Kind::InFlight,
        Kind::SetElsewhere,
        Kind::NotCompared,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::Weakened => "weakened",
            Kind::Changed => "changed",
            Kind::Undeployed => "undeployed",
            Kind::Strengthened => "strengthened",
            Kind::Pending => "pending",
            Kind::InFlight => "in_flight",
            Kind::SetElsewhere => "set_elsewhere",
            Kind::NotCompared => "not_compared",
        }
    }

    /// Less protection is an error, other change a warning, the rest is for information.
    pub fn severity(self) -> Severity {
        match self {
            Kind::Missing | Kind::Weakened => Severity::Error,
            Kind::Changed | Kind::Undeployed | Kind::SetElsewhere => Severity::Warning,
            Kind::Strengthened | Kind::Pending | Kind::InFlight | Kind::NotCompared => {
                Severity::Info
            }
        }
    }
}

/// One difference between the plan and the live cloud.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub kind: Kind,
    /// The database, store or vault of the policy that asks for it.
    pub part: String,
    /// The resource, as people name it: provider, place, type and name.
    pub resource: String,
    /// JSON Pointer of the property in the deployed file's vocabulary; empty for the whole resource.
    pub property: String,
    /// The value that the policy asks for; null where it asks for none.
    pub intended: Value,
    /// The value that the cloud has; null where it has none.
    pub live: Value,
    /// The value that the deployed template has, where it is neither of the two: the policy was
    /// changed and the cloud as well.
    pub deployed: Option<Value>,
    /// The command that would restore the intent. Printed, never run.
    pub restore: Option<String>,
    /// What the cloud's own drift detection said last of the stack that the resource is in.
    pub stack_drift: Option<StackDrift>,
}

/// The cloud's own verdict on a stack, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackDrift {
    pub status: String,
    /// When it looked: RFC 3339.
    pub checked: Option<String>,
}
