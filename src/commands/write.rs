//! Files that a command leaves.

use std::io::Write;
use std::path::Path;

use super::failure::Failure;

/// Beside the file, then in its place: nobody ever reads half of it. What is no file, as a pipe, is
/// written to as it is.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    replace(path, text).map_err(|source| Failure::Write {
        path: path.to_owned(),
        source,
    })
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let before = match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return std::fs::write(path, text),
        Ok(metadata) => Some(metadata.permissions()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    // A link stays one.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666))
    };
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    if let Some(permissions) = before {
        file.as_file().set_permissions(permissions)?;
    }
    file.persist(path)?;
    Ok(())
}
