//! # nightly-stop
//! A database is stopped every day, and its backup window lies in that time; or it has replicas, with
//! which RDS does not stop it.
//!
//! **Why.** RDS makes no automated backup of a stopped instance. A window that always comes while it is
//! stopped is a database that is never backed up.
//!
//! **Fix.** Move `window` into the hours in which it runs, or correct `stopped`. Both are UTC.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "nightly-stop",
    Severity::Error,
    include_str!("nightly_stop.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::on_rds(estate) {
        findings.extend(asleep(database));
        findings.extend(replica(database));
    }
}

fn asleep(database: &Database<'_>) -> Option<Finding> {
    let stopped = database.written.stopped.as_ref()?;
    let window = &database.intent.window;
    stopped.meets(window.value).then(|| {
        let message = format!(
            "the backup window {} is in the hours {} in which the database is stopped",
            window.value, stopped.value
        );
        super::about(&CODE, database, window, message)
            .label(stopped.place, "it is stopped here")
            .why("RDS makes no automated backup of a stopped instance")
            .fix("move `window` out of these hours")
    })
}

fn replica(database: &Database<'_>) -> Option<Finding> {
    let stopped = database.written.stopped.as_ref()?;
    let replica = database.written.replicas.first()?;
    Some(
        Finding::new(&CODE, stopped.place, "RDS does not stop a database that has replicas")
            .label(replica.id.place, "a replica")
            .why("RDS refuses to stop an instance that is or has a read replica")
            .fix("remove `stopped` or the replicas"),
    )
}
