//! The commands that bring a vault of AWS Backup back.

use serde_json::Value;

use crate::cloud::Command;
use crate::cloud::aws::{arn, backup};
use crate::plan::{Resource, Scope};

fn command(resource: &Resource, verb: &str) -> Option<Command> {
    let Scope::Aws { region, .. } = &resource.address.scope else {
        return None;
    };
    Some(Command::new(["aws", "backup", verb, "--region", region]))
}

/// Puts the part of a vault that a pointer is in.
pub(super) fn put(
    resource: &Resource,
    vault: &backup::BackupVault,
    pointer: &str,
) -> Option<Command> {
    let name = &vault.backup_vault_name;
    let named = |verb| Some(command(resource, verb)?.args(["--backup-vault-name", name]));
    match pointer.split('/').nth(1)? {
        "LockConfiguration" => {
            let lock = vault.lock_configuration.as_ref()?;
            let options = [
                ("--min-retention-days", lock.min_retention_days),
                ("--max-retention-days", lock.max_retention_days),
                ("--changeable-for-days", lock.changeable_for_days),
            ];
            let words = options
                .into_iter()
                .filter_map(|(option, days)| Some([option.to_owned(), days?.to_string()]));
            Some(named("put-backup-vault-lock-configuration")?.args(words.flatten()))
        }
        "AccessPolicy" => {
            let policy = vault.access_policy.clone()?;
            let policy = Value::from(policy).to_string();
            Some(named("put-backup-vault-access-policy")?.args(["--policy", &policy]))
        }
        _ => None,
    }
}

pub(super) fn put_tags(resource: &Resource, vault: &backup::BackupVault) -> Option<Command> {
    let Scope::Aws { account, region } = &resource.address.scope else {
        return None;
    };
    let name = format!("backup-vault:{}", vault.backup_vault_name);
    let tags = serde_json::to_string(vault.backup_vault_tags.as_ref()?).ok()?;
    Some(command(resource, "tag-resource")?.args([
        "--resource-arn",
        &arn("backup", region, account, &name),
        "--tags",
        &tags,
    ]))
}
