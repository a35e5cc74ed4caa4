//! The results of drills that lie beside the policy: in a folder `drills` next to its files.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::finding::Finding;
use crate::plan::DRILLS;
use crate::policy::Workspace;

/// Most bytes that are read of a result; what is longer is none.
const LONGEST: u64 = 1 << 20;

/// Reads them into the workspace. What is no result is a finding.
pub(super) fn read(workspace: &mut Workspace, policies: &[PathBuf]) -> Vec<Finding> {
    let beside = policies.iter().filter_map(|policy| policy.parent());
    let folders: BTreeSet<PathBuf> = beside.map(|folder| folder.join(DRILLS)).collect();
    let mut paths = Vec::new();
    for folder in folders {
        collect(&folder, &mut paths);
    }
    let mut findings = Vec::new();
    for path in paths {
        let text = text(&path);
        let file = workspace.sources.add(path, text);
        findings.extend(workspace.evidence.take(workspace.sources.get(file), file));
    }
    findings
}

/// What cannot be read is no JSON.
pub(in crate::commands) fn text(path: &Path) -> String {
    let mut text = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut text));
    match read {
        Ok(_) => String::from_utf8_lossy(&text).into_owned(),
        Err(_) => String::new(),
    }
}

/// In the order of the names. Hidden entries and links to folders are passed over.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect(&path, paths);
        } else if path.extension().is_some_and(|it| it == "json") && path.is_file() {
            paths.push(path);
        }
    }
}
