//! The output folder, held while something is staged in it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;

use super::MANIFEST;

/// How the names of folders begin that something is staged in.
pub(super) const PREFIX: &str = ".backstay-";

/// A rendering that runs. The lock is the kernel's, on the folder itself: it ends with the process.
#[derive(Debug)]
pub(super) struct Hold {
    _folder: Option<File>,
}

impl Hold {
    /// Removes what killed renderings staged, where no other rendering holds the folder.
    pub fn of(out: &Path) -> Hold {
        // Not every system opens folders, and not every file system has locks: there all is left.
        let folder = File::open(out).ok();
        let folder = folder.filter(|folder| {
            if folder.try_lock().is_ok() {
                sweep(out);
                let _ = folder.unlock();
            }
            folder.lock_shared().is_ok()
        });
        Hold { _folder: folder }
    }
}

/// What cannot be removed is in nobody's way.
fn sweep(out: &Path) {
    let entries = fs::read_dir(out).into_iter().flatten().flatten();
    for folder in entries.filter(|entry| is_staging(&entry.file_name())) {
        let is_folder = folder.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && is_ours(&folder.path()) {
            let _ = fs::remove_dir_all(folder.path());
        }
    }
}

fn is_staging(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

/// Whether it has nothing but staged files.
fn is_ours(folder: &Path) -> bool {
    let is_staged = |entry: fs::DirEntry| {
        let name = entry.file_name();
        let numbered = name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        (numbered || name == MANIFEST) && entry.file_type().is_ok_and(|kind| kind.is_file())
    };
    fs::read_dir(folder).is_ok_and(|mut all| all.all(|entry| entry.is_ok_and(is_staged)))
}
