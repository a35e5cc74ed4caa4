//! A stand-in for the Azure CLI; see tests/stand-ins/az.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub struct Az {
    folder: tempfile::TempDir,
}

impl Az {
    pub fn new() -> Az {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Az { folder }
    }

    /// Has a container; the path is where its blobs lie.
    pub fn container(&self, account: &str, container: &str) -> PathBuf {
        let folder = self
            .folder
            .path()
            .join("blobs")
            .join(account)
            .join(container);
        fs::create_dir_all(&folder).expect("a folder can be made");
        folder
    }

    /// Has these ARM resources, by their ids.
    pub fn resources(&self, resources: &Value) {
        self.set("resources.json", resources);
    }

    /// A file of what it knows and keeps; see tests/stand-ins/az_recovery.py.
    pub fn set(&self, name: &str, value: &Value) {
        let path = self.folder.path().join(name);
        fs::write(path, value.to_string()).expect("a file can be written");
    }

    /// What it keeps now. Null: nothing.
    pub fn kept(&self, name: &str) -> Value {
        let text = fs::read_to_string(self.folder.path().join(name));
        text.map_or(Value::Null, |text| {
            serde_json::from_str(&text).expect("JSON")
        })
    }

    /// Gives a command whose PATH has the stand-in the way to this one's folder.
    pub fn reach<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("AZ_STAND_IN", self.folder.path())
    }

    /// Every command line so far.
    pub fn calls(&self) -> Vec<Vec<String>> {
        let calls = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        let words = |line| serde_json::from_str(line).expect("a call is a list of words");
        calls.lines().map(words).collect()
    }
}

/// Every file below a folder, as paths from it.
pub fn files(folder: &Path) -> Vec<String> {
    fn collect(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                collect(root, &path, found);
            } else {
                let path = path.strip_prefix(root).expect("it is below the folder");
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    collect(folder, folder, &mut found);
    found.sort();
    found
}
