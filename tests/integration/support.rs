//! What every test uses: a workspace with the real program in it, and the real tools around it.

mod aws;
mod az;
mod blob_storage;
pub mod inventory;
mod postgres;
mod script;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use backstay::finding::Severity;
use backstay::plan::plan;
use backstay::policy::parse;
use backstay::render::{Templates, render};
use backstay::resolve::resolve;
use backstay::source::Sources;

pub use aws::Aws;
pub use az::{Az, files};
pub use blob_storage::BlobStorage;
pub use postgres::Postgres;
pub use script::Script;

/// The checkout.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the programs that are not ours.
pub fn tools() -> PathBuf {
    let tools = root().join(".tools");
    assert!(
        tools.join("venv/bin/python").exists(),
        "the tests need {}: run bash .ci/setup",
        tools.display()
    );
    tools
}

/// The folder of programs that stand in for those of clouds that nothing here can play.
pub fn stand_ins() -> PathBuf {
    root().join("tests/stand-ins")
}

/// What the system's own programs need, and nothing of the caller's.
pub fn path_variable(first: &[&Path]) -> OsString {
    let system = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    let first = first.iter().map(|path| path.to_path_buf());
    std::env::join_paths(first.chain(std::env::split_paths(&system)))
        .expect("no folder of PATH has a colon in its name")
}

/// A script that backstay renders for a policy that it finds no fault in.
#[track_caller]
pub fn rendered(policy: &str, path: &str) -> String {
    let mut sources = Sources::default();
    sources.add("policies/test.yaml", policy);
    let (workspace, mut findings) = parse(sources);
    let estate = resolve(&workspace);
    findings.extend(backstay::rules::check(&estate));
    findings.retain(|finding| finding.severity >= Severity::Error);
    assert!(findings.is_empty(), "{findings:#?}");
    let templates = Templates::embedded().expect("the templates are whole");
    let artifacts = render(&plan(&estate), &templates).expect("the policy can be rendered");
    let paths: Vec<_> = artifacts.iter().map(|one| one.path.clone()).collect();
    let script = artifacts.into_iter().find(|artifact| artifact.path == path);
    let script = script.unwrap_or_else(|| panic!("no {path} in {paths:?}"));
    assert_eq!(script.executable, path.ends_with(".sh"));
    script.text
}

/// Asks again and again until the answer is there, and fails when that takes too long.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited 30 s in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A temporary folder in which the program runs, with an environment of its own.
pub struct Workspace {
    folder: tempfile::TempDir,
    environment: BTreeMap<OsString, OsString>,
}

/// What a run answered.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Workspace {
    pub fn new() -> Workspace {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let home = folder.path().to_owned();
        let workspace = Workspace {
            folder,
            environment: BTreeMap::new(),
        };
        workspace
            .env("PATH", path_variable(&[]))
            .env("HOME", home)
            .env("AWS_EC2_METADATA_DISABLED", "true")
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a policy file; the name is a path below `policies/`.
    pub fn policy(self, name: &str, text: &str) -> Workspace {
        self.file(&format!("policies/{name}"), text)
    }

    /// Writes any file.
    pub fn file(self, name: &str, text: &str) -> Workspace {
        let path = self.path().join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("a folder of the workspace can be made");
        }
        fs::write(path, text).expect("a file of the workspace can be written");
        self
    }

    /// Sets a variable; nothing of the caller's environment but PATH is there.
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Workspace {
        self.environment.insert(key.into(), value.into());
        self
    }

    /// Runs the program.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Output {
        self.execute(env!("CARGO_BIN_EXE_backstay"), arguments)
    }

    /// Runs any program here; one that hangs is ended and fails the test.
    pub fn execute<A: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Output {
        let output = assert_cmd::Command::new(program)
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(&self.environment)
            .timeout(Duration::from_secs(60))
            .output()
            .expect("the program starts");
        Output::of(output)
    }
}

impl Output {
    /// Runs a command to its end.
    pub fn run(command: &mut std::process::Command) -> Output {
        Output::of(command.output().expect("the program starts"))
    }

    pub fn of(output: std::process::Output) -> Output {
        let text = |bytes| String::from_utf8(bytes).expect("programs print UTF-8");
        let stderr = text(output.stderr);
        Output {
            code: output
                .status
                .code()
                .unwrap_or_else(|| panic!("ended by a signal or the time limit: {stderr}")),
            stdout: text(output.stdout),
            stderr,
        }
    }

    /// The run itself, where it ended with this code; fails with all that it said otherwise.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Output {
        let Output { stdout, stderr, .. } = &self;
        assert_eq!(
            self.code, code,
            "exit code\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        );
        self
    }
}
