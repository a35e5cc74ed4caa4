//! Which locations something lies in, or goes to.

use std::collections::BTreeSet;

use super::Estate;

impl Estate<'_> {
    /// The names of the locations that something of the policy is in.
    pub fn used_locations(&self) -> BTreeSet<&str> {
        let stores = self.stores.iter().map(|store| store.site.name);
        let vaults = self.vaults.iter().map(|vault| vault.site.name);
        let databases = self.databases.iter().flat_map(|database| {
            let written = database.written;
            let replicated = &database.intent.copies.replicate_pitr;
            let snapshots = written.snapshots.as_ref();
            let copied = snapshots.and_then(|snapshots| snapshots.copy_to.as_ref());
            let replicas = written.replicas.iter();
            replicas
                .filter_map(|replica| replica.at.as_ref())
                .chain(copied)
                .map(|at| at.value.as_str())
                .chain(replicated.iter().map(|at| at.value.as_str()))
                .chain([database.site.name])
        });
        stores.chain(vaults).chain(databases).collect()
    }
}
