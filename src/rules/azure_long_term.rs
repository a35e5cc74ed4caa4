//! # azure-long-term
//! A flexible server asks of its vault what Azure Backup does not do: long-term backups of more than
//! 1 TiB, or kept for more than ten years; or (a warning) daily backups for longer than
//! point-in-time recovery reaches, with no dump that makes them.
//!
//! **Why.** Long-term backups are logical dumps, made weekly at most. Of larger servers they are not
//! supported: they may succeed for months, and fail once they are needed. A longer retention is refused
//! when it is deployed.
//!
//! **Fix.** Dump a larger server to a store, in parallel (`dump: { format: directory, jobs: 8 }`). Write
//! ten years at most, and move older dumps to a store of their own. For daily backups give it a `dump`.
use crate::cloud::azure::limits::{LONG_TERM_GIB, LONG_TERM_YEARS};
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Duration, Engine, Unit};
use crate::resolve::{Database, Estate, Scope};

pub static CODE: Code = Code::new(
    "azure-long-term",
    Severity::Error,
    include_str!("azure_long_term.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::run_by(estate, Engine::AzurePostgres) {
        let named = database.written.vault.as_ref();
        let vault = named.and_then(|named| estate.vault(&named.value));
        if vault.is_some_and(|vault| matches!(vault.site.scope, Scope::Azure { .. })) {
            findings.extend(size(database));
            findings.extend(years(database));
            findings.extend(daily(database));
        }
    }
}

fn size(database: &Database<'_>) -> Option<Finding> {
    let size = database.written.size.as_ref()?;
    let vault = database.written.vault.as_ref()?;
    (size.value.gib() > LONG_TERM_GIB).then(|| {
        let message = format!("no long-term backups are supported of {}", size.value);
        Finding::new(&CODE, size.place, message)
            .label(vault.place, "the vault is named here")
            .why("Azure Backup's logical dumps are for servers of up to 1TiB")
            .fix("remove `vault`, and dump the server to a store")
    })
}

fn years(database: &Database<'_>) -> Vec<Finding> {
    let most = Duration::new(LONG_TERM_YEARS, Unit::Year);
    let long = super::long_term(&database.intent);
    let over = long.filter(|(_, kept)| kept.value.days() > most.days());
    over.map(|(class, kept)| {
        let message = format!("{class} backups cannot be kept in Azure Backup for {}", kept.value);
        super::about(&CODE, database, kept, message)
            .why(format!("it keeps a backup for {LONG_TERM_YEARS} years at most"))
            .fix(format!("write {LONG_TERM_YEARS}y or less, or dump to a store"))
    })
    .collect()
}

/// Within the time of point-in-time recovery every day can be restored.
fn daily(database: &Database<'_>) -> Option<Finding> {
    let retention = &database.intent.retention;
    let daily = retention.daily.as_ref()?;
    let pitr = retention.pitr.as_ref().map_or(0, |pitr| pitr.value.days());
    if database.written.dump.is_some() || daily.value.days() <= pitr {
        return None;
    }
    let message = format!("nothing keeps daily backups for {}", daily.value);
    let mut finding = super::about(&CODE, database, daily, message)
        .why("Azure Backup makes one a week at most, and point-in-time recovery ends before")
        .fix("give it a `dump`, or write no more than `pitr`");
    finding.severity = Severity::Warning;
    Some(finding)
}
