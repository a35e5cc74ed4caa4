//! Topics, who may publish to them, and RDS's own events.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::super::super::Resource;
use super::super::logical_id;
use super::{Alerts, Topic, asked, place_of};
use crate::cloud::aws::events::EventSubscription;
use crate::cloud::aws::{PolicyDocument, sns};
use crate::policy::Receiver;
use crate::resolve::Database;
use crate::resolve::alerts::{Route, Told};
use crate::source::Place;

/// The key of the topics: AWS's own key for SNS refuses alarms and events.
/// Source: "Managing Amazon SNS encryption keys" in the SNS developer guide.
const KEY_ALIAS: &str = "alias/backstay/alerts";

/// What a subscription to RDS's events is about.
#[derive(Clone, Copy)]
enum Source {
    Instances,
    Snapshots,
}

/// What the databases of a receiver ask of one kind of source.
#[derive(Default)]
struct Wanted {
    ids: BTreeSet<String>,
    place: Option<Place>,
}

impl Alerts<'_, '_> {
    /// The topics that are backstay's to make, each with its policy.
    pub(super) fn topics(&self) -> Vec<Resource> {
        let made = self.routes.iter().filter(|route| {
            let receiver = route.receiver;
            matches!(receiver, Receiver::Topic(_) | Receiver::Email(_))
        });
        made.flat_map(|route| {
            let topic = self.topic(route);
            [self.topic_itself(route, &topic), self.publishers(&topic)]
        })
        .collect()
    }

    fn topic_itself(&self, route: &Route<'_>, topic: &Topic) -> Resource {
        let subscription = match route.receiver {
            Receiver::Email(address) => BTreeSet::from([sns::Subscription {
                endpoint: address.clone(),
                protocol: "email".to_owned(),
            }]),
            _ => BTreeSet::new(),
        };
        let body = sns::Topic {
            topic_name: topic.name.clone(),
            kms_master_key_id: Some(KEY_ALIAS.to_owned()),
            subscription,
        };
        let id = logical_id("Topic", &topic.name);
        self.resource(&id, &topic.name, body, topic.place)
    }

    /// Who may publish. EventBridge sends no source along: a condition would refuse every event.
    /// Source: "Using resource-based policies for Amazon EventBridge", SNS, in its user guide.
    fn publishers(&self, topic: &Topic) -> Resource {
        let account = json!({ "StringEquals": { "aws:SourceAccount": self.region.account } });
        let publish = |sid: &str, service: &str| {
            json!({
                "Sid": sid,
                "Effect": "Allow",
                "Principal": { "Service": service },
                "Action": "sns:Publish",
                "Resource": topic.arn,
            })
        };
        let from_here = |mut statement: serde_json::Value| {
            statement["Condition"] = account.clone();
            statement
        };
        let body = sns::TopicPolicy {
            topic_arn: topic.arn.clone(),
            policy_document: PolicyDocument::new([
                from_here(publish("Alarms", "cloudwatch.amazonaws.com")),
                publish("BackupEvents", "events.amazonaws.com"),
                from_here(publish("DatabaseEvents", "events.rds.amazonaws.com")),
            ]),
        };
        let id = logical_id("Publishers", &topic.name);
        self.resource(&id, &topic.name, body, topic.place)
    }

    /// RDS's events about the planned instances, and about snapshots where some are made by hand.
    pub(super) fn subscriptions(&self) -> Vec<Resource> {
        let mut resources = Vec::new();
        for route in &self.routes {
            for source in [Source::Instances, Source::Snapshots] {
                let groups = groups(route, source);
                for (number, (categories, wanted)) in groups.into_iter().enumerate() {
                    let categories = categories.into_iter().map(str::to_owned).collect();
                    resources.push(self.subscription(route, source, number, categories, wanted));
                }
            }
        }
        resources
    }

    fn subscription(
        &self,
        route: &Route<'_>,
        source: Source,
        number: usize,
        event_categories: BTreeSet<String>,
        wanted: Wanted,
    ) -> Resource {
        let topic = self.topic(route);
        let (what, source_type, source_ids) = match source {
            Source::Instances => ("instances", "db-instance", Some(wanted.ids)),
            // Snapshots to come have no names yet.
            Source::Snapshots => ("snapshots", "db-snapshot", None),
        };
        let part = match number {
            0 => what.to_owned(),
            number => format!("{what}-{}", number + 1),
        };
        let body = EventSubscription {
            subscription_name: format!("backstay-{}-{part}", word(&topic.name)),
            sns_topic_arn: topic.arn,
            source_type: source_type.to_owned(),
            source_ids,
            event_categories,
            enabled: true,
        };
        let name = body.subscription_name.clone();
        let id = logical_id(&logical_id("Events", &part), &topic.name);
        let asked = wanted.place.map(|place| ("/EventCategories".into(), place));
        Resource {
            places: asked.into_iter().collect(),
            ..self.resource(&id, &name, body, topic.place)
        }
    }
}

/// Databases that ask for the same categories share a subscription.
fn groups(route: &Route<'_>, source: Source) -> BTreeMap<BTreeSet<&'static str>, Wanted> {
    let mut groups: BTreeMap<BTreeSet<&str>, Wanted> = BTreeMap::new();
    for told in &route.told {
        let Some((categories, place)) = categories(told, source) else {
            continue;
        };
        let wanted = groups.entry(categories).or_default();
        wanted.place = wanted.place.or(Some(place));
        wanted.ids.extend(ids(told.database));
    }
    groups
}

/// The categories that a database asks for, and where the first is asked for.
fn categories(told: &Told<'_>, source: Source) -> Option<(BTreeSet<&'static str>, Place)> {
    let written = told.database.written;
    let by_hand = written.snapshots.is_some() || written.export.is_some();
    let mut place = None;
    let mut categories = BTreeSet::new();
    for (event, signals) in asked(told) {
        let more = match source {
            Source::Instances => signals.instance,
            Source::Snapshots if by_hand => signals.snapshot,
            Source::Snapshots => &[],
        };
        if !more.is_empty() {
            place = place.or(Some(place_of(told, event)));
            categories.extend(more.iter().copied());
        }
    }
    Some((categories, place?))
}

/// The instance and its replicas, as RDS writes identifiers.
fn ids(database: &Database<'_>) -> impl Iterator<Item = String> {
    let replicas = database.written.replicas.iter();
    let ids = std::iter::once(&database.written.id).chain(replicas.map(|replica| &replica.id));
    ids.map(|id| id.to_ascii_lowercase())
}

/// A topic's name as a part of RDS's names: letters, digits and single hyphens.
fn word(name: &str) -> String {
    let parts = name.split(['-', '_']).filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
    parts.join("-")
}
