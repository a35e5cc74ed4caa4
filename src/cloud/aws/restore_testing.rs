//! Restore testing by AWS Backup: when, from which vaults, and for which resources.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Value;
use super::cron::times_a_year;
use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

/// AWS::Backup::RestoreTestingPlan, in CloudFormation's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RestoreTestingPlan {
    pub restore_testing_plan_name: String,
    pub schedule_expression: String,
    pub schedule_expression_timezone: String,
    pub start_window_hours: u32,
    pub recovery_point_selection: RecoveryPoints,
}

/// Which of a resource's recovery points is restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RecoveryPoints {
    pub algorithm: String,
    /// ARNs.
    pub include_vaults: BTreeSet<String>,
    pub recovery_point_types: BTreeSet<String>,
    /// How old it may be.
    pub selection_window_days: u32,
}

/// AWS::Backup::RestoreTestingSelection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RestoreTestingSelection {
    pub restore_testing_plan_name: Value,
    pub restore_testing_selection_name: String,
    pub iam_role_arn: Value,
    pub protected_resource_type: String,
    pub protected_resource_arns: BTreeSet<String>,
    /// Hours for which the restored resource stays.
    pub validation_window_hours: u32,
    /// The last one, since the frame adds to it what only its parameters know.
    pub restore_metadata_overrides: Overrides,
}

/// What is restored otherwise than it was. AWS Backup takes texts only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overrides {
    pub publicly_accessible: String,
}

use Direction::{EachIsStronger, MoreIsStronger, Neutral, Ranked, Reads};
use Restore::Revert;

impl Owned for RestoreTestingPlan {
    const TYPE: &'static str = "AWS::Backup::RestoreTestingPlan";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/RestoreTestingPlanName", Neutral, Revert),
        property("/ScheduleExpression", Reads(times_a_year), Revert),
        property("/ScheduleExpressionTimezone", Neutral, Revert),
        property("/StartWindowHours", Neutral, Revert),
        property("/RecoveryPointSelection", Neutral, Revert),
        property("/RecoveryPointSelection/Algorithm", Neutral, Revert),
        property("/RecoveryPointSelection/IncludeVaults", EachIsStronger, Revert),
        property("/RecoveryPointSelection/RecoveryPointTypes", EachIsStronger, Revert),
        property("/RecoveryPointSelection/SelectionWindowDays", MoreIsStronger, Revert),
    ];
}

impl Owned for RestoreTestingSelection {
    const TYPE: &'static str = "AWS::Backup::RestoreTestingSelection";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/RestoreTestingPlanName", Neutral, Revert),
        property("/RestoreTestingSelectionName", Neutral, Revert),
        property("/IamRoleArn", Neutral, Revert),
        property("/ProtectedResourceType", Neutral, Revert),
        property("/ProtectedResourceArns", EachIsStronger, Revert),
        property("/ValidationWindowHours", Neutral, Revert),
        property("/RestoreMetadataOverrides", Neutral, Revert),
        property("/RestoreMetadataOverrides/publiclyAccessible", Ranked(&["true", "false"]), Revert),
    ];
}
