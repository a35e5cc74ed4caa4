//! KMS: each planned key and its alias, found by the alias.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyMetadata, KeyState};
use futures::StreamExt;

use super::super::{AT_A_TIME, Found, Seen, State, grouped, tree, unreadable};
use super::reason;
use super::stacks::Stacks;
use crate::cloud::aws::kms::{Alias, Key, PENDING_DELETION, Usable};
use crate::cloud::aws::{PolicyDocument, Tags, Value};
use crate::plan::{Body, Resource};

/// The one policy that a key can have.
const POLICY: &str = "default";

/// Reads the planned keys and aliases of one account and Region, each name once.
pub(super) async fn read(config: &SdkConfig, stacks: &Stacks, resources: &[&Resource]) -> Seen {
    if resources.is_empty() {
        return Seen::new();
    }
    let client = &Client::new(config);
    let names = grouped(resources.iter().copied(), |resource| {
        Some(resource.address.name.as_str())
    });
    let seen: Vec<Seen> = futures::stream::iter(names)
        .map(|(alias, resources)| async move {
            let live = describe(client, alias).await;
            let states = resources.into_iter().map(|resource| {
                let live = live.as_ref();
                async move {
                    let state = state(client, stacks, resource, live).await;
                    (resource.address.clone(), state)
                }
            });
            futures::future::join_all(states).await
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    seen.into_iter().flatten().collect()
}

/// The key behind an alias. None: there is no such alias.
async fn describe(client: &Client, id: &str) -> Result<Option<KeyMetadata>, String> {
    match client.describe_key().key_id(id).send().await {
        Ok(answer) => Ok(answer.key_metadata),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|it| it.is_not_found_exception()) =>
        {
            Ok(None)
        }
        Err(error) => Err(reason("kms:DescribeKey", &error)),
    }
}

async fn state(
    client: &Client,
    stacks: &Stacks,
    resource: &Resource,
    live: Result<&Option<KeyMetadata>, &String>,
) -> State {
    let live = match live {
        Ok(Some(live)) => live,
        Ok(None) => return State::Missing,
        Err(reason) => return unreadable(reason),
    };
    let mut found = Found {
        deployed: stacks.deployed(resource),
        stack_drift: stacks.drift(resource),
        ..Found::default()
    };
    match &resource.body {
        Body::Key(planned) => key(client, planned, live, &mut found).await,
        Body::Alias(planned) => alias(stacks, resource, planned, live, &mut found),
        _ => {}
    }
    State::Found(Box::new(found))
}

async fn key(client: &Client, planned: &Key, live: &KeyMetadata, found: &mut Found) {
    let asked = Asked {
        client,
        id: live.key_id(),
    };
    let tags = async {
        match &planned.tags {
            Some(_) => asked.tags().await.map(Some),
            None => Ok(None),
        }
    };
    let (rotates, policy, tags) = futures::join!(asked.rotates(), asked.policy(), tags);
    let mut unread = BTreeMap::new();
    let key = Key {
        description: Some(live.description().unwrap_or_default().to_owned()),
        enabled: Some(usable(live)),
        enable_key_rotation: read_or(&mut unread, "/EnableKeyRotation", rotates),
        key_policy: read_or(&mut unread, "/KeyPolicy", policy).flatten(),
        tags: read_or(&mut unread, "/Tags", tags).flatten(),
    };
    found.live = tree(&key);
    found.unread = unread;
}

/// An answer; where it did not come, why not is written down for its property.
fn read_or<T>(
    unread: &mut BTreeMap<String, String>,
    pointer: &str,
    answer: Result<T, String>,
) -> Option<T> {
    answer
        .map_err(|reason| unread.insert(pointer.to_owned(), reason))
        .ok()
}

/// A state that is neither usable nor switched off is told in words.
fn usable(live: &KeyMetadata) -> Usable {
    match live.key_state() {
        Some(KeyState::Enabled) => Usable::Is(true),
        Some(KeyState::Disabled) | None => Usable::Is(live.enabled()),
        Some(KeyState::PendingDeletion) => Usable::Not(match live.deletion_date() {
            Some(date) => format!("{PENDING_DELETION} on {}", day(date.secs())),
            None => PENDING_DELETION.to_owned(),
        }),
        Some(state) => Usable::Not(state.as_str().to_owned()),
    }
}

/// The day of a moment, UTC.
fn day(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(moment) => moment.strftime("%Y-%m-%d").to_string(),
        Err(_) => "an unknown day".to_owned(),
    }
}

/// The target: as the plan names it, where that is the same key.
fn alias(
    stacks: &Stacks,
    resource: &Resource,
    planned: &Alias,
    live: &KeyMetadata,
    found: &mut Found,
) {
    let made = match &planned.target_key_id {
        Value::Ref { logical_id } => stacks.physical(resource, logical_id),
        _ => Ok(None),
    };
    let same = match made {
        Ok(made) => made == Some(live.key_id()),
        Err(reason) => {
            let reason = format!("cannot tell whose key this is: {reason}");
            found.unread.insert("/TargetKeyId".to_owned(), reason);
            false
        }
    };
    found.live = tree(&Alias {
        alias_name: resource.address.name.clone(),
        target_key_id: match same {
            true => planned.target_key_id.clone(),
            false => Value::Text(live.key_id().to_owned()),
        },
    });
}

/// One key, asked for by its id: only DescribeKey takes an alias.
struct Asked<'a> {
    client: &'a Client,
    id: &'a str,
}

impl Asked<'_> {
    async fn rotates(&self) -> Result<bool, String> {
        let request = self.client.get_key_rotation_status().key_id(self.id);
        let answer = request.send().await;
        answer
            .map(|answer| answer.key_rotation_enabled())
            .map_err(|error| reason("kms:GetKeyRotationStatus", &error))
    }

    async fn policy(&self) -> Result<Option<PolicyDocument>, String> {
        let request = self.client.get_key_policy().key_id(self.id);
        let answer = request.policy_name(POLICY).send().await;
        let answer = answer.map_err(|error| reason("kms:GetKeyPolicy", &error))?;
        let document = answer.policy().map(serde_json::from_str).transpose();
        document.map_err(|error| format!("kms:GetKeyPolicy: its answer is not JSON: {error}"))
    }

    async fn tags(&self) -> Result<Tags, String> {
        let mut tags = Tags::default();
        let request = self.client.list_resource_tags().key_id(self.id);
        let mut pages = request.into_paginator().items().send();
        while let Some(tag) = pages.next().await {
            let tag = tag.map_err(|error| reason("kms:ListResourceTags", &error))?;
            tags.0
                .insert(tag.tag_key().to_owned(), tag.tag_value().to_owned());
        }
        Ok(tags)
    }
}
