//! What CloudFormation's registry reads for us: Cloud Control tells a resource in the very words of
//! its template.

use aws_sdk_cloudcontrol::Client;
use aws_sdk_cloudcontrol::operation::get_resource::GetResourceError;
use futures::StreamExt;

use super::super::{AT_A_TIME, Seen, State, one_line, unreadable};
use super::clients::Clients;
use super::stacks::Stacks;
use super::{Place, reason};
use crate::cloud::aws::{arn, reads};
use crate::plan::{Body, Resource};

const ACTION: &str = reads::GET_RESOURCE.action;

/// Reads those of the resources that the registry reads.
pub(super) async fn read(
    clients: &Clients,
    place: &Place,
    stacks: &Stacks,
    resources: &[&Resource],
) -> Seen {
    let client = &clients.cloudcontrol();
    let known = resources
        .iter()
        .filter_map(|resource| Some((*resource, identifier(place, resource)?)));
    futures::stream::iter(known.collect::<Vec<_>>())
        .map(|(resource, identifier)| async move {
            let state = match one(client, resource, &identifier).await {
                Ok(Some(live)) => State::Found(Box::new(stacks.beside(resource, live))),
                Ok(None) => State::Missing,
                Err(reason) => unreadable(reason),
            };
            (resource.address.clone(), state)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

/// The primary identifier in the type's own schema. None: another reader's resource.
fn identifier(place: &Place, resource: &Resource) -> Option<String> {
    let name = &resource.address.name;
    let arn = |service, rest: &str| arn(service, &place.region, &place.account, rest);
    Some(match &resource.body {
        Body::Topic(_) => arn("sns", name),
        Body::TopicPolicy(policy) => policy.topic_arn.clone(),
        Body::Rule(_) => arn("events", &format!("rule/{name}")),
        Body::Alarm(_) | Body::Role(_) => name.clone(),
        _ => return None,
    })
}

/// The resource in the plan's vocabulary. None: there is no such resource.
async fn one(
    client: &Client,
    resource: &Resource,
    identifier: &str,
) -> Result<Option<serde_json::Value>, String> {
    let request = client.get_resource().type_name(&resource.address.kind);
    let answer = match request.identifier(identifier).send().await {
        Ok(answer) => answer,
        Err(error) => {
            let missing = error
                .as_service_error()
                .is_some_and(GetResourceError::is_resource_not_found_exception);
            return match missing {
                true => Ok(None),
                false => Err(reason(ACTION, &error)),
            };
        }
    };
    let description = answer.resource_description();
    let text = description.and_then(|description| description.properties());
    let properties: serde_json::Value = serde_json::from_str(text.unwrap_or_default())
        .map_err(|error| one_line(&format!("{ACTION}: the answer is no JSON: {error}")))?;
    let live = resource.body.owned(&properties);
    let unfit = || {
        format!(
            "{ACTION}: the answer does not fit {}",
            resource.address.kind
        )
    };
    live.map(Some).ok_or_else(unfit)
}
