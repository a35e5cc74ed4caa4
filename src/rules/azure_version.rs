//! # azure-version
//! A new flexible server has a version of PostgreSQL that Azure does not know, or (a warning) one that
//! the PostgreSQL project no longer supports.
//!
//! **Why.** Azure refuses an unknown version when it is deployed, and creates no server of a retired
//! one; those that exist are billed for extended support. Restoring such a version later can mean an
//! upgrade in the middle of an incident. The dates are those of a table in backstay, which a newer
//! backstay has newer.
//!
//! **Fix.** Write a supported major version in quotes, as `version: "17"`. For a server that runs
//! already, upgrade first (`az postgres flexible-server upgrade`).
use crate::cloud::azure::limits::{VERSIONS, Version};
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "azure-version",
    Severity::Error,
    include_str!("azure_version.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::run_by(estate, Engine::AzurePostgres).filter_map(version));
}

fn version(database: &Database<'_>) -> Option<Finding> {
    let written = database.written.provision.as_ref()?.version.as_ref()?;
    let text = written.value.as_str();
    let Some(version) = VERSIONS.iter().find(|version| version.name == text) else {
        let supported = VERSIONS.iter().filter(|version| !version.is_over());
        let supported: Vec<&str> = supported.map(|version| version.name).collect();
        return Some(
            Finding::new(
                &CODE,
                written.place,
                format!("Azure knows no PostgreSQL {text}"),
            )
            .why("a flexible server has one of the major versions that Azure offers")
            .fix(format!("write one of {}", supported.join(", "))),
        );
    };
    version.is_over().then(|| {
        let message = format!(
            "PostgreSQL {text} is out of support since {}",
            version.community
        );
        let mut finding = Finding::new(&CODE, written.place, message)
            .why(what_is_left(version))
            .fix("write a newer version for a server that is yet to be created");
        finding.severity = Severity::Warning;
        finding
    })
}

fn what_is_left(version: &Version) -> String {
    let Version {
        standard, extended, ..
    } = version;
    match extended {
        Some(extended) => format!(
            "Azure creates no new server of it; its support ends {standard}, paid support {extended}"
        ),
        None => format!("Azure creates no new server of it; its support ends {standard}"),
    }
}
