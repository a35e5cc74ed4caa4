//! What a policy asks of Azure.

mod access;
mod account;
mod alerts;
mod key_vault;
mod keys;
pub(super) mod lifecycle;
mod lock;
mod long_term;
mod server;
mod vault;

use super::{Address, Body, Owner, Purpose, Resource, Scope};
use crate::cloud::azure::resource_id;
use crate::resolve::{Scope as PolicyScope, Site};
use crate::source::Place;

pub use access::Worker;
pub(super) use access::access;
pub(super) use account::account;
pub(super) use alerts::alerts;
pub(super) use key_vault::key_vaults;
pub(super) use lifecycle::policy;
pub(super) use lock::lock;
pub(super) use server::servers;
pub(super) use vault::vault;

/// One resource group: where a location's resources lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group<'w> {
    location: &'w str,
    pub(super) subscription: &'w str,
    resource_group: &'w str,
    region: &'w str,
}

impl<'w> Group<'w> {
    pub(super) fn of(site: Site<'w>) -> Option<Group<'w>> {
        match site.scope {
            PolicyScope::Azure {
                subscription,
                resource_group,
                region,
            } => Some(Group {
                location: site.name,
                subscription,
                resource_group,
                region,
            }),
            PolicyScope::Aws { .. } | PolicyScope::Host { .. } => None,
        }
    }

    /// A resource of this group, asked for at `place` by the part of the policy called `name`.
    fn resource(
        self,
        name: &str,
        id: &str,
        body: impl Into<Body>,
        owner: Owner,
        place: Place,
    ) -> Resource {
        let body = body.into();
        Resource {
            address: Address {
                scope: Scope::Azure {
                    subscription: self.subscription.to_owned(),
                    resource_group: self.resource_group.to_owned(),
                },
                kind: body.kind().to_owned(),
                name: id.to_owned(),
            },
            body,
            owner,
            name: name.to_owned(),
            location: self.location.to_owned(),
            role: None,
            place,
            places: Vec::new(),
        }
    }

    /// The id of something in this group.
    pub(super) fn id(self, kind: &str, name: &str) -> String {
        resource_id(self.subscription, self.resource_group, kind, name)
    }

    /// The template of `name` in this group.
    fn template(self, purpose: Purpose, name: &str) -> Owner {
        Owner::Template {
            file: format!("azure/{}/{name}.json", self.location),
            purpose,
        }
    }
}

/// ARM's words for a switch.
fn on(value: bool) -> String {
    if value { "Enabled" } else { "Disabled" }.to_owned()
}
