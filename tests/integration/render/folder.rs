//! How the output folder is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use backstay::render::Artifact;
use backstay::render::folder::{self, Changes, FolderError, Rendering};

use crate::support::{Workspace, wait_for};

pub fn written(out: &Path, artifacts: &[Artifact]) -> Result<Changes, FolderError> {
    taken(Rendering::into(out)?, artifacts)
}

pub fn compared(out: &Path, artifacts: &[Artifact]) -> Result<Changes, FolderError> {
    taken(Rendering::compared_with(out)?, artifacts)
}

fn taken(mut rendering: Rendering<'_>, artifacts: &[Artifact]) -> Result<Changes, FolderError> {
    for artifact in artifacts {
        rendering.take(artifact)?;
    }
    rendering.finish()
}

fn artifact(path: &str, text: &str) -> Artifact {
    Artifact {
        path: path.to_owned(),
        text: text.to_owned(),
        executable: path.ends_with(".sh"),
    }
}

fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

#[test]
fn a_folder_is_kept() {
    let out = tempfile::tempdir().unwrap();
    let first = [
        artifact("a/one.yaml", "1"),
        artifact("a/two.sh", "2"),
        artifact("b/three.json", "3"),
    ];
    let changes = written(out.path(), &first).unwrap();
    assert_eq!(changes.created, ["a/one.yaml", "a/two.sh", "b/three.json"]);
    fs::write(out.path().join("a/theirs"), "x").unwrap();
    let modified = |path: &str| {
        let file = fs::metadata(out.path().join(path)).unwrap();
        file.modified().unwrap()
    };
    let age = |path: &str| {
        let file = fs::File::options().append(true).open(out.path().join(path));
        file.unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        modified(path)
    };
    let (before, manifest) = (age("a/two.sh"), age(folder::MANIFEST));

    let again = written(out.path(), &first).unwrap();
    assert_eq!(again.unchanged.len(), 3);
    assert_eq!(
        (modified("a/two.sh"), modified(folder::MANIFEST)),
        (before, manifest)
    );

    let second = [artifact("a/one.yaml", "other"), artifact("a/two.sh", "2")];
    let compared = compared(out.path(), &second).unwrap();
    let changes = written(out.path(), &second).unwrap();
    assert_eq!(compared, changes);
    assert_eq!(changes.changed, ["a/one.yaml"]);
    assert_eq!(changes.removed, ["b/three.json"]);
    assert_eq!(modified("a/two.sh"), before);
    assert!(!out.path().join("b").exists());

    written(out.path(), &[]).unwrap();
    let left: Vec<_> = tree(out.path())
        .into_iter()
        .map(|path| path.strip_prefix(out.path()).unwrap().to_owned())
        .collect();
    assert_eq!(
        left,
        [
            Path::new(folder::MANIFEST),
            Path::new("a"),
            Path::new("a/theirs")
        ]
    );
}

/// What is not rendered to its end leaves nothing, not even the folder.
#[test]
fn what_is_dropped_was_never_there() {
    let outer = tempfile::tempdir().unwrap();
    let out = outer.path().join("out");
    let mut rendering = Rendering::into(&out).unwrap();
    rendering.take(&artifact("a/one", "1")).unwrap();
    assert!(out.exists());
    drop(rendering);
    assert_eq!(tree(outer.path()), [] as [PathBuf; 0]);
}

/// Files enough that a list of them fills a pipe.
fn sixty_servers() -> Workspace {
    let databases: String = (0..60)
        .map(|n| format!("  server-{n}: {{ engine: azure_postgres, at: az, id: server-{n} }}\n"))
        .collect();
    Workspace::new().policy(
        "p.yaml",
        &format!(
            "version: 1\nlocations:\n  az: {{ provider: azure, region: eastus, subscription: \
             00000000-0000-0000-0000-000000000001, resource_group: rg }}\ndatabases:\n{databases}"
        ),
    )
}

/// What lies in a folder for a rendering that has not ended.
fn staged(out: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(out).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with(".backstay-")
    });
    paths
}

/// macOS lets a process have 256 files open.
#[cfg(unix)]
#[test]
fn many_files_need_few_open_ones() {
    let workspace = sixty_servers();
    let render = [
        "-c",
        "ulimit -n 40 && exec \"$0\" render",
        env!("CARGO_BIN_EXE_backstay"),
    ];
    workspace.execute("sh", render).expect_code(0);
    workspace.run(["render", "--check"]).expect_code(0);
    let out = tree(&workspace.path().join("generated"));
    assert!(out.len() > 180, "{}", out.len());
    assert_eq!(
        staged(&workspace.path().join("generated")),
        [] as [PathBuf; 0]
    );
}

/// Nobody reads its diff: it can neither end nor put anything in its place before it is killed.
#[cfg(unix)]
#[test]
fn what_a_killed_rendering_left_goes_with_the_next() {
    let workspace = sixty_servers();
    let out = workspace.path().join("generated");
    let mut killed = Command::new(env!("CARGO_BIN_EXE_backstay"))
        .args(["render", "--diff"])
        .current_dir(workspace.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let left = wait_for("something that is staged", || staged(&out).pop());
    killed.kill().unwrap();
    killed.wait().unwrap();
    let others = out.join(".backstay-notes");
    fs::create_dir(&others).unwrap();
    fs::write(others.join("theirs"), "x").unwrap();

    workspace.run(["render", "--check"]).expect_code(1);
    assert!(left.exists());
    workspace.run(["render"]).expect_code(0);
    assert_eq!(staged(&out), [others]);
}

#[cfg(unix)]
#[test]
fn what_a_running_rendering_has_staged_stays() {
    let out = tempfile::tempdir().unwrap();
    let mut running = Rendering::into(out.path()).unwrap();
    running.take(&artifact("a/one", "1")).unwrap();
    let before = staged(out.path());
    assert_eq!(before.len(), 1);
    for text in ["2", "3"] {
        written(out.path(), &[artifact("b/two", text)]).unwrap();
        assert_eq!(staged(out.path()), before);
    }
    running.finish().unwrap();
    assert_eq!(fs::read_to_string(out.path().join("a/one")).unwrap(), "1");
    assert_eq!(staged(out.path()), [] as [PathBuf; 0]);
}

#[cfg(unix)]
#[test]
fn scripts_can_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let out = tempfile::tempdir().unwrap();
    let files = [artifact("one.sh", "1"), artifact("two.json", "2")];
    written(out.path(), &files).unwrap();
    let mode = |path: &str| {
        fs::metadata(out.path().join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o100
    };
    assert_eq!((mode("one.sh"), mode("two.json")), (0o100, 0));
    fs::set_permissions(out.path().join("one.sh"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(written(out.path(), &files).unwrap().changed, ["one.sh"]);
    assert_eq!(mode("one.sh"), 0o100);
}

#[test]
fn files_of_others_stay() {
    let out = tempfile::tempdir().unwrap();
    fs::write(out.path().join("theirs"), "theirs").unwrap();
    let files = [artifact("ours", "1"), artifact("theirs", "2")];
    for result in [compared(out.path(), &files), written(out.path(), &files)] {
        assert!(matches!(result, Err(FolderError::Foreign(_))), "{result:?}");
    }
    assert_eq!(tree(out.path()), [out.path().join("theirs")]);
    // Equal content is nobody's loss.
    written(out.path(), &[artifact("theirs", "theirs")]).unwrap();
}

/// A text that cannot be put anywhere leaves the rest as it was.
#[test]
fn all_or_nothing() {
    let out = tempfile::tempdir().unwrap();
    written(out.path(), &[artifact("a", "1")]).unwrap();
    let before = tree(out.path());
    let blocked = [artifact("a", "2"), artifact("a/b", "3")];
    assert!(written(out.path(), &blocked).is_err());
    assert_eq!(fs::read_to_string(out.path().join("a")).unwrap(), "1");
    assert_eq!(tree(out.path()), before);
}

#[test]
fn nothing_leaves_the_folder() {
    let outer = tempfile::tempdir().unwrap();
    let out = outer.path().join("out");
    fs::create_dir(&out).unwrap();
    for path in [
        "/tmp/x",
        "../x",
        "a/../../x",
        "./x",
        "",
        "a\\..\\x",
        folder::MANIFEST,
    ] {
        let result = written(&out, &[artifact(path, "x")]);
        assert!(
            matches!(result, Err(FolderError::Escape { .. })),
            "{path}: {result:?}"
        );
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outer.path(), out.join("link")).unwrap();
        let result = written(&out, &[artifact("link/x", "x")]);
        assert!(
            matches!(result, Err(FolderError::Escape { .. })),
            "{result:?}"
        );
        fs::write(outer.path().join("victim"), "v").unwrap();
        std::os::unix::fs::symlink(outer.path().join("victim"), out.join("file")).unwrap();
        let result = written(&out, &[artifact("file", "x")]);
        assert!(matches!(result, Err(FolderError::Foreign(_))), "{result:?}");
    }
    // The list of own files is somebody's input as well.
    fs::write(outer.path().join("victim"), "v").unwrap();
    fs::write(out.join(folder::MANIFEST), r#"{"files":["../victim"]}"#).unwrap();
    assert!(matches!(
        written(&out, &[]),
        Err(FolderError::Escape { .. })
    ));
    assert!(outer.path().join("victim").exists());
}
