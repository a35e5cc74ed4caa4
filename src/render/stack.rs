//! CloudFormation templates: one frame for each purpose around the resources of one stack.

use serde::Serialize;
use serde_json::{Value, json};

use super::{RenderError, Templates, readback, text};
use crate::cloud::aws::Value as AwsValue;
use crate::plan::{self, Body, Owner, Purpose, Resource};

/// What a frame is given.
#[derive(Serialize)]
struct Frame<'p> {
    name: &'p str,
    description: String,
    what: &'static str,
    /// Whether a database is here together with replicas of it.
    replicas: bool,
    /// Logical ids of the roles that AWS Backup takes.
    backup_role: Option<&'p str>,
    restore_role: Option<&'p str>,
    /// Whether workflows take a role of it.
    workflows: bool,
    parameters: Vec<Parameter>,
    resources: Vec<Framed<'p>>,
}

/// A value from a stack in another Region.
#[derive(Serialize)]
struct Parameter {
    name: &'static str,
    description: String,
}

/// One resource: its frame's values, and its properties as YAML.
#[derive(Serialize)]
struct Framed<'p> {
    #[serde(rename = "type")]
    kind: &'p str,
    logical_id: &'p str,
    /// Whether it is a copy of another database.
    replica: bool,
    /// Where the other database is, if not in this Region.
    source_region: Option<String>,
    /// Whether its automated backups go to another Region.
    replicated: bool,
    /// What it names and CloudFormation cannot see: those come first.
    after: Vec<&'p str>,
    /// Whether the cloud keeps its password.
    secret: bool,
    /// What the secret of a password that the cloud does not keep begins with.
    password: Option<String>,
    /// Whether databases are restored by it.
    restores: bool,
    properties: String,
}

/// The frame of a purpose, and what its description calls the part of the policy.
fn frame(purpose: Purpose) -> Result<(&'static str, &'static str), RenderError> {
    Ok(match purpose {
        Purpose::Database => ("aws/database.yaml", "database"),
        Purpose::Store => ("aws/bucket.yaml", "store"),
        Purpose::Vault => ("aws/vault.yaml", "vault"),
        Purpose::BackupPlans => ("aws/backup-plans.yaml", "backup plans of the vault"),
        Purpose::Copies => ("aws/copies.yaml", "key for the copies of the database"),
        Purpose::Replicas => ("aws/database.yaml", "replicas of the database"),
        Purpose::Alerts => ("aws/alerts.yaml", "backup"),
        Purpose::Access => ("aws/access.yaml", "roles for"),
        Purpose::VaultAccess | Purpose::Identities => {
            let message = format!("no stack of AWS is for {purpose:?}");
            return Err(RenderError::Template(message));
        }
    })
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
        .map(|(logical_id, resource)| framed(logical_id, resource, &owned))
        .collect::<Result<Vec<_>, _>>()?;
    let name = resources
        .first()
        .map_or("", |resource| resource.name.as_str());
    let (template, what) = frame(purpose)?;
    let context = Frame {
        name,
        description: super::description(what, name),
        what,
        replicas: purpose == Purpose::Database && framed.iter().any(|resource| resource.replica),
        parameters: resources
            .first()
            .map_or_else(Vec::new, |resource| taken(&resource.owner)),
        workflows: resources
            .iter()
            .any(|resource| by_workflows(&resource.body)),
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

/// The parameters that a stack's owner asks for.
fn taken(owner: &Owner) -> Vec<Parameter> {
    let Owner::Stack { parameters, .. } = owner else {
        return Vec::new();
    };
    let described = |parameter: &plan::Parameter| Parameter {
        name: parameter.name,
        description: format!(
            "ARN of the key {} in {}, an output of the stack that makes it there.",
            parameter.alias, parameter.region
        ),
    };
    parameters.iter().map(described).collect()
}

fn framed<'p>(
    logical_id: &'p str,
    resource: &'p Resource,
    owned: &[(&'p str, &Resource)],
) -> Result<Framed<'p>, RenderError> {
    let tree = resource.body.tree();
    if let Some(pointer) = dynamic_reference(&tree) {
        let resource = resource.address.to_string();
        return Err(RenderError::DynamicReference { resource, pointer });
    }
    let instance = match &resource.body {
        Body::DbInstance(body) => Some(body),
        _ => None,
    };
    let source = instance.and_then(|body| body.source.as_ref());
    Ok(Framed {
        kind: &resource.address.kind,
        logical_id,
        replica: source.is_some(),
        source_region: source.and_then(region_of),
        replicated: instance.is_some_and(|body| body.replication_region.is_some()),
        after: after(resource, owned),
        secret: instance.is_some_and(|body| body.manage_master_user_password == Some(true)),
        password: instance
            .filter(|body| body.manage_master_user_password == Some(false))
            .map(|body| json!({ "username": body.master_username }).to_string()),
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

/// Names and ARNs hold in every stack, so CloudFormation cannot tell from them what comes first.
fn after<'p>(resource: &Resource, owned: &[(&'p str, &Resource)]) -> Vec<&'p str> {
    let comes_first = |other: &Resource| match (&resource.body, &other.body) {
        (Body::BucketPolicy(_), Body::Bucket(_)) | (Body::Topic(_), Body::Alias(_)) => true,
        (Body::TopicPolicy(_), Body::Topic(_)) => resource.address.name == other.address.name,
        (Body::EventSubscription(_) | Body::Rule(_) | Body::Alarm(_), Body::TopicPolicy(_)) => true,
        _ => false,
    };
    let first = owned.iter().filter(|(_, other)| comes_first(other));
    first.map(|(logical_id, _)| *logical_id).collect()
}

/// Whether it is a role that workflows take.
fn by_workflows(body: &Body) -> bool {
    match body {
        Body::Role(role) => role.assume_role_policy_document.trusts("Federated"),
        _ => false,
    }
}

/// The Region that the ARN of a replica's source names; a plain name is of the same Region.
fn region_of(source: &AwsValue) -> Option<String> {
    match source {
        AwsValue::Text(arn) => arn.split(':').nth(3).map(str::to_owned),
        AwsValue::Ref { .. } | AwsValue::Attribute { .. } => None,
    }
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
