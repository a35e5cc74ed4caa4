//! # restores-as-files
//! The vault of Azure Backup holds the only long-term backups of a flexible server: nothing dumps it.
//!
//! **Why.** What Azure Backup keeps of a flexible server is a dump of every database in it, and it
//! restores as files: into a container of a storage account, never into a server. From there the
//! client tools restore it: a new server, its roles (`psql` with the roles' file), then `pg_restore`
//! for each database. That takes a prepared container, the role Storage Blob Data Contributor for the
//! vault on it, and hours that the RTO must allow for.
//!
//! **Fix.** Nothing, where that is fast enough: write the steps into your runbook and try them. Else
//! add a `dump`, whose restore is the same without the way through the vault.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Estate, Scope};

pub static CODE: Code = Code::new(
    "restores-as-files",
    Severity::Info,
    include_str!("restores_as_files.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::run_by(estate, Engine::AzurePostgres) {
        let Some(named) = &database.written.vault else {
            continue;
        };
        let vault = estate.vault(&named.value);
        let azure = vault.is_some_and(|vault| matches!(vault.site.scope, Scope::Azure { .. }));
        let kept = super::long_term(&database.intent).next().is_some();
        if azure && kept && database.written.dump.is_none() {
            let message = format!(
                "the long-term backups of `{}` restore as files only",
                database.name.value
            );
            findings.push(
                Finding::new(&CODE, named.place, message)
                    .why("Azure Backup restores a flexible server into a container, not to a server")
                    .fix("prepare the container and try the restore, or add a `dump`"),
            );
        }
    }
}
