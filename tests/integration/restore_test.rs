//! The rendered restore test with real servers: it passes where the dump is what it should be, fails
//! where it is not, tells both as JSON, and leaves nothing behind.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rstest::rstest;
use serde_json::{Value, json};

use crate::dump::{Asks, Job, children, manifest};
use crate::support::{BlobStorage, Output, Postgres, wait_for};

const BLOB: &str = "at: east, storage_account: someaccount, container: dumps";
const SUM: &str = "SELECT count(*), md5(string_agg(t::text, '-' ORDER BY id)) FROM trains t";

/// What the policy asks of a restored database.
fn asks(test: &str, dump: &str) -> (String, Asks<'static>) {
    let name = test.replace(' ', "_");
    let database = format!(
        "tier: own\n    rpo: 24h\n    rto: 24h\n    restore_test: {{ every: 1mo, tables: [trains, public.bookings], rows: {{ trains: 4000 }}, checksums: {{ {name}: \"{SUM}\" }} }}"
    );
    let asks = Asks {
        databases: vec![name.clone()],
        dump: Box::leak(dump.to_owned().into_boxed_str()),
        database: Box::leak(database.into_boxed_str()),
        store: BLOB,
    };
    (name, asks)
}

struct Drill {
    job: Job,
    work: PathBuf,
}

impl Drill {
    fn of(test: &str, dump: &str) -> Drill {
        Drill::asking(asks(test, dump).1)
    }

    fn asking(asks: Asks<'_>) -> Drill {
        let job = Job::of(asks);
        // Below a folder that everybody may enter, since PostgreSQL is nobody where root tests.
        let work = tempfile::Builder::new().prefix("backstay-work").tempdir();
        let work = work.expect("a temporary folder can be made").keep();
        let mut open = Command::new("chmod");
        Output::run(open.arg("711").arg(&work)).expect_code(0);
        Drill { job, work }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.job.script("restore-test", arguments);
        command.env("BACKSTAY_WORK_DIR", &self.work);
        command
    }

    /// On the server that all tests share.
    fn there(&self) -> Output {
        Output::run(&mut self.command(&["--from", "local"]))
    }

    /// On a server of the script's own.
    fn own(&self) -> Output {
        let mut command = self.command(&["--from", "local"]);
        Output::run(command.env_remove("PGHOST"))
    }

    /// The one result that was written.
    #[track_caller]
    fn result(&self) -> Value {
        let folder = self.job.folder().join("dumps/drills/onprem");
        let results = children(&folder);
        assert_eq!(results.len(), 1, "{results:?}");
        let text = fs::read_to_string(&results[0]).expect("it can be read");
        fs::remove_file(&results[0]).expect("it can be removed");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// Neither databases nor folders of a test are left.
    #[track_caller]
    fn nothing_is_left(&self) {
        let left = "SELECT count(*) FROM pg_database WHERE starts_with(datname, 'backstay_test_')";
        let of_others = wait_for("tests of others to end", || {
            let count = self.job.server.sql("postgres", left);
            (count == "0\n").then_some(count)
        });
        assert_eq!(of_others, "0\n");
        let left = children(&self.work);
        assert!(left.is_empty(), "{left:?}");
    }
}

impl Drop for Drill {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.work);
    }
}

/// The checks by name: whether they passed, and what they say.
fn checks(result: &Value) -> Vec<(String, bool, String)> {
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    let checks = result["checks"].as_array().into_iter().flatten();
    let one = |check: &Value| {
        let passed = check["passed"].as_bool().expect("yes or no");
        (text(check, "name"), passed, text(check, "detail"))
    };
    checks.map(one).collect()
}

#[rstest]
#[case::custom("format: custom, globals: true", true)]
#[case::directory("format: directory, jobs: 2", false)]
#[case::plain("format: plain", true)]
fn a_good_dump_passes_and_nothing_stays(#[case] dump: &str, #[case] globals: bool) {
    let format = dump.split([' ', ',']).nth(1).expect("a format");
    let test = format!("good {format}");
    let drill = Drill::of(&test, dump);
    let database = drill.job.database().to_owned();
    let owner = format!(
        "CREATE ROLE \"{database} Owner\"; ALTER TABLE bookings OWNER TO \"{database} Owner\"; GRANT SELECT ON trains TO \"{database} Owner\""
    );
    if globals {
        drill.job.server.sql(&database, &owner);
    }
    let run = drill.job.dump();
    let taken = manifest(&run)["started"].clone();

    // SQL names its roles, and on a server of others nobody makes them.
    if !dump.contains("plain") {
        drill.there().expect_code(0);
        let result = drill.result();
        assert_eq!(result["passed"], json!(true), "{result}");
        drill.nothing_is_left();
    }
    drill.own().expect_code(0);
    let result = drill.result();
    assert_eq!(result["version"], json!(1));
    assert_eq!(result["kind"], "restore_test");
    assert_eq!(result["database"], "onprem");
    assert_eq!(result["passed"], json!(true));
    assert_eq!(result["backup"]["what"], "dump");
    assert_eq!(result["backup"]["when"], taken);
    let seconds = |key: &str| result[key].as_u64().expect("seconds");
    assert!(
        seconds("rto_seconds") < 60 && seconds("rpo_seconds") < 60,
        "{result}"
    );
    for key in ["started", "finished"] {
        let moment = result[key].as_str().expect("a moment");
        moment.parse::<jiff::Timestamp>().expect("RFC 3339");
    }
    let mut names: Vec<_> = checks(&result).into_iter().map(|(name, ..)| name).collect();
    names.sort();
    let mut expected = vec![
        format!("checksum {database}"),
        format!("opens {database}"),
        "rpo".to_owned(),
        "rto".to_owned(),
        "table public.bookings".to_owned(),
        "table trains".to_owned(),
        "whole".to_owned(),
    ];
    if dump.contains("globals") {
        expected.insert(1, "globals".to_owned());
    }
    assert_eq!(names, expected);
    drill.nothing_is_left();
    if globals {
        let drop = format!("DROP OWNED BY \"{database} Owner\"; DROP ROLE \"{database} Owner\"");
        drill.job.server.sql(&database, &drop);
    }
}

#[test]
fn what_is_missing_is_told_and_fails() {
    let drill = Drill::of("lacking", "format: custom");
    let database = drill.job.database().to_owned();
    let lose = "DELETE FROM bookings; DELETE FROM trains WHERE id > 10";
    drill.job.server.sql(&database, lose);
    drill.job.dump();
    let said = drill.there().expect_code(1).stderr;
    assert!(said.ends_with("FAILED: see the result\n"), "{said}");
    let result = drill.result();
    assert_eq!(result["passed"], json!(false));
    let failed: Vec<_> = checks(&result)
        .into_iter()
        .filter(|check| !check.1)
        .collect();
    let failed: Vec<_> = failed
        .iter()
        .map(|(name, _, detail)| (&**name, &**detail))
        .collect();
    assert_eq!(
        failed,
        [
            ("table trains", "10 rows, and at least 4000 are expected"),
            (
                "table public.bookings",
                "0 rows, and at least 1 are expected"
            ),
        ]
    );
    drill.nothing_is_left();

    // A table that is not there at all.
    drill.job.server.sql(&database, "DROP TABLE bookings");
    drill.job.run(&["dump"]).expect_code(0);
    drill.there().expect_code(1);
    let missing = checks(&drill.result());
    let missing = missing
        .iter()
        .find(|(name, ..)| name == "table public.bookings");
    let (_, passed, detail) = missing.expect("the table is asked for");
    assert!(!passed && detail.contains("does not exist"), "{detail}");
    drill.nothing_is_left();
}

/// Changes a run's manifest, and makes its checksums fit again.
fn forge(drill: &Drill, from: &str, to: &str) {
    let run = drill.job.only_run();
    let path = run.join("manifest.json");
    let text = fs::read_to_string(&path).expect("a run has a manifest");
    assert!(text.contains(from), "{text}");
    fs::write(&path, text.replace(from, to)).expect("it can be written");
    let refresh = "cut -c67- SHA256SUMS | xargs sha256sum >new && mv new SHA256SUMS";
    let mut bash = Command::new("bash");
    Output::run(bash.args(["-euc", refresh]).current_dir(&run)).expect_code(0);
}

#[test]
fn another_answer_or_another_query_is_no_match() {
    let drill = Drill::of("forged", "format: custom");
    let run = drill.job.dump();
    let said = &manifest(&run)["databases"][0];
    let sum = said["checksum"].as_str().expect("a checksum").to_owned();
    let query = said["checksum_query"]
        .as_str()
        .expect("a checksum")
        .to_owned();
    let judged = |word: &str| {
        drill.there().expect_code(1);
        let failed = checks(&drill.result());
        let failed: Vec<_> = failed.iter().filter(|check| !check.1).collect();
        let [(name, _, detail)] = failed[..] else {
            panic!("{failed:?}");
        };
        assert_eq!(name, "checksum forged");
        assert!(detail.contains(word), "{detail}");
    };
    let other = "0".repeat(64);
    forge(&drill, &sum, &other);
    judged("not the one that was given");
    forge(&drill, &other, &sum);
    forge(&drill, &query, &other);
    judged("before this query was asked");
    drill.nothing_is_left();
}

#[test]
fn a_damaged_dump_fails_and_is_told() {
    let drill = Drill::of("damaged", "format: custom");
    let run = drill.job.dump();
    let archive = crate::dump::archive(&run, drill.job.database());
    let whole = fs::read(&archive).expect("it can be read");
    fs::write(&archive, &whole[..whole.len() / 2]).expect("it can be written");
    drill.own().expect_code(1);
    let result = drill.result();
    assert_eq!(result["passed"], json!(false));
    assert_eq!(result["rto_seconds"], Value::Null);
    let told = checks(&result);
    let [(name, false, detail)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(name, "drill");
    assert!(detail.starts_with("failed while verifying"), "{detail}");
    drill.nothing_is_left();

    // No run at all.
    fs::remove_dir_all(&run).expect("it can be removed");
    drill.own().expect_code(1);
    let result = drill.result();
    assert_eq!(result["backup"], Value::Null);
    assert_eq!(checks(&result)[0].2, "failed while looking for the run");
}

/// Ended in the midst of it, as by whoever stops the machine.
#[test]
fn a_test_that_is_ended_cleans_up_and_tells() {
    let drill = Drill::of("ended", "format: custom");
    // What takes no time to dump takes half a minute to restore.
    let slow = "CREATE TABLE slow (seconds int); INSERT INTO slow VALUES (0);
        CREATE MATERIALIZED VIEW sleeps AS SELECT pg_sleep(seconds)::text FROM slow; UPDATE slow SET seconds = 25";
    drill.job.server.sql(drill.job.database(), slow);
    drill.job.dump();
    let mut command = drill.command(&["--from", "local"]);
    let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
    let ended = command.spawn().expect("bash starts");
    let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE starts_with(datname, 'backstay_test_') AND query LIKE 'REFRESH%sleeps%'";
    wait_for("the restore to be under way", || {
        (drill.job.server.sql("postgres", sleeps) == "1\n").then_some(())
    });
    let group = format!("-{}", ended.id());
    let kill = Command::new("kill").args(["-TERM", "--", &group]).output();
    Output::of(kill.expect("kill starts")).expect_code(0);
    ended.wait_with_output().expect("it ends");
    let result = wait_for("the result", || {
        let folder = drill.job.folder().join("dumps/drills/onprem");
        let written = |path: &PathBuf| path.extension().is_some_and(|it| it == "json");
        folder
            .exists()
            .then(|| children(&folder))?
            .into_iter()
            .find(written)
    });
    let result = fs::read_to_string(result).expect("it can be read");
    let result: Value = serde_json::from_str(&result).expect("it is JSON");
    assert_eq!(result["passed"], json!(false));
    assert!(
        checks(&result).iter().any(|check| check.0 == "drill"),
        "{result}"
    );
    drill.nothing_is_left();
}

/// From a store, onto it: the newest run is fetched, and the result lies beside the dumps.
#[test]
fn the_newest_run_of_a_store_is_tested_and_the_result_goes_there() {
    let drill = Drill::of("stored", "format: directory");
    let storage = BlobStorage::of("someaccount", &["dumps"]);
    Output::run(storage.reach(&mut drill.job.script("dump", &[]))).expect_code(0);
    fs::remove_dir_all(drill.job.base()).expect("it can be removed");
    let mut command = drill.command(&[]);
    Output::run(storage.reach(&mut command)).expect_code(0);
    let result = drill.result();
    assert_eq!(result["backup"]["from"], "dumps");
    let stored = storage.names("dumps");
    let stored: Vec<_> = stored
        .iter()
        .filter(|name| name.starts_with("drills/"))
        .collect();
    let [name] = stored[..] else {
        panic!("{stored:?}");
    };
    assert!(name.starts_with("drills/onprem/"), "{name}");
    let stored: Value = serde_json::from_slice(&storage.read("dumps", name)).expect("it is JSON");
    assert_eq!(stored, result);
    drill.nothing_is_left();
}

#[test]
fn a_whole_server_is_tested_on_a_server_of_its_own() {
    let server = Arc::new(Postgres::start(&[]));
    let asks = Asks {
        databases: vec![],
        dump: "cluster: true",
        database: "tier: own\n    rpo: 24h\n    rto: 24h\n    restore_test: { every: 1mo }",
        store: BLOB,
    };
    server.create("of the cluster");
    let mut drill = Drill::asking(asks.clone());
    drill.job = Job::at(server, asks);
    drill.job.dump();
    let said = drill.there().expect_code(1).stderr;
    assert!(said.contains("unset PGHOST"), "{said}");
    drill.result();
    drill.own().expect_code(0);
    let result = drill.result();
    assert_eq!(result["passed"], json!(true), "{result}");
}

/// Tests of dumps come as seldom as they may, some hours after a dump, by what starts that.
#[rstest]
#[case("1y", "daily 01:43", "43 4 2 1 *")]
#[case("6mo", "daily 01:43", "43 4 2 1,7 *")]
#[case("3mo", "weekly sat 05:37", "37 8 2 1,4,7,10 *")]
#[case("1mo", "daily 23:17", "17 4 2 * *")]
#[case("45d", "daily 23:17", "17 4 2 * *")]
#[case("20d", "daily 23:17", "17 4 2,16 * *")]
#[case("2w", "17 */6 * * *", "17 5 * * 1")]
#[case("3d", "7,37 1-5 * * *", "7 4 * * *")]
fn tests_come_as_often_as_is_asked(#[case] every: &str, #[case] dump: &str, #[case] cron: &str) {
    let policy = format!(
        "version: 1
locations:
  eu: {{ provider: aws, region: eu-west-1, account: \"123456789012\" }}
stores:
  dumps: {{ at: eu, bucket: company-dumps }}
databases:
  orders: {{ engine: rds_postgres, at: eu, id: orders, restore_test: {{ every: {every} }}, dump: {{ to: [dumps], databases: [orders], schedule: \"{dump}\" }} }}
"
    );
    let mut sources = backstay::source::Sources::default();
    sources.add("policies/test.yaml", policy);
    let (workspace, findings) = backstay::policy::parse(sources);
    assert!(findings.is_empty(), "{findings:#?}");
    let plan = backstay::plan::plan(&backstay::resolve::resolve(&workspace));
    let jobs: Vec<_> = plan
        .restore_tests
        .iter()
        .map(|test| &test.dump.job)
        .collect();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].cron, cron);
    assert_eq!(jobs[0].timezone, "UTC");
}
