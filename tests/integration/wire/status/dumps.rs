//! Dumps by their manifests, and the results of drills, in both kinds of store.

use std::collections::BTreeMap;

use backstay::observe::{DrillState, PointState};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::blobs::{self, Blobs};
use super::{DAY, Seen, ago};
use crate::dump::{Asks, Job};
use crate::support::{Aws, BlobStorage, Output, Postgres, Script, Workspace};
use crate::wire::azure::FakeAz;
use crate::wire::runtime;

fn policy(store: &str) -> String {
    format!(
        r#"version: 1
locations:
  us-east: {{ provider: aws, region: us-east-1, account: "123456789012" }}
  az: {{ provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }}
  host: {{ provider: host, address: localhost }}
stores:
  dumps: {{ {store} }}
databases:
  onprem:
    engine: postgres
    at: host
    id: onprem
    tier: non_critical
    retention: {{ daily: 14d, monthly: 12mo }}
    dump: {{ to: [dumps], databases: [onprem], schedule: "daily 01:43" }}
    restore_test: {{ every: 1mo, tables: [trains] }}
"#
    )
}

const BLOB: &str = "at: az, storage_account: trainstore, container: backups, redundancy: grs";

/// Files of a store by their names.
type Files = BTreeMap<String, Vec<u8>>;

/// A finished run, as the script leaves it.
fn run(files: &mut Files, class: &str, at: Timestamp) -> String {
    let stamp = at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let period = match class {
        "monthly" => at.strftime("%Y-%m").to_string(),
        _ => at.strftime("%F").to_string(),
    };
    let folder = format!("{class}/onprem/{period}/{stamp}");
    let manifest = json!({
        "schema_version": 1, "name": "onprem", "stamp": stamp, "started": at.to_string(), "format": "directory",
        "databases": [{ "name": "onprem", "path": "onprem.dir" }],
        "files": [{ "path": "onprem.dir/toc.dat", "bytes": 5, "sha256": "00" }],
    });
    files.insert(format!("{folder}/SHA256SUMS"), b"00".to_vec());
    files.insert(
        format!("{folder}/manifest.json"),
        manifest.to_string().into(),
    );
    files.insert(format!("{folder}/onprem.dir/toc.dat"), b"12345".to_vec());
    folder
}

fn result(files: &mut Files, kind: &str, at: Timestamp, failed: Option<&str>) {
    let checks =
        json!([{ "name": failed.unwrap_or("opens"), "passed": failed.is_none(), "detail": "" }]);
    let result = json!({
        "version": 1, "kind": kind, "database": "onprem", "started": at.to_string(), "finished": at.to_string(),
        "backup": null, "rto_seconds": 1, "rpo_seconds": null, "passed": failed.is_none(), "checks": checks,
    });
    let stamp = at.strftime("%Y%m%dt%H%M%Sz");
    files.insert(
        format!("drills/onprem/{stamp}.json"),
        result.to_string().into(),
    );
}

/// A fortnight of days, a year of months, and a drill.
fn sound() -> Files {
    let mut files = Files::new();
    for day in 0..14 {
        run(&mut files, "daily", ago(300 + day * DAY));
    }
    for month in 0..12 {
        run(&mut files, "monthly", ago(300 + (20 + 30 * month) * DAY));
    }
    result(&mut files, "restore_test", ago(50 * DAY), None);
    result(&mut files, "restore_test", ago(10 * DAY), None);
    files
}

fn in_container(blobs: Blobs) -> Seen {
    let runtime = runtime();
    let server = runtime.block_on(blobs::start(blobs));
    let az = FakeAz::new();
    let (url, path) = (server.uri(), az.path());
    Seen::of(
        &policy(BLOB),
        &[("AZURE_STORAGE_SERVICE_ENDPOINT", &url), ("PATH", &path)],
    )
}

fn blobs(files: Files) -> Blobs {
    Blobs {
        blobs: files,
        ..Blobs::default()
    }
}

#[track_caller]
fn is(seen: &Seen, dumps: &str, tests: &str) {
    let expected = [("dumps dumps", dumps), ("restore_test", tests)];
    let expected = expected.map(|(name, verdict)| (name.to_owned(), verdict.to_owned()));
    assert_eq!(seen.verdicts(), expected.into(), "{}", seen.output.stderr);
}

fn unusable(seen: &Seen) -> Vec<(String, bool)> {
    let unusable = seen.read("dumps", "dumps").unusable.iter();
    unusable
        .map(|it| (format!("{}: {}", it.what, it.why), it.unfinished))
        .collect()
}

/// What the script sent with the real Azure CLI to a server that no one here wrote.
#[test]
fn a_dump_in_blob_storage_is_seen() {
    let job = Job::of(Asks {
        store: "at: east, storage_account: someaccount, container: dumps",
        database: "tier: own\n    rpo: 24h",
        ..Asks::of("seen in blobs")
    });
    let storage = BlobStorage::of("someaccount", &["dumps"]);
    let environment = storage.environment();
    let environment: Vec<_> = environment
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let seen = || Seen::of(job.policy(), &environment);
    let verdict = |seen: &Seen| seen.verdicts()["dumps dumps"].clone();
    assert_eq!(verdict(&seen()), "none");
    let mut dump = job.script("dump", &[]);
    Output::run(storage.reach(&mut dump)).expect_code(0);
    let seen = seen();
    assert_eq!(verdict(&seen), "growing", "{}", seen.output.stderr);
    assert_eq!(seen.read("dumps", "dumps").span.count, Some(1));
}

#[test]
fn a_container_is_read_in_pages() {
    for page in [0, 7] {
        let seen = in_container(Blobs {
            page,
            ..blobs(sound())
        });
        is(&seen, "fresh", "fresh");
        assert_eq!(seen.output.code, 0);
        let read = seen.read("dumps", "dumps");
        assert_eq!(read.span.count, Some(26));
        assert_eq!(read.classes["daily"].count, Some(14));
        assert_eq!(read.classes["monthly"].count, Some(12));
    }
}

#[test]
fn a_run_without_its_manifest_does_not_count() {
    let mut files = Files::new();
    run(&mut files, "daily", ago(2 * DAY));
    let newest = run(&mut files, "daily", ago(60));
    files.remove(&format!("{newest}/manifest.json"));
    let seen = in_container(blobs(files));
    is(&seen, "stale", "none");
    let why = "it has no manifest: its upload is running, or was never finished";
    assert_eq!(unusable(&seen), [(format!("{newest}: {why}"), true)]);
    assert!(seen.output.stdout.contains("recovery-unusable"));
}

#[test]
fn a_run_that_is_not_whole_does_not_count() {
    type Spoil = fn(&mut Files, &str);
    let cases: [(Spoil, &str); 5] = [
        (
            |files, run| drop(files.remove(&format!("{run}/onprem.dir/toc.dat"))),
            "onprem.dir/toc.dat is missing",
        ),
        (
            |files, run| drop(files.insert(format!("{run}/onprem.dir/toc.dat"), b"123".to_vec())),
            "onprem.dir/toc.dat has 3 bytes instead of 5",
        ),
        (
            |files, run| drop(files.insert(format!("{run}/manifest.json"), b"{".to_vec())),
            "its manifest cannot be read",
        ),
        (
            |files, run| {
                let other = br#"{ "name": "other", "stamp": "x", "files": [] }"#;
                files.insert(format!("{run}/manifest.json"), other.to_vec());
            },
            "its manifest is of another run",
        ),
        (
            |files, run| {
                let stamp = run.rsplit('/').next().unwrap();
                let none = format!(r#"{{ "name": "onprem", "stamp": "{stamp}", "files": [] }}"#);
                files.insert(format!("{run}/manifest.json"), none.into());
            },
            "its manifest names no file",
        ),
    ];
    for (spoil, why) in cases {
        let mut files = sound();
        let newest = run(&mut files, "daily", ago(60));
        spoil(&mut files, &newest);
        let seen = in_container(blobs(files));
        // The one before it is five hours old, which is in time.
        is(&seen, "fresh", "fresh");
        assert_eq!(unusable(&seen), [(format!("{newest}: {why}"), false)]);
        assert_eq!(seen.output.code, 1, "{why}");
    }
    // The oldest is looked into as well.
    let mut files = sound();
    let oldest = run(&mut files, "monthly", ago(390 * DAY));
    files.remove(&format!("{oldest}/onprem.dir/toc.dat"));
    let seen = in_container(blobs(files));
    assert_eq!(unusable(&seen).len(), 1);
    assert_eq!(
        seen.read("dumps", "dumps").classes["monthly"].count,
        Some(12)
    );
}

#[test]
fn what_lies_in_an_archive_counts_by_its_name() {
    let files = sound();
    let archived = files.keys().filter(|name| name.starts_with("monthly/"));
    let archived = archived.cloned().collect();
    let seen = in_container(Blobs {
        archived,
        ..blobs(files)
    });
    is(&seen, "fresh", "fresh");
}

#[test]
fn what_is_nobodys_is_passed_over() {
    let mut files = sound();
    for name in [
        "daily/onprem/note.txt",
        "daily/onprem/2026-11-25/not-a-stamp/manifest.json",
        "daily/onprem-2/2026-11-25/20261125T010000Z/manifest.json",
        "drills/onprem/readme.md",
    ] {
        files.insert(name.to_owned(), b"{}".to_vec());
    }
    is(&in_container(blobs(files)), "fresh", "fresh");
}

#[test]
fn a_drill_counts_once_it_has_passed() {
    let mut files = sound();
    result(&mut files, "restore_test", ago(DAY), Some("users-has-rows"));
    result(&mut files, "disaster", ago(60), None);
    let seen = in_container(blobs(files.clone()));
    is(&seen, "fresh", "failed");
    let DrillState::Read(read) = seen.drill("restore_test") else {
        panic!("{:?}", seen.output);
    };
    assert_eq!(read.last.as_ref().unwrap().failed, ["users-has-rows"]);
    // The result as the script wrote it, whether it passed or not.
    let results = files.iter().filter(|(name, _)| name.starts_with("drills/"));
    let results = results.map(|(_, text)| serde_json::from_slice::<Value>(text).unwrap());
    let tests = results.filter(|result| result["kind"] == "restore_test");
    let newest = tests.max_by_key(|result| result["finished"].as_str().unwrap().to_owned());
    let newest = newest.unwrap();
    assert_eq!(seen.results["restore_test"], newest);
    assert_eq!(seen.results.len(), 1);
    let passed = read.passed.unwrap().as_second();
    assert!((passed - ago(10 * DAY).as_second()).abs() < 60, "{read:?}");
    files.retain(|name, _| !name.starts_with("drills/"));
    result(&mut files, "restore_test", ago(40 * DAY), None);
    files.insert(
        "drills/onprem/20991125t000000z.json".to_owned(),
        b"[]".to_vec(),
    );
    let seen = in_container(blobs(files));
    is(&seen, "fresh", "stale");
    assert!(seen.output.stdout.contains("says nothing"));
}

#[test]
fn a_refusal_hides_what_it_refuses_only() {
    for (refused, dumps, tests) in [
        ("daily/", "unreadable", "fresh"),
        ("monthly/onprem/20", "unreadable", "fresh"),
        ("drills/", "fresh", "unreadable"),
    ] {
        let seen = in_container(Blobs {
            refused: Some(refused),
            ..blobs(sound())
        });
        is(&seen, dumps, tests);
        assert_eq!(seen.output.code, 3, "{refused}");
    }
    let other = BLOB.replace("backups", "elsewhere");
    let runtime = runtime();
    let server = runtime.block_on(blobs::start(blobs(sound())));
    let az = FakeAz::new();
    let (url, path) = (server.uri(), az.path());
    let environment = [("AZURE_STORAGE_SERVICE_ENDPOINT", &*url), ("PATH", &*path)];
    let seen = Seen::of(&policy(&other), &environment);
    is(&seen, "none", "none");
    assert_eq!(
        seen.read("dumps", "dumps").absent.as_deref(),
        Some("the container elsewhere does not exist")
    );
}

/// What the rendered script dumps of a real server, and a simulator of S3 that no one here wrote.
#[test]
fn what_the_script_uploads_counts_as_it_lies_there() {
    let policy = policy("at: us-east, bucket: dumps");
    let server = Postgres::shared();
    server.create("onprem");
    let script = Script::of(&policy, "scripts/onprem-dump.sh");
    let aws = Aws::ministack();
    let folder = tempfile::tempdir().unwrap();
    let status = || {
        let environment = aws.environment();
        Seen::of(&policy, &environment)
    };
    let seen = status();
    is(&seen, "none", "none");
    assert_eq!(
        seen.read("dumps", "dumps").absent.as_deref(),
        Some("the bucket dumps does not exist")
    );
    aws.aws(&["s3api", "create-bucket", "--bucket", "dumps"]);
    is(&status(), "none", "none");
    for _ in 0..2 {
        let mut command = script.command(&[]);
        server.reach(&mut command);
        command.env("BACKSTAY_DUMP_DIR", folder.path());
        Output::of(aws.reach(&mut command).output().unwrap()).expect_code(0);
    }
    let seen = status();
    is(&seen, "growing", "none");
    let read = seen.read("dumps", "dumps");
    assert_eq!(read.span.count, Some(2));
    assert_eq!(read.unusable, []);
    // Somebody deletes a file of the newer one.
    let listed = aws.aws(&[
        "s3api",
        "list-objects-v2",
        "--bucket",
        "dumps",
        "--prefix",
        "daily/",
    ]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let keys = listed["Contents"].as_array().unwrap().iter();
    let mut keys = keys.filter_map(|object| object["Key"].as_str());
    let archive = keys.find(|key| key.ends_with(".dump")).unwrap();
    aws.aws(&[
        "s3api",
        "delete-object",
        "--bucket",
        "dumps",
        "--key",
        archive,
    ]);
    let seen = status();
    assert_eq!(unusable(&seen).len(), 1, "{:?}", unusable(&seen));
    assert_eq!(seen.read("dumps", "dumps").span.count, Some(1));
}

#[test]
fn nobody_is_asked_where_nothing_is_promised() {
    let policy = "version: 1\nlocations:\n  us: { provider: aws, region: us-east-1, account: \"123456789012\" }\n";
    let output = Workspace::new().policy("p.yaml", policy).run(["status"]);
    assert_eq!(output.code, 0, "{output:?}");
}

#[test]
fn a_store_that_cannot_be_reached_is_unreadable() {
    let az = FakeAz::new();
    let path = az.path();
    let environment = [
        ("AZURE_STORAGE_SERVICE_ENDPOINT", "nowhere"),
        ("PATH", &*path),
    ];
    let seen = Seen::of(&policy(BLOB), &environment);
    is(&seen, "unreadable", "unreadable");
    assert!(matches!(
        seen.state("dumps", "dumps"),
        PointState::Unreadable { .. }
    ));
}
