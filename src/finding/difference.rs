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
    /// The cloud is as the policy asked before this change; deploying the change sets it.
    Proposed,
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
    pub const ALL: [Kind; 10] = [
        Kind::Missing,
        Kind::Weakened,
        Kind::Changed,
        Kind::Undeployed,
        Kind::Proposed,
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
            Kind::Proposed => "proposed",
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
            Kind::Proposed
            | Kind::Strengthened
            | Kind::Pending
            | Kind::InFlight
            | Kind::NotCompared => Severity::Info,
        }
    }
}

/// What a change of the policy does to the protection that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Stronger,
    Weaker,
    /// Neither of the two.
    Other,
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
    /// The value that the policy asked for before this change, where that was another one and the
    /// live value is neither; null where it asked for none.
    pub baseline: Option<Value>,
    /// Of what is proposed: what it does to the protection.
    pub effect: Option<Effect>,
    /// The command that would restore the intent. Printed, never run.
    pub restore: Option<String>,
    /// What the cloud's own drift detection said last of the stack that the resource is in.
    pub stack_drift: Option<StackDrift>,
}

impl Difference {
    /// The kind as tables show it: a proposal says as well which way it goes.
    pub fn label(&self) -> String {
        let kind = self.kind.name();
        match self.effect {
            Some(Effect::Weaker) => format!("{kind}, weaker"),
            Some(Effect::Stronger) => format!("{kind}, stronger"),
            Some(Effect::Other) | None => kind.to_owned(),
        }
    }
}

/// The cloud's own verdict on a stack, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackDrift {
    pub status: String,
    /// When it looked: RFC 3339.
    pub checked: Option<String>,
}
