//! Microsoft.Storage/storageAccounts/managementPolicies: the one lifecycle policy of an account.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

/// The policy resource in ARM's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagementPolicy {
    /// The account's name and `default`: an account has one.
    pub name: String,
    pub properties: Properties,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Properties {
    pub policy: Document,
}

/// The policy document, as `az storage account management-policy create --policy` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// In the order of their names; the order has no meaning.
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub name: String,
    pub enabled: bool,
    #[serde(rename = "type")]
    pub kind: RuleKind,
    pub definition: Definition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleKind {
    Lifecycle,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    pub actions: Actions,
    pub filters: Filters,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Actions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_blob: Option<BaseBlob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Deletion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Deletion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BaseBlob {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_to_cool: Option<AfterModification>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_to_cold: Option<AfterModification>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier_to_archive: Option<AfterModification>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete: Option<AfterModification>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterModification {
    /// Days.
    #[serde(rename = "daysAfterModificationGreaterThan")]
    pub days: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    pub delete: AfterCreation,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterCreation {
    /// Days.
    #[serde(rename = "daysAfterCreationGreaterThan")]
    pub days: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Filters {
    pub blob_types: BTreeSet<String>,
    /// Each starts with the container's name.
    #[serde(default)]
    pub prefix_match: BTreeSet<String>,
}

use Direction::{MoreIsStronger, Neutral, Removal};

impl Owned for ManagementPolicy {
    const TYPE: &'static str = "Microsoft.Storage/storageAccounts/managementPolicies";
    const API_VERSION: Option<&'static str> = Some("2026-04-01");

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Restore::Replacement),
        property("/properties/policy/rules", Neutral, Restore::Document),
        property("/properties/policy/rules/*/enabled", MoreIsStronger, Restore::Document),
        property("/properties/policy/rules/*/definition/actions/*/delete/*", Removal, Restore::Document),
    ];
}
