//! What a vault of Azure Backup keeps: policies, the servers that follow them, and the roles by which
//! the vault reads those.

mod policy;

use std::collections::BTreeSet;

use super::super::{Places, Purpose, Resource};
use super::Group;
use crate::cloud::Owned;
use crate::cloud::azure::backup::{BackupInstance, Datasource, InstanceProperties, PolicyInfo};
use crate::cloud::azure::{access, backup, group_id, guid, postgres};
use crate::policy::Engine;
use crate::resolve::{Database, Estate, Vault};
use crate::source::Place;

use policy::Kept;

/// The built-in roles by which a vault reads a server, and its resource group.
/// Source: "Azure built-in roles", and the data source manifest of the Az.DataProtection module.
const BACKUP_ROLE: &str = "c088a766-074b-43ba-90d4-1fb21feae531";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

/// A server that the vault backs up.
pub(super) struct Member<'e, 'w> {
    database: &'e Database<'w>,
    group: Group<'w>,
    kept: Kept,
    place: Place,
}

/// The servers that name the vault and say how long something stays there.
pub(super) fn members<'e, 'w>(vault: &Vault<'_>, estate: &'e Estate<'w>) -> Vec<Member<'e, 'w>> {
    let databases = estate.kept_in(vault);
    databases
        .filter_map(|database| {
            let named = database.written.vault.as_ref()?;
            let ours = database.engine() == Engine::AzurePostgres;
            Some(Member {
                database,
                group: Group::of(database.site).filter(|_| ours)?,
                kept: Kept::of(&database.intent)?,
                place: named.place,
            })
        })
        .collect()
}

impl Member<'_, '_> {
    fn server(&self) -> String {
        self.group
            .id(postgres::FlexibleServer::TYPE, &self.database.written.id)
    }
}

/// The vault's roles: on each server, and once in each of their resource groups.
pub(super) fn access(
    vault: &Vault<'_>,
    group: Group<'_>,
    members: &[Member<'_, '_>],
) -> Vec<Resource> {
    let holder = group.id(backup::BackupVault::TYPE, &vault.written.name);
    let name = vault.name.value.as_str();
    let mut groups = BTreeSet::new();
    let mut resources = Vec::new();
    for member in members {
        let there = member.group;
        let mut add = |id: &str, role: &str, scope: Option<String>| {
            let whole = group_id(there.subscription, there.resource_group);
            let on = scope.as_deref().unwrap_or(&whole).to_ascii_lowercase();
            let definition = format!(
                "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{role}",
                there.subscription
            );
            let body = access::RoleAssignment {
                name: guid(&[&on, role, &holder.to_ascii_lowercase()]),
                scope,
                properties: access::Assignment {
                    role_definition_id: definition,
                    condition: None,
                    condition_version: None,
                    principal_type: "ServicePrincipal".to_owned(),
                },
                holder: access::Holder::Vault(holder.clone()),
            };
            let owner = there.template(Purpose::VaultAccess, &format!("{name}-access"));
            resources.push(there.resource(name, id, body, owner, member.place));
        };
        let server = &member.database.written.id.value;
        let vault = &vault.written.name.value;
        add(
            &format!("{vault} on {server}"),
            BACKUP_ROLE,
            Some(member.server()),
        );
        if groups.insert(group_id(there.subscription, there.resource_group).to_ascii_lowercase()) {
            add(&format!("{vault} in its group"), READER, None);
        }
    }
    resources
}

/// One policy for all servers that keep the same, and what binds each server to its own.
pub(super) fn plans(
    vault: &Vault<'_>,
    group: Group<'_>,
    members: &[Member<'_, '_>],
) -> Vec<Resource> {
    let name = vault.name.value.as_str();
    let vault_name = &vault.written.name.value;
    let owner = || group.template(Purpose::BackupPlans, &format!("{name}-plans"));
    let mut resources: Vec<Resource> = Vec::new();
    for member in members {
        let body = member.kept.policy(vault_name);
        if resources
            .iter()
            .any(|known| known.body == body.clone().into())
        {
            continue;
        }
        let id = body.name.clone();
        resources.push(Resource {
            places: member.kept.places(),
            ..group.resource(name, &id, body, owner(), member.place)
        });
    }
    resources.extend(members.iter().map(|member| {
        let body = instance(vault_name, group, member);
        let id = body.name.clone();
        let follows = (
            "/properties/policyInfo".into(),
            member.kept.place().unwrap_or(member.place),
        );
        Resource {
            places: Places::from([follows]),
            ..group.resource(name, &id, body, owner(), member.place)
        }
    }));
    resources
}

fn instance(vault: &str, group: Group<'_>, member: &Member<'_, '_>) -> BackupInstance {
    let server = &member.database.written.id.value;
    let datasource = |object: &str| Datasource {
        object_type: object.to_owned(),
        datasource_type: backup::DATASOURCE.to_owned(),
        resource_id: member.server(),
        resource_name: server.clone(),
        resource_type: backup::DATASOURCE.to_owned(),
        resource_location: member.group.region.to_owned(),
    };
    let policy = member.kept.policy(vault).name;
    BackupInstance {
        name: format!("{vault}/{server}"),
        properties: InstanceProperties {
            object_type: "BackupInstance".to_owned(),
            friendly_name: server.clone(),
            data_source_info: datasource("Datasource"),
            data_source_set_info: datasource("DatasourceSet"),
            policy_info: PolicyInfo {
                policy_id: group.id(backup::BackupPolicy::TYPE, &policy),
            },
        },
    }
}
