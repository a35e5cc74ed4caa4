//! What a policy asks of AWS.

mod access;
mod alerts;
mod backups;
pub(super) mod bucket;
mod copies;
mod instances;
mod keys;
mod replicas;
mod restore_tests;
mod vault;

use super::{Address, Body, Owner, Purpose, Resource, Scope};
use crate::cloud::aws::{arn, logical_id};
use crate::resolve::{Scope as PolicyScope, Site, Vault};
use crate::source::Place;

pub(super) use access::access;
pub(super) use alerts::alerts;
pub(super) use bucket::bucket;
pub(super) use instances::instances;
pub(super) use vault::vault;

/// One account's Region: where a location's resources lie.
#[derive(Debug, Clone, Copy)]
struct Region<'w> {
    location: &'w str,
    account: &'w str,
    region: &'w str,
    role: Option<&'w str>,
}

impl<'w> Region<'w> {
    fn of(site: Site<'w>) -> Option<Region<'w>> {
        match site.scope {
            PolicyScope::Aws {
                account,
                region,
                role,
            } => Some(Region {
                location: site.name,
                account,
                region,
                role,
            }),
            PolicyScope::Azure { .. } | PolicyScope::Host { .. } => None,
        }
    }

    /// A resource of this Region, asked for at `place` by the part of the policy called `name`.
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
                scope: Scope::Aws {
                    account: self.account.to_owned(),
                    region: self.region.to_owned(),
                },
                kind: body.kind().to_owned(),
                name: id.to_owned(),
            },
            body,
            owner,
            name: name.to_owned(),
            location: self.location.to_owned(),
            role: self.role.map(str::to_owned),
            place,
            places: Vec::new(),
        }
    }

    /// A member of the stack of what fills a vault of this Region, and tests what is in it.
    fn plans(
        self,
        vault: &Vault<'_>,
        id: &str,
        logical_id: &str,
        body: impl Into<Body>,
        place: Place,
    ) -> Resource {
        let name = &vault.name.value;
        let owner = self.stack(Purpose::BackupPlans, &format!("{name}-plans"), logical_id);
        self.resource(name, id, body, owner, place)
    }

    /// A member of the stack of `name` in this Region.
    fn stack(self, purpose: Purpose, name: &str, logical_id: &str) -> Owner {
        // CloudFormation stack names have no underscore.
        Owner::Stack {
            stack: format!("backstay-{}", name.replace('_', "-")),
            logical_id: logical_id.to_owned(),
            file: format!("aws/{}/{name}.yaml", self.location),
            purpose,
            parameters: Vec::new(),
        }
    }

    /// Whether both are the same account's Region, whatever the policy calls them.
    fn is(self, other: Region<'_>) -> bool {
        (self.account, self.region) == (other.account, other.region)
    }

    /// The ARN of something here.
    fn arn(self, service: &str, rest: &str) -> String {
        arn(service, self.region, self.account, rest)
    }
}
