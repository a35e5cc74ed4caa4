//! Microsoft.Storage/storageAccounts/managementPolicies: the one lifecycle policy of an account.

use serde::{Deserialize, Serialize};

use crate::cloud::{Direction, Property, Restore, property};

/// The ARM type and the API version that templates are written for.
pub const TYPE: &str = "Microsoft.Storage/storageAccounts/managementPolicies";
pub const API_VERSION: &str = "2026-04-01";

/// The policy document, as `az storage account management-policy create --policy` takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagementPolicy {
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
    /// Days. ARM answers with `30.0` where `30` was given.
    #[serde(
        rename = "daysAfterModificationGreaterThan",
        deserialize_with = "whole"
    )]
    pub days: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    pub delete: AfterCreation,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterCreation {
    /// Days.
    #[serde(rename = "daysAfterCreationGreaterThan", deserialize_with = "whole")]
    pub days: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Filters {
    pub blob_types: Vec<String>,
    /// Each starts with the container's name.
    #[serde(default)]
    pub prefix_match: Vec<String>,
}

fn whole<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = f64::deserialize(deserializer)?;
    match number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) {
        true => Ok(number as u32),
        false => Err(serde::de::Error::custom("not a whole number of days")),
    }
}

const fn property(path: &'static str, direction: Direction) -> Property {
    property::property(path, direction, Restore::Document)
}

use Direction::{MoreIsStronger, Neutral};

#[rustfmt::skip]
pub static PROPERTIES: &[Property] = &[
    property("/rules", Neutral),
    property("/rules/*/enabled", MoreIsStronger),
    property("/rules/*/definition/actions/baseBlob/delete/daysAfterModificationGreaterThan", MoreIsStronger),
    property("/rules/*/definition/actions/snapshot/delete/daysAfterCreationGreaterThan", MoreIsStronger),
    property("/rules/*/definition/actions/version/delete/daysAfterCreationGreaterThan", MoreIsStronger),
];
