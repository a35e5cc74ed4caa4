//! A rendered script, run with nothing of the caller's environment.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{path_variable, rendered, stand_ins, tools};

pub struct Script {
    folder: tempfile::TempDir,
}

impl Script {
    /// The script that is rendered to a path for a policy.
    #[track_caller]
    pub fn of(policy: &str, path: &str) -> Script {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let script = Script { folder };
        std::fs::write(script.path(), rendered(policy, path)).expect("the script can be written");
        script
    }

    /// Puts another script of the policy beside it, under its own name.
    #[track_caller]
    pub fn beside(self, policy: &str, path: &str) -> Script {
        let name = path.rsplit('/').next().unwrap_or(path);
        let file = self.folder.path().join(name);
        std::fs::write(file, rendered(policy, path)).expect("the script can be written");
        self
    }

    /// Puts a program before every other one of its name.
    #[track_caller]
    pub fn program(self, name: &str, text: &str) -> Script {
        let folder = self.programs();
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let file = folder.join(name);
        std::fs::write(&file, text).expect("a program can be written");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&file, mode).expect("it can be made one");
        self
    }

    fn programs(&self) -> PathBuf {
        self.folder.path().join("programs")
    }

    /// The folder that it is in.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("script.sh")
    }

    /// One that hangs is ended, with its children, and ends with 124.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("timeout");
        command
            .args(["300", "bash"])
            .arg(self.path())
            .args(arguments)
            .current_dir("/")
            .env_clear()
            .env(
                "PATH",
                path_variable(&[&self.programs(), &stand_ins(), &tools().join("venv/bin")]),
            )
            .env("HOME", self.folder.path())
            .stdin(Stdio::null());
        command
    }
}
