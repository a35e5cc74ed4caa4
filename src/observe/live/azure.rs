//! Azure: one list of servers per subscription, and every other resource by its id.

mod access;
mod alerts;
mod arm;
mod backup;
mod blob;
mod container;
mod credential;
mod inventory;
mod lock;
mod metric;
mod one;
mod points;
mod policy;
mod server;
mod told;
mod transport;

use std::collections::BTreeMap;

use azure_core::StatusCode;
use azure_core::error::ErrorKind;
use azure_mgmt_postgresql::package_flexibleserver_2024_08_01::models::Server;
use futures::StreamExt;

use super::{AT_A_TIME, Progress, Report, Seen, State, all_unreadable, chain, counted, grouped};
use super::{one_line, unreadable};
use crate::cloud::Owned;
use crate::cloud::azure::postgres::FlexibleServer;
use crate::plan::{Body, Resource, Scope};
use arm::Arm;

pub(super) use container::Container;
pub(super) use inventory::inventory;
pub(super) use points::points;

/// The version of the API that the client's models of servers are made of.
const MODELS: &str = "2024-08-01";

/// Reads all resources of Azure.
pub(super) async fn observe(resources: Vec<&Resource>, report: Report<'_>) -> Seen {
    if resources.is_empty() {
        return Seen::new();
    }
    let arm = match Arm::from_environment() {
        Ok(arm) => arm,
        Err(reason) => return all_unreadable(&resources, &reason),
    };
    let arm = &arm;
    let subscriptions = grouped(resources, |resource| {
        Some(subscription(resource)?.to_owned())
    });
    let seen: Vec<Seen> = futures::stream::iter(subscriptions)
        .map(|(subscription, resources)| async move {
            let (servers, others): (Vec<_>, Vec<_>) = resources
                .iter()
                .partition(|resource| is_server(&resource.body));
            let (backups, others) = others
                .into_iter()
                .partition(|resource: &&Resource| backup::is_instance(&resource.body));
            let (mut seen, backups, others) = futures::join!(
                read_servers(arm, &subscription, &servers, report),
                counted(backup::read(arm, backups), report),
                read_each(arm, others, report),
            );
            seen.extend(backups);
            seen.extend(others);
            seen
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    seen.into_iter().flatten().collect()
}

fn is_server(body: &Body) -> bool {
    matches!(body, Body::FlexibleServer(_) | Body::Replica(_))
}

fn subscription(resource: &Resource) -> Option<&str> {
    match &resource.address.scope {
        Scope::Azure { subscription, .. } => Some(subscription),
        Scope::Aws { .. } => None,
    }
}

/// Resource group and name, both without regard to case.
type Key = (String, String);

fn key(resource: &Resource) -> Option<Key> {
    match &resource.address.scope {
        Scope::Azure { resource_group, .. } => Some((
            resource_group.to_ascii_lowercase(),
            resource.address.name.to_ascii_lowercase(),
        )),
        Scope::Aws { .. } => None,
    }
}

async fn read_servers(
    arm: &Arm,
    subscription: &str,
    resources: &[&Resource],
    report: Report<'_>,
) -> Seen {
    if resources.is_empty() {
        return Seen::new();
    }
    let servers = match list(arm, subscription).await {
        Ok(servers) => servers,
        Err(error) => {
            let seen = all_unreadable(resources, &reason("list of flexible servers", &error));
            return counted(std::future::ready(seen), report).await;
        }
    };
    let (count, names) = (servers.len(), subscription);
    report(Progress::Says(&format!(
        "azure {names}: {count} flexible servers"
    )));
    let servers: BTreeMap<Key, Server> = servers
        .into_iter()
        .filter_map(|server| Some((server::key(&server)?, server)))
        .collect();
    let servers = &servers;
    futures::stream::iter(resources)
        .map(|resource| async move {
            let listed = key(resource).and_then(|key| servers.get(&key));
            let state = match listed {
                Some(live) => found(arm, live, resource).await,
                None => unlisted(arm, resource).await,
            };
            report(Progress::Read(1));
            (resource.address.clone(), state)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

/// Every page, or the error: half a list would report what is there as missing. The client's own list
/// takes any object for an empty page.
async fn list(arm: &Arm, subscription: &str) -> azure_core::Result<Vec<Server>> {
    let path = format!(
        "/subscriptions/{subscription}/providers/{}",
        FlexibleServer::TYPE
    );
    let servers = arm.list(&path, MODELS).await?.into_iter();
    let server = |it| serde_json::from_value(it).map_err(azure_core::Error::from);
    servers.map(server).collect()
}

/// A server that is there. The client drops the members of its identity, so they are read by a GET of
/// their own, with the version of the API that templates are written for.
async fn found(arm: &Arm, live: &Server, resource: &Resource) -> State {
    if !server::has_identity(&resource.body) {
        return server::state(live, resource, Ok(None));
    }
    let version = resource.body.api_version().unwrap_or_default();
    let identity = match resource.arm_id() {
        Some(path) => arm.get(&path, version).await,
        None => return unreadable("not a resource of Azure"),
    };
    let identity = match identity {
        Ok(answer) => Ok(server::identity(&answer, &resource.body)),
        Err(error) => Err(reason("identity of the flexible server", &error)),
    };
    server::state(live, resource, identity)
}

/// A list leaves out what its reader may not see, so only the server's own answer says that it is
/// not there.
async fn unlisted(arm: &Arm, resource: &Resource) -> State {
    let Scope::Azure {
        subscription,
        resource_group,
    } = &resource.address.scope
    else {
        return unreadable("not a resource of Azure");
    };
    let answer = match arm.postgres() {
        Ok(client) => {
            let name = &resource.address.name;
            let request = client.servers_client();
            request.get(subscription, resource_group, name).await
        }
        Err(error) => Err(error),
    };
    match answer {
        Ok(live) => found(arm, &live, resource).await,
        Err(error) if is_absent(&error) => State::Missing,
        Err(error) => unreadable(reason("flexible server", &error)),
    }
}

/// Kinds that are read by their ids: one request each.
async fn read_each(arm: &Arm, resources: Vec<&Resource>, report: Report<'_>) -> Seen {
    futures::stream::iter(resources)
        .map(|resource| async move {
            let state = one::read(arm, resource).await;
            report(Progress::Read(1));
            (resource.address.clone(), state)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

/// ARM itself says that the resource, or what would hold it, is not there. An unknown subscription is
/// no absence: it is what credentials of another tenant see. Nor is a 404 of somebody in between.
fn is_absent(error: &azure_core::Error) -> bool {
    match error.kind() {
        ErrorKind::HttpResponse {
            status: StatusCode::NotFound,
            error_code: Some(code),
        } => {
            let absent = code.ends_with("NotFound") || code == "RoleDefinitionDoesNotExist";
            absent && code != "SubscriptionNotFound"
        }
        _ => false,
    }
}

/// What went wrong, in a line: status and code where ARM answered.
fn reason(action: &str, error: &azure_core::Error) -> String {
    match error.kind() {
        ErrorKind::HttpResponse { status, error_code } => {
            let code = error_code.as_deref().unwrap_or("no error code");
            one_line(&format!("{action}: HTTP {}, {code}", u16::from(*status)))
        }
        _ => format!("{action}: {}", chain(error)),
    }
}
