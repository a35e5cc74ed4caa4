//! What rendered files and printed commands call the folder of the rendered files.

use std::path::{Component, Path, PathBuf};

use crate::cloud::RENDERED;

/// The folder as a path from the root of the repository, which is where backstay is started: whoever
/// runs a workflow or a runbook has the repository too. Another folder than one below it is only where
/// somebody looks at what would be rendered, and the files must not differ for that.
pub(super) fn name(out: &Path) -> String {
    below_root(out).unwrap_or_else(|| RENDERED.to_owned())
}

/// The policy files and folders as workflows name them behind a command: nothing where they are those
/// that backstay looks for by itself, or no workflow could name them without quotes.
pub(super) fn policies(paths: &[PathBuf]) -> Vec<String> {
    let plain = |path: &String| {
        let letter = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
        path.chars().all(letter) && !path.starts_with('-')
    };
    let names = paths.iter().map(|path| below_root(path).filter(plain));
    let names: Option<Vec<String>> = names.collect();
    names
        .filter(|names| names != &["policies"])
        .unwrap_or_default()
}

fn below_root(path: &Path) -> Option<String> {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).unwrap_or(path);
    let parts = below.components().filter(|part| *part != Component::CurDir);
    let parts: Option<Vec<&str>> = parts
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    parts.map(|parts| match parts.is_empty() {
        true => ".".to_owned(),
        false => parts.join("/"),
    })
}
