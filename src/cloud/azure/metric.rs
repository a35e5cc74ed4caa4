//! Microsoft.Insights/metricAlerts: who is told when a number of a resource goes too far.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::alerts::ActionGroupRef;
use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

use Direction::{EachIsStronger, MoreIsStronger, Neutral, OthersAreWeaker};
use Restore::{Replacement, Revert};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricAlert {
    pub name: String,
    pub location: String,
    pub properties: Watch,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Watch {
    pub description: String,
    /// 0 is the most severe, 4 the least.
    pub severity: u8,
    pub enabled: bool,
    /// The id of the one resource.
    pub scopes: BTreeSet<String>,
    /// ISO 8601.
    pub evaluation_frequency: String,
    pub window_size: String,
    pub criteria: Criteria,
    pub actions: Vec<ActionGroupRef>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Criteria {
    /// Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria
    #[serde(rename = "odata.type")]
    pub odata_type: String,
    pub all_of: Vec<Criterion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Criterion {
    /// StaticThresholdCriterion
    pub criterion_type: String,
    pub name: String,
    pub metric_namespace: String,
    pub metric_name: String,
    pub operator: String,
    pub threshold: u64,
    pub time_aggregation: String,
}

impl Owned for MetricAlert {
    const TYPE: &'static str = "Microsoft.Insights/metricAlerts";
    const API_VERSION: Option<&'static str> = Some("2018-03-01");

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/location", Neutral, Replacement),
        property("/properties/description", Neutral, Revert),
        property("/properties/severity", Neutral, Revert),
        property("/properties/enabled", MoreIsStronger, Revert),
        property("/properties/scopes", EachIsStronger, Replacement),
        property("/properties/evaluationFrequency", Neutral, Revert),
        property("/properties/windowSize", Neutral, Revert),
        property("/properties/criteria/odata.type", Neutral, Revert),
        property("/properties/criteria/allOf", OthersAreWeaker, Revert),
        property("/properties/criteria/allOf/*/metricName", OthersAreWeaker, Revert),
        property("/properties/criteria/allOf/*/operator", OthersAreWeaker, Revert),
        property("/properties/criteria/allOf/*/threshold", OthersAreWeaker, Revert),
        property("/properties/criteria/allOf/*/timeAggregation", OthersAreWeaker, Revert),
        property("/properties/actions", EachIsStronger, Revert),
    ];
}
