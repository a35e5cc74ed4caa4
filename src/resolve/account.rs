//! Storage accounts: several stores can lie in one, and some settings are the account's alone.

use std::collections::HashMap;

use super::{Estate, Scope, Store};
use crate::policy::{Spanned, StoreRedundancy};

/// A storage account and the stores in it, in the order of the policy.
#[derive(Debug)]
pub struct Account<'e, 'w> {
    pub name: &'w Spanned<String>,
    pub stores: Vec<&'e Store<'w>>,
}

impl<'w> Estate<'w> {
    /// The storage accounts in which the stores lie.
    pub fn accounts(&self) -> Vec<Account<'_, 'w>> {
        let mut accounts: Vec<Account<'_, 'w>> = Vec::new();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for store in &self.stores {
            let written = store.written;
            let (Scope::Azure { .. }, Some(name)) = (store.site.scope, &written.storage_account)
            else {
                continue;
            };
            let number = *numbers.entry(name).or_insert(accounts.len());
            match accounts.get_mut(number) {
                Some(account) => account.stores.push(store),
                None => accounts.push(Account {
                    name,
                    stores: vec![store],
                }),
            }
        }
        accounts
    }
}

impl<'w> Account<'_, 'w> {
    /// What the first store that says anything says.
    fn first<T>(
        &self,
        get: impl Fn(&'w crate::policy::Store) -> Option<&'w Spanned<T>>,
    ) -> Option<&'w Spanned<T>> {
        self.stores.iter().find_map(|store| get(store.written))
    }

    pub fn versioning(&self) -> Option<&'w Spanned<bool>> {
        self.first(|store| store.versioning.as_ref())
    }

    pub fn soft_delete(&self) -> Option<&'w Spanned<crate::policy::Duration>> {
        self.first(|store| store.soft_delete.as_ref())
    }

    pub fn redundancy(&self) -> Option<&'w Spanned<StoreRedundancy>> {
        self.first(|store| store.redundancy.as_ref())
    }
}
