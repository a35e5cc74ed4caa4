//! # engine-location
//! A database is at a location of another provider than its engine's: `rds_postgres`, `rds_mysql` and
//! `rds_mariadb` belong to an AWS location, `azure_postgres` to an Azure one, `postgres` to a host.
//!
//! **Why.** Its template would be rendered for a cloud that has no such service.
//!
//! **Fix.** Correct `at` or `engine`. PostgreSQL that you run yourself on a cloud's virtual machine
//! is at a location with `provider: host`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Database, Estate, Scope};

pub static CODE: Code = Code::new(
    "engine-location",
    Severity::Error,
    include_str!("engine_location.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(estate.databases.iter().filter_map(elsewhere));
}

fn elsewhere(database: &Database<'_>) -> Option<Finding> {
    let engine = database.engine().name();
    let wanted = match database.engine() {
        Engine::RdsPostgres | Engine::RdsMysql | Engine::RdsMariadb => "aws",
        Engine::AzurePostgres => "azure",
        Engine::Postgres => "host",
    };
    let provider = match database.site.scope {
        Scope::Aws { .. } => "aws",
        Scope::Azure { .. } => "azure",
        Scope::Host { .. } => "host",
    };
    let at = &database.written.at;
    let message = format!("{engine} cannot be at `{}`, which is {provider}", at.value);
    (provider != wanted).then(|| {
        Finding::new(&CODE, at.place, message)
            .label(database.written.engine.place, "the engine is set here")
            .why(format!(
                "{engine} runs at locations with `provider: {wanted}`"
            ))
            .fix("correct `at` or `engine`")
    })
}
