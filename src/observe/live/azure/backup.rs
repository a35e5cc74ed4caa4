//! Azure Backup: vaults and policies one by one, what a vault backs up by one list for each vault.

mod instance;
mod policy;
mod vault;

use std::collections::BTreeMap;

use futures::StreamExt;
use serde_json::Value;

use super::super::{AT_A_TIME, Found, Seen, State, all_unreadable, grouped, unreadable};
use super::arm::Arm;
use super::{each, id, is_absent, reason};
use crate::cloud::Owned;
use crate::cloud::azure::backup::BackupVault;
use crate::cloud::azure::resource_id;
use crate::plan::{Body, Resource, Scope};

/// The vaults, policies and instances among the resources.
pub(super) async fn read(arm: &Arm, resources: &[&Resource]) -> Seen {
    let of = |kind: fn(&Body) -> bool| -> Vec<&Resource> {
        let all = resources.iter().copied();
        all.filter(|resource| kind(&resource.body)).collect()
    };
    let single = of(|body| matches!(body, Body::AzureVault(_) | Body::AzurePolicy(_)));
    let instances = of(|body| matches!(body, Body::AzureInstance(_)));
    let (mut seen, instances) = futures::join!(
        each(&single, |resource| one(arm, resource)),
        lists(arm, instances),
    );
    seen.extend(instances);
    seen
}

async fn one(arm: &Arm, resource: &Resource) -> State {
    let what = match &resource.body {
        Body::AzureVault(_) => "vault",
        _ => "backup policy",
    };
    let Some(path) = id(resource) else {
        return unreadable("not a resource of Azure");
    };
    let version = resource.body.api_version().unwrap_or_default();
    let answer = match arm.get(&path, version).await {
        Ok(answer) => answer,
        Err(error) if is_absent(&error) => return State::Missing,
        Err(error) => return unreadable(reason(what, &error)),
    };
    let live = match &resource.body {
        Body::AzureVault(planned) => vault::live(planned, &answer),
        Body::AzurePolicy(planned) => policy::live(planned, &answer),
        _ => Err("nobody asked for it"),
    };
    match live {
        Ok(live) => State::Found(Box::new(Found {
            live,
            busy: busy(&answer),
            ..Found::default()
        })),
        Err(problem) => unreadable(format!(
            "{what}: the answer has another form than documented: {problem}"
        )),
    }
}

/// A state that a vault is passing through.
fn busy(answer: &Value) -> Option<String> {
    let state = answer["properties"]["provisioningState"].as_str();
    let passing = state.filter(|state| matches!(*state, "Provisioning" | "Updating"));
    passing.map(str::to_owned)
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

async fn lists(arm: &Arm, instances: Vec<&Resource>) -> Seen {
    let vaults: BTreeMap<String, Vec<&Resource>> = grouped(instances, vault_of);
    let seen: Vec<Seen> = futures::stream::iter(vaults)
        .map(|(vault, instances)| async move { list(arm, &vault, &instances).await })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    seen.into_iter().flatten().collect()
}

/// A list leaves out nothing of its vault: whoever may not read it is refused.
async fn list(arm: &Arm, vault: &str, instances: &[&Resource]) -> Seen {
    let version = BackupVault::API_VERSION.unwrap_or_default();
    let answer = arm.list(&format!("{vault}/backupInstances"), version).await;
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
