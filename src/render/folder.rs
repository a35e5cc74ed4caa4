//! The output folder: compared, and written all or nothing as far as a file system allows.

mod files;
mod hold;
mod staging;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Artifact;
use files::{existing, inside, io_error, is_executable, put, remove_empty_folders};
use hold::PREFIX;
use serde::{Deserialize, Serialize};
use staging::Staging;

/// Lists the files that backstay wrote, and so may overwrite and remove.
pub const MANIFEST: &str = ".backstay.json";

/// What writing changes, each in the order of the paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub created: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
    pub unchanged: Vec<String>,
}

/// What becomes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Created,
    /// With the text that is there.
    Changed(String),
    Unchanged,
}

/// Why the folder is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("`{path}` leaves the output folder")]
    Escape { path: String },
    #[error(
        "{} exists and was not written by backstay: move it away, or render to another folder with --out",
        .0.display()
    )]
    Foreign(PathBuf),
    #[error("{} is not a list of rendered files: {message}", path.display())]
    Manifest { path: PathBuf, message: String },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    files: BTreeSet<String>,
}

/// A rendering, file by file, against what the folder has; no text is kept. What is to be written is
/// staged in the folder before the first file is replaced: dropped, it leaves nothing.
#[derive(Debug)]
pub struct Rendering<'o> {
    out: &'o Path,
    manifest: Manifest,
    rendered: BTreeSet<String>,
    changes: Changes,
    /// None: it is compared only.
    staging: Option<Staging<'o>>,
}

impl<'o> Rendering<'o> {
    /// One that changes nothing.
    ///
    /// # Errors
    /// The folder's list of files cannot be read.
    pub fn compared_with(out: &'o Path) -> Result<Rendering<'o>, FolderError> {
        Ok(Rendering {
            out,
            manifest: manifest(out)?,
            rendered: BTreeSet::new(),
            changes: Changes::default(),
            staging: None,
        })
    }

    /// One that makes the folder hold exactly its files, beside those of others.
    ///
    /// # Errors
    /// The folder's list of files cannot be read.
    pub fn into(out: &'o Path) -> Result<Rendering<'o>, FolderError> {
        Ok(Rendering {
            staging: Some(Staging::of(out)),
            ..Rendering::compared_with(out)?
        })
    }

    /// # Errors
    /// It would leave the folder, stands where a file of others is, or cannot be staged.
    pub fn take(&mut self, artifact: &Artifact) -> Result<Change, FolderError> {
        let path = artifact.path.clone();
        let change = self.change(artifact)?;
        self.rendered.insert(path.clone());
        let changes = &mut self.changes;
        match change {
            Change::Created => changes.created.push(path),
            Change::Changed(_) => changes.changed.push(path),
            Change::Unchanged => changes.unchanged.push(path),
        }
        match &mut self.staging {
            Some(staging) if change != Change::Unchanged => staging.add(artifact)?,
            _ => {}
        }
        Ok(change)
    }

    fn change(&self, artifact: &Artifact) -> Result<Change, FolderError> {
        let target = inside(self.out, &artifact.path)?;
        let Some(bytes) = existing(&target)? else {
            return Ok(Change::Created);
        };
        let same = bytes == artifact.text.as_bytes();
        if same && is_executable(&target) == artifact.executable {
            Ok(Change::Unchanged)
        } else if same || self.manifest.files.contains(&artifact.path) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Ok(Change::Changed(text))
        } else {
            Err(FolderError::Foreign(target))
        }
    }

    /// The files that are there and were not taken.
    ///
    /// # Errors
    /// One of them cannot be looked at.
    pub fn left(&self) -> Result<Vec<String>, FolderError> {
        let mut left = Vec::new();
        for path in self.manifest.files.difference(&self.rendered) {
            if existing(&inside(self.out, path)?)?.is_some() {
                left.push(path.clone());
            }
        }
        Ok(left)
    }

    /// Once everything was taken.
    ///
    /// # Errors
    /// A file cannot be put or removed; the next run knows those that were.
    pub fn finish(mut self) -> Result<Changes, FolderError> {
        let mut changes = std::mem::take(&mut self.changes);
        changes.removed = self.left()?;
        changes.created.sort_unstable();
        changes.changed.sort_unstable();
        changes.unchanged.sort_unstable();
        if let Some(mut staging) = self.staging {
            staging.hold()?;
            staging.prepare()?;
            // First the files of both renderings: whatever ends this run, the next one knows its own.
            let before = self.manifest.files;
            let both: BTreeSet<String> = before.union(&self.rendered).cloned().collect();
            put_manifest(self.out, &before, &both)?;
            staging.commit()?;
            for path in &changes.removed {
                let target = self.out.join(path);
                fs::remove_file(&target).map_err(io_error(&target))?;
                remove_empty_folders(self.out, &target);
            }
            put_manifest(self.out, &both, &self.rendered)?;
        }
        Ok(changes)
    }
}

fn manifest(out: &Path) -> Result<Manifest, FolderError> {
    let path = out.join(MANIFEST);
    match existing(&path)? {
        None => Ok(Manifest::default()),
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| FolderError::Manifest {
            path,
            message: error.to_string(),
        }),
    }
}

fn put_manifest(
    out: &Path,
    before: &BTreeSet<String>,
    files: &BTreeSet<String>,
) -> Result<(), FolderError> {
    let target = out.join(MANIFEST);
    if before == files && target.exists() {
        return Ok(());
    }
    let text = serde_json::json!({ "files": files });
    let staging = tempfile::Builder::new()
        .prefix(PREFIX)
        .tempdir_in(out)
        .map_err(io_error(out))?;
    let staged = staging.path().join(MANIFEST);
    put(&staged, &super::text::json_document(&text), false)?;
    fs::rename(staged, &target).map_err(io_error(&target))
}
