//! Stores, vaults and what goes to them, by name: an estate may have as many of each as databases.

use std::collections::HashMap;

use super::estate::{Database, Estate, Store, Vault};

/// By numbers of the estate's lists; where a name is declared twice the first one counts.
#[derive(Debug, Default)]
pub(super) struct Index<'w> {
    stores: HashMap<&'w str, usize>,
    vaults: HashMap<&'w str, usize>,
    dumped: HashMap<&'w str, Vec<usize>>,
    exported: HashMap<&'w str, Vec<usize>>,
    kept: HashMap<&'w str, Vec<usize>>,
    /// By texts of the layers, which are the estate's own.
    copied: HashMap<String, Vec<usize>>,
    buckets: HashMap<&'w str, usize>,
}

impl<'w> Index<'w> {
    pub(super) fn of(estate: &Estate<'w>) -> Index<'w> {
        let mut index = Index::default();
        for (number, store) in estate.stores.iter().enumerate() {
            index.stores.entry(&store.name.value).or_insert(number);
            if let Some(bucket) = &store.written.bucket {
                index.buckets.entry(&bucket.value).or_insert(number);
            }
        }
        for (number, vault) in estate.vaults.iter().enumerate() {
            index.vaults.entry(&vault.name.value).or_insert(number);
        }
        for (number, database) in estate.databases.iter().enumerate() {
            let written = database.written;
            for to in written.dump.iter().flat_map(|dump| &dump.to) {
                let dumped = index.dumped.entry(&to.value).or_default();
                if dumped.last() != Some(&number) {
                    dumped.push(number);
                }
            }
            if let Some(vault) = &written.vault {
                index.kept.entry(&vault.value).or_default().push(number);
            }
            for to in &database.intent.copies.to {
                match index.copied.get_mut(&to.value) {
                    Some(copied) if copied.last() == Some(&number) => {}
                    Some(copied) => copied.push(number),
                    None => drop(index.copied.insert(to.value.clone(), vec![number])),
                }
            }
            if let Some(export) = &written.export {
                let exported = index.exported.entry(&export.to.value);
                exported.or_default().push(number);
            }
        }
        index
    }
}

impl<'w> Estate<'w> {
    pub fn store(&self, name: &str) -> Option<&Store<'w>> {
        self.stores.get(*self.index.stores.get(name)?)
    }

    pub fn vault(&self, name: &str) -> Option<&Vault<'w>> {
        self.vaults.get(*self.index.vaults.get(name)?)
    }

    /// The databases whose dumps go to a store.
    pub fn dumped_to(&self, store: &Store<'_>) -> impl Iterator<Item = &Database<'w>> {
        self.numbered(self.index.dumped.get(store.name.value.as_str()))
    }

    /// The databases whose exports go to a store.
    pub fn exported_to(&self, store: &Store<'_>) -> impl Iterator<Item = &Database<'w>> {
        self.numbered(self.index.exported.get(store.name.value.as_str()))
    }

    /// The databases that name a vault as their own.
    pub fn kept_in(&self, vault: &Vault<'_>) -> impl Iterator<Item = &Database<'w>> {
        self.numbered(self.index.kept.get(vault.name.value.as_str()))
    }

    /// The databases whose backups are copied to a vault.
    pub fn copied_to(&self, vault: &Vault<'_>) -> impl Iterator<Item = &Database<'w>> {
        self.numbered(self.index.copied.get(vault.name.value.as_str()))
    }

    /// The store that is a bucket.
    pub fn store_of(&self, bucket: &str) -> Option<&Store<'w>> {
        self.stores.get(*self.index.buckets.get(bucket)?)
    }

    fn numbered(&self, numbers: Option<&Vec<usize>>) -> impl Iterator<Item = &Database<'w>> {
        let numbers = numbers.into_iter().flatten();
        numbers.filter_map(|&number| self.databases.get(number))
    }
}
