//! # azure-maintenance
//! A flexible server has a `maintenance_window`.
//!
//! **Why.** backstay leaves the maintenance of Azure's servers as it is: no backup depends on its time
//! there. The file reads as if the window were in force.
//!
//! **Fix.** Set it in Azure, and keep it here as a record, or remove it. One in the defaults, which
//! databases of RDS heed, can stay.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Estate, Layer};

pub static CODE: Code = Code::new(
    "azure-maintenance",
    Severity::Info,
    include_str!("azure_maintenance.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let servers = super::run_by(estate, Engine::AzurePostgres);
    let windows = servers.filter_map(|server| {
        let window = server.intent.maintenance_window.as_ref()?;
        window.place.filter(|_| window.layer == Layer::Database)
    });
    let message = "maintenance windows of Azure's servers are neither rendered nor compared";
    let finding = super::rolled_up(&CODE, message, windows.collect());
    findings.extend(finding.map(|finding| {
        finding
            .why("no backup depends on them there")
            .fix("set it in Azure, by `az postgres flexible-server update --maintenance-window`")
    }));
}
