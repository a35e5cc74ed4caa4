//! KMS: each planned key and its alias, found by the alias.

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyMetadata, KeyState, Tag};
use futures::StreamExt;

use super::super::{AT_A_TIME, Found, Seen, State, Turned, Unread, grouped, tree, unreadable};
use super::clients::Clients;
use super::stacks::Stacks;
use super::{Place, reason};
use crate::cloud::aws::kms::{Alias, Key, PENDING_DELETION, Usable};
use crate::cloud::aws::{PolicyDocument, Tags, Value, reads};
use crate::plan::{Body, Owner, Resource};

/// The one policy that a key can have.
const POLICY: &str = "default";

/// Reads the planned keys and aliases of one account and Region, each name once.
pub(super) async fn read(
    clients: &Clients,
    place: &Place,
    stacks: &Stacks,
    resources: &[&Resource],
) -> Seen {
    if resources.is_empty() {
        return Seen::new();
    }
    let kms = &Kms {
        client: clients.kms(),
        place,
        stacks,
    };
    let names = grouped(resources.iter().copied(), |resource| {
        Some(resource.address.name.as_str())
    });
    let seen: Vec<Seen> = futures::stream::iter(names)
        .map(|(alias, resources)| async move {
            let live = &kms.describe(alias).await;
            let states = resources.into_iter().map(|resource| async move {
                let state = match kms.found(resource, live).await {
                    Ok(Some(found)) => State::Found(Box::new(found)),
                    Ok(None) => State::Missing,
                    Err(reason) => unreadable(reason),
                };
                (resource.address.clone(), state)
            });
            futures::future::join_all(states).await
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    seen.into_iter().flatten().collect()
}

/// A key's metadata. None: there is no such key or alias.
type Described = Result<Option<KeyMetadata>, String>;

/// KMS in one account and Region.
struct Kms<'a> {
    client: Client,
    place: &'a Place,
    stacks: &'a Stacks,
}

impl Kms<'_> {
    async fn describe(&self, id: &str) -> Described {
        match self.client.describe_key().key_id(id).send().await {
            Ok(answer) => Ok(answer.key_metadata),
            Err(error) => match error.as_service_error() {
                Some(told) if told.is_not_found_exception() => Ok(None),
                _ => Err(reason(reads::DESCRIBE_KEY.action, &error)),
            },
        }
    }

    /// A planned key or alias, of which `aliased` is the key behind the alias.
    async fn found(
        &self,
        resource: &Resource,
        aliased: &Described,
    ) -> Result<Option<Found>, String> {
        let aliased = aliased.as_ref().map_err(Clone::clone)?;
        let (live, unread) = match (&resource.body, aliased) {
            (Body::Key(planned), _) => match self.made(resource, aliased).await? {
                Some(key) => self.key(planned, &key).await,
                None => return Ok(None),
            },
            (Body::Alias(planned), Some(key)) => self.alias(resource, planned, key),
            _ => return Ok(None),
        };
        Ok(Some(Found {
            unread: unread.0,
            ..self.stacks.beside(resource, live)
        }))
    }

    /// The key that the stack made, though its alias may be lost or lead elsewhere; the one behind the
    /// alias where CloudFormation tells of none.
    async fn made(&self, resource: &Resource, aliased: &Option<KeyMetadata>) -> Described {
        let made = match &resource.owner {
            Owner::Stack { logical_id, .. } => self.stacks.physical(resource, logical_id),
            Owner::Template { .. } | Owner::Existing { .. } => Ok(None),
        };
        match (made, aliased) {
            (Ok(Some(id)), Some(key)) if key.key_id() == id => Ok(Some(key.clone())),
            (Ok(Some(id)), _) => self.describe(id).await,
            (Ok(None) | Err(_), _) => Ok(aliased.clone()),
        }
    }

    async fn key(&self, planned: &Key, live: &KeyMetadata) -> (serde_json::Value, Unread) {
        let id = live.key_id();
        let tags = async {
            match &planned.tags {
                Some(_) => self.tags(id).await.map(Some),
                None => Ok(None),
            }
        };
        let (rotates, policy, tags) = futures::join!(self.rotates(id), self.policy(id), tags);
        let mut unread = Unread::default();
        let key = Key {
            description: Some(live.description().unwrap_or_default().to_owned()),
            enabled: Some(usable(live)),
            enable_key_rotation: unread.or_told("/EnableKeyRotation", rotates.map(Some)),
            key_policy: unread.or_told("/KeyPolicy", policy),
            tags: unread.or_told("/Tags", tags),
        };
        (tree(&key), unread)
    }

    fn alias(
        &self,
        resource: &Resource,
        planned: &Alias,
        live: &KeyMetadata,
    ) -> (serde_json::Value, Unread) {
        let id = live.key_id();
        let target = Some(&planned.target_key_id);
        let target = self.stacks.key(resource, target, id, self.place);
        let mut unread = Unread::default();
        let target = unread.or_told("/TargetKeyId", target.map(Some));
        let alias = Alias {
            alias_name: resource.address.name.clone(),
            target_key_id: target.unwrap_or_else(|| Value::Text(id.to_owned())),
        };
        (tree(&alias), unread)
    }

    async fn rotates(&self, id: &str) -> Result<bool, String> {
        let request = self.client.get_key_rotation_status().key_id(id);
        let answer = request.send().await;
        answer
            .map(|answer| answer.key_rotation_enabled())
            .map_err(|error| reason(reads::GET_KEY_ROTATION.action, &error))
    }

    async fn policy(&self, id: &str) -> Result<Option<PolicyDocument>, String> {
        let request = self.client.get_key_policy().key_id(id);
        let answer = request.policy_name(POLICY).send().await;
        let answer = answer.map_err(|error| reason(reads::GET_KEY_POLICY.action, &error))?;
        let document = answer.policy().map(serde_json::from_str).transpose();
        document.map_err(|error| {
            let action = reads::GET_KEY_POLICY.action;
            format!("{action}: its answer is not JSON: {error}")
        })
    }

    async fn tags(&self, id: &str) -> Result<Tags, String> {
        let mut tags = Tags::default();
        let request = self.client.list_resource_tags().key_id(id);
        let mut pages = request.into_paginator().send();
        let mut turned = Turned::of(reads::LIST_KEY_TAGS.action);
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| reason(reads::LIST_KEY_TAGS.action, &error))?;
            turned.to(page.next_marker())?;
            let page = page.tags().iter();
            let pair = |tag: &Tag| (tag.tag_key().to_owned(), tag.tag_value().to_owned());
            tags.0.extend(page.map(pair));
        }
        Ok(tags)
    }
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
