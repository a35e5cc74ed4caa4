//! # azure-version
//! A new flexible server has a version of PostgreSQL that Azure does not create, or (a warning) one
//! that is out of support.
//!
//! **Why.** Azure refuses an unknown version when it is deployed. A version out of support gets no
//! security fixes, and restoring it later can mean an upgrade in the middle of an incident.
//!
//! **Fix.** Write a supported major version in quotes, as `version: "17"`.
use crate::cloud::azure::limits::VERSIONS;
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "azure-version",
    Severity::Error,
    include_str!("azure_version.rs"),
);

/// Versions that the PostgreSQL project no longer maintains.
const OUT_OF_SUPPORT: [&str; 4] = ["11", "12", "13", "14"];

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::run_by(estate, Engine::AzurePostgres).filter_map(version));
}

fn version(database: &Database<'_>) -> Option<Finding> {
    let version = database.written.provision.as_ref()?.version.as_ref()?;
    let text = version.value.as_str();
    if !VERSIONS.contains(&text) {
        let message = format!("Azure creates no PostgreSQL {text}");
        let supported = VERSIONS
            .into_iter()
            .filter(|version| !OUT_OF_SUPPORT.contains(version));
        let supported: Vec<&str> = supported.collect();
        return Some(
            Finding::new(&CODE, version.place, message)
                .why("a flexible server has one of the major versions that Azure offers")
                .fix(format!("write one of {}", supported.join(", "))),
        );
    }
    OUT_OF_SUPPORT.contains(&text).then(|| {
        let message = format!("PostgreSQL {text} is out of support");
        let mut finding = Finding::new(&CODE, version.place, message)
            .why("it gets no security fixes")
            .fix("write a newer version for a server that is yet to be created");
        finding.severity = Severity::Warning;
        finding
    })
}
