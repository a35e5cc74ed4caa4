//! One PostgreSQL server for all tests of a run; see tests/checkers/postgres.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Output, path_variable, root, stand_ins, tools};

/// A server, until the last test that holds it lets go. A killed run takes it along.
pub struct Postgres {
    folder: tempfile::TempDir,
    pub host: String,
    pub port: String,
    pub user: String,
    /// Folder of the server's client programs.
    pub bin: PathBuf,
}

static SERVER: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());

impl Postgres {
    /// The server; the first who asks starts it.
    pub fn shared() -> Arc<Postgres> {
        let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = server.upgrade() {
            return running;
        }
        let started = Arc::new(Postgres::start(&[]));
        *server = Arc::downgrade(&started);
        started
    }

    /// One of a test's own, with further arguments of tests/checkers/postgres.
    pub fn start(arguments: &[&str]) -> Postgres {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let output = checker()
            .arg("start")
            .arg(folder.path())
            .args(["--until", &std::process::id().to_string()])
            .args(arguments)
            .output()
            .expect("tests/checkers/postgres starts");
        let output = Output::of(output).expect_code(0);
        let mut facts: HashMap<_, _> = output
            .stdout
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key, value.to_owned()))
            .collect();
        let mut fact = |key| facts.remove(key).expect("tests/checkers/postgres says it");
        Postgres {
            host: fact("PGHOST"),
            port: fact("PGPORT"),
            user: fact("PGUSER"),
            bin: fact("BIN").into(),
            folder,
        }
    }

    /// The client programs of a version.
    pub fn client_folder(version: &str) -> PathBuf {
        let output = checker().args(["clients", "--version", version]).output();
        let output = Output::of(output.expect("tests/checkers/postgres starts")).expect_code(0);
        output.stdout.trim_end().into()
    }

    /// One of the server's client programs, with the way to the server.
    pub fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        self.reach(&mut command);
        command
    }

    /// Gives a command an environment with nothing in it but the way to the server and its clients.
    pub fn reach<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let venv = tools().join("venv/bin");
        command
            .env_clear()
            .env("PATH", path_variable(&[&stand_ins(), &self.bin, &venv]))
            .env("HOME", self.folder.path())
            .env("PGHOST", &self.host)
            .env("PGPORT", &self.port)
            .env("PGUSER", &self.user)
    }

    /// What statements in a database answer, one row a line.
    #[track_caller]
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let output = self
            .client("psql")
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                statements,
            ])
            .env("PGDATABASE", database)
            .output()
            .expect("psql starts");
        Output::of(output).expect_code(0).stdout
    }

    /// Makes an empty database, whatever its name looks like.
    #[track_caller]
    pub fn create(&self, database: &str) {
        let name = database.replace('"', "\"\"");
        self.sql(
            "postgres",
            &format!("CREATE DATABASE \"{name}\" TEMPLATE template0"),
        );
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure here.
        let _ = checker().arg("stop").arg(self.folder.path()).output();
    }
}

fn checker() -> Command {
    let mut command = Command::new(tools().join("venv/bin/python"));
    command.arg(root().join("tests/checkers/postgres"));
    command
}
