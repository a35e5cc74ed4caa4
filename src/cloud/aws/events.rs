//! What tells of events: AWS::RDS::EventSubscription, AWS::Events::Rule and AWS::CloudWatch::Alarm.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

/// RDS's own events, to one topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EventSubscription {
    /// In lower case, as RDS keeps it.
    pub subscription_name: String,
    pub sns_topic_arn: String,
    /// db-instance or db-snapshot.
    pub source_type: String,
    /// None: every source of the type in the Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ids: Option<BTreeSet<String>>,
    pub event_categories: BTreeSet<String>,
    pub enabled: bool,
}

/// A rule of the default event bus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    pub name: String,
    /// ENABLED or DISABLED.
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_pattern: Option<EventPattern>,
    #[serde(default)]
    pub targets: Vec<Target>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    pub id: String,
    pub arn: String,
}

/// An alarm on one metric. One that somebody made an alarm on something else has no metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alarm {
    pub alarm_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric_name: Option<String>,
    #[serde(default)]
    pub dimensions: BTreeSet<Dimension>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation_periods: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison_operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treat_missing_data: Option<String>,
    #[serde(default = "unless_told")]
    pub actions_enabled: bool,
    #[serde(default)]
    pub alarm_actions: BTreeSet<String>,
}

/// An alarm acts unless somebody says otherwise.
fn unless_told() -> bool {
    true
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Dimension {
    pub name: String,
    pub value: String,
}

/// Which events a rule takes, in one form: no order of its lists means anything, and it may be told
/// as the text that was put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct EventPattern(Value);

impl EventPattern {
    pub fn new(pattern: Value) -> EventPattern {
        EventPattern(normal(pattern))
    }
}

impl TryFrom<Value> for EventPattern {
    type Error = serde_json::Error;

    fn try_from(pattern: Value) -> Result<EventPattern, serde_json::Error> {
        Ok(EventPattern::new(match pattern {
            Value::String(text) => serde_json::from_str(&text)?,
            pattern => pattern,
        }))
    }
}

impl From<EventPattern> for Value {
    fn from(pattern: EventPattern) -> Value {
        pattern.0
    }
}

fn normal(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(normal).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(members) => {
            let members = members.into_iter();
            Value::Object(members.map(|(key, value)| (key, normal(value))).collect())
        }
        scalar => scalar,
    }
}

use Direction::{EachIsStronger, LessIsStronger, MoreIsStronger, Neutral, Ranked};
use Restore::{Document, Replacement, Revert};

impl Owned for EventSubscription {
    const TYPE: &'static str = "AWS::RDS::EventSubscription";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/SubscriptionName", Neutral, Replacement),
        property("/SnsTopicArn", Neutral, Revert),
        property("/SourceType", Neutral, Revert),
        property("/SourceIds", EachIsStronger, Revert),
        property("/EventCategories", EachIsStronger, Revert),
        property("/Enabled", MoreIsStronger, Revert),
    ];
}

impl Owned for Rule {
    const TYPE: &'static str = "AWS::Events::Rule";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/Name", Neutral, Replacement),
        property("/State", Ranked(&["DISABLED", "ENABLED"]), Revert),
        property("/EventPattern", Neutral, Document),
        property("/Targets", Neutral, Revert),
    ];
}

impl Owned for Alarm {
    const TYPE: &'static str = "AWS::CloudWatch::Alarm";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/AlarmName", Neutral, Replacement),
        property("/AlarmDescription", Neutral, Revert),
        property("/Namespace", Neutral, Revert),
        property("/MetricName", Neutral, Revert),
        property("/Dimensions", Neutral, Revert),
        property("/Statistic", Neutral, Revert),
        property("/Period", Neutral, Revert),
        property("/EvaluationPeriods", LessIsStronger, Revert),
        property("/Threshold", LessIsStronger, Revert),
        property("/ComparisonOperator", Neutral, Revert),
        property("/TreatMissingData", Neutral, Revert),
        property("/ActionsEnabled", MoreIsStronger, Revert),
        property("/AlarmActions", EachIsStronger, Revert),
    ];
}
