//! ARM templates: one frame for each purpose around the resources of one deployment.

use serde::Serialize;

use super::{RenderError, Templates, arm, readback, text};
use crate::plan::{Purpose, Resource};

/// What a frame is given.
#[derive(Serialize)]
struct Frame<'p> {
    name: &'p str,
    description: String,
    resources: Vec<Framed<'p>>,
}

/// One resource: its frame's values, and its properties as lines of JSON.
#[derive(Serialize)]
struct Framed<'p> {
    #[serde(rename = "type")]
    kind: &'p str,
    api_version: &'static str,
    members: String,
    properties: String,
}

/// The frame of a purpose, and what its description calls the part of the policy.
fn frame(purpose: Purpose) -> (&'static str, &'static str) {
    match purpose {
        Purpose::Database => ("azure/database.json", "database"),
        Purpose::Store => ("azure/lifecycle.json", "store"),
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
    let (template, what) = frame(purpose);
    let context = Frame {
        name,
        description: super::description(what, name),
        resources: resources.iter().map(|resource| framed(resource)).collect(),
    };
    let text = templates.fill(template, &context)?;
    readback::template(path, &text, resources)?;
    Ok(text)
}

fn framed(resource: &Resource) -> Framed<'_> {
    let mut tree = arm::escape(&resource.body.tree());
    // A frame may add to a resource's properties, so they come apart from the rest.
    let properties = tree
        .as_object_mut()
        .and_then(|members| members.shift_remove("properties"));
    Framed {
        kind: &resource.address.kind,
        api_version: resource.body.api_version().unwrap_or_default(),
        members: text::json_members(&tree),
        properties: text::json_members(&properties.unwrap_or_default()),
    }
}
