//! ARM templates: one frame for each purpose around the resources of one deployment.

use serde::Serialize;
use serde_json::Value;

use super::restore::cloud_id;
use super::{RenderError, Templates, arm, readback, text};
use crate::cloud::Owned;
use crate::cloud::azure::access;
use crate::cloud::azure::backup::BackupVault;
use crate::plan::{Body, Purpose, Resource, Worker};

/// What a frame is given.
#[derive(Serialize)]
struct Frame<'p> {
    name: &'p str,
    description: String,
    /// Whether the deployment is asked for a password.
    secret: bool,
    /// The identities for which the repository has a variable.
    workers: Vec<Known<'p>>,
    resources: Vec<Framed<'p>>,
}

/// An identity whose number a workflow is told.
#[derive(Serialize)]
struct Known<'p> {
    variable: &'static str,
    kind: &'p str,
    name: &'p str,
}

/// One resource: its frame's values, and its properties as lines of JSON.
#[derive(Serialize)]
struct Framed<'p> {
    #[serde(rename = "type")]
    kind: &'p str,
    api_version: &'static str,
    role: Role,
    /// Whose role it is: an identity's number is known to Azure alone.
    holder: Option<Holder<'p>>,
    /// Ids of what must be there first, of the same template.
    depends_on: Vec<String>,
    members: String,
    properties: String,
}

/// Where a role's holder is asked for its number: a vault has it in its identity, an identity among
/// its properties.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Holder<'p> {
    Vault {
        id: &'p str,
        api_version: &'static str,
    },
    Identity {
        id: &'p str,
        api_version: &'static str,
    },
}

impl<'p> Holder<'p> {
    fn of(body: &'p Body) -> Option<Holder<'p>> {
        let Body::RoleAssignment(body) = body else {
            return None;
        };
        Some(match &body.holder {
            access::Holder::Vault(id) => Holder::Vault {
                id,
                api_version: BackupVault::API_VERSION.unwrap_or_default(),
            },
            access::Holder::Identity(id) => Holder::Identity {
                id,
                api_version: access::Identity::API_VERSION.unwrap_or_default(),
            },
        })
    }
}

/// What a frame has to add to a resource.
#[derive(Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Role {
    Server,
    Replica,
    Lock,
    /// Nothing.
    Whole,
}

impl Role {
    fn of(body: &Body) -> Role {
        match body {
            Body::FlexibleServer(_) => Role::Server,
            Body::Replica(_) => Role::Replica,
            Body::Lock(_) => Role::Lock,
            _ => Role::Whole,
        }
    }
}

/// The frame of a purpose, and what its description calls the part of the policy.
fn frame(purpose: Purpose) -> Result<(&'static str, &'static str), RenderError> {
    match purpose {
        Purpose::Database => Ok(("azure/database.json", "database")),
        Purpose::Store => Ok(("azure/store.json", "store")),
        Purpose::Vault => Ok(("azure/vault.json", "vault")),
        Purpose::VaultAccess => Ok(("azure/vault-access.json", "access of the vault")),
        Purpose::BackupPlans => Ok(("azure/vault.json", "backups in the vault")),
        Purpose::Alerts => Ok(("azure/alerts.json", "alerts of the location")),
        Purpose::Identities => Ok(("azure/identities.json", "identities in the location")),
        Purpose::Access => Ok(("azure/access.json", "access in the location")),
        Purpose::Copies | Purpose::Replicas => {
            let message = format!("no template of Azure is for {purpose:?}");
            Err(RenderError::Template(message))
        }
    }
}

/// The template of one deployment, read back.
pub(super) fn render(
    templates: &Templates,
    path: &str,
    purpose: Purpose,
    resources: &[&Resource],
) -> Result<String, RenderError> {
    let name = resources
        .first()
        .map_or("", |resource| resource.name.as_str());
    let (template, what) = frame(purpose)?;
    let framed: Vec<Framed<'_>> = resources
        .iter()
        .map(|resource| framed(resource, resources))
        .collect();
    let context = Frame {
        name,
        description: super::description(what, name),
        secret: framed.iter().any(|resource| resource.role == Role::Server),
        workers: resources.iter().filter_map(|it| known(it)).collect(),
        resources: framed,
    };
    let text = templates.fill(template, &context)?;
    readback::template(path, &text, resources)?;
    Ok(text)
}

fn framed<'p>(resource: &'p Resource, all: &[&Resource]) -> Framed<'p> {
    let tree = resource.body.tree();
    let depends_on = depends_on(resource, &tree, all);
    let mut tree = arm::escape(&tree);
    // A frame may add to a resource's properties, so they come apart from the rest.
    let properties = tree
        .as_object_mut()
        .and_then(|members| members.shift_remove("properties"));
    Framed {
        kind: &resource.address.kind,
        api_version: resource.body.api_version().unwrap_or_default(),
        role: Role::of(&resource.body),
        holder: Holder::of(&resource.body),
        depends_on,
        members: text::json_members(&tree),
        properties: text::json_members(&properties.unwrap_or_default()),
    }
}

fn known(resource: &Resource) -> Option<Known<'_>> {
    let Body::Identity(body) = &resource.body else {
        return None;
    };
    let worker = Worker::ALL.into_iter().find(|it| it.name() == body.name)?;
    Some(Known {
        variable: worker.variable(),
        kind: &resource.address.kind,
        name: &body.name,
    })
}

/// What a resource names by its id, what it is a part of, and what must not be made with it at once.
fn depends_on(resource: &Resource, tree: &Value, all: &[&Resource]) -> Vec<String> {
    let own = cloud_id(resource);
    let first = all.iter().position(|other| cloud_id(other) == own);
    let needed = |(at, other): &(usize, &&Resource)| {
        let id = cloud_id(other);
        let within = own.strip_prefix(id.as_str());
        let part = within.is_some_and(|rest| rest.starts_with('/'));
        let before = Some(*at) < first && in_turn(resource, other);
        id != own && (names(tree, &id) || part || before || has_role(resource, other))
    };
    let needed = all.iter().enumerate().filter(needed);
    needed.map(|(_, other)| cloud_id(other)).collect()
}

/// Azure makes the credentials of one identity one at a time, and the replicas of one server, which is
/// busy with each.
fn in_turn(resource: &Resource, other: &Resource) -> bool {
    fn of(resource: &Resource) -> Option<&str> {
        match &resource.body {
            Body::FederatedCredential(body) => body.name.split('/').next(),
            Body::Replica(body) => body.properties.source_server_resource_id.as_deref(),
            _ => None,
        }
    }
    of(resource).is_some() && of(resource) == of(other)
}

/// An assignment names its role as one of the subscription.
fn has_role(resource: &Resource, other: &Resource) -> bool {
    match (&resource.body, &other.body) {
        (Body::RoleAssignment(assignment), Body::RoleDefinition(role)) => assignment
            .properties
            .role_definition_id
            .ends_with(&format!("/{}", role.name)),
        _ => false,
    }
}

fn names(tree: &Value, id: &str) -> bool {
    match tree {
        Value::String(text) => text == id,
        Value::Array(items) => items.iter().any(|item| names(item, id)),
        Value::Object(members) => members.values().any(|member| names(member, id)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
