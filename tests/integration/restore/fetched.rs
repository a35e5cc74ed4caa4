//! Runs that lie in a store: listed, fetched, verified and restored from there.

use std::fs;
use std::process::Command;

use super::stamp;
use crate::dump::{Asks, Job, ROWS};
use crate::support::{Aws, BlobStorage, Output};

/// Dumps and uploads twice, forgets what is here, and restores from the store.
fn comes_back_from_a_store(job: &Job, place: &str, reach: &dyn Fn(&mut Command)) {
    let run = |task: &str, arguments: &[&str]| {
        let mut command = job.script(task, arguments);
        reach(&mut command);
        Output::run(&mut command)
    };
    run("dump", &[]).expect_code(0);
    let first = job.only_run();
    let rows = job.server.sql(job.database(), ROWS);
    job.server.sql(job.database(), "DELETE FROM bookings");
    run("dump", &[]).expect_code(0);
    let second = job.runs().pop().expect("there are two");
    let listed = run("restore", &["list"]).expect_code(0).stdout;
    let listed: Vec<Vec<_>> = listed
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let places: Vec<_> = listed.iter().map(|line| (line[0], line[1])).collect();
    let (one, two) = (stamp(&first), stamp(&second));
    let expected = [
        (&*one, place),
        (&*one, "local"),
        (&*two, place),
        (&*two, "local"),
    ];
    assert_eq!(places, expected);
    fs::remove_dir_all(job.base()).expect("it can be removed");

    let arguments = ["--run", &one, "--from", place];
    let said = run("restore", &[&arguments[..], &["--dry-run"]].concat());
    assert!(
        said.stderr.contains("nothing is fetched"),
        "{}",
        said.stderr
    );
    run("restore", &arguments).expect_code(0);
    let name = format!("SELECT datname FROM pg_database WHERE datname LIKE '%\\_{one}'");
    let again = job.server.sql("postgres", &name);
    assert_eq!(job.server.sql(again.trim_end(), ROWS), rows);

    // The newest, to look at; nothing else is left here.
    let folder = job.folder().join("fetched");
    fs::create_dir(&folder).expect("a folder can be made");
    let folder = folder.to_string_lossy();
    run("restore", &["fetch", &folder]).expect_code(0);
    let fetched = job.folder().join("fetched").join(&two);
    job.verify(&fetched).expect_code(0);
    let left = fs::read_dir(job.folder().join("work")).expect("it can be read");
    assert_eq!(left.count(), 0);
}

#[test]
fn a_run_comes_back_from_s3() {
    let job = Job::of(Asks {
        dump: "format: directory",
        databases: vec!["fetched_s3".to_owned()],
        ..Asks::of("fetched")
    });
    let aws = Aws::ministack();
    aws.aws(&["s3api", "create-bucket", "--bucket", "dumps"]);
    let work = job.folder().join("work");
    fs::create_dir(&work).expect("a folder can be made");
    comes_back_from_a_store(&job, "dumps", &|command| {
        aws.reach(command).env("BACKSTAY_WORK_DIR", &work);
    });
}

#[test]
fn a_run_comes_back_from_a_container() {
    let job = Job::of(Asks {
        dump: "format: directory",
        store: "at: east, storage_account: someaccount, container: dumps",
        databases: vec!["fetched_blob".to_owned()],
        ..Asks::of("fetched")
    });
    let storage = BlobStorage::of("someaccount", &["dumps"]);
    let work = job.folder().join("work");
    fs::create_dir(&work).expect("a folder can be made");
    comes_back_from_a_store(&job, "dumps", &|command| {
        storage.reach(command).env("BACKSTAY_WORK_DIR", &work);
    });
    // A store that lost a file has no run.
    let names = storage.names("dumps");
    let lost = names.iter().find(|name| name.ends_with("toc.dat"));
    let lost = lost.expect("a directory has one");
    storage.delete("dumps", lost);
    let run = lost.split('/').nth(3).expect("a key");
    let mut command = job.script("restore", &["--run", run]);
    let output = Output::run(storage.reach(&mut command).env("PGPORT", "1")).expect_code(1);
    assert!(
        output.stderr.contains("the checksums of"),
        "{}",
        output.stderr
    );
    // One that cannot be asked is told, and no run is made up.
    storage.az(&["storage", "container", "delete", "--name", "dumps"]);
    let mut command = job.script("restore", &[]);
    let output = Output::run(storage.reach(&mut command)).expect_code(1);
    assert!(
        output.stderr.contains("the store dumps cannot be asked"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("there is no such run"),
        "{}",
        output.stderr
    );
}
