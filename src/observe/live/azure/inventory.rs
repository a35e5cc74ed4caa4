//! Every flexible server of a subscription, and the vaults of Azure Backup that hold it.

use std::collections::BTreeMap;

use azure_mgmt_postgresql::package_flexibleserver_2024_08_01::models::Server;
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::arm::Arm;
use super::{list, reason, server};
use crate::cloud::Owned;
use crate::cloud::azure::backup::{BackupInstance, BackupVault};
use crate::cloud::azure::postgres;
use crate::cloud::azure::reads::{list_in, list_of};
use crate::observe::inventory::{Contents, Database, Holder, KeyOwner, Listing, Live, Place};
use crate::observe::live::{AT_A_TIME, Progress, Report, hold_unread};
use crate::plan::{Address, Scope};

/// Reads subscriptions. Azure's credentials are one for all: there is no role to assume.
pub(in super::super) async fn inventory(
    wanted: Vec<(Place, Option<String>)>,
    report: Report<'_>,
) -> Vec<(Place, Listing)> {
    let subscriptions = wanted.into_iter().filter_map(|(place, _)| match place {
        Place::Azure { subscription } => Some(subscription),
        Place::Aws { .. } => None,
    });
    let subscriptions: Vec<String> = subscriptions.collect();
    if subscriptions.is_empty() {
        return Vec::new();
    }
    let arm = &Arm::from_environment();
    futures::stream::iter(subscriptions)
        .map(|subscription| async move {
            let listing = match arm {
                Ok(arm) => contents(arm, &subscription, report).await,
                Err(reason) => Err(reason.clone()),
            };
            let listing =
                listing.map_or_else(|reason| Listing::Unreadable { reason }, Listing::Read);
            (Place::Azure { subscription }, listing)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

async fn contents(arm: &Arm, subscription: &str, report: Report<'_>) -> Result<Contents, String> {
    let servers = list(arm, subscription).await;
    let servers = servers.map_err(|error| reason("list of flexible servers", &error))?;
    let count = servers.len();
    report(Progress::Says(&format!(
        "azure {subscription}: {count} flexible servers"
    )));
    let mut contents = Contents {
        databases: servers.iter().filter_map(database).collect(),
        ..Contents::default()
    };
    if contents.databases.is_empty() {
        return Ok(contents);
    }
    match held(arm, subscription).await {
        Ok(held) => {
            for database in &mut contents.databases {
                let id = id(database).to_ascii_lowercase();
                database.held_by = held.get(&id).cloned().unwrap_or_default();
            }
        }
        Err(reason) => {
            contents.unread.push(reason);
            hold_unread(&mut contents);
        }
    }
    Ok(contents)
}

fn database(server: &Server) -> Option<Database> {
    let (id, live) = server::told(server)?;
    let steps: Vec<&str> = id.split('/').collect();
    let [_, _, subscription, _, resource_group, .., _] = steps[..] else {
        return None;
    };
    let (name, encryption) = match &live {
        Live::Server(body) => (&body.name, &body.properties.data_encryption),
        Live::Replica(body) => (&body.name, &body.properties.data_encryption),
        Live::Instance(_) => return None,
    };
    Some(Database {
        address: Address {
            scope: Scope::Azure {
                subscription: subscription.to_ascii_lowercase(),
                resource_group: resource_group.to_owned(),
            },
            kind: postgres::FlexibleServer::TYPE.to_owned(),
            name: name.clone(),
        },
        key: Some(match encryption {
            Some(_) => KeyOwner::Customer,
            None => KeyOwner::Provider,
        }),
        live,
        cluster: None,
        held_by: Vec::new(),
        withheld: Vec::new(),
    })
}

fn id(database: &Database) -> String {
    let Scope::Azure {
        subscription,
        resource_group,
    } = &database.address.scope
    else {
        return String::new();
    };
    let (kind, name) = (&database.address.kind, &database.address.name);
    crate::cloud::azure::resource_id(subscription, resource_group, kind, name)
}

/// What each vault of a subscription backs up, by the id of what it is, in lower case.
async fn held(arm: &Arm, subscription: &str) -> Result<BTreeMap<String, Vec<Holder>>, String> {
    let version = BackupVault::API_VERSION.unwrap_or_default();
    let path = list_in(subscription, BackupVault::TYPE);
    let vaults = arm.list(&path, version).await;
    let vaults = vaults.map_err(|error| reason("list of backup vaults", &error))?;
    let ids = vaults.iter().filter_map(|vault| vault["id"].as_str());
    let instances: Vec<Vec<(String, Holder)>> = futures::stream::iter(ids)
        .map(|vault| async move {
            let listed = arm
                .list(&list_of(vault, BackupInstance::TYPE), version)
                .await;
            let listed = listed.map_err(|error| reason("backups in the vault", &error))?;
            Ok::<_, String>(listed.iter().filter_map(|it| holder(vault, it)).collect())
        })
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    let mut held: BTreeMap<String, Vec<Holder>> = BTreeMap::new();
    for (source, holder) in instances.into_iter().flatten() {
        held.entry(source).or_default().push(holder);
    }
    held.values_mut().for_each(|holders| holders.sort());
    Ok(held)
}

fn holder(vault: &str, told: &Value) -> Option<(String, Holder)> {
    let last = |id: &str| id.rsplit('/').next().unwrap_or_default().to_owned();
    let properties = &told["properties"];
    let source = properties["dataSourceInfo"]["resourceID"].as_str()?;
    if super::backup::is_gone(told) {
        return None;
    }
    let policy = properties["policyInfo"]["policyId"].as_str();
    let holder = Holder::Vault {
        vault: last(vault),
        policy: policy.map(last).unwrap_or_default(),
    };
    Some((source.to_ascii_lowercase(), holder))
}
