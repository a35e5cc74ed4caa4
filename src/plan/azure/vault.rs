//! The vaults of Azure Backup.

use std::collections::BTreeMap;

use super::super::{Places, Purpose, Resource};
use super::{Group, long_term, on};
use crate::cloud::azure::backup;
use crate::policy::{Immutability, VaultRedundancy};
use crate::resolve::{Estate, Resolved, Vault};
use crate::source::Place;

/// Days for which a deleted backup can be had back, where the policy does not say.
const SOFT_DELETE_DAYS: u32 = 14;

/// A vault, who may read for it, and what it keeps.
pub(in crate::plan) fn vault(vault: &Vault<'_>, estate: &Estate<'_>) -> Vec<Resource> {
    let Some(group) = Group::of(vault.site) else {
        return Vec::new();
    };
    let members = long_term::members(vault, estate);
    let mut resources = vec![itself(vault, group)];
    resources.extend(long_term::access(vault, group, &members));
    resources.extend(long_term::plans(vault, group, &members));
    resources
}

fn itself(vault: &Vault<'_>, group: Group<'_>) -> Resource {
    let written = vault.written;
    let redundancy = vault.redundancy();
    let immutability = vault.immutability();
    let soft_delete = written.soft_delete.as_ref();
    let tags: BTreeMap<String, String> = vault
        .tags
        .iter()
        .map(|(key, tag)| (key.clone(), tag.value.clone()))
        .collect();
    let body = backup::BackupVault {
        name: written.name.value.clone(),
        location: group.region.to_owned(),
        identity: backup::Identity {
            kind: "SystemAssigned".to_owned(),
        },
        tags: (!tags.is_empty()).then_some(tags),
        properties: backup::VaultProperties {
            storage_settings: vec![backup::StorageSetting {
                datastore_type: "VaultStore".to_owned(),
                kind: match redundancy {
                    VaultRedundancy::Local => "LocallyRedundant",
                    VaultRedundancy::Zone => "ZoneRedundant",
                    VaultRedundancy::Geo => "GeoRedundant",
                }
                .to_owned(),
            }],
            security_settings: backup::SecuritySettings {
                soft_delete_settings: backup::SoftDelete {
                    // What can be turned off is no lock.
                    state: match immutability {
                        Immutability::Locked => "AlwaysOn",
                        Immutability::Unlocked | Immutability::Disabled => "On",
                    }
                    .to_owned(),
                    retention_duration_in_days: Some(
                        soft_delete.map_or(SOFT_DELETE_DAYS, |kept| kept.value.days() as u32),
                    ),
                },
                immutability_settings: backup::State {
                    state: match immutability {
                        Immutability::Disabled => "Disabled",
                        Immutability::Unlocked => "Unlocked",
                        Immutability::Locked => "Locked",
                    }
                    .to_owned(),
                },
            },
            feature_settings: (redundancy == VaultRedundancy::Geo).then(|| {
                backup::FeatureSettings {
                    cross_region_restore_settings: backup::State { state: on(true) },
                }
            }),
            monitoring_settings: backup::Monitoring {
                azure_monitor_alert_settings: backup::JobFailures {
                    alerts_for_all_job_failures: on(true),
                },
            },
        },
    };
    let owner = group.template(Purpose::Vault, vault.name);
    Resource {
        places: places(vault),
        ..group.resource(vault.name, &written.name, body, owner, written.name.place)
    }
}

fn places(vault: &Vault<'_>) -> Places {
    const SECURITY: &str = "/properties/securitySettings";
    let written = vault.written;
    let redundancy = written.redundancy.as_ref().map(|it| it.place);
    let immutability = written.immutability.as_ref().map(|it| it.place);
    let soft_delete = written.soft_delete.as_ref().map(|it| it.place);
    let asked: [(String, Option<Place>); 5] = [
        ("/properties/storageSettings".to_owned(), redundancy),
        ("/properties/featureSettings".to_owned(), redundancy),
        (format!("{SECURITY}/immutabilitySettings"), immutability),
        (format!("{SECURITY}/softDeleteSettings"), soft_delete),
        (format!("{SECURITY}/softDeleteSettings/state"), immutability),
    ];
    let tag = |(key, tag): (&String, &Resolved<String>)| {
        let step = key.replace('~', "~0").replace('/', "~1");
        Some((format!("/tags/{step}").into(), tag.place?))
    };
    let written = asked.into_iter();
    let written = written.filter_map(|(path, place)| Some((path.into(), place?)));
    written.chain(vault.tags.iter().filter_map(tag)).collect()
}
