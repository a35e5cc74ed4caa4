//! RDS: the automated backups that a Region holds of instances in other Regions.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_rds::types::DbInstanceAutomatedBackup as Live;
use tokio::sync::{Mutex, OnceCell};

use super::super::Turned;
use super::clients::Clients;
use super::session::Sessions;
use super::sweep::lower;
use super::{Place, place, reason};
use crate::cloud::aws::{arn, reads};
use crate::plan::{Address, Body, Resource, Scope};

/// The most that RDS gives in one page.
const PAGE: i32 = 100;

/// What is left of a replication that was stopped.
const RETAINED: &str = "retained";

/// Days by the source instance's ARN; or why they could not be read.
pub(super) type Swept = Result<BTreeMap<String, u32>, String>;

/// For how many days the destination of an instance holds its backups. None: it holds none.
pub(super) type Held = Result<Option<u32>, String>;

/// Each destination is swept once, whichever Region asks first.
pub(super) struct Replications<'s> {
    sessions: &'s Sessions,
    destinations: BTreeMap<Address, Place>,
    swept: Mutex<BTreeMap<Place, Arc<OnceCell<Swept>>>>,
}

impl<'s> Replications<'s> {
    pub(super) fn new(sessions: &'s Sessions, resources: &[&Resource]) -> Replications<'s> {
        // A location is read with its own role, and the key there is of that location.
        let keys: BTreeMap<(&str, &Scope), Place> = resources
            .iter()
            .filter(|resource| matches!(resource.body, Body::Key(_)))
            .filter_map(|key| Some(((key.name.as_str(), &key.address.scope), place(key)?)))
            .collect();
        let destination = |resource: &&Resource| {
            let (Body::DbInstance(body), Scope::Aws { account, .. }) =
                (&resource.body, &resource.address.scope)
            else {
                return None;
            };
            let there = Place {
                account: account.clone(),
                role: resource.role.clone(),
                region: body.replication_region.clone()?,
            };
            let scope = Scope::Aws {
                account: there.account.clone(),
                region: there.region.clone(),
            };
            let key = keys.get(&(resource.name.as_str(), &scope));
            Some((resource.address.clone(), key.cloned().unwrap_or(there)))
        };
        Replications {
            sessions,
            destinations: resources.iter().filter_map(destination).collect(),
            swept: Mutex::default(),
        }
    }

    /// What the destination of each instance holds, where the plan names one.
    pub(super) async fn of(&self, instances: &[&Resource]) -> BTreeMap<Address, Held> {
        let mut held = BTreeMap::new();
        for address in instances.iter().map(|instance| &instance.address) {
            let Some(there) = self.destinations.get(address) else {
                continue;
            };
            let cell = self
                .swept
                .lock()
                .await
                .entry(there.clone())
                .or_default()
                .clone();
            let days = match cell.get_or_init(|| self.sweep(there)).await {
                Ok(swept) => Ok(source_arn(address).and_then(|arn| swept.get(&arn).copied())),
                Err(reason) => Err(format!("in {}: {reason}", there.region)),
            };
            held.insert(address.clone(), days);
        }
        held
    }

    async fn sweep(&self, there: &Place) -> Swept {
        // With another account's credentials there would seem to be none.
        self.sessions.check_account(there).await?;
        read(&self.sessions.clients(there).await).await
    }
}

/// Reads every page of what a Region holds, or says why not.
pub(super) async fn read(clients: &Clients) -> Swept {
    let request = clients.rds().describe_db_instance_automated_backups();
    let action = reads::DESCRIBE_AUTOMATED_BACKUPS.action;
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let (mut swept, mut turned) = (BTreeMap::new(), Turned::of(action));
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(action, &error))?;
        turned.to(page.marker())?;
        let backups = page.db_instance_automated_backups();
        swept.extend(backups.iter().filter_map(running));
    }
    Ok(swept)
}

fn source_arn(address: &Address) -> Option<String> {
    match &address.scope {
        Scope::Aws { account, region } => {
            Some(arn("rds", region, account, &format!("db:{}", address.name)))
        }
        Scope::Azure { .. } => None,
    }
}

/// A Region lists the backups of its own instances as well; no one asks for those here.
fn running(backup: &Live) -> Option<(String, u32)> {
    let source = lower(backup.db_instance_arn())?;
    let days = backup.backup_retention_period().unwrap_or_default();
    (backup.status() != Some(RETAINED)).then(|| (source, u32::try_from(days).unwrap_or_default()))
}
