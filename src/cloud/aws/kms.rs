//! AWS::KMS::Key, and AWS::KMS::Alias, by which a key is found.

use serde::{Deserialize, Serialize};

use super::{PolicyDocument, Tags, Value};
use crate::cloud::property::property;
use crate::cloud::{Direction, NotCompared, Owned, Property, Restore};

/// Properties in CloudFormation's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Key {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Usable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_key_rotation: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_policy: Option<PolicyDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Tags>,
}

/// Whether a key can be used; of a live key, also why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Usable {
    Is(bool),
    Not(String),
}

/// How [`Usable::Not`] starts for a key that KMS is about to delete.
pub const PENDING_DELETION: &str = "pending deletion";

/// Properties in CloudFormation's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alias {
    pub alias_name: String,
    pub target_key_id: Value,
}

/// The alias of the key of a stack, by the stack's name.
pub fn alias(stack: &str) -> String {
    format!("alias/backstay/{stack}")
}

use Direction::{MoreIsStronger, Neutral, OthersAreWeaker};
use Restore::{Document, Revert, Tag, Verb};

impl Owned for Key {
    const TYPE: &'static str = "AWS::KMS::Key";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/Description", Neutral, Document),
        property("/Enabled", OthersAreWeaker, Verb("enable-key")),
        property("/EnableKeyRotation", MoreIsStronger, Verb("enable-key-rotation")),
        property("/KeyPolicy", Neutral, Document),
        property("/Tags", Neutral, Tag),
    ];

    const NOT_COMPARED: &'static [NotCompared] = &[NotCompared {
        path: "/PendingWindowInDays",
        beside: None,
        reason: "KMS tells it only of a key that is being deleted",
    }];
}

impl Owned for Alias {
    const TYPE: &'static str = "AWS::KMS::Alias";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/AliasName", Neutral, Revert),
        property("/TargetKeyId", Neutral, Revert),
    ];
}
