//! Policy files of a revision, by the installed git. Nothing that a repository or a name holds becomes
//! an option, a program to run, or a fetch.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What git may know of the caller's environment; its own variables could point it elsewhere.
const KEPT: [&str; 6] = [
    "PATH",
    "HOME",
    "XDG_CONFIG_HOME",
    "SystemRoot",
    "USERPROFILE",
    "TMPDIR",
];

const REFUSALS: [(&str, &str); 5] = [
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    // A partial clone would ask its server for what it lacks.
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("LC_ALL", "C"),
];

/// Settings of a repository that name programs.
const SETTINGS: [&str; 2] = ["core.fsmonitor=false", "core.hooksPath=/dev/null"];

/// The repository that the current folder is in.
pub(super) struct Repository {
    root: PathBuf,
}

pub(super) enum Problem {
    /// What a policy file should be is a link, or another repository.
    Link(String),
    Failed(String),
}

impl From<String> for Problem {
    fn from(why: String) -> Problem {
        Problem::Failed(why)
    }
}

/// A file of a revision.
struct Blob {
    id: String,
    path: String,
}

impl Repository {
    pub(super) fn open() -> Result<Repository, String> {
        let root = line(git(["rev-parse", "--show-toplevel"], Stdio::null())?)?;
        let root = std::fs::canonicalize(&root).map_err(|error| format!("{root}: {error}"))?;
        Ok(Repository { root })
    }

    /// The commit that a name stands for.
    pub(super) fn commit(&self, name: &str) -> Result<String, String> {
        self.id(&format!("{name}^{{commit}}")).ok_or_else(|| {
            "git knows no such revision here; a shallow clone has to fetch it first".to_owned()
        })
    }

    /// Path and text of each policy file below the paths, as they would be found on disk.
    pub(super) fn files(
        &self,
        commit: &str,
        paths: &[PathBuf],
    ) -> Result<Vec<(String, Vec<u8>)>, Problem> {
        let mut blobs: Vec<Blob> = Vec::new();
        let mut seen = HashSet::new();
        for path in paths {
            let more = self.blobs(commit, path)?.into_iter();
            blobs.extend(more.filter(|blob| seen.insert(blob.path.clone())));
        }
        Ok(texts(blobs)?)
    }

    fn blobs(&self, commit: &str, path: &Path) -> Result<Vec<Blob>, Problem> {
        let shown = path.display().to_string().replace('\\', "/");
        let whole = std::fs::canonicalize(path).map_err(|error| format!("{shown}: {error}"))?;
        let below = whole
            .strip_prefix(&self.root)
            .map_err(|_| format!("{shown} is not in the repository"))?;
        let below = below.to_string_lossy().replace('\\', "/");
        let Some(id) = self.id(&format!("{commit}:{below}")) else {
            return Ok(Vec::new());
        };
        if line(git(["cat-file", "-t", &id], Stdio::null())?)? == "blob" {
            return Ok(vec![Blob { id, path: shown }]);
        }
        let listed = git(["ls-tree", "-r", "-z", "--full-tree", &id], Stdio::null())?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let shown = shown.trim_end_matches('/');
        let mut blobs = Vec::new();
        for entry in listed.split_terminator('\0') {
            let Some((head, path)) = entry.split_once('\t') else {
                return Err(format!("git lists {entry:?}").into());
            };
            if path.split('/').any(|step| step.starts_with('.')) {
                continue;
            }
            let mut words = head.split(' ');
            match (words.next(), words.nth(1), is_policy(path)) {
                // A link, or another repository.
                (Some("160000"), ..) | (Some("120000"), _, true) => {
                    return Err(Problem::Link(format!("{shown}/{path}")));
                }
                (_, Some(id), true) => blobs.push(Blob {
                    id: id.to_owned(),
                    path: format!("{shown}/{path}"),
                }),
                _ => {}
            }
        }
        Ok(blobs)
    }

    fn id(&self, name: &str) -> Option<String> {
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", name];
        let id = line(git(arguments, Stdio::null()).ok()?).ok()?;
        id.bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then_some(id)
    }
}

fn is_policy(path: &str) -> bool {
    let extension = Path::new(path).extension();
    extension.is_some_and(|it| it == "yaml" || it == "yml")
}

/// The texts, in the order of the blobs, from one process.
fn texts(blobs: Vec<Blob>) -> Result<Vec<(String, Vec<u8>)>, String> {
    // From a file: a pipe that nobody empties meanwhile would block.
    let mut wanted = tempfile::tempfile().map_err(|error| error.to_string())?;
    let ids: String = blobs.iter().map(|blob| format!("{}\n", blob.id)).collect();
    wanted
        .write_all(ids.as_bytes())
        .and_then(|()| wanted.rewind())
        .map_err(|error| error.to_string())?;
    let told = git(["cat-file", "--batch"], wanted.into())?;
    let mut rest = told.as_slice();
    let mut text = |blob: Blob| {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (head, after) = rest.split_at_checked(end + 1)?;
        let size = std::str::from_utf8(head)
            .ok()?
            .trim_end()
            .rsplit(' ')
            .next()?;
        let (text, after) = after.split_at_checked(size.parse().ok()?)?;
        rest = after.get(1..)?;
        Some((blob.path, text.to_vec()))
    };
    let mut found = Vec::with_capacity(blobs.len());
    for blob in blobs {
        let path = blob.path.clone();
        found.push(text(blob).ok_or_else(|| format!("git does not tell {path}"))?);
    }
    Ok(found)
}

/// Runs git without a shell, a pager, or anything of the caller's that could lead it elsewhere.
fn git<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    input: Stdio,
) -> Result<Vec<u8>, String> {
    let kept = KEPT
        .iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)));
    let output = Command::new("git")
        .args(["--no-pager", "--literal-pathspecs"])
        .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
        .args(arguments)
        .env_clear()
        .envs(kept)
        .envs(REFUSALS)
        .stdin(input)
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => {
            let told = String::from_utf8_lossy(&output.stderr);
            let first = told.lines().next().unwrap_or("git failed");
            Err(first.replace(|c: char| c.is_control(), " "))
        }
    }
}

fn line(told: Vec<u8>) -> Result<String, String> {
    let text = String::from_utf8(told).map_err(|_| "git does not speak UTF-8".to_owned())?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}
