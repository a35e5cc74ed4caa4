//! Topics, who may publish to them, and RDS's own events.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::super::{Purpose, Resource};
use super::super::keys::Key;
use super::super::logical_id;
use super::{Alerts, NAME, Topic, numbered};
use crate::cloud::aws::events::EventSubscription;
use crate::cloud::aws::{PolicyDocument, kms, sns};
use crate::policy::Receiver;
use crate::resolve::alerts::{Route, Source, Subscription, subscriptions, word_of};
use crate::source::Place;

impl Alerts<'_, '_> {
    /// The topics that are backstay's to make, each with its policy.
    pub(super) fn topics(&self) -> Vec<Resource> {
        let made = self.routes.iter().filter(|route| {
            let receiver = route.receiver;
            matches!(receiver, Receiver::Topic(_) | Receiver::Email(_))
        });
        let both = |route: &&Route<'_>| {
            let topic = self.topic(route);
            [self.topic_itself(route, &topic), self.publishers(&topic)]
        };
        let made: Vec<_> = made.copied().collect();
        let key = made.first().map(|first| self.key(first.place));
        let topics = made.iter().flat_map(both);
        key.into_iter().flatten().chain(topics).collect()
    }

    /// The key of the topics: AWS's own key for SNS refuses alarms and events. No condition on who
    /// publishes: EventBridge sends no source along, and its alerts would be lost in silence.
    /// Source: "Managing Amazon SNS encryption keys" in the SNS developer guide.
    fn key(&self, place: Place) -> [Resource; 2] {
        let key = Key {
            purpose: Purpose::Alerts,
            name: NAME,
            stack: NAME,
            logical_id: "TopicKey",
            encrypts: "alerts about backups".to_owned(),
            tags: None,
            users: vec![json!({
                "Sid": "Publishers",
                "Effect": "Allow",
                "Principal": { "Service": [
                    "cloudwatch.amazonaws.com",
                    "events.amazonaws.com",
                    "events.rds.amazonaws.com",
                ] },
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                "Resource": "*",
            })],
            place,
        };
        key.resources(self.region)
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
            kms_master_key_id: Some(kms::alias(NAME)),
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

    /// RDS's own events, to each topic.
    pub(super) fn subscriptions(&self) -> Vec<Resource> {
        let each = |route: &&Route<'_>| {
            let all = subscriptions(route).into_iter();
            all.map(|wanted| self.subscription(route, wanted))
                .collect::<Vec<_>>()
        };
        self.routes.iter().flat_map(each).collect()
    }

    fn subscription(&self, route: &Route<'_>, wanted: Subscription) -> Resource {
        let topic = self.topic(route);
        let (what, source_type) = match wanted.source {
            Source::Instances => ("instances", "db-instance"),
            Source::Snapshots => ("snapshots", "db-snapshot"),
        };
        let part = numbered(what.to_owned(), wanted.number);
        let categories = wanted.categories.into_iter().map(str::to_owned);
        let body = EventSubscription {
            subscription_name: format!("backstay-{}-{part}", word_of(&topic.name)),
            sns_topic_arn: topic.arn,
            source_type: source_type.to_owned(),
            source_ids: match wanted.source {
                Source::Instances => Some(wanted.ids),
                // Snapshots to come have no names yet.
                Source::Snapshots => None,
            },
            event_categories: categories.collect(),
            enabled: true,
        };
        let name = body.subscription_name.clone();
        let id = logical_id(&logical_id("Events", &part), &topic.name);
        Resource {
            places: vec![("/EventCategories".into(), wanted.place)],
            ..self.resource(&id, &name, body, topic.place)
        }
    }
}
