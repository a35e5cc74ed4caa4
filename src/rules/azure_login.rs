//! # azure-login
//! The administrator of a new flexible server has a login that Azure keeps to itself: `admin`,
//! `administrator`, `azure_pg_admin`, `azure_superuser`, `guest`, `public`, `root`, or one that starts
//! with `pg_`.
//!
//! **Why.** Azure refuses the template when it is deployed, after the change was reviewed.
//!
//! **Fix.** Write another login, as `pgadmin`.
use crate::cloud::azure::limits::is_reserved_login;
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "azure-login",
    Severity::Error,
    include_str!("azure_login.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::run_by(estate, Engine::AzurePostgres).filter_map(reserved));
}

fn reserved(database: &Database<'_>) -> Option<Finding> {
    let login = database.written.provision.as_ref()?.username.as_ref()?;
    let message = format!("`{}` is a login that Azure keeps to itself", login.value);
    is_reserved_login(&login.value).then(|| {
        Finding::new(&CODE, login.place, message)
            .why("Azure refuses it when the server is created")
            .fix("write another login, as `pgadmin`")
    })
}
