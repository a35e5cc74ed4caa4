//! The vaults of AWS Backup.

use std::collections::BTreeMap;

use super::super::{Places, Purpose, Resource};
use super::keys::Key;
use super::{Region, backups, restore_tests};
use crate::cloud::aws::{PolicyDocument, Tags, Value, backup, partition};
use crate::policy::{Duration, LockMode, Unit, VaultLock};
use crate::resolve::{Estate, Resolved, Vault};
use crate::source::Place;

/// Logical ids of a vault's stack.
const VAULT: &str = "Vault";
const KEY: &str = "VaultKey";

/// How long a compliance lock can still be taken back where the policy does not say.
const GRACE: Duration = Duration::new(14, Unit::Day);

/// A vault, the plans that fill it, and the tests of what is in it.
pub(in crate::plan) fn vault(vault: &Vault<'_>, estate: &Estate<'_>) -> Vec<Resource> {
    let Some(region) = Region::of(vault.site) else {
        return Vec::new();
    };
    let members = backups::members(vault, region, estate);
    let key = Key {
        purpose: Purpose::Vault,
        name: vault.name,
        stack: vault.name,
        logical_id: KEY,
        encrypts: format!("what is copied into the vault {}", vault.name.value),
        tags: tags(vault).map(Tags),
        users: Vec::new(),
        place: vault.written.name.place,
    };
    let mut resources: Vec<Resource> = key.resources(region).into();
    resources.push(itself(vault, region, estate));
    resources.extend(backups::plans(vault, region, &members, estate));
    resources.extend(restore_tests::tests(vault, region, &members));
    resources
}

/// The vault with its lock, its own key, and who may copy into it.
fn itself(vault: &Vault<'_>, region: Region<'_>, estate: &Estate<'_>) -> Resource {
    let written = vault.written;
    let mut places = Places::new();
    if let Some(lock) = &written.lock {
        let mut add = |path: &'static str, written: Option<Place>| {
            let place = written.unwrap_or(lock.mode.place);
            places.push((path.into(), place));
        };
        add("/LockConfiguration", None);
        let min = lock.min.as_ref().map(|it| it.place);
        let max = lock.max.as_ref().map(|it| it.place);
        let grace = lock.grace.as_ref().map(|it| it.place);
        add("/LockConfiguration/MinRetentionDays", min);
        add("/LockConfiguration/MaxRetentionDays", max);
        add("/LockConfiguration/ChangeableForDays", grace);
    }
    let sources = sources(vault, region, estate);
    for (account, place) in &sources {
        let path = format!("/AccessPolicy/Statement/{}", sid(account));
        places.push((path.into(), *place));
    }
    let tag = |(key, tag): (&String, &Resolved<String>)| {
        let step = key.replace('~', "~0").replace('/', "~1");
        Some((format!("/BackupVaultTags/{step}").into(), tag.place?))
    };
    places.extend(vault.tags.iter().filter_map(tag));
    let body = backup::BackupVault {
        backup_vault_name: written.name.value.clone(),
        encryption_key_arn: Some(Value::attribute(KEY, "Arn")),
        lock_configuration: written.lock.as_ref().map(lock),
        access_policy: access(sources.keys(), region),
        backup_vault_tags: tags(vault),
    };
    let owner = region.stack(Purpose::Vault, vault.name, VAULT);
    let name = &written.name;
    Resource {
        places,
        ..region.resource(vault.name, name, body, owner, name.place)
    }
}

fn tags(vault: &Vault<'_>) -> Option<BTreeMap<String, String>> {
    let tags = vault.tags.iter();
    let tags: BTreeMap<_, _> = tags
        .map(|(key, tag)| (key.clone(), tag.value.clone()))
        .collect();
    (!tags.is_empty()).then_some(tags)
}

fn lock(written: &VaultLock) -> backup::VaultLock {
    let days = |length: Duration| length.days() as u32;
    let grace = written.grace.as_ref().map_or(GRACE, |grace| grace.value);
    backup::VaultLock {
        // CloudFormation wants one; every backup is kept for a day.
        min_retention_days: Some(written.min.as_ref().map_or(1, |min| days(min.value))),
        max_retention_days: written.max.as_ref().map(|max| days(max.value)),
        changeable_for_days: match written.mode.value {
            LockMode::Governance => None,
            LockMode::Compliance => Some(days(grace)),
        },
    }
}

/// The other accounts whose backups are copied into a vault, each with the first place that says so.
fn sources<'w>(
    vault: &Vault<'_>,
    region: Region<'_>,
    estate: &Estate<'w>,
) -> BTreeMap<&'w str, Place> {
    let mut sources = BTreeMap::new();
    for database in estate.copied_to(vault) {
        let Some(from) = Region::of(database.site) else {
            continue;
        };
        let mut copies = database.intent.copies.to.iter();
        if let Some(copy) = copies.find(|copy| copy.value == vault.name.value)
            && database.written.vault.is_some()
            && from.account != region.account
        {
            let place = copy.place.unwrap_or(database.name.place);
            sources.entry(from.account).or_insert(place);
        }
    }
    sources
}

fn sid(account: &str) -> String {
    format!("CopiesFrom{account}")
}

/// A vault takes copies from another account only where its own policy says so.
fn access<'a>(
    accounts: impl Iterator<Item = &'a &'a str>,
    region: Region<'_>,
) -> Option<PolicyDocument> {
    let partition = partition(region.region);
    let mut statements = accounts
        .map(|account| {
            serde_json::json!({
                "Sid": sid(account),
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:{partition}:iam::{account}:root") },
                "Action": "backup:CopyIntoBackupVault",
                "Resource": "*",
            })
        })
        .peekable();
    statements.peek()?;
    Some(PolicyDocument::new(statements))
}
