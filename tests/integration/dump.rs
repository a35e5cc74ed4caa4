//! The rendered dump script against a real PostgreSQL server: what it has dumped can be restored, and
//! what cannot be restored does not pass for a dump.

mod stores;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::Value;

use crate::support::{Output, Postgres, rendered, wait_for};

/// Names of databases that a script gets wrong unless it quotes, escapes and passes them well.
const ODD: &str = r#"Train=Tracker "x" it's $HOME/ü \1;"#;
/// Rows in their order, of both tables.
const ROWS: &str = "SELECT id, name, at, note FROM trains ORDER BY id; \
                    SELECT train, seat FROM bookings ORDER BY train, seat";

/// Where dumps go in most of these tests, which do not upload.
const S3: &str = "at: us-east, bucket: dumps";

/// A server's databases, the script that dumps them, and the folder that it dumps to.
struct Job {
    server: Arc<Postgres>,
    folder: tempfile::TempDir,
    databases: Vec<String>,
}

impl Job {
    /// A database whose name begins as `test`, which no other test has, and the script for it.
    fn new(test: &str, format: &str) -> Job {
        Job::of(vec![format!("{test} {ODD}")], format, S3)
    }

    /// Two tables with rows in each of the databases, and the script that dumps them to a store.
    fn of(databases: Vec<String>, format: &str, store: &str) -> Job {
        let server = Postgres::shared();
        for (index, database) in databases.iter().enumerate() {
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
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let job = Job {
            server,
            folder,
            databases,
        };
        fs::write(job.script_path(), script(&job.databases, format, store))
            .expect("the script can be written");
        job
    }

    /// The one database, or the first.
    fn database(&self) -> &str {
        &self.databases[0]
    }

    fn script_path(&self) -> PathBuf {
        self.folder.path().join("onprem-dump.sh")
    }

    /// Where the runs are.
    fn base(&self) -> PathBuf {
        self.folder.path().join("dumps/onprem")
    }

    fn script(&self, arguments: &[&str]) -> Command {
        // A run that hangs takes its children along when its time is over, and ends with 124.
        let mut command = Command::new("timeout");
        self.server.reach(&mut command);
        command
            .args(["30", "bash"])
            .arg(self.script_path())
            .args(arguments)
            .current_dir("/")
            .env("BACKSTAY_DUMP_DIR", self.folder.path().join("dumps"))
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Output::of(self.script(arguments).output().expect("bash starts"))
    }

    fn verify(&self, run: &Path) -> Output {
        self.run(&["verify", &run.to_string_lossy()])
    }

    /// Every finished run, oldest first.
    fn runs(&self) -> Vec<PathBuf> {
        let mut runs = children(&self.base());
        runs.retain(|path| path.join("manifest.json").exists());
        runs
    }

    /// The one run that there is.
    #[track_caller]
    fn only_run(&self) -> PathBuf {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.into_iter().next().expect("there is one")
    }

    #[track_caller]
    fn dump(&self) -> PathBuf {
        self.run(&["dump"]).expect_code(0);
        self.only_run()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        for database in &self.databases {
            let name = database.replace('"', "\"\"");
            for name in [format!("{name} again"), name] {
                let drop = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
                // The server goes away after the last test; that a database stays until then is no harm.
                let _ = self
                    .server
                    .client("psql")
                    .args(["-X", "-q", "-d", "postgres", "-c", &drop])
                    .output();
            }
        }
    }
}

/// The script that backstay renders for a policy with these databases.
fn script(databases: &[String], format: &str, store: &str) -> String {
    let names = serde_json::to_string(databases).expect("texts are JSON, and JSON is YAML");
    let policy = format!(
        "version: 1
locations:
  host: {{ provider: host, address: db-01.internal }}
  us-east: {{ provider: aws, region: us-east-1, account: \"123456789012\" }}
  east: {{ provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: group }}
stores:
  dumps: {{ {store} }}
databases:
  onprem:
    engine: postgres
    at: host
    id: onprem
    tier: non_critical
    retention: {{ daily: 7d, monthly: 12mo }}
    dump: {{ to: [dumps], databases: {names}, globals: true, schedule: \"daily 01:43\", format: {format} }}
"
    );
    rendered(&policy, "scripts/onprem-dump.sh")
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    paths.sort();
    paths
}

/// The largest file with rows in it: the archive, or in a directory archive the larger table's.
fn rows_file(run: &Path) -> PathBuf {
    let mut files = children(run);
    if let Some(archive) = files
        .iter()
        .find(|path| path.extension().is_some_and(|extension| extension == "dir"))
    {
        files = children(archive);
    }
    let size = |path: &PathBuf| fs::metadata(path).map_or(0, |file| file.len());
    files.into_iter().max_by_key(size).expect("a run has files")
}

/// Makes the checksums fit again, so that only who reads the archives sees the damage.
fn refresh_checksums(run: &Path) {
    let refresh = "cut -c67- SHA256SUMS | xargs sha256sum >new && mv new SHA256SUMS && sha256sum --check --quiet SHA256SUMS";
    let output = Command::new("bash")
        .args(["-euc", refresh])
        .current_dir(run)
        .output();
    Output::of(output.expect("bash starts")).expect_code(0);
}

/// A database's archive, as the run's manifest names it.
fn archive(run: &Path, database: &str) -> PathBuf {
    let manifest = fs::read_to_string(run.join("manifest.json")).expect("a run has a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("the manifest is JSON");
    let databases = manifest["databases"].as_array().into_iter().flatten();
    let path = databases
        .filter(|entry| entry["name"] == database)
        .find_map(|entry| entry["path"].as_str());
    run.join(path.expect("the manifest names every database"))
}

/// Feeds a compressed file of statements to psql; what psql says of those that fail.
fn replay(job: &Job, file: &Path, database: &str, on_error_stop: &str) -> Output {
    let mut command = Command::new("bash");
    job.server.reach(&mut command);
    let restore = r#"gzip -dc "$1" | psql -X -q -v ON_ERROR_STOP="$2" >/dev/null"#;
    command
        .args(["-euo", "pipefail", "-c", restore, "bash"])
        .arg(file)
        .arg(on_error_stop)
        .env("PGDATABASE", database);
    Output::of(command.output().expect("bash starts"))
}

/// Restores a database of a run as the runbook does, and returns the rows that are there then.
fn restored_rows(job: &Job, run: &Path, database: &str) -> String {
    let again = format!("{database} again");
    job.server.create(&again);
    let archive = archive(run, database);
    if archive
        .extension()
        .is_some_and(|extension| extension == "gz")
    {
        replay(job, &archive, &again, "1").expect_code(0);
    } else {
        let quoted = again.replace('\\', r"\\").replace('\'', r"\'");
        let connection = format!("--dbname=dbname='{quoted}'");
        let output = job
            .server
            .client("pg_restore")
            .args(["--exit-on-error", "--no-owner", &connection])
            .arg(archive)
            .output();
        Output::of(output.expect("the client starts")).expect_code(0);
    }
    job.server.sql(&again, ROWS)
}

/// Dump, verify, restore; then damage that the checksums do not show.
fn comes_back_and_damage_shows(format: &str) {
    let job = Job::new(format, format);
    let run = job.dump();
    job.verify(&run).expect_code(0);
    let rows = job.server.sql(job.database(), ROWS);
    assert_eq!(rows.lines().count(), 4000 + 1333);
    assert_eq!(restored_rows(&job, &run, job.database()), rows);

    let file = rows_file(&run);
    let whole = fs::read(&file).expect("the archive can be read");
    assert!(
        whole.len() > 50_000,
        "{} is too small to be damaged in its middle",
        file.display()
    );
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0b100;
    for (what, damaged) in [
        ("cut short", &whole[..whole.len() * 3 / 4]),
        ("flipped", &flipped),
    ] {
        fs::write(&file, damaged).expect("the archive can be written");
        let output = job.verify(&run).expect_code(1);
        assert!(
            output.stderr.contains("the checksums of"),
            "{what}: {}",
            output.stderr
        );
        refresh_checksums(&run);
        let output = job.verify(&run).expect_code(1);
        assert!(
            !output.stderr.contains("the checksums of"),
            "{what}: {}",
            output.stderr
        );
        assert!(
            output.stderr.contains("FAILED while verifying"),
            "{what}: {}",
            output.stderr
        );
    }
    fs::write(&file, &whole).expect("the archive can be written");
    refresh_checksums(&run);
    job.verify(&run).expect_code(0);
}

#[test]
fn custom_comes_back_and_damage_shows() {
    comes_back_and_damage_shows("custom");
}

#[test]
fn directory_comes_back_and_damage_shows() {
    comes_back_and_damage_shows("directory");
}

#[test]
fn plain_comes_back_and_damage_shows() {
    comes_back_and_damage_shows("plain");
}

#[test]
fn of_two_runs_at_once_one_does_nothing() {
    let job = Job::new("two", "custom");
    // Whoever holds a table keeps the first run waiting, for as long as this test needs it.
    let mut holder = job
        .server
        .client("psql")
        .args(["-X", "-q", "-A", "-t"])
        .env("PGDATABASE", job.database())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("psql starts");
    let mut hold = holder.stdin.take().expect("its input is a pipe");
    writeln!(hold, "BEGIN; LOCK TABLE trains; SELECT 'held';").expect("psql listens");
    let mut held = String::new();
    let answers = holder.stdout.as_mut().expect("its output is a pipe");
    BufReader::new(answers)
        .read_line(&mut held)
        .expect("psql answers");
    assert_eq!(held, "held\n");

    let first = job
        .script(&["dump"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let first = first.expect("bash starts");
    wait_for("the first run to begin", || {
        let begun = |path: &PathBuf| {
            path.extension()
                .is_some_and(|extension| extension == "partial")
        };
        job.base()
            .exists()
            .then(|| children(&job.base()))?
            .iter()
            .find(|path| begun(path))
            .cloned()
    });
    let second = job.run(&["dump"]).expect_code(75);
    assert!(
        second.stderr.contains("another run is active"),
        "{}",
        second.stderr
    );
    assert!(job.runs().is_empty(), "{:?}", job.runs());

    drop(hold);
    holder.wait().expect("psql ends with its input");
    Output::of(first.wait_with_output().expect("bash ends")).expect_code(0);
    job.verify(&job.only_run()).expect_code(0);
}

/// In SQL, because that is where a database named `globals` and the globals want the same file.
#[test]
fn every_database_and_the_globals_come_back_from_one_run() {
    let names = ["several=1", "globals", r"several \ 'three'"];
    let job = Job::of(names.map(str::to_owned).into(), "plain", S3);
    let role = r#""several Roles""#;
    let create = format!("CREATE ROLE {role} LOGIN CONNECTION LIMIT 7 PASSWORD 'a-secret'");
    job.server.sql("postgres", &create);
    let run = job.dump();
    job.verify(&run).expect_code(0);
    job.server.sql("postgres", &format!("DROP ROLE {role}"));

    let mut restored: Vec<String> = names
        .iter()
        .map(|name| {
            let rows = job.server.sql(name, ROWS);
            assert_eq!(restored_rows(&job, &run, name), rows, "{name}");
            rows
        })
        .collect();
    // Each has rows of its own, so that one dumped twice would be seen.
    restored.dedup();
    assert_eq!(restored.len(), names.len());

    // The roles that are there still are refused, and only they.
    let globals = run.join("globals.sql.gz");
    let said = replay(&job, &globals, "postgres", "0")
        .expect_code(0)
        .stderr;
    let refused = said.lines().all(|line| line.ends_with(" already exists"));
    assert!(refused, "{said}");
    let limit = "SELECT rolcanlogin, rolconnlimit, rolpassword IS NULL FROM pg_authid WHERE rolname = 'several Roles'";
    let role_again = job.server.sql("postgres", limit);
    job.server.sql("postgres", &format!("DROP ROLE {role}"));
    assert_eq!(role_again, "t|7|t\n");
}
