//! RDS's event subscriptions: one sweep over those of an account's Region.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types::EventSubscription as Live;

use super::super::{Found, Seen, State, Turned, all_unreadable, tree};
use super::clients::Clients;
use super::reason;
use super::stacks::Stacks;
use super::sweep::lower;
use crate::cloud::aws::events::EventSubscription;
use crate::cloud::aws::reads;
use crate::plan::{Body, Resource};

const ACTION: &str = reads::DESCRIBE_EVENT_SUBSCRIPTIONS.action;

/// What a list without members stands for.
const EVERY_SOURCE: &str = "(every source of the Region)";

/// States in which nothing is delivered, though the subscription says that it is enabled.
const BROKEN: [&str; 2] = ["no-permission", "topic-not-exist"];

/// Reads the planned subscriptions of one account and Region.
pub(super) async fn read(clients: &Clients, stacks: &Stacks, resources: &[&Resource]) -> Seen {
    if resources.is_empty() {
        return Seen::new();
    }
    let live = match sweep(clients).await {
        Ok(live) => live,
        Err(reason) => return all_unreadable(resources, &reason),
    };
    let state = |resource: &&Resource| {
        let Body::EventSubscription(planned) = &resource.body else {
            return None;
        };
        let state = match live.get(&resource.address.name) {
            None => State::Missing,
            Some(live) => State::Found(Box::new(Found {
                busy: live
                    .status()
                    .filter(|status| *status != "active" && !BROKEN.contains(status))
                    .map(str::to_owned),
                ..stacks.beside(resource, tree(&body(planned, live)))
            })),
        };
        Some((resource.address.clone(), state))
    };
    resources.iter().filter_map(state).collect()
}

async fn sweep(clients: &Clients) -> Result<BTreeMap<String, Live>, String> {
    let request = clients.rds().describe_event_subscriptions();
    let mut pages = request.into_paginator().send();
    let mut turned = Turned::of(ACTION);
    let mut found = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(ACTION, &error))?;
        turned.to(page.marker())?;
        for live in page.event_subscriptions_list.unwrap_or_default() {
            let name = lower(live.cust_subscription_id()).unwrap_or_default();
            found.insert(name, live);
        }
    }
    Ok(found)
}

fn body(planned: &EventSubscription, live: &Live) -> EventSubscription {
    let topic = live.sns_topic_arn().unwrap_or_default();
    let broken = live.status().filter(|status| BROKEN.contains(status));
    EventSubscription {
        subscription_name: planned.subscription_name.clone(),
        sns_topic_arn: match broken {
            Some(status) => format!("{topic} ({status})"),
            None => topic.to_owned(),
        },
        source_type: live.source_type().unwrap_or_default().to_owned(),
        source_ids: sources(planned, live.source_ids_list()),
        event_categories: live.event_categories_list().iter().cloned().collect(),
        enabled: live.enabled() == Some(true) && broken.is_none(),
    }
}

/// Without a list RDS tells of every source, which is more than any list.
fn sources(planned: &EventSubscription, live: &[String]) -> Option<BTreeSet<String>> {
    let live: BTreeSet<String> = live.iter().map(|id| id.to_ascii_lowercase()).collect();
    if !live.is_empty() {
        return Some(live);
    }
    let mut all = planned.source_ids.clone()?;
    all.insert(EVERY_SOURCE.to_owned());
    Some(all)
}
