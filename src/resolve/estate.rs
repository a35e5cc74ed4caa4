//! The whole workspace with its names resolved.

use std::collections::HashMap;

use super::builtin::{self, DEFAULT_TIER, TIERS};
use super::layers::{Intent, Layer, Stack};
use crate::policy::{self, Engine, Name, Named, Policy, Provider, Settings, Spanned, Workspace};
use crate::source::FileId;

/// Everything that a workspace asks for.
#[derive(Debug)]
pub struct Estate<'w> {
    pub workspace: &'w Workspace,
    pub databases: Vec<Database<'w>>,
    pub stores: Vec<Store<'w>>,
    pub vaults: Vec<Vault<'w>>,
    /// Every location by its name.
    pub locations: HashMap<&'w str, Site<'w>>,
    /// Names that lead nowhere. What depends on one is left out above.
    pub unresolved: Vec<Unresolved<'w>>,
}

/// A location of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site<'w> {
    pub name: &'w str,
    pub scope: Scope<'w>,
}

/// Where a provider keeps things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'w> {
    Aws {
        account: &'w str,
        region: &'w str,
        role: Option<&'w str>,
    },
    Azure {
        subscription: &'w str,
        resource_group: &'w str,
        region: &'w str,
    },
    Host {
        address: &'w str,
    },
}

/// A database with its intent.
#[derive(Debug)]
pub struct Database<'w> {
    pub name: &'w Name,
    pub file: FileId,
    pub site: Site<'w>,
    pub written: &'w policy::Database,
    pub tier: String,
    pub intent: Intent,
}

#[derive(Debug, Clone, Copy)]
pub struct Store<'w> {
    pub name: &'w Name,
    pub site: Site<'w>,
    pub written: &'w policy::Store,
}

#[derive(Debug, Clone, Copy)]
pub struct Vault<'w> {
    pub name: &'w Name,
    pub site: Site<'w>,
    pub written: &'w policy::Vault,
}

/// What a name should have led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    Location,
    Vault,
    Store,
    Tier,
}

/// A name that leads nowhere, with the names that would have.
#[derive(Debug)]
pub struct Unresolved<'w> {
    pub reference: Reference,
    pub written: &'w Spanned<String>,
    pub known: Vec<&'w str>,
}

impl Database<'_> {
    pub fn engine(&self) -> Engine {
        self.written.engine.value
    }
}

impl Estate<'_> {
    pub fn location(&self, name: &str) -> Option<Site<'_>> {
        self.locations.get(name).copied()
    }

    pub fn store(&self, name: &str) -> Option<&Store<'_>> {
        self.stores.iter().find(|store| store.name.value == name)
    }

    pub fn vault(&self, name: &str) -> Option<&Vault<'_>> {
        self.vaults.iter().find(|vault| vault.name.value == name)
    }

    /// The databases whose dumps go to a store.
    pub fn dumped_to(&self, store: &Store<'_>) -> impl Iterator<Item = &Database<'_>> {
        let name = store.name;
        self.databases.iter().filter(move |database| {
            let dump = database.written.dump.as_ref();
            dump.is_some_and(|dump| dump.to.iter().any(|to| to == name))
        })
    }
}

/// The tables of names that the whole workspace shares, and the layers that reach everywhere.
struct Scopes<'w> {
    locations: HashMap<&'w str, Site<'w>>,
    vaults: HashMap<&'w str, ()>,
    stores: HashMap<&'w str, ()>,
    shared: Option<&'w Policy>,
}

/// Resolves every name and lays the layers. Where a name is declared twice the first one counts;
/// the rule `duplicate-name` speaks of the other.
pub fn resolve(workspace: &Workspace) -> Estate<'_> {
    let scopes = Scopes::of(workspace);
    let mut estate = Estate {
        workspace,
        databases: Vec::new(),
        stores: Vec::new(),
        vaults: Vec::new(),
        locations: scopes.locations.clone(),
        unresolved: Vec::new(),
    };
    for (file, policy) in workspace.policies() {
        for (name, written) in policy.stores.iter() {
            if let Some(site) = estate.site(&scopes, &written.at) {
                estate.stores.push(Store {
                    name,
                    site,
                    written,
                });
            }
        }
        for (name, written) in policy.vaults.iter() {
            if let Some(site) = estate.site(&scopes, &written.at) {
                estate.vaults.push(Vault {
                    name,
                    site,
                    written,
                });
            }
        }
        for (name, written) in policy.databases.iter() {
            estate.database(&scopes, file, policy, name, written);
        }
    }
    estate
}

impl<'w> Scopes<'w> {
    fn of(workspace: &'w Workspace) -> Scopes<'w> {
        let mut scopes = Scopes {
            locations: HashMap::new(),
            vaults: HashMap::new(),
            stores: HashMap::new(),
            shared: None,
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
                .extend(policy.vaults.keys().map(|name| (name.value.as_str(), ())));
            scopes
                .stores
                .extend(policy.stores.keys().map(|name| (name.value.as_str(), ())));
            if policy.databases.is_empty() && scopes.shared.is_none() {
                let layers = policy.defaults.is_some() || !policy.tiers.is_empty();
                scopes.shared = layers.then_some(policy);
            }
        }
        scopes
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

impl<'w> Estate<'w> {
    fn site(&mut self, scopes: &Scopes<'w>, at: &'w Spanned<String>) -> Option<Site<'w>> {
        let site = scopes.locations.get(at.value.as_str()).copied();
        if site.is_none() {
            self.unknown(Reference::Location, at, scopes.locations.keys());
        }
        site
    }

    fn known<T>(
        &mut self,
        reference: Reference,
        names: &HashMap<&'w str, T>,
        written: &'w Spanned<String>,
    ) {
        if !names.contains_key(written.value.as_str()) {
            self.unknown(reference, written, names.keys());
        }
    }

    fn unknown<'n>(
        &mut self,
        reference: Reference,
        written: &'w Spanned<String>,
        known: impl Iterator<Item = &'n &'w str>,
    ) where
        'w: 'n,
    {
        let mut known: Vec<&str> = known.copied().collect();
        known.sort_unstable();
        self.unresolved.push(Unresolved {
            reference,
            written,
            known,
        });
    }

    fn database(
        &mut self,
        scopes: &Scopes<'w>,
        file: FileId,
        policy: &'w Policy,
        name: &'w Name,
        written: &'w policy::Database,
    ) {
        for store in written.dump.iter().flat_map(|dump| &dump.to) {
            self.known(Reference::Store, &scopes.stores, store);
        }
        if let Some(export) = &written.export {
            self.known(Reference::Store, &scopes.stores, &export.to);
        }
        let copies = written
            .copies
            .iter()
            .flat_map(|copies| copies.to.iter().flatten());
        for vault in written.vault.iter().chain(copies) {
            self.known(Reference::Vault, &scopes.vaults, vault);
        }
        let replicate = written
            .copies
            .iter()
            .filter_map(|copies| copies.replicate_pitr.as_ref());
        let copy_to = written
            .snapshots
            .iter()
            .filter_map(|snapshots| snapshots.copy_to.as_ref());
        let hosts = written.scheduled().filter_map(|scheduled| scheduled.host);
        for location in replicate.chain(copy_to).chain(hosts) {
            self.known(Reference::Location, &scopes.locations, location);
        }
        let site = self.site(scopes, &written.at);
        let layered = self.layered(scopes, policy, written);
        if let (Some(site), Some((tier, intent))) = (site, layered) {
            self.databases.push(Database {
                name,
                file,
                site,
                written,
                tier,
                intent,
            });
        }
    }

    /// The tier's name and the intent. None: the tier does not exist.
    fn layered(
        &mut self,
        scopes: &Scopes<'w>,
        policy: &'w Policy,
        written: &'w policy::Database,
    ) -> Option<(String, Intent)> {
        let built_in = &*builtin::POLICY;
        let shared = scopes
            .shared
            .filter(|shared| !std::ptr::eq(*shared, policy));
        let named = written
            .tier
            .as_ref()
            .or_else(|| policy.defaults.as_ref()?.tier.as_ref())
            .or_else(|| shared?.defaults.as_ref()?.tier.as_ref());
        let tier = named.map_or(DEFAULT_TIER, |tier| tier.value.as_str());

        let tiers: Vec<_> = [(None, &built_in.tiers)]
            .into_iter()
            .chain(shared.map(|shared| (Some(Layer::Tier(tier.to_owned())), &shared.tiers)))
            .chain([(Some(Layer::Tier(tier.to_owned())), &policy.tiers)])
            .filter_map(|(layer, tiers): (_, &Named<policy::Tier>)| Some((layer, tiers.get(tier)?)))
            .collect();
        if let (true, Some(named)) = (tiers.is_empty(), named) {
            let own = policy
                .tiers
                .keys()
                .chain(shared.into_iter().flat_map(|s| s.tiers.keys()));
            let known: Vec<&str> = TIERS
                .into_iter()
                .chain(own.map(|n| n.value.as_str()))
                .collect();
            self.unknown(Reference::Tier, named, known.iter());
            return None;
        }

        let defaults =
            |policy: &'w Policy| policy.defaults.as_ref().map(policy::Defaults::settings);
        let mut layers: Vec<(Layer, Settings<'_>)> = Vec::new();
        layers.extend(
            built_in
                .defaults
                .as_ref()
                .map(|d| (Layer::BuiltIn, d.settings())),
        );
        layers.extend(
            shared
                .and_then(defaults)
                .map(|s| (Layer::WorkspaceDefaults, s)),
        );
        layers.extend(defaults(policy).map(|s| (Layer::FileDefaults, s)));
        for (layer, tier) in &tiers {
            layers.push((layer.clone().unwrap_or(Layer::BuiltIn), tier.settings()));
        }
        let mut stack = Stack(layers);
        let below = stack.intent()?;
        stack.0.push((Layer::Database, written.settings()));
        let mut intent = stack.intent()?;
        let floor = tiers
            .iter()
            .rev()
            .find_map(|(layer, tier)| Some((layer, tier.floor.as_ref()?)));
        if let Some((Some(_), floor)) = floor {
            intent.floor = floor.iter().map(|key| (key.value, key.place)).collect();
        } else if let Some((None, floor)) = floor {
            // A built-in floor is nowhere in the user's text: the tier's name stands for it.
            let place = named.map(|tier| tier.place);
            intent.floor = floor
                .iter()
                .filter_map(|key| Some((key.value, place?)))
                .collect();
        }
        intent.floor_intent = Some(Box::new(below));
        Some((tier.to_owned(), intent))
    }
}
