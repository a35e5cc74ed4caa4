//! What is to be written, staged in the folder that it goes to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::super::Artifact;
use super::FolderError;
use super::files::{io_error, put};
use super::hold::{Hold, PREFIX};

#[derive(Debug)]
pub(super) struct Staging<'o> {
    out: &'o Path,
    /// Made for the first text.
    folder: Option<TempDir>,
    /// By their numbers in the staging folder.
    paths: Vec<String>,
    /// Whether the output folder is there for the staging alone.
    is_new: bool,
    hold: Option<Hold>,
}

impl<'o> Staging<'o> {
    pub fn of(out: &'o Path) -> Staging<'o> {
        Staging {
            out,
            folder: None,
            paths: Vec::new(),
            is_new: false,
            hold: None,
        }
    }

    /// Makes the output folder, and holds it until this is dropped.
    pub fn hold(&mut self) -> Result<(), FolderError> {
        if self.hold.is_none() {
            self.is_new = !self.out.exists();
            fs::create_dir_all(self.out).map_err(io_error(self.out))?;
            self.hold = Some(Hold::of(self.out));
        }
        Ok(())
    }

    pub fn add(&mut self, artifact: &Artifact) -> Result<(), FolderError> {
        self.hold()?;
        let folder = match &self.folder {
            Some(folder) => folder,
            None => {
                let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(self.out);
                self.folder.insert(folder.map_err(io_error(self.out))?)
            }
        };
        let staged = folder.path().join(self.paths.len().to_string());
        put(&staged, &artifact.text, artifact.executable)?;
        self.paths.push(artifact.path.clone());
        Ok(())
    }

    /// The folders of the files to come.
    pub fn prepare(&self) -> Result<(), FolderError> {
        let targets = self.paths.iter().map(|path| self.out.join(path));
        let folders: BTreeSet<PathBuf> = targets
            .filter_map(|target| Some(target.parent()?.to_owned()))
            .collect();
        for folder in folders {
            fs::create_dir_all(&folder).map_err(io_error(&folder))?;
        }
        Ok(())
    }

    pub fn commit(&mut self) -> Result<(), FolderError> {
        self.is_new = false;
        let Some(folder) = self.folder.take() else {
            return Ok(());
        };
        for (number, path) in self.paths.iter().enumerate() {
            let target = self.out.join(path);
            let staged = folder.path().join(number.to_string());
            fs::rename(staged, &target).map_err(io_error(&target))?;
        }
        folder.close().map_err(io_error(self.out))
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        // Its own error has been told already.
        drop(self.folder.take());
        if self.is_new {
            let _ = fs::remove_dir(self.out);
        }
    }
}
