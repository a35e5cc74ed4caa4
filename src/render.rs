//! Plan to text: each artifact is a frame from `templates/` around the plan's own properties, and is
//! read back before it counts.

mod actions;
mod arm;
mod enforce;
pub mod folder;
mod jobs;
mod readback;
mod restore;
mod templates;
mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use crate::cloud::aws::Value as AwsValue;
use crate::cloud::azure::{postgres, storage};
use crate::plan::{Body, Owner, Plan, Resource, key_alias};

pub use restore::{deploy_commands, restore_command};
pub use templates::{Templates, embedded};

/// The folder that commands name, from the root of the repository.
pub const OUT: &str = "generated";

/// One rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Below the output folder, with forward slashes.
    pub path: String,
    pub text: String,
    pub executable: bool,
}

/// Why nothing is rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("{0}")]
    Template(String),
    #[error("cannot read the template {}: {source}", path.display())]
    TemplateFile {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{} replaces no template: there are {}", path.display(), known.join(", "))]
    UnknownTemplate { path: PathBuf, known: Vec<String> },
    #[error("{path} cannot be read back: {message}")]
    Unreadable { path: String, message: String },
    #[error(
        "{path} does not say what the policy says of {resource}{at}: its template must leave that to the policy",
        at = if pointer.is_empty() { String::new() } else { format!(" at {pointer}") }
    )]
    ReadBack {
        path: String,
        resource: String,
        /// JSON Pointer from the root of the resource's properties.
        pointer: String,
    },
    #[error("two things of the policy are rendered to {path}: give one of them another name")]
    SamePath { path: String },
    #[error(
        "{first} and {second} would be the same stack, {stack}, and each deployment would remove the other: give one of them another name"
    )]
    SameStack {
        stack: String,
        first: String,
        second: String,
    },
    #[error(
        "{resource} has a text with {{{{resolve: at {pointer}, which CloudFormation would replace: write it without"
    )]
    DynamicReference { resource: String, pointer: String },
    #[error(
        "the crontab of {host} is in {first}, but {script} is scheduled in {second}: cron goes by one time zone"
    )]
    TwoTimeZones {
        host: String,
        first: String,
        second: String,
        script: String,
    },
}

/// Renders everything that the plan asks for, sorted by path.
pub fn render(plan: &Plan, templates: &Templates) -> Result<Vec<Artifact>, RenderError> {
    let mut renderer = Renderer {
        templates,
        artifacts: BTreeMap::new(),
    };
    let mut files: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in &plan.resources {
        let (Owner::Stack { file, .. } | Owner::Template { file } | Owner::Existing { file }) =
            &resource.owner;
        files.entry(file).or_default().push(resource);
    }
    one_file_a_stack(plan)?;
    for (path, resources) in files {
        renderer.resources(path, &resources)?;
    }
    for resource in &plan.resources {
        renderer.lifecycle(resource)?;
    }
    renderer.jobs(plan)?;
    Ok(renderer.artifacts.into_values().collect())
}

/// Names that differ may still give one stack: `a-b` and `a_b`, or a database and a store.
fn one_file_a_stack(plan: &Plan) -> Result<(), RenderError> {
    let mut files = BTreeMap::new();
    for resource in &plan.resources {
        if let Owner::Stack { stack, file, .. } = &resource.owner {
            let first = *files
                .entry((&resource.address.scope, stack))
                .or_insert(file);
            if first != file {
                return Err(RenderError::SameStack {
                    stack: stack.clone(),
                    first: first.clone(),
                    second: file.clone(),
                });
            }
        }
    }
    Ok(())
}

struct Renderer<'p> {
    templates: &'p Templates,
    artifacts: BTreeMap<String, Artifact>,
}

/// What a template of resources is given.
#[derive(Serialize)]
struct Frame<'p> {
    name: &'p str,
    description: String,
    key: Option<Key>,
    replicas: bool,
    resources: Vec<Framed<'p>>,
}

#[derive(Serialize)]
struct Key {
    logical_id: String,
    alias: String,
    description: String,
    tags: Option<String>,
}

/// One resource: its frame's values, and its properties as text of the template's language.
#[derive(Serialize)]
struct Framed<'p> {
    #[serde(rename = "type")]
    kind: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_id: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'p str>,
    /// Whether it is a copy of another resource of the template.
    replica: bool,
    /// Whether the cloud keeps its password.
    secret: bool,
    members: String,
    properties: String,
}

impl Renderer<'_> {
    fn add(&mut self, path: String, text: String) -> Result<(), RenderError> {
        let artifact = Artifact {
            executable: path.ends_with(".sh"),
            path: path.clone(),
            text,
        };
        match self.artifacts.insert(path, artifact) {
            Some(first) => Err(RenderError::SamePath { path: first.path }),
            None => Ok(()),
        }
    }

    /// The file that holds the given resources.
    fn resources(&mut self, path: &str, resources: &[&Resource]) -> Result<(), RenderError> {
        let Some(first) = resources.first() else {
            return Ok(());
        };
        let kind = |resource: &Resource| std::mem::discriminant(&resource.body);
        let alike = |other: &&Resource| other.name == first.name && kind(other) == kind(first);
        let stores = !matches!(first.body, Body::DbInstance(_));
        if !resources.iter().all(alike) || (stores && resources.len() > 1) {
            return Err(RenderError::SamePath {
                path: path.to_owned(),
            });
        }
        let text = match &first.owner {
            Owner::Existing { .. } => {
                let script = enforce::script(resources);
                self.templates
                    .fill(enforce::template(&first.address.scope), &script)?
            }
            Owner::Stack { .. } => self.stack(path, resources)?,
            Owner::Template { .. } => self.template(path, resources)?,
        };
        self.add(path.to_owned(), text)
    }

    fn stack(&self, path: &str, resources: &[&Resource]) -> Result<String, RenderError> {
        let owned: Vec<(&str, &Resource)> = resources
            .iter()
            .filter_map(|resource| match &resource.owner {
                Owner::Stack { logical_id, .. } => Some((logical_id.as_str(), *resource)),
                _ => None,
            })
            .collect();
        let framed = owned.iter().map(|(logical_id, resource)| {
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
                logical_id: Some(logical_id),
                api_version: None,
                account: None,
                replica,
                secret,
                members: String::new(),
                properties: text::yaml_block(&tree),
            })
        });
        let framed = framed.collect::<Result<Vec<_>, _>>()?;
        let (frame, what) = match resources
            .iter()
            .any(|resource| matches!(resource.body, Body::Bucket(_)))
        {
            true => ("aws/bucket.yaml", "store"),
            false => ("aws/database.yaml", "database"),
        };
        let context = frame_of(what, resources, framed);
        let text = self.templates.fill(frame, &context)?;
        readback::stack(path, &text, &owned)?;
        Ok(text)
    }

    fn template(&self, path: &str, resources: &[&Resource]) -> Result<String, RenderError> {
        let framed = resources.iter().map(|resource| {
            let mut tree = arm::escape(&resource.body.tree());
            let server = matches!(resource.body, Body::FlexibleServer(_));
            // The frame adds to a server's properties, so they come apart from the rest.
            let properties = tree
                .as_object_mut()
                .filter(|_| server)
                .and_then(|members| members.shift_remove("properties"));
            Framed {
                kind: &resource.address.kind,
                logical_id: None,
                api_version: Some(if server {
                    postgres::API_VERSION
                } else {
                    storage::API_VERSION
                }),
                account: Some(&resource.address.name),
                replica: false,
                secret: false,
                members: text::json_members(&tree),
                properties: text::json_members(&properties.unwrap_or_default()),
            }
        });
        let (frame, what) = match resources
            .iter()
            .any(|r| matches!(r.body, Body::ManagementPolicy(_)))
        {
            true => ("azure/lifecycle.json", "store"),
            false => ("azure/database.json", "database"),
        };
        let context = frame_of(what, resources, framed.collect());
        let text = self.templates.fill(frame, &context)?;
        readback::template(path, &text, resources)?;
        Ok(text)
    }

    /// The lifecycle document of a store, as the command-line clients take it.
    fn lifecycle(&mut self, resource: &Resource) -> Result<(), RenderError> {
        let document = match &resource.body {
            Body::Bucket(bucket) => match &bucket.lifecycle_configuration {
                Some(lifecycle) => lifecycle.api_document(),
                None => return Ok(()),
            },
            Body::ManagementPolicy(_) => resource.body.tree(),
            Body::DbInstance(_) | Body::FlexibleServer(_) => return Ok(()),
        };
        let path = restore::lifecycle_path(&resource.name);
        let text = text::json_document(&document);
        readback::document(&path, &text, resource, &document)?;
        self.add(path, text)
    }
}

fn frame_of<'p>(what: &str, resources: &[&'p Resource], framed: Vec<Framed<'p>>) -> Frame<'p> {
    let name = resources
        .first()
        .map_or("", |resource| resource.name.as_str());
    Frame {
        name,
        description: format!(
            "The {what} {name}. Rendered by backstay from its policy; edit the policy, not this file."
        ),
        key: resources.iter().find_map(|resource| key(resource)),
        replicas: framed.iter().any(|resource| resource.replica),
        resources: framed,
    }
}

/// The key that a database's stack makes for it.
fn key(resource: &Resource) -> Option<Key> {
    let Body::DbInstance(body) = &resource.body else {
        return None;
    };
    let Some(AwsValue::Attribute { path }) = &body.kms_key_id else {
        return None;
    };
    let tags = body
        .tags
        .as_ref()
        .and_then(|tags| serde_json::to_value(tags).ok());
    Some(Key {
        logical_id: path[0].clone(),
        alias: key_alias(&resource.name),
        description: format!("Encrypts the database {} and its backups", resource.name),
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
