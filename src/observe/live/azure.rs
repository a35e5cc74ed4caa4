//! Azure: one list of servers per subscription, one management policy per storage account.

mod access;
mod arm;
mod backup;
mod credential;
mod lock;
mod policy;
mod server;
mod told;
mod transport;

use std::collections::{BTreeMap, HashSet};

use azure_core::StatusCode;
use azure_core::error::ErrorKind;
use azure_mgmt_postgresql::package_flexibleserver_2024_08_01::models::Server;
use futures::StreamExt;

use super::{AT_A_TIME, Found, Report, Seen, State, all_unreadable, chain, grouped};
use super::{one_line, unreadable};
use crate::cloud::azure::resource_id;
use crate::plan::{Body, Resource, Scope};
use arm::Arm;

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
            let of = |kind: fn(&Body) -> bool| -> Vec<&Resource> {
                let all = resources.iter().copied();
                all.filter(|resource| kind(&resource.body)).collect()
            };
            let servers = of(is_server);
            let policies = of(|body| matches!(body, Body::ManagementPolicy(_)));
            let locks = of(|body| matches!(body, Body::Lock(_)));
            let roles = of(|body| matches!(body, Body::RoleAssignment(_)));
            let (mut seen, policies, locks, roles, backups) = futures::join!(
                read_servers(arm, &subscription, &servers, report),
                each(&policies, |resource| read_policy(arm, resource)),
                each(&locks, |resource| lock::read(arm, resource)),
                each(&roles, |resource| access::read(arm, resource)),
                backup::read(arm, &resources),
            );
            for others in [policies, locks, roles, backups] {
                seen.extend(others);
            }
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
            return all_unreadable(resources, &reason("list of flexible servers", &error));
        }
    };
    let (count, names) = (servers.len(), subscription);
    report(&format!("azure {names}: {count} flexible servers"));
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
            (resource.address.clone(), state)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

/// Every page, or the error: half a list would report what is there as missing.
async fn list(arm: &Arm, subscription: &str) -> azure_core::Result<Vec<Server>> {
    let request = arm.postgres()?.servers_client().list(subscription);
    let mut pages = request.into_stream();
    let mut servers = Vec::new();
    let mut links = HashSet::new();
    while let Some(page) = pages.next().await {
        let page = page?;
        servers.extend(page.value);
        if page.next_link.is_some_and(|link| !links.insert(link)) {
            let message = "the list leads back to a page that was read already";
            return Err(azure_core::Error::message(ErrorKind::Other, message));
        }
    }
    Ok(servers)
}

/// A server that is there. The client drops the members of its identity, so they are read by a GET of
/// their own, with the version of the API that templates are written for.
async fn found(arm: &Arm, live: &Server, resource: &Resource) -> State {
    if !server::has_identity(&resource.body) {
        return server::state(live, resource, Ok(None));
    }
    let version = resource.body.api_version().unwrap_or_default();
    let identity = match id(resource) {
        Some(path) => arm.get(&path, version).await,
        None => return unreadable("not a resource of Azure"),
    };
    let identity = match identity {
        Ok(answer) => Ok(server::identity(&answer, &resource.body)),
        Err(error) => Err(reason("identity of the flexible server", &error)),
    };
    server::state(live, resource, identity)
}

/// The id of a resource: its path. An assignment in a group, or a lock, is of what it is about.
fn id(resource: &Resource) -> Option<String> {
    let (kind, name) = (&resource.address.kind, &resource.address.name);
    let Scope::Azure {
        subscription,
        resource_group,
    } = &resource.address.scope
    else {
        return None;
    };
    let about = |scope: &str, name: &str| format!("{scope}/providers/{kind}/{name}");
    Some(match &resource.body {
        Body::Lock(lock) => about(&lock.scope, &lock.name),
        Body::RoleAssignment(role) => match &role.scope {
            Some(scope) => about(scope, &role.name),
            None => resource_id(subscription, resource_group, kind, &role.name),
        },
        _ => resource_id(subscription, resource_group, kind, name),
    })
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

/// Resources that are read one by one.
async fn each<'p, F>(resources: &[&'p Resource], read: impl Fn(&'p Resource) -> F) -> Seen
where
    F: Future<Output = State>,
{
    let read = &read;
    futures::stream::iter(resources)
        .map(|resource| async move { (resource.address.clone(), read(resource).await) })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

async fn read_policy(arm: &Arm, resource: &Resource) -> State {
    let Scope::Azure {
        subscription,
        resource_group,
    } = &resource.address.scope
    else {
        return unreadable("not a resource of Azure");
    };
    let account = &resource.address.name;
    let path = format!(
        "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers\
         /Microsoft.Storage/storageAccounts/{account}/managementPolicies/default"
    );
    let answer = arm
        .get(&path, resource.body.api_version().unwrap_or_default())
        .await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if is_absent(&error) => return State::Missing,
        Err(error) => return unreadable(reason("management policy", &error)),
    };
    match policy::live(&answer, account) {
        Ok(live) => State::Found(Box::new(Found {
            live,
            ..Found::default()
        })),
        Err(problem) => unreadable(format!(
            "management policy: the answer has another form than documented: {problem}"
        )),
    }
}

/// ARM itself says that the resource, or what would hold it, is not there. An unknown subscription is
/// no absence: it is what credentials of another tenant see. Nor is a 404 of somebody in between.
fn is_absent(error: &azure_core::Error) -> bool {
    match error.kind() {
        ErrorKind::HttpResponse {
            status: StatusCode::NotFound,
            error_code: Some(code),
        } => code.ends_with("NotFound") && code != "SubscriptionNotFound",
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
