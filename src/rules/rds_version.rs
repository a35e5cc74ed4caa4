//! # rds-version
//! `engine_version` is not a version of the engine that RDS runs: MySQL and MariaDB have major versions
//! of two numbers (`8.4`, `10.11`), PostgreSQL of one (`16`). A major version that backstay does not
//! know is a warning: RDS may offer it by now, or no longer. So is one whose standard support has ended.
//!
//! **Why.** RDS refuses to create what it does not offer. What it no longer supports it charges more for, or
//! upgrades by itself, what is restored from a snapshot as well: in the middle of an incident. The dates are
//! those of a table in backstay, which a newer backstay has newer.
//!
//! **Fix.** Write a major version that RDS offers, and leave the minor one to RDS;
//! `aws rds describe-db-engine-versions --engine NAME` lists them, and
//! `aws rds describe-db-major-engine-versions` the ends of their support.
use crate::cloud::aws::engine::MAJORS_READ;
use crate::finding::{Code, Finding, Severity};
use crate::policy::Spanned;
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "rds-version",
    Severity::Error,
    include_str!("rds_version.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::on_rds(estate).filter_map(unknown));
}

fn unknown(database: &Database<'_>) -> Option<Finding> {
    let engine = database.engine().rds()?;
    let version = database.written.provision.as_ref()?.engine_version.as_ref()?;
    let (message, severity) = match engine.major(&version.value) {
        Some(major) if engine.majors.contains(&major.as_str()) => {
            return ended(database, version, &major);
        }
        Some(major) => (
            format!("backstay knows no {} {major} on RDS", engine.title),
            Severity::Warning,
        ),
        None => (
            format!("`{}` does not name a version of {}", version.value, engine.title),
            Severity::Error,
        ),
    };
    let mut finding = Finding::new(&CODE, version.place, message)
        .label(database.written.engine.place, "the engine is set here")
        .why(format!(
            "in {MAJORS_READ} RDS offered {}",
            engine.majors.join(", ")
        ))
        .fix(format!(
            "write one of these, or ask `aws rds describe-db-engine-versions --engine {}`",
            engine.name
        ));
    finding.severity = severity;
    Some(finding)
}

fn ended(database: &Database<'_>, version: &Spanned<String>, major: &str) -> Option<Finding> {
    let engine = database.engine().rds()?;
    let (_, day) = engine.ended.iter().find(|(ended, _)| *ended == major)?;
    let message = format!("RDS ended its standard support of {} {major} on {day}", engine.title);
    let mut finding = Finding::new(&CODE, version.place, message)
        .why(engine.after)
        .fix("write a newer version for an instance that is yet to be created");
    finding.severity = Severity::Warning;
    Some(finding)
}
