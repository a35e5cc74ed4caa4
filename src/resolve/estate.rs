//! The whole workspace with its names resolved.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::builtin::{self, DEFAULT_TIER, TIERS};
use super::index::Index;
use super::layers::{Intent, Layer, Resolved};
use super::scopes::{Names, Scopes};
use crate::cloud::azure::regions::{Pair, pair};
use crate::policy::{
    self, Engine, Immutability, Name, Named, Policy, Spanned, VaultRedundancy, Workspace,
};
use crate::source::{FileId, Place};

/// Everything that a workspace asks for.
#[derive(Debug)]
pub struct Estate<'w> {
    pub workspace: &'w Workspace,
    pub databases: Vec<Database<'w>>,
    pub stores: Vec<Store<'w>>,
    pub vaults: Vec<Vault<'w>>,
    /// Every location by its name.
    pub locations: BTreeMap<&'w str, Site<'w>>,
    /// The repository whose workflows run what is rendered.
    pub github: Option<&'w policy::GitHub>,
    /// Names that lead nowhere. What depends on one is left out above.
    pub unresolved: Vec<Unresolved<'w>>,
    pub(super) index: Index<'w>,
}

/// A location of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site<'w> {
    pub name: &'w str,
    pub scope: Scope<'w>,
}

/// Where a provider keeps things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// Where the tier is named. None: it is the built-in one.
    pub tier_place: Option<Place>,
    pub intent: Intent,
}

#[derive(Debug, Clone, Copy)]
pub struct Store<'w> {
    pub name: &'w Name,
    pub site: Site<'w>,
    pub written: &'w policy::Store,
}

#[derive(Debug)]
pub struct Vault<'w> {
    pub name: &'w Name,
    pub site: Site<'w>,
    pub written: &'w policy::Vault,
    /// Those of its file's defaults.
    pub tags: BTreeMap<String, Resolved<String>>,
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
    pub known: Arc<[&'w str]>,
}

impl Vault<'_> {
    /// A copy in the paired region unless the policy says otherwise; where there is none, in the
    /// other zones.
    pub fn redundancy(&self) -> VaultRedundancy {
        let paired = match self.site.scope {
            Scope::Azure { region, .. } => matches!(pair(region), Pair::With(_)),
            Scope::Aws { .. } | Scope::Host { .. } => false,
        };
        match &self.written.redundancy {
            Some(written) => written.value,
            None if paired => VaultRedundancy::Geo,
            None => VaultRedundancy::Zone,
        }
    }

    pub fn immutability(&self) -> Immutability {
        let written = self.written.immutability.as_ref();
        written.map_or(Immutability::Unlocked, |written| written.value)
    }
}

impl Database<'_> {
    pub fn engine(&self) -> Engine {
        self.written.engine.value
    }
}

impl<'w> Estate<'w> {
    pub fn location(&self, name: &str) -> Option<Site<'w>> {
        self.locations.get(name).copied()
    }
}

/// A file whose databases are resolved.
struct Document<'w> {
    file: FileId,
    policy: &'w Policy,
    /// What each tier asks for here: the databases of a tier share it.
    below: HashMap<&'w str, Arc<Intent>>,
    /// The names of the tiers that there are here, for who has written another.
    tiers: OnceCell<Names<'w>>,
}

/// Resolves every name and lays the layers. Where a name is declared twice the first one counts;
/// the rule `duplicate-name` speaks of the other.
pub fn resolve(workspace: &Workspace) -> Estate<'_> {
    let scopes = Scopes::of(workspace);
    let databases = workspace
        .policies()
        .map(|(_, policy)| policy.databases.len());
    let mut estate = Estate {
        workspace,
        databases: Vec::with_capacity(databases.sum()),
        stores: Vec::new(),
        vaults: Vec::new(),
        locations: scopes.locations.clone(),
        github: workspace
            .policies()
            .find_map(|(_, policy)| policy.github.as_ref()),
        unresolved: Vec::new(),
        index: Index::default(),
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
                    tags: scopes.defaults(policy).tags(),
                });
            }
        }
        let defaults = policy.defaults.iter().map(policy::Defaults::settings);
        let tiers = policy.tiers.values().map(policy::Tier::settings);
        for copies in defaults.chain(tiers).filter_map(|layer| layer.copies) {
            estate.copies(&scopes, copies);
        }
        let coverage = policy.coverage.iter();
        for entry in coverage.flat_map(|coverage| &coverage.ignore) {
            if let Some(at) = &entry.at {
                estate.located(&scopes, at);
            }
        }
        let mut document = Document {
            file,
            policy,
            below: HashMap::new(),
            tiers: OnceCell::new(),
        };
        for (name, written) in policy.databases.iter() {
            estate.database(&scopes, &mut document, name, written);
        }
    }
    estate.index = Index::of(&estate);
    estate
}

impl<'w> Estate<'w> {
    fn site(&mut self, scopes: &Scopes<'w>, at: &'w Spanned<String>) -> Option<Site<'w>> {
        let site = scopes.locations.get(at.value.as_str()).copied();
        if site.is_none() {
            self.unknown(Reference::Location, at, scopes.locations());
        }
        site
    }

    fn known_vault(&mut self, scopes: &Scopes<'w>, written: &'w Spanned<String>) {
        if !scopes.vaults.contains(written.value.as_str()) {
            self.unknown(Reference::Vault, written, scopes.vaults());
        }
    }

    fn known_store(&mut self, scopes: &Scopes<'w>, written: &'w Spanned<String>) {
        if !scopes.stores.contains(written.value.as_str()) {
            self.unknown(Reference::Store, written, scopes.stores());
        }
    }

    fn located(&mut self, scopes: &Scopes<'w>, written: &'w Spanned<String>) {
        if !scopes.locations.contains_key(written.value.as_str()) {
            self.unknown(Reference::Location, written, scopes.locations());
        }
    }

    fn unknown(&mut self, reference: Reference, written: &'w Spanned<String>, known: Names<'w>) {
        self.unresolved.push(Unresolved {
            reference,
            written,
            known,
        });
    }

    fn database(
        &mut self,
        scopes: &Scopes<'w>,
        document: &mut Document<'w>,
        name: &'w Name,
        written: &'w policy::Database,
    ) {
        for store in written.dump.iter().flat_map(|dump| &dump.to) {
            self.known_store(scopes, store);
        }
        if let Some(export) = &written.export {
            self.known_store(scopes, &export.to);
        }
        if let Some(vault) = &written.vault {
            self.known_vault(scopes, vault);
        }
        if let Some(copies) = &written.copies {
            self.copies(scopes, copies);
        }
        if let Some(location) = written
            .snapshots
            .as_ref()
            .and_then(|it| it.copy_to.as_ref())
        {
            self.located(scopes, location);
        }
        for location in written.scheduled().filter_map(|scheduled| scheduled.host) {
            self.located(scopes, location);
        }
        let replicas = written.replicas.iter();
        for location in replicas.filter_map(|replica| replica.at.as_ref()) {
            self.located(scopes, location);
        }
        let site = self.site(scopes, &written.at);
        let file = document.file;
        let layered = self.layered(scopes, document, written);
        if let (Some(site), Some((tier, tier_place, intent))) = (site, layered) {
            self.databases.push(Database {
                name,
                file,
                site,
                written,
                tier,
                tier_place,
                intent,
            });
        }
    }

    /// The names in one layer's copies.
    fn copies(&mut self, scopes: &Scopes<'w>, copies: &'w policy::Copies) {
        for vault in copies.to.iter().flatten() {
            self.known_vault(scopes, vault);
        }
        if let Some(location) = &copies.replicate_pitr {
            self.located(scopes, location);
        }
    }

    /// The tier's name, where it is named, and the intent. None: the tier does not exist.
    fn layered(
        &mut self,
        scopes: &Scopes<'w>,
        document: &mut Document<'w>,
        written: &'w policy::Database,
    ) -> Option<(String, Option<Place>, Intent)> {
        let policy = document.policy;
        let built_in = &*builtin::POLICY;
        let shared = scopes.shared_beside(policy);
        let named = written
            .tier
            .as_ref()
            .or_else(|| policy.defaults.as_ref()?.tier.as_ref())
            .or_else(|| shared?.defaults.as_ref()?.tier.as_ref());
        let tier = named.map_or(DEFAULT_TIER, |tier| tier.value.as_str());

        let tiers: Vec<_> = [(None, &built_in.tiers)]
            .into_iter()
            .chain(shared.map(|shared| (Some(Layer::Tier), &shared.tiers)))
            .chain([(Some(Layer::Tier), &policy.tiers)])
            .filter_map(|(layer, tiers): (_, &Named<policy::Tier>)| Some((layer, tiers.get(tier)?)))
            .collect();
        if let (true, Some(named)) = (tiers.is_empty(), named) {
            let own = policy
                .tiers
                .keys()
                .chain(shared.into_iter().flat_map(|s| s.tiers.keys()));
            let known = || {
                let own = own.map(|name| name.value.as_str());
                let names: BTreeSet<&str> = TIERS.into_iter().chain(own).collect();
                names.into_iter().collect()
            };
            let known = document.tiers.get_or_init(known).clone();
            self.unknown(Reference::Tier, named, known);
            return None;
        }

        let mut stack = scopes.defaults(policy);
        for (layer, tier) in &tiers {
            stack
                .0
                .push((layer.unwrap_or(Layer::BuiltIn), tier.settings()));
        }
        let below = match document.below.get(tier) {
            Some(below) => below.clone(),
            None => {
                let below = Arc::new(stack.intent()?);
                document.below.insert(tier, below.clone());
                below
            }
        };
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
        intent.floor_intent = Some(below);
        Some((tier.to_owned(), named.map(|tier| tier.place), intent))
    }
}
