//! Where the passwords of new servers are.

use std::collections::BTreeMap;

use crate::cloud::azure::resource_id;
use crate::resolve::Estate;

const KIND: &str = "Microsoft.KeyVault/vaults";

/// The id of each location's Key Vault. Where a location is declared twice the first one counts.
pub(in crate::plan) fn key_vaults(estate: &Estate<'_>) -> BTreeMap<String, String> {
    let mut vaults = BTreeMap::new();
    for (_, policy) in estate.workspace.policies() {
        for (name, location) in policy.locations.iter() {
            let (Some(vault), Some(subscription), Some(group)) = (
                &location.key_vault,
                &location.subscription,
                &location.resource_group,
            ) else {
                continue;
            };
            let id = match vault.contains('/') {
                true => vault.value.clone(),
                false => resource_id(subscription, group, KIND, vault),
            };
            vaults.entry(name.value.clone()).or_insert(id);
        }
    }
    vaults
}
