//! Vaults, by listing them: of one that does not exist AWS Backup says only that access is denied.

use std::collections::BTreeMap;

use aws_sdk_backup::types::BackupVaultListMember as Live;
use futures::StreamExt;

use super::super::super::{AT_A_TIME, Seen, State, Turned, all_unreadable};
use super::super::{reason, unless};
use super::{Asked, PAGE, days, found};
use crate::cloud::aws::limits::LOCK_GRACE_DAYS;
use crate::cloud::aws::{PolicyDocument, backup, reads};
use crate::plan::{Body, Resource};

pub(super) async fn read(asked: &Asked<'_>, resources: &[&Resource]) -> Seen {
    let planned = resources
        .iter()
        .filter_map(|resource| match &resource.body {
            Body::BackupVault(body) => Some((*resource, &**body)),
            _ => None,
        });
    let planned: Vec<(&Resource, &backup::BackupVault)> = planned.collect();
    if planned.is_empty() {
        return Seen::new();
    }
    let names = planned.iter().map(|(_, body)| &*body.backup_vault_name);
    let live = match list(asked, names.collect()).await {
        Ok(live) => live,
        Err(reason) => {
            let resources: Vec<_> = planned.iter().map(|(resource, _)| *resource).collect();
            return all_unreadable(&resources, &reason);
        }
    };
    let live = &live;
    futures::stream::iter(planned)
        .map(|(resource, planned)| async move {
            let state = match live.get(&planned.backup_vault_name) {
                Some(live) => vault(asked, resource, planned, live).await,
                None => State::Missing,
            };
            (resource.address.clone(), state)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

async fn list(asked: &Asked<'_>, names: Vec<&str>) -> Result<BTreeMap<String, Live>, String> {
    let mut live = BTreeMap::new();
    let request = asked.client.list_backup_vaults();
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let mut turned = Turned::of(reads::LIST_VAULTS.action);
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(reads::LIST_VAULTS.action, &error))?;
        turned.to(page.next_token())?;
        for vault in page.backup_vault_list.unwrap_or_default() {
            if let Some(name) = vault.backup_vault_name().filter(|it| names.contains(it)) {
                live.insert(name.to_owned(), vault);
            }
        }
    }
    Ok(live)
}

async fn vault(
    asked: &Asked<'_>,
    resource: &Resource,
    planned: &backup::BackupVault,
    live: &Live,
) -> State {
    let mut unread = BTreeMap::new();
    let mut read = |pointer: &str, reason| {
        unread.insert(pointer.to_owned(), reason);
        None
    };
    let key = live.encryption_key_arn().map(|key| {
        let planned = planned.encryption_key_arn.as_ref();
        asked.named(resource, planned, key)
    });
    let (policy, tags) = futures::join!(policy(asked, planned), tags(asked, planned, live));
    let body = backup::BackupVault {
        backup_vault_name: planned.backup_vault_name.clone(),
        encryption_key_arn: key
            .transpose()
            .unwrap_or_else(|reason| read("/EncryptionKeyArn", reason)),
        lock_configuration: lock(planned, live),
        access_policy: policy.unwrap_or_else(|reason| {
            read("/AccessPolicy", reason);
            None
        }),
        backup_vault_tags: tags.unwrap_or_else(|reason| {
            read("/BackupVaultTags", reason);
            None
        }),
    };
    let mut seen = asked.found(resource, &body);
    seen.unread = unread;
    found(seen)
}

/// AWS Backup tells from when on a lock is immutable, not after how many days it became so: of a lock
/// that has such a date the planned days are right.
fn lock(planned: &backup::BackupVault, live: &Live) -> Option<backup::VaultLock> {
    let planned = planned.lock_configuration.as_ref();
    let grace = planned.and_then(|lock| lock.changeable_for_days);
    live.locked().unwrap_or(false).then(|| backup::VaultLock {
        min_retention_days: days(live.min_retention_days()),
        max_retention_days: days(live.max_retention_days()),
        changeable_for_days: live
            .lock_date()
            .map(|_| grace.unwrap_or(LOCK_GRACE_DAYS as u32)),
    })
}

async fn policy(
    asked: &Asked<'_>,
    planned: &backup::BackupVault,
) -> Result<Option<PolicyDocument>, String> {
    if planned.access_policy.is_none() {
        return Ok(None);
    }
    let request = asked.client.get_backup_vault_access_policy();
    let request = request.backup_vault_name(&planned.backup_vault_name);
    let action = reads::GET_VAULT_POLICY.action;
    let answer = unless(request.send().await, "ResourceNotFoundException", action)?;
    let text = answer.and_then(|answer| answer.policy().map(str::to_owned));
    let document = text.map(|text| serde_json::from_str(&text));
    document
        .transpose()
        .map_err(|error| format!("{action}: the policy is not JSON: {error}"))
}

async fn tags(
    asked: &Asked<'_>,
    planned: &backup::BackupVault,
    live: &Live,
) -> Result<Option<BTreeMap<String, String>>, String> {
    let (Some(_), Some(arn)) = (&planned.backup_vault_tags, live.backup_vault_arn()) else {
        return Ok(None);
    };
    let request = asked.client.list_tags().resource_arn(arn);
    let mut pages = request.into_paginator().send();
    let (mut tags, mut turned) = (BTreeMap::new(), Turned::of(reads::LIST_VAULT_TAGS.action));
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(reads::LIST_VAULT_TAGS.action, &error))?;
        turned.to(page.next_token())?;
        tags.extend(
            page.tags()
                .into_iter()
                .flatten()
                .map(|(k, v)| (k.clone(), v.clone())),
        );
    }
    Ok(Some(tags))
}
