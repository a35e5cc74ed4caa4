//! Paths below the output folder, and the files there.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use super::{FolderError, MANIFEST};

/// The target of a path that stays in the folder, through links as well.
pub(super) fn inside(out: &Path, path: &str) -> Result<PathBuf, FolderError> {
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
pub(super) fn existing(target: &Path) -> Result<Option<Vec<u8>>, FolderError> {
    match fs::symlink_metadata(target) {
        Ok(metadata) if metadata.is_file() => fs::read(target).map(Some).map_err(io_error(target)),
        Ok(_) => Err(FolderError::Foreign(target.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(target)(error)),
    }
}

/// A whole text, of the mode that its file is to have. The umask takes away what others shall not have.
pub(super) fn put(path: &Path, text: &str, executable: bool) -> Result<(), FolderError> {
    let mut new = OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        new.mode(if executable { 0o777 } else { 0o666 });
    }
    #[cfg(not(unix))]
    let _ = executable;
    // Not forced to the disk: what is rendered can be rendered again.
    let written = new
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(io_error(path))
}

/// The folders above a removed file, as far as they are empty now.
pub(super) fn remove_empty_folders(out: &Path, target: &Path) {
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
pub(super) fn is_executable(target: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(target).is_ok_and(|metadata| metadata.permissions().mode() & 0o100 != 0)
}

/// Other systems have no such bit: as written.
#[cfg(not(unix))]
pub(super) fn is_executable(target: &Path) -> bool {
    target
        .extension()
        .is_some_and(|extension| extension == "sh")
}

pub(super) fn io_error(path: &Path) -> impl Fn(io::Error) -> FolderError + use<> {
    let path = path.to_owned();
    move |source| FolderError::Io {
        path: path.clone(),
        source,
    }
}
