//! Uploads: a run is in a store once its manifest is, and a store that fails costs no backup.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Asks, Job, children};
use crate::support::{Aws, Az, BlobStorage, Output, files};

const BLOB: &str = "at: east, storage_account: someaccount, container: dumps";

fn blob_job(database: &str) -> Job {
    Job::of(Asks {
        databases: vec![database.to_owned()],
        dump: "globals: true, format: directory",
        store: BLOB,
        ..Asks::of("blob")
    })
}

/// Runs the script against a stand-in for Azure with one more variable.
fn run_with(job: &Job, az: &Az, arguments: &[&str], fault: (&str, &str)) -> Output {
    let mut command = job.script("dump", arguments);
    az.reach(&mut command).env(fault.0, fault.1);
    Output::of(command.output().expect("bash starts"))
}

const NO_FAULT: (&str, &str) = ("AZ_STAND_IN_FAULT", "none");

fn stamp(run: &Path) -> String {
    let name = run.file_name().expect("a run has a name");
    name.to_string_lossy().into_owned()
}

/// The key of a run's first dump of the month.
fn monthly(run: &Path) -> String {
    let stamp = stamp(run);
    format!("monthly/onprem/{}-{}/{stamp}/", &stamp[..4], &stamp[4..6])
}

/// The files of a run as a store should have them, below a key.
fn as_stored(run: &Path, key: &str) -> Vec<String> {
    let mut expected = vec![];
    for path in children(run) {
        let inner = if path.is_dir() {
            children(&path)
        } else {
            vec![path]
        };
        expected.extend(inner.iter().map(|path| {
            let path = path.strip_prefix(run).expect("it is in the run");
            format!("{key}{}", path.display())
        }));
    }
    expected.sort();
    expected
}

#[test]
fn a_dump_is_in_the_store_once_its_manifest_is() {
    let job = Job::new("upload", "directory");
    let aws = Aws::ministack();
    aws.aws(&["s3api", "create-bucket", "--bucket", "dumps"]);
    let whole_run = || {
        let mut command = job.script("dump", &[]);
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
    // The first dump of a month is the monthly one; the next is the day's.
    let folder = monthly(&run);
    let expected = as_stored(&run, &folder);
    assert_eq!(keys(), expected);
    assert!(expected.contains(&format!("{folder}manifest.json")));

    // A repeated upload finds that everything is there; a second run goes under the day.
    let mut again = job.script("dump", &["upload"]);
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
    let mut command = job.script("dump", &[]);
    let output = Output::of(aws.reach(&mut command).output().expect("bash starts")).expect_code(1);
    assert!(
        output.stderr.contains("FAILED while uploading"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("NoSuchBucket"), "{}", output.stderr);
    job.verify(&job.only_run()).expect_code(0);
}

/// With the real Azure CLI: what is there is never replaced, and never passes for this run's.
#[test]
fn blob_storage_has_a_run_once_its_manifest_is() {
    let job = blob_job("blob=0");
    let storage = BlobStorage::of("someaccount", &[]);
    let run_with = |arguments: &[&str]| {
        let mut command = job.script("dump", arguments);
        Output::run(storage.reach(&mut command))
    };
    let said = run_with(&[]).expect_code(1).stderr;
    assert!(said.contains("ContainerNotFound"), "{said}");
    assert!(said.ends_with("FAILED while uploading\n"), "{said}");
    let run = job.only_run();
    job.verify(&run).expect_code(0);

    storage.create("dumps");
    let key = monthly(&run);
    let globals = format!("{key}globals.sql.gz");
    let stranger = job.folder().join("stranger");
    fs::write(&stranger, "cut short").expect("it can be written");
    let file = stranger.to_string_lossy();
    storage.az(&[
        "storage",
        "blob",
        "upload",
        "--container-name",
        "dumps",
        "--name",
        &globals,
        "--file",
        &file,
    ]);
    let said = run_with(&["upload"]).expect_code(1).stderr;
    assert!(said.contains("BlobAlreadyExists"), "{said}");
    let names = storage.names("dumps");
    assert!(!names.contains(&format!("{key}manifest.json")), "{names:?}");
    assert_eq!(storage.read("dumps", &globals), b"cut short");

    storage.delete("dumps", &globals);
    run_with(&["upload"]).expect_code(0);
    assert_eq!(storage.names("dumps"), as_stored(&run, &key));
    let own = fs::read(run.join("globals.sql.gz")).expect("it can be read");
    assert_eq!(storage.read("dumps", &globals), own);
    let again = run_with(&["upload"]).expect_code(0).stderr;
    assert!(again.contains("already there"), "{again}");
}

#[test]
fn a_blob_store_has_a_run_once_its_manifest_is() {
    let job = blob_job("blob=1");
    let az = Az::new();
    let container = az.container("someaccount", "dumps");
    // What upload-batch leaves out without a word is missed, and sent.
    let loses = ("AZ_STAND_IN_LOSES", "toc.dat");
    run_with(&job, &az, &[], loses).expect_code(0);
    let run = job.only_run();
    let key = monthly(&run);
    let expected = as_stored(&run, &key);
    assert_eq!(files(&container), expected);
    for path in &expected {
        let own = path.strip_prefix(&key).expect("it is below the key");
        let (own, stored) = (fs::read(run.join(own)), fs::read(container.join(path)));
        assert_eq!(own.expect("read"), stored.expect("read"), "{path}");
    }
    let uploads = || -> Vec<Vec<String>> {
        let mut calls = az.calls();
        calls.retain(|words| words[2].starts_with("upload"));
        calls
    };
    let pair = |words: &[String], option: &str, value: &str| {
        words.windows(2).any(|pair| pair == [option, value])
    };
    let first = uploads();
    let last = first.last().expect("something is uploaded");
    assert!(
        pair(last, "--name", &format!("{key}manifest.json")),
        "{last:?}"
    );
    for words in &first {
        assert!(pair(words, "--overwrite", "false"), "{words:?}");
    }
    for words in az.calls() {
        assert!(pair(&words, "--auth-mode", "login"), "{words:?}");
    }

    // A repeated upload sends nothing.
    let again = run_with(&job, &az, &["upload"], NO_FAULT).expect_code(0);
    assert!(again.stderr.contains("already there"), "{}", again.stderr);
    assert_eq!(uploads(), first);
}

/// Neither a store that refuses a file nor one that holds it cut short has the run, and no older
/// backup goes before it does.
#[test]
fn an_upload_that_fails_costs_no_older_backup() {
    let job = blob_job("blob=2");
    let az = Az::new();
    let container = az.container("someaccount", "dumps");
    run_with(&job, &az, &[], NO_FAULT).expect_code(0);
    let stored = files(&container);
    // One that is old enough to be pruned.
    let old = job.base().join("20200101T000000Z");
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(job.only_run()).arg(&old);
    Output::of(copy.output().expect("cp starts")).expect_code(0);

    let newest = || job.runs().pop().expect("there is a run");
    for fault in [
        ("AZ_STAND_IN_REFUSES", "toc.dat"),
        ("AZ_STAND_IN_SHORT", "toc.dat"),
    ] {
        let output = run_with(&job, &az, &[], fault).expect_code(1);
        let said = &output.stderr;
        assert!(
            said.contains("not uploaded to: dumps; the run stays in"),
            "{said}"
        );
        assert!(said.ends_with("FAILED while uploading\n"), "{said}");
        assert!(job.runs().contains(&old), "{:?}", job.runs());
        job.verify(&newest()).expect_code(0);
        let now = files(&container);
        assert!(stored.iter().all(|path| now.contains(path)), "{now:?}");
        let manifest = format!("{}/manifest.json", stamp(&newest()));
        assert!(!now.iter().any(|path| path.ends_with(&manifest)), "{now:?}");
    }

    // Once the store takes it, the upload is completed and the old run may go.
    run_with(&job, &az, &["upload"], NO_FAULT).expect_code(0);
    assert!(!old.exists(), "{:?}", job.runs());
    let stamp = stamp(&newest());
    let daily = format!(
        "daily/onprem/{}-{}-{}/{stamp}/",
        &stamp[..4],
        &stamp[4..6],
        &stamp[6..8]
    );
    let now = files(&container);
    let expected = as_stored(&newest(), &daily);
    assert!(expected.iter().all(|path| now.contains(path)), "{now:?}");
}
