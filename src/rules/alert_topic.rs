//! # alert-topic
//! A topic that a receiver names cannot be used: it is in a Region that has nothing of the database, or
//! two receivers of one account and Region would be one topic or have one name to RDS.
//!
//! **Why.** RDS, EventBridge and CloudWatch publish to topics of their own Region only. A topic that is
//! rendered under the name of one that exists fails the deployment.
//!
//! **Fix.** Write `sns:NAME`, which is a topic of that name in every Region with databases, copies or
//! vaults, or give a database of another Region its own `alerts`. Name each topic in one way only.
use std::collections::HashMap;

use crate::cloud::aws::logical_id;
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Receiver, topic_of};
use crate::resolve::alerts::{Route, presences, routes, serves, word_of};
use crate::resolve::{Database, Estate, Resolved, Scope};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "alert-topic",
    Severity::Error,
    include_str!("alert_topic.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let routes = routes(estate);
    for database in &estate.databases {
        let receivers = database.intent.alerts.to.iter();
        findings.extend(receivers.filter_map(|to| elsewhere(to, database, estate)));
    }
    let mut names: HashMap<(Scope<'_>, String), Place> = HashMap::new();
    for route in &routes {
        let scope = account(route);
        let keys = [logical_id("", &route.topic), word_of(&route.topic)];
        let taken = keys
            .iter()
            .find_map(|key| names.get(&(scope, key.clone())).copied());
        match taken {
            Some(first) if first != route.place => findings.push(
                Finding::new(
                    &CODE,
                    route.place,
                    format!("`{}` and another receiver would be one topic", route.receiver),
                )
                .label(first, "the other receiver")
                .why("AWS gives each topic and each subscription a name of its own")
                .fix("name a topic in one way only, or give one of the two another name"),
            ),
            _ => names.extend(keys.map(|key| ((scope, key), route.place))),
        }
    }
}

/// Locations may name one account and Region twice, with other roles.
fn account<'e>(route: &Route<'e>) -> Scope<'e> {
    match route.site.scope {
        Scope::Aws {
            account, region, ..
        } => Scope::Aws {
            account,
            region,
            role: None,
        },
        other => other,
    }
}

fn elsewhere(
    receiver: &Resolved<Receiver>,
    database: &Database<'_>,
    estate: &Estate<'_>,
) -> Option<Finding> {
    let (Receiver::TopicArn(arn), Scope::Aws { region, .. }) =
        (&receiver.value, database.site.scope)
    else {
        return None;
    };
    let mut there = presences(database, estate).into_iter();
    if there.any(|there| serves(&receiver.value, there.site)) {
        return None;
    }
    let (topic_region, ..) = topic_of(arn)?;
    let message = format!("the topic is in {topic_region}, the database in {region}");
    Some(
        Finding::new(&CODE, super::place_of(database, receiver), message)
            .label(
                database.written.at.place,
                format!("`{}` is there", database.name.value),
            )
            .why("AWS publishes alerts to topics of their own Region only")
            .fix(format!(
                "write sns:NAME, or name a topic in {region} for this database"
            )),
    )
}
