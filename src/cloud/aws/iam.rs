//! AWS::IAM::Role, whole: what it may do, and who may take it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::PolicyDocument;
use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    pub role_name: String,
    /// Seconds that credentials of the role last at most.
    #[serde(default = "an_hour")]
    pub max_session_duration: u32,
    pub assume_role_policy_document: PolicyDocument,
    /// Policies of others: whatever is attached widens the role.
    #[serde(default)]
    pub managed_policy_arns: BTreeSet<String>,
    #[serde(default)]
    pub policies: Vec<InlinePolicy>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InlinePolicy {
    pub policy_name: String,
    pub policy_document: PolicyDocument,
}

/// What IAM takes where nothing is said.
fn an_hour() -> u32 {
    3600
}

use Direction::Neutral;
use Restore::{Document, Replacement, Revert};

impl Owned for Role {
    const TYPE: &'static str = "AWS::IAM::Role";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/RoleName", Neutral, Replacement),
        property("/MaxSessionDuration", Neutral, Revert),
        property("/AssumeRolePolicyDocument", Neutral, Document),
        property("/ManagedPolicyArns", Neutral, Revert),
        property("/Policies", Neutral, Document),
    ];
}
