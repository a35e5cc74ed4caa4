//! What rendered files and printed commands call the folder of the rendered files.

use std::path::{Component, Path};

use crate::cloud::RENDERED;

/// The folder as a path from the root of the repository, which is where backstay is started: whoever
/// runs a workflow or a runbook has the repository too. Another folder than one below it is only where
/// somebody looks at what would be rendered, and the files must not differ for that.
pub(super) fn name(out: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let below = out.strip_prefix(&here).unwrap_or(out);
    let parts = below.components().filter(|part| *part != Component::CurDir);
    let parts: Option<Vec<&str>> = parts
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    match parts {
        Some(parts) if !parts.is_empty() => parts.join("/"),
        _ => RENDERED.to_owned(),
    }
}
