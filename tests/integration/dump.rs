//! The rendered dump script against a real PostgreSQL server and a local S3: what it has dumped can
//! be restored, and what cannot be restored does not pass for a dump.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use backstay::finding::Severity;
use backstay::plan::plan;
use backstay::policy::parse;
use backstay::render::{Templates, render};
use backstay::resolve::resolve;
use backstay::source::Sources;

use crate::support::{Aws, Output, Postgres, wait_for};

/// Names of databases that a script gets wrong unless it quotes, escapes and passes them well.
const ODD: &str = r#"Train=Tracker "x" it's $HOME/ü \1;"#;
/// Rows in their order, of both tables.
const ROWS: &str = "SELECT id, name, at, note FROM trains ORDER BY id; \
                    SELECT train, seat FROM bookings ORDER BY train, seat";

/// A server's databases, the script that dumps them, and the folder that it dumps to.
struct Job {
    server: Arc<Postgres>,
    folder: tempfile::TempDir,
    database: String,
}

impl Job {
    /// Two tables with rows in a database whose name begins as `test`, which no other test has.
    fn new(test: &str, format: &str) -> Job {
        let server = Postgres::shared();
        let database = format!("{test} {ODD}");
        server.create(&database);
        server.sql(
            &database,
            "CREATE TABLE trains (id int PRIMARY KEY, name text, at timestamptz, note text);
             CREATE TABLE bookings (train int REFERENCES trains, seat text);
             INSERT INTO trains SELECT n, 'Zug ' || n || E' \\\\ \\t''\"ü', timestamptz '2026-01-01 UTC' + n * interval '1 hour',
               CASE WHEN n % 7 > 0 THEN md5(n::text) || md5((n + 1)::text) END FROM generate_series(1, 4000) n;
             INSERT INTO bookings SELECT id, 'A' || id % 90 FROM trains WHERE id % 3 = 0",
        );
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let job = Job {
            server,
            folder,
            database,
        };
        fs::write(job.script_path(), script(&job.database, format))
            .expect("the script can be written");
        job
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
        let name = self.database.replace('"', "\"\"");
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

/// The script that backstay renders for a policy with this database.
fn script(database: &str, format: &str) -> String {
    let name = serde_json::to_string(database).expect("a text is JSON, and JSON is YAML");
    let policy = format!(
        "version: 1
locations:
  host: {{ provider: host, address: db-01.internal }}
  us-east: {{ provider: aws, region: us-east-1, account: \"123456789012\" }}
stores:
  dumps: {{ at: us-east, bucket: dumps }}
databases:
  onprem:
    engine: postgres
    at: host
    id: onprem
    tier: non_critical
    retention: {{ daily: 7d, monthly: 12mo }}
    dump: {{ to: [dumps], databases: [{name}], globals: true, schedule: \"daily 01:43\", format: {format} }}
"
    );
    let mut sources = Sources::default();
    sources.add("policies/onprem.yaml", policy);
    let (workspace, findings) = parse(sources);
    let wrong: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Error)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let templates = Templates::embedded().expect("the templates are whole");
    let artifacts =
        render(&plan(&resolve(&workspace)), &templates).expect("the policy can be rendered");
    let path = Path::new("scripts/onprem-dump.sh");
    let script = artifacts
        .into_iter()
        .find(|artifact| Path::new(&artifact.path) == path);
    let script = script.expect("a dump has a script");
    assert!(script.executable);
    script.text
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

/// Restores a run as the runbook does, and returns the rows that are there then.
fn restored_rows(job: &Job, run: &Path) -> String {
    let again = format!("{} again", job.database);
    job.server.create(&again);
    let archive = children(run)
        .into_iter()
        .find(|path| {
            !["manifest.json", "SHA256SUMS", "globals.sql.gz"]
                .iter()
                .any(|name| path.ends_with(name))
        })
        .expect("a run has an archive");
    let output = if archive
        .extension()
        .is_some_and(|extension| extension == "gz")
    {
        let mut command = Command::new("bash");
        job.server.reach(&mut command);
        let restore = r#"gzip -dc "$1" | psql -X -q -v ON_ERROR_STOP=1 >/dev/null"#;
        command
            .args(["-euo", "pipefail", "-c", restore, "bash"])
            .arg(archive)
            .env("PGDATABASE", &again)
            .output()
    } else {
        let quoted = again.replace('\\', r"\\").replace('\'', r"\'");
        let connection = format!("--dbname=dbname='{quoted}'");
        job.server
            .client("pg_restore")
            .args(["--exit-on-error", "--no-owner", &connection])
            .arg(archive)
            .output()
    };
    Output::of(output.expect("the client starts")).expect_code(0);
    job.server.sql(&again, ROWS)
}

/// Dump, verify, restore; then damage that the checksums do not show.
fn comes_back_and_damage_shows(format: &str) {
    let job = Job::new(format, format);
    let run = job.dump();
    job.verify(&run).expect_code(0);
    let rows = job.server.sql(&job.database, ROWS);
    assert_eq!(rows.lines().count(), 4000 + 1333);
    assert_eq!(restored_rows(&job, &run), rows);

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
        .env("PGDATABASE", &job.database)
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

#[test]
fn a_dump_is_in_the_store_once_its_manifest_is() {
    let job = Job::new("upload", "directory");
    let aws = Aws::ministack();
    aws.aws(&["s3api", "create-bucket", "--bucket", "dumps"]);
    let whole_run = || {
        let mut command = job.script(&[]);
        Output::of(aws.reach(&mut command).output().expect("bash starts")).expect_code(0)
    };
    let keys = || -> Vec<String> {
        let listed = aws.aws(&[
            "s3api",
            "list-objects-v2",
            "--bucket",
            "dumps",
            "--query",
            "Contents[].Key",
            "--output",
            "json",
        ]);
        serde_json::from_str(&listed).expect("the AWS CLI prints JSON")
    };
    whole_run();
    let run = job.only_run();
    let stamp = run
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .expect("a run has a name");
    // The first dump of a month is the monthly one; the next is the day's.
    let folder = format!("monthly/onprem/{}-{}/{stamp}/", &stamp[..4], &stamp[4..6]);
    let mut expected = vec![];
    for path in children(&run) {
        let inner = if path.is_dir() {
            children(&path)
        } else {
            vec![path]
        };
        expected.extend(inner.iter().map(|path| {
            let path = path.strip_prefix(&run).expect("it is in the run");
            format!("{folder}{}", path.display())
        }));
    }
    expected.sort();
    assert_eq!(keys(), expected);
    assert!(expected.contains(&format!("{folder}manifest.json")));

    // A repeated upload finds that everything is there; a second run goes under the day.
    let mut again = job.script(&["upload"]);
    let again = Output::of(aws.reach(&mut again).output().expect("bash starts")).expect_code(0);
    assert!(again.stderr.contains("already there"), "{}", again.stderr);
    assert_eq!(keys(), expected);
    whole_run();
    let manifests: Vec<_> = keys()
        .into_iter()
        .filter(|key| key.ends_with("/manifest.json"))
        .collect();
    assert_eq!(manifests.len(), 2, "{manifests:?}");
    assert!(manifests[0].starts_with("daily/onprem/"), "{manifests:?}");
}

#[test]
fn a_dump_that_no_store_takes_is_a_failure_and_stays() {
    let job = Job::new("refused", "custom");
    let aws = Aws::ministack();
    let mut command = job.script(&[]);
    let output = Output::of(aws.reach(&mut command).output().expect("bash starts")).expect_code(1);
    assert!(
        output.stderr.contains("FAILED while uploading"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("NoSuchBucket"), "{}", output.stderr);
    job.verify(&job.only_run()).expect_code(0);
}
