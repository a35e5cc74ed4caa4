//! Alerts on metrics as ARM tells them.

use serde_json::Value;

use super::super::tree;
use super::alerts::{groups, location};
use super::one::Told;
use super::told::{days, flag, properties, spelled, text_or_nothing, texts};
use crate::cloud::Owned;
use crate::cloud::azure::metric::{Criteria, Criterion, MetricAlert, Watch};
use crate::cloud::azure::postgres::FlexibleServer;

pub(super) fn told(planned: &MetricAlert, answer: &Value) -> Told {
    let properties = properties(answer)?;
    let own = &planned.properties;
    let severity = days(&properties["severity"]).and_then(|it| u8::try_from(it).ok());
    let all_of = properties["criteria"]["allOf"].as_array();
    let live = MetricAlert {
        name: planned.name.clone(),
        location: location(&planned.location, answer),
        properties: Watch {
            description: text_or_nothing(&properties["description"]),
            severity: severity.ok_or("it has no severity")?,
            enabled: flag(&properties["enabled"]),
            scopes: texts(&properties["scopes"])
                .map(|told| spelled(told, own.scopes.iter().map(String::as_str)))
                .collect(),
            evaluation_frequency: text_or_nothing(&properties["evaluationFrequency"]),
            window_size: text_or_nothing(&properties["windowSize"]),
            criteria: Criteria {
                odata_type: text_or_nothing(&properties["criteria"]["odata.type"]),
                all_of: all_of.into_iter().flatten().map(criterion).collect(),
            },
            actions: groups(&properties["actions"], &own.actions),
        },
    };
    Ok(Some(tree(&live)))
}

/// A threshold is told with a fraction; one that no policy can ask for differs from all of them.
fn criterion(told: &Value) -> Criterion {
    Criterion {
        criterion_type: text_or_nothing(&told["criterionType"]),
        name: text_or_nothing(&told["name"]),
        metric_namespace: spelled(
            &text_or_nothing(&told["metricNamespace"]),
            [FlexibleServer::TYPE],
        ),
        metric_name: text_or_nothing(&told["metricName"]),
        operator: text_or_nothing(&told["operator"]),
        threshold: days(&told["threshold"]).map_or(u64::MAX, u64::from),
        time_aggregation: text_or_nothing(&told["timeAggregation"]),
    }
}
