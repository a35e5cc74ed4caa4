//! A planned resource.

use std::borrow::Cow;

use super::{Address, Body, Scope};
use crate::cloud::azure::resource_id;
use crate::source::Place;

/// Places by the JSON Pointers of what they ask for.
pub type Places = Vec<(Cow<'static, str>, Place)>;

/// One resource that the policy asks for.
#[derive(Debug, Clone)]
pub struct Resource {
    pub address: Address,
    pub body: Body,
    pub owner: Owner,
    /// The policy's name of the database, vault or store.
    pub name: String,
    /// The policy's name of the location.
    pub location: String,
    /// The role that drift assumes to read it (AWS).
    pub role: Option<String>,
    /// Where the policy asks for the resource.
    pub place: Place,
    /// Where the policy asks for a property: JSON Pointer and place. The longest prefix counts.
    pub places: Places,
}

/// What a stack or template is for: what lives and dies together. In the order in which they are
/// deployed: each may name what is made by one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// What receives a database's copies in another location (AWS).
    Copies,
    Vault,
    Store,
    Database,
    /// A database's replicas in another location (AWS).
    Replicas,
    /// The roles by which a vault reads what it backs up (Azure).
    VaultAccess,
    /// What fills a vault, and tests what is in it.
    BackupPlans,
    /// Who is told of what in a location.
    Alerts,
    /// By whom workflows are to Azure.
    Identities,
    /// What they may do in a location (Azure).
    Access,
}

/// A value that a stack takes from a stack in another Region: the ARN of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parameter {
    pub name: &'static str,
    /// Where the key is, and the alias by which it is found.
    pub region: String,
    pub alias: String,
}

/// What brings the resource into being.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A CloudFormation stack, rendered to `file` below the output folder.
    Stack {
        stack: String,
        logical_id: String,
        file: String,
        purpose: Purpose,
        parameters: Vec<Parameter>,
    },
    /// An ARM template, rendered to `file` below the output folder.
    Template { file: String, purpose: Purpose },
    /// It exists already; its settings are rendered as a script.
    Existing { file: String, purpose: Purpose },
}

impl Owner {
    /// The rendered file, below the output folder.
    pub fn file(&self) -> &str {
        let (Owner::Stack { file, .. }
        | Owner::Template { file, .. }
        | Owner::Existing { file, .. }) = self;
        file
    }

    /// The same, of a stack that takes these parameters.
    pub fn with(mut self, more: &[Parameter]) -> Owner {
        if let Owner::Stack { parameters, .. } = &mut self {
            parameters.extend_from_slice(more);
        }
        self
    }

    pub fn purpose(&self) -> Purpose {
        let (Owner::Stack { purpose, .. }
        | Owner::Template { purpose, .. }
        | Owner::Existing { purpose, .. }) = self;
        *purpose
    }

    /// The script that sets what exists already for a part of the policy.
    pub(super) fn script(purpose: Purpose, name: &str) -> Owner {
        Owner::Existing {
            file: format!("scripts/{name}-enforce.sh"),
            purpose,
        }
    }
}

impl Resource {
    /// The id in Azure Resource Manager. One that belongs to another, as a lock, has that one's id
    /// before its own.
    pub fn arm_id(&self) -> Option<String> {
        let Scope::Azure {
            subscription,
            resource_group,
        } = &self.address.scope
        else {
            return None;
        };
        let (kind, tree) = (&self.address.kind, self.body.tree());
        let name = tree["name"].as_str().unwrap_or(&self.address.name);
        Some(match tree["scope"].as_str() {
            Some(scope) => format!("{scope}/providers/{kind}/{name}"),
            None => resource_id(subscription, resource_group, kind, name),
        })
    }

    /// The policy line that asked for a property.
    pub fn place_of(&self, pointer: &str) -> Place {
        self.places
            .iter()
            .filter(|(prefix, _)| {
                pointer
                    .strip_prefix(prefix.as_ref())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
            .max_by_key(|(prefix, _)| prefix.len())
            .map_or(self.place, |(_, place)| *place)
    }
}
