//! Databases of a real server, and the scripts that backstay renders for them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::Value;

use crate::support::{Output, Postgres, rendered};

/// Names of databases that a script gets wrong unless it quotes, escapes and passes them well.
pub const ODD: &str = r#"Train=Tracker "x" it's $HOME/ü \1;"#;
/// Rows in their order, of both tables.
pub const ROWS: &str = "SELECT id, name, at, note FROM trains ORDER BY id; \
                        SELECT train, seat FROM bookings ORDER BY train, seat";

/// What a policy says of a job.
#[derive(Clone)]
pub struct Asks<'a> {
    pub databases: Vec<String>,
    /// Further keys of `dump`.
    pub dump: &'a str,
    /// Further keys of the database.
    pub database: &'a str,
    /// The store that dumps go to.
    pub store: &'a str,
}

impl Asks<'_> {
    /// A database whose name begins as `test`, which no other test has.
    pub fn of(test: &str) -> Asks<'static> {
        Asks {
            databases: vec![format!("{test} {ODD}")],
            dump: "format: custom",
            database: "tier: own",
            store: "at: us-east, bucket: dumps",
        }
    }

    fn policy(&self) -> String {
        let names = serde_json::to_string(&self.databases).expect("texts are JSON");
        let Asks {
            dump,
            database,
            store,
            ..
        } = self;
        format!(
            "version: 1
locations:
  host: {{ provider: host, address: db-01.internal }}
  us-east: {{ provider: aws, region: us-east-1, account: \"123456789012\" }}
  eu-west: {{ provider: aws, region: eu-west-1, account: \"123456789012\" }}
  east: {{ provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: group }}
stores:
  dumps: {{ {store} }}
tiers:
  own: {{ retention: {{ daily: 7d, monthly: 12mo }} }}
databases:
  onprem:
    engine: postgres
    at: host
    id: onprem
    {database}
    dump: {{ to: [dumps], databases: {names}, schedule: \"daily 01:43\", {dump} }}
"
        )
    }
}

/// A server's databases, the scripts around their dumps, and the folder that they dump to.
pub struct Job {
    pub server: Arc<Postgres>,
    folder: tempfile::TempDir,
    pub databases: Vec<String>,
    policy: String,
}

impl Job {
    /// A database whose name begins as `test`, and a policy that dumps it in a format.
    pub fn new(test: &str, format: &str) -> Job {
        let dump = format!("globals: true, format: {format}");
        Job::of(Asks {
            dump: &dump,
            ..Asks::of(test)
        })
    }

    /// Two tables with rows in each of the databases, and a policy that dumps them.
    pub fn of(asks: Asks<'_>) -> Job {
        Job::at(Postgres::shared(), asks)
    }

    pub fn at(server: Arc<Postgres>, asks: Asks<'_>) -> Job {
        for (index, database) in asks.databases.iter().enumerate() {
            server.create(database);
            let rows = 4000 - index * 500;
            server.sql(
                database,
                &format!(
                    "CREATE TABLE trains (id int PRIMARY KEY, name text, at timestamptz, note text);
                     CREATE TABLE bookings (train int REFERENCES trains, seat text);
                     INSERT INTO trains SELECT n, 'Zug ' || n || E' \\\\ \\t''\"ü', timestamptz '2026-01-01 UTC' + n * interval '1 hour',
                       CASE WHEN n % 7 > 0 THEN md5(n::text) || md5((n + 1)::text) END FROM generate_series(1, {rows}) n;
                     INSERT INTO bookings SELECT id, 'A' || id % 90 FROM trains WHERE id % 3 = 0"
                ),
            );
        }
        Job {
            server,
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
            policy: asks.policy(),
            databases: asks.databases,
        }
    }

    /// The one database, or the first.
    pub fn database(&self) -> &str {
        &self.databases[0]
    }

    /// What its scripts are rendered of.
    #[cfg(feature = "clouds")]
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// A folder for what only this test has.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the runs are.
    pub fn base(&self) -> PathBuf {
        self.folder.path().join("dumps/onprem")
    }

    /// One of the scripts, by what it does.
    pub fn script(&self, task: &str, arguments: &[&str]) -> Command {
        let path = self.folder.path().join(format!("onprem-{task}.sh"));
        if !path.exists() {
            let text = rendered(&self.policy, &format!("scripts/onprem-{task}.sh"));
            fs::write(&path, text).expect("the script can be written");
        }
        // A run that hangs takes its children along when its time is over, and ends with 124.
        let mut command = Command::new("timeout");
        self.server.reach(&mut command);
        command
            .args(["300", "bash"])
            .arg(path)
            .args(arguments)
            .current_dir("/")
            .env("BACKSTAY_DUMP_DIR", self.folder.path().join("dumps"))
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        Output::run(&mut self.script("dump", arguments))
    }

    pub fn verify(&self, run: &Path) -> Output {
        self.run(&["verify", &run.to_string_lossy()])
    }

    /// Every finished run, oldest first.
    pub fn runs(&self) -> Vec<PathBuf> {
        let mut runs = children(&self.base());
        runs.retain(|path| path.join("manifest.json").exists());
        runs
    }

    /// The one run that there is.
    #[track_caller]
    pub fn only_run(&self) -> PathBuf {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.into_iter().next().expect("there is one")
    }

    #[track_caller]
    pub fn dump(&self) -> PathBuf {
        self.run(&["dump"]).expect_code(0);
        self.only_run()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // What was restored of a database is named after it. The server goes away after the last test;
        // that a database stays until then is no harm.
        for database in &self.databases {
            let name = database.replace('\'', "''");
            let drop = format!(
                "SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', datname) FROM pg_database \
                 WHERE starts_with(datname, left('{name}', 40)) \\gexec\n"
            );
            let mut psql = self.server.client("psql");
            let psql = psql.args(["-X", "-q", "-d", "postgres"]);
            if let Ok(mut child) = psql.stdin(Stdio::piped()).spawn() {
                if let Some(mut input) = child.stdin.take() {
                    let _ = input.write_all(drop.as_bytes());
                }
                let _ = child.wait();
            }
        }
    }
}

pub fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    paths.sort();
    paths
}

pub fn manifest(run: &Path) -> Value {
    let text = fs::read_to_string(run.join("manifest.json")).expect("a run has a manifest");
    serde_json::from_str(&text).expect("the manifest is JSON")
}

/// A database's archive, as the run's manifest names it.
pub fn archive(run: &Path, database: &str) -> PathBuf {
    let manifest = manifest(run);
    let databases = manifest["databases"].as_array().into_iter().flatten();
    let path = databases
        .filter(|entry| entry["name"] == database)
        .find_map(|entry| entry["path"].as_str());
    run.join(path.expect("the manifest names every database"))
}
