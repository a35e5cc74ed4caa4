//! Azure Backup: what a vault backs up, by one list for each vault.

mod instance;
pub(super) mod policy;
pub(super) mod vault;

use std::collections::BTreeMap;

use futures::StreamExt;

use super::super::{AT_A_TIME, Seen, all_unreadable, grouped, unreadable};
use super::arm::Arm;
use super::{is_absent, reason};
pub(super) use instance::is_gone;

use crate::cloud::Owned;
use crate::cloud::azure::backup::{BackupInstance, BackupVault};
use crate::cloud::azure::reads::list_of;
use crate::cloud::azure::resource_id;
use crate::plan::{Body, Resource, Scope};

pub(super) fn is_instance(body: &Body) -> bool {
    matches!(body, Body::AzureInstance(_))
}

/// What vaults back up.
pub(super) async fn read(arm: &Arm, instances: Vec<&Resource>) -> Seen {
    let vaults: BTreeMap<String, Vec<&Resource>> = grouped(instances, vault_of);
    let seen: Vec<Seen> = futures::stream::iter(vaults)
        .map(|(vault, instances)| async move { list(arm, &vault, &instances).await })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    seen.into_iter().flatten().collect()
}

/// The vault that an instance is in: its path.
fn vault_of(resource: &Resource) -> Option<String> {
    let Scope::Azure {
        subscription,
        resource_group,
    } = &resource.address.scope
    else {
        return None;
    };
    let (vault, _) = resource.address.name.split_once('/')?;
    Some(resource_id(
        subscription,
        resource_group,
        BackupVault::TYPE,
        vault,
    ))
}

/// A list leaves out nothing of its vault: whoever may not read it is refused.
async fn list(arm: &Arm, vault: &str, instances: &[&Resource]) -> Seen {
    let version = BackupVault::API_VERSION.unwrap_or_default();
    let answer = arm
        .list(&list_of(vault, BackupInstance::TYPE), version)
        .await;
    let listed = match answer {
        Ok(listed) => listed,
        // With its vault everything in it is gone.
        Err(error) if is_absent(&error) => Vec::new(),
        Err(error) => {
            return all_unreadable(instances, &reason("backups in the vault", &error));
        }
    };
    let state = |resource: &&Resource| {
        let state = match &resource.body {
            Body::AzureInstance(planned) => instance::state(planned, &listed),
            _ => unreadable("not a backup instance"),
        };
        (resource.address.clone(), state)
    };
    instances.iter().map(state).collect()
}
