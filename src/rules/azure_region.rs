//! # azure-region
//! A location or a replica is in a region that Azure does not have, as far as backstay's table of
//! regions goes.
//!
//! **Why.** Azure refuses an unknown region when it is deployed. Nor can backstay say whether the
//! region has a pair to which backups can be copied.
//!
//! **Fix.** Write the region as `az account list-locations` shows its name: lower case, no spaces, as
//! `westeurope`. A region that is newer than the table is used as it is written; what comes near a
//! known name is called a mistake (a warning), anything else is only noted.
use crate::cloud::azure::regions::{AS_OF, Pair, names, pair};
use crate::finding::{Code, Finding, Severity, closest};
use crate::policy::{Engine, Provider, Spanned};
use crate::resolve::Estate;

pub static CODE: Code = Code::new(
    "azure-region",
    Severity::Warning,
    include_str!("azure_region.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for (_, policy) in estate.workspace.policies() {
        let azure = policy.locations.values();
        let azure = azure.filter(|location| location.provider.value == Provider::Azure);
        findings.extend(azure.filter_map(|location| unknown(location.region.as_ref()?)));
    }
    for database in super::run_by(estate, Engine::AzurePostgres) {
        let replicas = database.written.replicas.iter();
        findings.extend(replicas.filter_map(|replica| unknown(replica.location.as_ref()?)));
    }
}

fn unknown(region: &Spanned<String>) -> Option<Finding> {
    let name = region.value.as_str();
    if pair(name) != Pair::Unknown {
        return None;
    }
    let message = format!("Azure has no region `{name}`, as of {AS_OF}");
    let finding = Finding::new(&CODE, region.place, message)
        .why("Azure refuses an unknown region when it is deployed");
    Some(match closest(name, names()) {
        Some(near) => finding.fix(format!("did you mean `{near}`?")),
        None => {
            let mut finding = finding.fix("leave it, where the region is newer than that");
            finding.severity = Severity::Info;
            finding
        }
    })
}
