//! # dump-engine
//! A dump is asked of a database that pg_dump cannot read: RDS for MySQL or MariaDB.
//!
//! **Why.** The script that backstay renders calls pg_dump, which speaks to PostgreSQL only: every run
//! would fail, and no backup would come of it.
//!
//! **Fix.** Remove `dump`. Keep what must last longer than the point-in-time recovery in a `vault`, or
//! as `snapshots`; both work on every engine of RDS.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::Estate;

pub static CODE: Code = Code::new(
    "dump-engine",
    Severity::Error,
    include_str!("dump_engine.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let foreign = super::on_rds(estate).filter(|it| it.engine() != Engine::RdsPostgres);
    findings.extend(foreign.filter_map(|database| {
        database.written.dump.as_ref()?;
        let engine = database.engine().rds()?.title;
        let place = super::key_of(estate, database, "dump");
        Some(
            Finding::new(&CODE, place, format!("pg_dump cannot dump {engine}"))
                .label(database.written.engine.place, "the engine is set here")
                .why("pg_dump speaks to PostgreSQL only")
                .fix("remove `dump`, and keep older backups in a `vault` or as `snapshots`"),
        )
    }));
}
