//! # dump-format
//! A dump asks for parallel `jobs`, or for a `compression`, in a format that has none.
//!
//! **Why.** `pg_dump` takes `--jobs` with the directory format only, and fails on every run
//! otherwise. A plain dump is always compressed by gzip, which every host can read: another method
//! would not be carried out.
//!
//! **Fix.** Write `format: directory`, or remove `jobs`. For plain dumps write `gzip` with a level, or
//! take another format.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Dump, DumpFormat, Method};
use crate::resolve::Estate;

pub static CODE: Code = Code::new(
    "dump-format",
    Severity::Error,
    include_str!("dump_format.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let dumps = estate.databases.iter();
    for dump in dumps.filter_map(|database| database.written.dump.as_ref()) {
        findings.extend(jobs(dump));
        findings.extend(compression(dump));
    }
}

fn jobs(dump: &Dump) -> Option<Finding> {
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

fn compression(dump: &Dump) -> Option<Finding> {
    let compression = dump.compression.as_ref()?;
    let format = dump.format.as_ref();
    let plain = format.filter(|format| format.value == DumpFormat::Plain)?;
    (compression.value.method != Method::Gzip).then(|| {
        let message = format!("a plain dump is not compressed by {}", compression.value);
        Finding::new(&CODE, compression.place, message)
            .label(plain.place, "the format is set here")
            .why("it goes through gzip, which every host can read")
            .fix("write gzip with a level, as gzip:9, or another format")
    })
}
