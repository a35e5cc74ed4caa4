//! Archives that are not what was dumped: refused before the server hears anything.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rstest::rstest;

use super::stamp;
use crate::dump::{Job, children};
use crate::support::Output;

/// The file of the run with most in it.
fn largest(run: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> = children(run);
    if let Some(folder) = files.iter().find(|path| path.is_dir()) {
        files = children(folder);
    }
    let size = |path: &PathBuf| fs::metadata(path).map_or(0, |file| file.len());
    files.into_iter().max_by_key(size).expect("a run has files")
}

fn change(path: &Path, how: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("it can be read");
    how(&mut bytes);
    fs::write(path, bytes).expect("it can be written");
}

fn refused(job: &Job, why: &str) {
    let mut command = job.script("restore", &["--from", "local"]);
    // Nobody listens there: whoever asked the server anything would fail with another word.
    let output = Output::run(command.env("PGPORT", "1")).expect_code(1);
    assert!(output.stderr.contains(why), "{}", output.stderr);
    assert!(!output.stderr.contains("connection"), "{}", output.stderr);
}

#[rstest]
#[case::custom("custom")]
#[case::directory("directory")]
#[case::plain("plain")]
fn a_damaged_run_is_refused_before_the_first_statement(#[case] format: &str) {
    let job = Job::new(&format!("damage {format}"), format);
    let run = job.dump();
    let whole = job.folder().join("whole");
    let copy = |from: &Path, to: &Path| {
        let mut copy = Command::new("cp");
        let copy = copy.args(["-a", "--no-target-directory"]).arg(from).arg(to);
        Output::run(copy).expect_code(0);
    };
    copy(&run, &whole);
    let file = largest(&run);
    let again = || {
        fs::remove_dir_all(&run).expect("it can be removed");
        copy(&whole, &run);
    };

    change(&file, |bytes| bytes.truncate(bytes.len() * 3 / 4));
    refused(&job, "the checksums of");
    again();
    change(&file, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0b100;
    });
    refused(&job, "the checksums of");
    again();
    fs::remove_file(&file).expect("it can be removed");
    refused(&job, "the checksums of");
    again();
    fs::write(run.join("another"), "file").expect("it can be written");
    refused(&job, "does not list the files");
    again();
    fs::remove_file(run.join("SHA256SUMS")).expect("it can be removed");
    refused(&job, "is not a finished run");
}

/// Whole runs, each under a key that is another's.
#[test]
fn a_run_under_the_wrong_key_is_refused() {
    let job = Job::new("key", "custom");
    let run = job.dump();
    let other = job.base().join("20990101T000000Z");
    fs::rename(&run, &other).expect("a run can be renamed");
    refused(&job, "holds another run than its name says");
    fs::rename(&other, &run).expect("a run can be renamed");

    let manifest = run.join("manifest.json");
    let text = fs::read_to_string(&manifest).expect("a run has a manifest");
    let text = text.replace("\"name\": \"onprem\"", "\"name\": \"another\"");
    fs::write(&manifest, text).expect("it can be written");
    let refresh = "cut -c67- SHA256SUMS | xargs sha256sum >new && mv new SHA256SUMS";
    let mut bash = Command::new("bash");
    Output::run(bash.args(["-euc", refresh]).current_dir(&run)).expect_code(0);
    refused(&job, "is a run of another database");
    assert!(run.ends_with(stamp(&run)));
}
