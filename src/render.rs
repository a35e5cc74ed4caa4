//! Plan to text: each artifact is a frame from `templates/` around the plan's own properties, and is
//! read back before it counts.

mod actions;
mod arm;
mod by_database;
mod enforce;
mod fix;
pub mod folder;
mod jobs;
mod parameters;
mod readback;
mod recovery;
mod restore;
mod review;
mod runbook;
mod stack;
mod template;
mod templates;
mod text;

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use crate::plan::{Body, Grant, Owner, Plan, Resource};

use by_database::ByDatabase;
use folder::FolderError;

pub use fix::{Told, fix_script};
pub use recovery::walk;
pub use restore::{accounts, deploy_commands, enforce_commands, restore_command};
pub use templates::{Templates, embedded};

/// One rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Below the output folder, with forward slashes.
    pub path: String,
    pub text: String,
    pub executable: bool,
}

/// Who takes what is rendered.
pub type Take<'t> = dyn FnMut(Artifact) -> Result<(), FolderError> + 't;

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
    #[error("{0}")]
    Folder(#[from] FolderError),
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
    let mut artifacts = Vec::new();
    render_each(plan, templates, &mut |artifact| {
        artifacts.push(artifact);
        Ok(())
    })?;
    artifacts.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    Ok(artifacts)
}

/// Renders everything that the plan asks for and gives it away file by file, in no order: a large
/// estate has more text than memory.
pub fn render_each(
    plan: &Plan,
    templates: &Templates,
    take: &mut Take<'_>,
) -> Result<(), RenderError> {
    let mut renderer = Renderer {
        templates,
        by_database: ByDatabase::of(plan),
        key_vaults: &plan.key_vaults,
        paths: HashSet::new(),
        take,
    };
    let mut files: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
    for resource in &plan.resources {
        files
            .entry(resource.owner.file())
            .or_default()
            .push(resource);
    }
    for (path, resources) in files {
        renderer.resources(path, &resources)?;
    }
    for resource in &plan.resources {
        renderer.lifecycle(resource)?;
    }
    for grant in &plan.grants {
        renderer.grant(grant)?;
    }
    renderer.jobs(plan)?;
    renderer.review(plan)?;
    renderer.recoveries(plan)?;
    renderer.runbooks(plan)
}

struct Renderer<'p> {
    templates: &'p Templates,
    by_database: ByDatabase<'p>,
    key_vaults: &'p BTreeMap<String, String>,
    paths: HashSet<String>,
    take: &'p mut Take<'p>,
}

impl Renderer<'_> {
    fn add(&mut self, path: String, text: String) -> Result<(), RenderError> {
        if !self.paths.insert(path.clone()) {
            return Err(RenderError::SamePath { path });
        }
        (self.take)(Artifact {
            executable: path.ends_with(".sh"),
            path,
            text,
        })?;
        Ok(())
    }

    /// The file that holds the given resources.
    fn resources(&mut self, path: &str, resources: &[&Resource]) -> Result<(), RenderError> {
        let Some(first) = resources.first() else {
            return Ok(());
        };
        let together = |other: &&Resource| {
            other.name == first.name && other.owner.purpose() == first.owner.purpose()
        };
        if !resources.iter().all(together) {
            return Err(RenderError::SamePath {
                path: path.to_owned(),
            });
        }
        let text = match &first.owner {
            Owner::Existing { .. } => {
                let script = enforce::script(resources);
                self.templates.fill(enforce::template(first), &script)?
            }
            Owner::Stack { purpose, .. } => {
                stack::render(self.templates, path, *purpose, resources)?
            }
            Owner::Template { purpose, .. } => {
                template::render(self.templates, path, *purpose, resources)?
            }
        };
        if let Some(parameters) = parameters::path(&first.owner) {
            let template = readback::json(path, &text)?;
            let key_vault = self.key_vaults.get(&first.location);
            let document = parameters::document(&template, first, key_vault);
            self.add(parameters, text::json_document(&document))?;
        }
        self.add(path.to_owned(), text)
    }

    /// The policy of a role, and who may take it, as documents.
    fn grant(&mut self, grant: &Grant) -> Result<(), RenderError> {
        let Grant {
            account,
            document: name,
            ..
        } = grant;
        let documents = [(Some(&grant.allows), ""), (grant.trust.as_ref(), "-trust")];
        for (document, suffix) in documents {
            if let Some(document) = document {
                let document = serde_json::Value::from(document.clone());
                let path = format!("iam/{account}/{name}{suffix}.json");
                self.add(path, text::json_document(&document))?;
            }
        }
        Ok(())
    }

    /// The lifecycle document of a store, as the command-line clients take it.
    fn lifecycle(&mut self, resource: &Resource) -> Result<(), RenderError> {
        let document = match &resource.body {
            Body::Bucket(bucket) => match &bucket.lifecycle_configuration {
                Some(lifecycle) => lifecycle.api_document(),
                None => return Ok(()),
            },
            Body::ManagementPolicy(_) => resource.body.tree()["properties"]["policy"].take(),
            _ => return Ok(()),
        };
        let path = restore::lifecycle_path(&resource.name);
        let text = text::json_document(&document);
        readback::document(&path, &text, resource, &document)?;
        self.add(path, text)
    }
}

/// What a template says of itself.
fn description(what: &str, name: &str) -> String {
    format!(
        "The {what} {name}. Rendered by backstay from its policy; edit the policy, not this file."
    )
}
