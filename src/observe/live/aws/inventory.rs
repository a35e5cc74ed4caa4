//! Every instance of an account's Region, whose its key is, and what holds it besides RDS.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types::DbInstance;
use futures::{StreamExt, TryStreamExt};

use super::clients::Clients;
use super::session::Sessions;
use super::{Place, backup, instances, reason, replications};
use crate::cloud::Owned;
use crate::cloud::aws::{Value, arn, rds, reads};
use crate::observe::inventory::{self, Contents, Database, Holder, KeyOwner, Listing, Live};
use crate::observe::live::{AT_A_TIME, Progress, Report, Turned, hold_unread};
use crate::plan::{Address, Scope};

/// The most that RDS gives in one page.
const PAGE: i32 = 100;

/// A state after which an instance is no more.
const GOING: &str = "deleting";

/// Reads accounts and Regions, each with the role to assume.
pub(in super::super) async fn inventory(
    wanted: Vec<(inventory::Place, Option<String>)>,
    report: Report<'_>,
) -> Vec<(inventory::Place, Listing)> {
    let places: Vec<Place> = wanted.into_iter().filter_map(place).collect();
    let Some(first) = places.first() else {
        return Vec::new();
    };
    let sessions = Sessions::new(&first.region).await;
    let mut accounts: BTreeMap<_, Vec<Place>> = BTreeMap::new();
    for place in places {
        let account = (place.account.clone(), place.role.clone());
        accounts.entry(account).or_default().push(place);
    }
    let sessions = &sessions;
    let listed: Vec<Vec<_>> = futures::stream::iter(accounts.into_values())
        .map(|places| account(sessions, places, report))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    listed.into_iter().flatten().collect()
}

fn place((wanted, role): (inventory::Place, Option<String>)) -> Option<Place> {
    match wanted {
        inventory::Place::Aws { account, region } => Some(Place {
            account,
            role,
            region,
        }),
        inventory::Place::Azure { .. } => None,
    }
}

async fn account(
    sessions: &Sessions,
    places: Vec<Place>,
    report: Report<'_>,
) -> Vec<(inventory::Place, Listing)> {
    let Some(first) = places.first() else {
        return Vec::new();
    };
    let whose = sessions.check_account(first).await;
    futures::stream::iter(places)
        .map(|place| {
            let whose = &whose;
            async move {
                let listing = match whose {
                    Ok(()) => region(sessions, &place, report).await,
                    Err(reason) => Err(reason.clone()),
                };
                let listing =
                    listing.map_or_else(|reason| Listing::Unreadable { reason }, Listing::Read);
                let Place {
                    account, region, ..
                } = place;
                (inventory::Place::Aws { account, region }, listing)
            }
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

async fn region(
    sessions: &Sessions,
    place: &Place,
    report: Report<'_>,
) -> Result<Contents, String> {
    let clients = sessions.clients(place).await;
    let live = list(&clients).await?;
    let (account, region) = (&place.account, &place.region);
    report(Progress::Says(&format!(
        "aws {account} {region}: {} instances",
        live.len()
    )));
    let mut contents = Contents {
        databases: live.iter().map(|live| database(place, live)).collect(),
        ..Contents::default()
    };
    // Nobody asks AWS Backup and KMS about nothing.
    if contents.databases.is_empty() {
        return Ok(contents);
    }
    let (held, keys, replicated) = futures::join!(
        backup::held(&clients),
        key_owners(&clients, &contents.databases),
        replicated(sessions, place, &live)
    );
    let mut unread = Vec::new();
    let mut told = |answer: Result<_, String>| answer.map_err(|reason| unread.push(reason)).ok();
    let keys = told(keys).unwrap_or_default();
    let replicated = match replicated {
        Ok(replicated) => replicated,
        Err(reason) => {
            unread.push(reason);
            BTreeMap::new()
        }
    };
    for database in &mut contents.databases {
        let Live::Instance(body) = &mut database.live else {
            continue;
        };
        if let Some(Value::Text(key)) = &body.kms_key_id {
            database.key = keys.get(key).copied();
        }
        if let Some((region, days)) = replicated.get(&body.identifier) {
            body.replication_region = Some(region.clone());
            body.replication_retention = Some(*days);
        }
    }
    match held {
        Ok(held) => hold(&held, place, &mut contents),
        Err(reason) => {
            unread.push(reason);
            hold_unread(&mut contents);
        }
    }
    contents.unread = unread;
    Ok(contents)
}

/// Reads every page, or says why not: half a list would call what is there unknown.
async fn list(clients: &Clients) -> Result<Vec<DbInstance>, String> {
    let request = clients.rds().describe_db_instances();
    let action = reads::DESCRIBE_INSTANCES.action;
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let (mut instances, mut turned) = (Vec::new(), Turned::of(action));
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(action, &error))?;
        turned.to(page.marker())?;
        let page = page.db_instances.unwrap_or_default().into_iter();
        instances.extend(page.filter(|it| it.db_instance_status() != Some(GOING)));
    }
    Ok(instances)
}

fn database(place: &Place, live: &DbInstance) -> Database {
    let body = instances::told(live);
    let continuous = live.aws_backup_recovery_point_arn();
    let continuous = continuous.map(|arn| Holder::Continuous {
        recovery_point: arn.to_owned(),
    });
    Database {
        address: Address {
            scope: Scope::Aws {
                account: place.account.clone(),
                region: place.region.clone(),
            },
            kind: rds::DbInstance::TYPE.to_owned(),
            name: body.identifier.clone(),
        },
        live: Live::Instance(Box::new(body)),
        cluster: live.db_cluster_identifier().map(str::to_owned),
        key: None,
        held_by: continuous.into_iter().collect(),
        withheld: Vec::new(),
    }
}

fn hold(held: &backup::Held, place: &Place, contents: &mut Contents) {
    for database in &mut contents.databases {
        let name = format!("db:{}", database.address.name);
        let arn = arn("rds", &place.region, &place.account, &name);
        let holders = held.of(&arn, database.tags());
        database.held_by.extend(holders);
    }
    let all: Vec<Holder> = contents
        .databases
        .iter()
        .flat_map(|database| database.held_by.clone())
        .collect();
    contents.plans = held.plans(&all);
}

/// Whose each key is.
async fn key_owners(
    clients: &Clients,
    databases: &[Database],
) -> Result<BTreeMap<String, KeyOwner>, String> {
    let client = &clients.kms();
    let keys = databases
        .iter()
        .filter_map(|database| match &database.live {
            Live::Instance(body) => match &body.kms_key_id {
                Some(Value::Text(key)) => Some(key.clone()),
                _ => None,
            },
            Live::Server(_) | Live::Replica(_) => None,
        });
    let keys: BTreeSet<String> = keys.collect();
    let owners: Vec<Option<_>> = futures::stream::iter(keys)
        .map(|key| async move {
            let answer = match client.describe_key().key_id(&key).send().await {
                Ok(answer) => answer,
                // A key of another account, or one that was deleted.
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(|e| e.is_not_found_exception()) =>
                {
                    return Ok(None);
                }
                Err(error) => return Err(reason(reads::DESCRIBE_KEY.action, &error)),
            };
            use aws_sdk_kms::types::KeyManagerType::{Aws, Customer};
            let owner = answer.key_metadata().and_then(|key| key.key_manager());
            let owner = owner.and_then(|owner| match owner {
                Aws => Some(KeyOwner::Provider),
                Customer => Some(KeyOwner::Customer),
                _ => None,
            });
            Ok(owner.map(|owner| (key, owner)))
        })
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    Ok(owners.into_iter().flatten().collect())
}

/// The Region that receives an instance's automated backups, and the days that it keeps them, by the
/// name of the instance. Only Regions that an instance names are asked.
async fn replicated(
    sessions: &Sessions,
    place: &Place,
    live: &[DbInstance],
) -> Result<BTreeMap<String, (String, u32)>, String> {
    let mut to: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for instance in live {
        let named = instance.db_instance_automated_backups_replications().iter();
        let arns = named.filter_map(|it| it.db_instance_automated_backups_arn());
        for region in arns.filter_map(|arn| arn.split(':').nth(3)) {
            let name = instances::told(instance).identifier;
            to.entry(region).or_default().push(name);
        }
    }
    let mut replicated = BTreeMap::new();
    for (region, names) in to {
        let there = Place {
            region: region.to_owned(),
            ..place.clone()
        };
        let swept = replications::read(&sessions.clients(&there).await).await;
        let swept = swept.map_err(|reason| format!("in {region}: {reason}"))?;
        for name in names {
            let source = arn("rds", &place.region, &place.account, &format!("db:{name}"));
            if let Some(days) = swept.get(&source) {
                replicated.insert(name, (region.to_owned(), *days));
            }
        }
    }
    Ok(replicated)
}
