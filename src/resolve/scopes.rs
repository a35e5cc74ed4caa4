//! What the whole workspace shares: names, and the layers that reach everywhere.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::builtin;
use super::estate::{Scope, Site};
use super::layers::{Layer, Stack};
use crate::policy::{self, Policy, Provider, Workspace};

/// The tables of names that the whole workspace shares, and the layers that reach everywhere.
pub(super) struct Scopes<'w> {
    pub locations: BTreeMap<&'w str, Site<'w>>,
    pub vaults: BTreeSet<&'w str>,
    pub stores: BTreeSet<&'w str>,
    pub shared: Option<&'w Policy>,
    /// The names of all locations, vaults and stores, for who has written another.
    known: [OnceCell<Names<'w>>; 3],
}

/// Names in their order; one list serves all who look for one that is not there.
pub(super) type Names<'w> = Arc<[&'w str]>;

impl<'w> Scopes<'w> {
    pub(super) fn of(workspace: &'w Workspace) -> Scopes<'w> {
        let mut scopes = Scopes {
            locations: BTreeMap::new(),
            vaults: BTreeSet::new(),
            stores: BTreeSet::new(),
            shared: None,
            known: Default::default(),
        };
        for (_, policy) in workspace.policies() {
            for (name, location) in policy.locations.iter() {
                if let Some(scope) = scope(location) {
                    let name = name.value.as_str();
                    scopes.locations.entry(name).or_insert(Site { name, scope });
                }
            }
            scopes
                .vaults
                .extend(policy.vaults.keys().map(|name| name.value.as_str()));
            scopes
                .stores
                .extend(policy.stores.keys().map(|name| name.value.as_str()));
            if policy.databases.is_empty() && scopes.shared.is_none() {
                let layers = policy.defaults.is_some() || !policy.tiers.is_empty();
                scopes.shared = layers.then_some(policy);
            }
        }
        scopes
    }

    pub(super) fn locations(&self) -> Names<'w> {
        let names = || self.locations.keys().copied().collect();
        self.known[0].get_or_init(names).clone()
    }

    pub(super) fn vaults(&self) -> Names<'w> {
        let names = || self.vaults.iter().copied().collect();
        self.known[1].get_or_init(names).clone()
    }

    pub(super) fn stores(&self) -> Names<'w> {
        let names = || self.stores.iter().copied().collect();
        self.known[2].get_or_init(names).clone()
    }

    /// The policy whose layers reach everywhere, where it is another one.
    pub(super) fn shared_beside(&self, policy: &Policy) -> Option<&'w Policy> {
        self.shared.filter(|shared| !std::ptr::eq(*shared, policy))
    }

    /// What lies under every tier and database of a file.
    pub(super) fn defaults(&self, policy: &'w Policy) -> Stack<'w> {
        let layers = [
            (Layer::BuiltIn, Some(&*builtin::POLICY)),
            (Layer::WorkspaceDefaults, self.shared_beside(policy)),
            (Layer::FileDefaults, Some(policy)),
        ];
        let layers = layers.into_iter();
        let settings = layers.filter_map(|(layer, policy): (_, Option<&'w Policy>)| {
            Some((layer, policy?.defaults.as_ref()?.settings()))
        });
        Stack(settings.collect())
    }
}

fn scope(location: &policy::Location) -> Option<Scope<'_>> {
    // The schema requires each provider's keys: None never comes from a policy that it accepted.
    Some(match location.provider.value {
        Provider::Aws => Scope::Aws {
            account: location.account.as_ref()?,
            region: location.region.as_ref()?,
            role: location.role.as_ref().map(|role| role.value.as_str()),
        },
        Provider::Azure => Scope::Azure {
            subscription: location.subscription.as_ref()?,
            resource_group: location.resource_group.as_ref()?,
            region: location.region.as_ref()?,
        },
        Provider::Host => Scope::Host {
            address: location.address.as_ref()?,
        },
    })
}
