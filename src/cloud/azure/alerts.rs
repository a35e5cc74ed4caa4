//! Who is told, and of what: action groups, alerts on the activity log, and what is done with the
//! alerts that Azure Backup raises by itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

use Direction::{EachIsStronger, MoreIsStronger, Neutral, OthersAreWeaker};
use Restore::{Replacement, Revert};

/// The region of resources that are in none.
pub const GLOBAL: &str = "Global";

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionGroup {
    pub name: String,
    pub location: String,
    pub properties: Group,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// At most 12 characters; the sender's name in a mail.
    pub group_short_name: String,
    pub enabled: bool,
    pub email_receivers: Vec<EmailReceiver>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailReceiver {
    pub name: String,
    pub email_address: String,
    pub use_common_alert_schema: bool,
}

impl Owned for ActionGroup {
    const TYPE: &'static str = "Microsoft.Insights/actionGroups";
    const API_VERSION: Option<&'static str> = Some("2023-01-01");

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/location", Neutral, Replacement),
        property("/properties/groupShortName", Neutral, Revert),
        property("/properties/enabled", MoreIsStronger, Revert),
        property("/properties/emailReceivers", EachIsStronger, Revert),
        property("/properties/emailReceivers/*/emailAddress", OthersAreWeaker, Revert),
        property("/properties/emailReceivers/*/useCommonAlertSchema", Neutral, Revert),
    ];
}

/// An alert on what the activity log says of some resources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityLogAlert {
    pub name: String,
    pub location: String,
    pub properties: Alert,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    pub enabled: bool,
    pub description: String,
    /// Beginnings of the ids of what it watches.
    pub scopes: BTreeSet<String>,
    pub condition: AllOf,
    pub actions: Actions,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllOf {
    pub all_of: Vec<Condition>,
}

/// A value of an event, or one of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Condition {
    Equals { field: String, equals: String },
    AnyOf { any_of: Vec<Leaf> },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    pub field: String,
    pub equals: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Actions {
    pub action_groups: Vec<ActionGroupRef>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionGroupRef {
    pub action_group_id: String,
}

impl Owned for ActivityLogAlert {
    const TYPE: &'static str = "Microsoft.Insights/activityLogAlerts";
    const API_VERSION: Option<&'static str> = Some("2020-10-01");

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/location", Neutral, Replacement),
        property("/properties/enabled", MoreIsStronger, Revert),
        property("/properties/description", Neutral, Revert),
        property("/properties/scopes", EachIsStronger, Revert),
        property("/properties/condition/allOf", OthersAreWeaker, Revert),
        property("/properties/actions/actionGroups", EachIsStronger, Revert),
    ];
}

/// Hands on the alerts that Azure Backup raises by itself for the jobs of its vaults: without one they
/// are seen in the portal only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessingRule {
    pub name: String,
    pub location: String,
    pub properties: Processing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processing {
    pub enabled: bool,
    pub description: String,
    /// Ids of the vaults.
    pub scopes: BTreeSet<String>,
    pub conditions: Vec<Filter>,
    pub actions: Vec<AddActionGroups>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub field: String,
    pub operator: String,
    pub values: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddActionGroups {
    /// AddActionGroups
    pub action_type: String,
    pub action_group_ids: BTreeSet<String>,
}

impl Owned for ProcessingRule {
    const TYPE: &'static str = "Microsoft.AlertsManagement/actionRules";
    const API_VERSION: Option<&'static str> = Some("2021-08-08");

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/location", Neutral, Replacement),
        property("/properties/enabled", MoreIsStronger, Revert),
        property("/properties/description", Neutral, Revert),
        property("/properties/scopes", EachIsStronger, Revert),
        property("/properties/conditions", OthersAreWeaker, Revert),
        property("/properties/actions", OthersAreWeaker, Revert),
        property("/properties/actions/*/actionType", OthersAreWeaker, Revert),
        property("/properties/actions/*/actionGroupIds", EachIsStronger, Revert),
    ];
}
