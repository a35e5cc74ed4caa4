//! The output folder: compared, and written all or nothing as far as a file system allows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::Artifact;

/// Lists the files that backstay wrote, and so may overwrite and remove.
pub const MANIFEST: &str = ".backstay.json";

/// What writing changes, each in the order of the paths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub created: Vec<String>,
    pub changed: Vec<String>,
    pub removed: Vec<String>,
    pub unchanged: Vec<String>,
    /// The texts that are replaced or removed.
    pub before: BTreeMap<String, String>,
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

/// What [`write`] would do; also refuses what it would refuse.
pub fn compare(out: &Path, artifacts: &[Artifact]) -> Result<Changes, FolderError> {
    compare_with(out, artifacts, &manifest(out)?)
}

/// Makes the folder hold exactly the artifacts, beside the files of others. Every text is
/// written beside its target before the first file is replaced; a file that has not changed is not
/// touched.
pub fn write(out: &Path, artifacts: &[Artifact]) -> Result<Changes, FolderError> {
    let manifest = manifest(out)?;
    let changes = compare_with(out, artifacts, &manifest)?;
    let files: BTreeSet<String> = artifacts
        .iter()
        .map(|artifact| artifact.path.clone())
        .collect();
    fs::create_dir_all(out).map_err(io_error(out))?;
    let mut staged = Vec::new();
    let unchanged: BTreeSet<&str> = changes.unchanged.iter().map(String::as_str).collect();
    for artifact in artifacts {
        if !unchanged.contains(artifact.path.as_str()) {
            let target = out.join(&artifact.path);
            staged.push((stage(&target, &artifact.text, artifact.executable)?, target));
        }
    }
    // First the files of both renderings: whatever ends this run, the next one knows its own.
    let both: BTreeSet<String> = manifest.files.union(&files).cloned().collect();
    put_manifest(out, &manifest.files, &both)?;
    for (file, target) in staged {
        file.persist(&target)
            .map_err(|error| io_error(&target)(error.error))?;
    }
    for path in &changes.removed {
        let target = out.join(path);
        fs::remove_file(&target).map_err(io_error(&target))?;
        remove_empty_folders(out, &target);
    }
    put_manifest(out, &both, &files)?;
    Ok(changes)
}

fn compare_with(
    out: &Path,
    artifacts: &[Artifact],
    manifest: &Manifest,
) -> Result<Changes, FolderError> {
    let mut changes = Changes::default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for artifact in artifacts {
        let path = artifact.path.clone();
        let target = inside(out, &path)?;
        let Some(bytes) = existing(&target)? else {
            changes.created.push(path);
            continue;
        };
        let same = bytes == artifact.text.as_bytes();
        if same && is_executable(&target) == artifact.executable {
            changes.unchanged.push(path);
        } else if same || manifest.files.contains(&path) {
            changes.before.insert(path.clone(), text(&bytes));
            changes.changed.push(path);
        } else {
            return Err(FolderError::Foreign(target));
        }
    }
    let rendered: BTreeSet<&str> = artifacts
        .iter()
        .map(|artifact| artifact.path.as_str())
        .collect();
    for path in &manifest.files {
        if rendered.contains(path.as_str()) {
            continue;
        }
        if let Some(bytes) = existing(&inside(out, path)?)? {
            changes.before.insert(path.clone(), text(&bytes));
            changes.removed.push(path.clone());
        }
    }
    Ok(changes)
}

/// The target of a path that stays in the folder, through links as well.
fn inside(out: &Path, path: &str) -> Result<PathBuf, FolderError> {
    let escape = || FolderError::Escape {
        path: path.to_owned(),
    };
    let parts = || Path::new(path).components();
    let plain = parts().all(|part| matches!(part, Component::Normal(_)));
    if path.is_empty() || path.contains('\\') || path == MANIFEST || !plain {
        return Err(escape());
    }
    let mut folder = out.to_owned();
    for part in parts() {
        match fs::symlink_metadata(&folder) {
            // The output folder itself may be a link; nothing below it.
            Ok(metadata) if metadata.is_symlink() && folder != out => return Err(escape()),
            _ => folder.push(part),
        }
    }
    Ok(folder)
}

/// The content of a plain file; None where nothing is. A link is never ours.
fn existing(target: &Path) -> Result<Option<Vec<u8>>, FolderError> {
    match fs::symlink_metadata(target) {
        Ok(metadata) if metadata.is_file() => fs::read(target).map(Some).map_err(io_error(target)),
        Ok(_) => Err(FolderError::Foreign(target.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(target)(error)),
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
    let text = super::text::json_document(&text);
    stage(&target, &text, false)?
        .persist(&target)
        .map_err(|error| io_error(&target)(error.error))?;
    Ok(())
}

/// A text beside its target, complete.
fn stage(target: &Path, text: &str, executable: bool) -> Result<NamedTempFile, FolderError> {
    let folder = target.parent().unwrap_or(target);
    fs::create_dir_all(folder).map_err(io_error(folder))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".backstay-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The umask takes away what others shall not have.
        builder.permissions(fs::Permissions::from_mode(if executable {
            0o777
        } else {
            0o666
        }));
    }
    #[cfg(not(unix))]
    let _ = executable;
    let mut file = builder.tempfile_in(folder).map_err(io_error(folder))?;
    // Not forced to the disk: what is rendered can be rendered again.
    file.write_all(text.as_bytes()).map_err(io_error(target))?;
    Ok(file)
}

/// The folders above a removed file, as far as they are empty now.
fn remove_empty_folders(out: &Path, target: &Path) {
    let folders = target
        .ancestors()
        .skip(1)
        .take_while(|folder| *folder != out);
    for folder in folders {
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

#[cfg(unix)]
fn is_executable(target: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(target).is_ok_and(|metadata| metadata.permissions().mode() & 0o100 != 0)
}

/// Other systems have no such bit: as written.
#[cfg(not(unix))]
fn is_executable(target: &Path) -> bool {
    target
        .extension()
        .is_some_and(|extension| extension == "sh")
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> FolderError + use<> {
    let path = path.to_owned();
    move |source| FolderError::Io {
        path: path.clone(),
        source,
    }
}
