//! CloudFormation templates: one frame for each purpose around the resources of one stack.

use serde::Serialize;
use serde_json::Value;

use super::{RenderError, Templates, readback, text};
use crate::cloud::aws::{Tags, Value as AwsValue};
use crate::plan::{Body, Owner, Purpose, Resource, key_alias};

/// What a frame is given.
#[derive(Serialize)]
struct Frame<'p> {
    name: &'p str,
    description: String,
    key: Option<Key>,
    replicas: bool,
    /// Logical ids of the roles that AWS Backup takes.
    backup_role: Option<&'p str>,
    restore_role: Option<&'p str>,
    resources: Vec<Framed<'p>>,
}

#[derive(Serialize)]
struct Key {
    logical_id: String,
    alias: String,
    description: String,
    tags: Option<String>,
}

/// One resource: its frame's values, and its properties as YAML.
#[derive(Serialize)]
struct Framed<'p> {
    #[serde(rename = "type")]
    kind: &'p str,
    logical_id: &'p str,
    /// Whether it is a copy of another database.
    replica: bool,
    /// Whether the cloud keeps its password.
    secret: bool,
    /// Whether databases are restored by it.
    restores: bool,
    properties: String,
}

/// The frame of a purpose, and what its description calls the part of the policy.
fn frame(purpose: Purpose) -> (&'static str, &'static str) {
    match purpose {
        Purpose::Database => ("aws/database.yaml", "database"),
        Purpose::Store => ("aws/bucket.yaml", "store"),
        Purpose::Vault => ("aws/vault.yaml", "vault"),
        Purpose::BackupPlans => ("aws/backup-plans.yaml", "backup plans of the vault"),
    }
}

/// The template of one stack, read back.
pub(super) fn render(
    templates: &Templates,
    path: &str,
    purpose: Purpose,
    resources: &[&Resource],
) -> Result<String, RenderError> {
    let owned: Vec<(&str, &Resource)> = resources
        .iter()
        .filter_map(|resource| match &resource.owner {
            Owner::Stack { logical_id, .. } => Some((logical_id.as_str(), *resource)),
            Owner::Template { .. } | Owner::Existing { .. } => None,
        })
        .collect();
    let framed = owned
        .iter()
        .map(|(logical_id, resource)| framed(logical_id, resource))
        .collect::<Result<Vec<_>, _>>()?;
    let name = resources
        .first()
        .map_or("", |resource| resource.name.as_str());
    let (template, what) = frame(purpose);
    let context = Frame {
        name,
        description: super::description(what, name),
        key: resources.iter().find_map(|resource| key(resource)),
        replicas: framed.iter().any(|resource| resource.replica),
        backup_role: resources.iter().find_map(|resource| match &resource.body {
            Body::BackupSelection(body) => made(&body.backup_selection.iam_role_arn),
            _ => None,
        }),
        restore_role: resources.iter().find_map(|resource| match &resource.body {
            Body::RestoreTestingSelection(body) => made(&body.iam_role_arn),
            _ => None,
        }),
        resources: framed,
    };
    let text = templates.fill(template, &context)?;
    readback::stack(path, &text, &owned)?;
    Ok(text)
}

fn framed<'p>(logical_id: &'p str, resource: &'p Resource) -> Result<Framed<'p>, RenderError> {
    let tree = resource.body.tree();
    if let Some(pointer) = dynamic_reference(&tree) {
        let resource = resource.address.to_string();
        return Err(RenderError::DynamicReference { resource, pointer });
    }
    let (replica, secret) = match &resource.body {
        Body::DbInstance(body) => (
            body.source.is_some(),
            body.manage_master_user_password == Some(true),
        ),
        _ => (false, false),
    };
    Ok(Framed {
        kind: &resource.address.kind,
        logical_id,
        replica,
        secret,
        restores: matches!(resource.body, Body::RestoreTestingSelection(_)),
        properties: text::yaml_block(&tree),
    })
}

/// What of a stack's own resources a value is an attribute of.
fn made(value: &AwsValue) -> Option<&str> {
    match value {
        AwsValue::Attribute { path } => Some(&path[0]),
        AwsValue::Text(_) | AwsValue::Ref { .. } => None,
    }
}

/// The key that a stack makes for what it holds.
fn key(resource: &Resource) -> Option<Key> {
    let name = &resource.name;
    let (key, what, tags) = match &resource.body {
        Body::DbInstance(body) => {
            let what = format!("the database {name} and its backups");
            (body.kms_key_id.as_ref()?, what, body.tags.clone())
        }
        Body::BackupVault(body) => {
            let what = format!("what is copied into the vault {name}");
            let tags = body.backup_vault_tags.clone().map(Tags);
            (body.encryption_key_arn.as_ref()?, what, tags)
        }
        _ => return None,
    };
    let tags = tags.and_then(|tags| serde_json::to_value(tags).ok());
    Some(Key {
        logical_id: made(key)?.to_owned(),
        alias: key_alias(name),
        description: format!("Encrypts {what}"),
        tags: tags.map(|tags| text::yaml_block(&tags)),
    })
}

/// Where a text would be replaced by CloudFormation with a parameter or a secret.
fn dynamic_reference(tree: &Value) -> Option<String> {
    match tree {
        Value::String(text) => text.contains("{{resolve:").then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| Some(format!("/{index}{}", dynamic_reference(item)?))),
        Value::Object(members) => members
            .iter()
            .find_map(|(key, value)| Some(format!("/{key}{}", dynamic_reference(value)?))),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}
