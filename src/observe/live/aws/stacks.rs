//! CloudFormation: what was deployed last, and which key and instance a stack made.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::primitives::DateTimeFormat;
use aws_sdk_cloudformation::types::{StackDriftInformation, StackDriftStatus, StackStatus};
use futures::StreamExt;
use serde_json::Value as Json;

use super::super::{AT_A_TIME, Found, StackDrift, State, Turned, grouped, unreadable};
use super::clients::Clients;
use super::{Place, reason};
use crate::cloud::aws::{Value, arn, reads};
use crate::plan::{Owner, Resource};

/// The stacks that the plan names, in one account and Region; or why they could not be listed.
pub(super) struct Stacks(Result<BTreeMap<String, Stack>, String>);

/// What is known of one stack. A part that could not be read says so.
struct Stack {
    listed: Listed,
    physical: Result<BTreeMap<String, String>, String>,
    template: Result<Json, String>,
}

/// What the list of stacks tells.
struct Listed {
    status: Option<StackStatus>,
    drift: Option<StackDrift>,
}

/// Lists the stacks once, and opens those that the plan names.
pub(super) async fn read(clients: &Clients, resources: &[&Resource]) -> Stacks {
    let wanted = grouped(resources.iter().copied(), |resource| stack_of(resource));
    if wanted.is_empty() {
        return Stacks(Ok(BTreeMap::new()));
    }
    let client = clients.cloudformation();
    let names: BTreeSet<&str> = wanted.keys().copied().collect();
    let listed = match list(&client, &names).await {
        Ok(listed) => listed,
        Err(reason) => return Stacks(Err(reason)),
    };
    let (client, wanted) = (&client, &wanted);
    let opened: BTreeMap<String, Stack> = futures::stream::iter(listed)
        .map(|(name, listed)| async move {
            // Only a reference needs the stack's physical ids.
            let refers = wanted
                .get(name.as_str())
                .is_some_and(|resources| resources.iter().any(|resource| resource.body.refers()));
            let (physical, template) =
                futures::join!(physical(client, &name, refers), template(client, &name));
            let stack = Stack {
                listed,
                physical,
                template,
            };
            (name, stack)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    Stacks(Ok(opened))
}

fn stack_of(resource: &Resource) -> Option<&str> {
    match &resource.owner {
        Owner::Stack { stack, .. } => Some(stack),
        Owner::Template { .. } | Owner::Existing { .. } => None,
    }
}

async fn list(client: &Client, names: &BTreeSet<&str>) -> Result<Vec<(String, Listed)>, String> {
    let mut listed = Vec::new();
    let mut pages = client.describe_stacks().into_paginator().send();
    let mut turned = Turned::of(reads::DESCRIBE_STACKS.action);
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(reads::DESCRIBE_STACKS.action, &error))?;
        turned.to(page.next_token())?;
        listed.extend(page.stacks().iter().filter_map(|stack| {
            let name = stack.stack_name().filter(|name| names.contains(name))?;
            let gone = stack.stack_status() == Some(&StackStatus::DeleteComplete);
            let told = Listed {
                status: stack.stack_status().cloned(),
                drift: stack.drift_information().and_then(verdict),
            };
            (!gone).then(|| (name.to_owned(), told))
        }));
    }
    Ok(listed)
}

/// None where CloudFormation was never asked to look.
fn verdict(told: &StackDriftInformation) -> Option<StackDrift> {
    let status = told
        .stack_drift_status()
        .filter(|status| **status != StackDriftStatus::NotChecked)?;
    let checked = told.last_check_timestamp();
    Some(StackDrift {
        status: status.as_str().to_owned(),
        checked: checked.and_then(|at| at.fmt(DateTimeFormat::DateTime).ok()),
    })
}

async fn physical(
    client: &Client,
    stack: &str,
    wanted: bool,
) -> Result<BTreeMap<String, String>, String> {
    if !wanted {
        return Ok(BTreeMap::new());
    }
    let request = client.describe_stack_resources().stack_name(stack);
    let answer = request
        .send()
        .await
        .map_err(|error| reason(reads::DESCRIBE_STACK_RESOURCES.action, &error))?;
    let resources = answer.stack_resources().iter().filter_map(|resource| {
        let logical = resource.logical_resource_id()?;
        Some((
            logical.to_owned(),
            resource.physical_resource_id()?.to_owned(),
        ))
    });
    Ok(resources.collect())
}

async fn template(client: &Client, stack: &str) -> Result<Json, String> {
    let action = reads::GET_TEMPLATE.action;
    let answer = client.get_template().stack_name(stack).send().await;
    let answer = answer.map_err(|error| reason(action, &error))?;
    let yaml = serde_yaml::from_str(answer.template_body().unwrap_or_default());
    yaml.ok()
        .and_then(plain)
        .ok_or_else(|| format!("{action}: its answer is no template"))
}

/// A template with its short forms (`!Ref X`) written out.
fn plain(yaml: serde_yaml::Value) -> Option<Json> {
    use serde_yaml::Value as Yaml;
    Some(match yaml {
        Yaml::Sequence(items) => items.into_iter().map(plain).collect::<Option<_>>()?,
        Yaml::Mapping(pairs) => {
            let pairs = pairs.into_iter();
            let pairs = pairs.map(|(key, value)| Some((key.as_str()?.to_owned(), plain(value)?)));
            Json::Object(pairs.collect::<Option<_>>()?)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = match tag.trim_start_matches('!') {
                name @ ("Ref" | "Condition") => name.to_owned(),
                name => format!("Fn::{name}"),
            };
            let value = match (name.as_str(), plain(tagged.value)?) {
                ("Fn::GetAtt", Json::String(path)) => path.splitn(2, '.').collect(),
                (_, value) => value,
            };
            Json::Object([(name, value)].into_iter().collect())
        }
        scalar => serde_json::to_value(scalar).ok()?,
    })
}

impl Stacks {
    fn stack_of(&self, resource: &Resource) -> Option<&Stack> {
        self.0.as_ref().ok()?.get(stack_of(resource)?)
    }

    /// Why nobody can tell what was deployed of a resource that a stack owns.
    pub(super) fn unread(&self, resource: &Resource) -> Option<&str> {
        stack_of(resource)?;
        match &self.0 {
            Err(reason) => Some(reason),
            Ok(_) => {
                let template = &self.stack_of(resource)?.template;
                template.as_ref().err().map(String::as_str)
            }
        }
    }

    /// What is live of a resource, beside what was deployed.
    pub(super) fn beside(&self, resource: &Resource, live: Json) -> Found {
        Found {
            live,
            deployed: self.deployed(resource),
            stack_drift: self.drift(resource),
            ..Found::default()
        }
    }

    /// CloudFormation's own last word on the stack.
    pub(super) fn drift(&self, resource: &Resource) -> Option<StackDrift> {
        self.stack_of(resource)?.listed.drift.clone()
    }

    /// What it means that a resource is not there: nobody has deployed it yet, or somebody deleted
    /// it. A stack that is not done says neither.
    pub(super) fn absence(&self, resource: &Resource) -> State {
        if let Some(reason) = self.unread(resource) {
            return unreadable(format!(
                "it is not there, and nobody can tell whether it ever was deployed: {reason}"
            ));
        }
        let (Owner::Stack { logical_id, .. }, Some(stack)) =
            (&resource.owner, self.stack_of(resource))
        else {
            return State::Missing;
        };
        let done = matches!(
            stack.listed.status,
            Some(
                StackStatus::CreateComplete
                    | StackStatus::UpdateComplete
                    | StackStatus::UpdateRollbackComplete
                    | StackStatus::ImportComplete
            )
        );
        match &stack.template {
            Ok(template) if done => match template["Resources"].get(logical_id) {
                Some(_) => State::Deleted,
                None => State::Undeployed,
            },
            Ok(_) | Err(_) => State::Missing,
        }
    }

    /// The physical id of another resource of the same stack. None: there is no such resource.
    pub(super) fn physical(
        &self,
        resource: &Resource,
        logical_id: &str,
    ) -> Result<Option<&str>, &str> {
        if let Err(reason) = &self.0 {
            return Err(reason);
        }
        match self.stack_of(resource).map(|stack| &stack.physical) {
            None => Ok(None),
            Some(Ok(ids)) => Ok(ids.get(logical_id).map(String::as_str)),
            Some(Err(reason)) => Err(reason),
        }
    }

    /// A key: as the plan names it, where that is the same key. Without the stack's ids nobody can tell
    /// whether a stack's own key is the right one, so that is an error and not a difference.
    pub(super) fn key(
        &self,
        resource: &Resource,
        planned: Option<&Value>,
        live: &str,
        place: &Place,
    ) -> Result<Value, String> {
        let named = match planned {
            Some(Value::Text(key)) => Some(key.as_str()),
            Some(
                Value::Ref { logical_id }
                | Value::Attribute {
                    path: [logical_id, _],
                },
            ) => self
                .physical(resource, logical_id)
                .map_err(|reason| format!("cannot tell whose key this is: {reason}"))?,
            None => None,
        };
        if let (Some(planned), Some(named)) = (planned, named)
            && key_id(named) == key_id(live)
        {
            return Ok(planned.clone());
        }
        let Place {
            account, region, ..
        } = place;
        Ok(Value::Text(match live.contains(':') {
            true => live.to_owned(),
            false => arn("kms", region, account, &format!("key/{live}")),
        }))
    }

    /// The resource's properties in the template that was deployed last, in the plan's vocabulary.
    pub(super) fn deployed(&self, resource: &Resource) -> Option<Json> {
        let Owner::Stack { logical_id, .. } = &resource.owner else {
            return None;
        };
        let template = self.stack_of(resource)?.template.as_ref().ok()?;
        let properties = &template["Resources"][logical_id]["Properties"];
        resource.body.owned(properties)
    }
}

/// The id in a key's ARN; a bare id is its own.
fn key_id(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}
