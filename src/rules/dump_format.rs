//! # dump-format
//! A dump asks for parallel `jobs` in a format that is written by one process.
//!
//! **Why.** `pg_dump` takes `--jobs` with the directory format only, and fails on every run
//! otherwise.
//!
//! **Fix.** Write `format: directory`, or remove `jobs`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::DumpFormat;
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "dump-format",
    Severity::Error,
    include_str!("dump_format.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(estate.databases.iter().filter_map(jobs));
}

fn jobs(database: &Database<'_>) -> Option<Finding> {
    let dump = database.written.dump.as_ref()?;
    let jobs = dump.jobs.as_ref()?;
    let format = dump.format.as_ref();
    if format.is_some_and(|format| format.value == DumpFormat::Directory) {
        return None;
    }
    let finding = Finding::new(
        &CODE,
        jobs.place,
        "only the directory format is dumped in parallel",
    )
    .why("pg_dump fails on `--jobs` with any other format")
    .fix("write `format: directory`, or remove `jobs`");
    Some(match format {
        Some(format) => finding.label(format.place, "the format is set here"),
        None => finding,
    })
}
