//! # cron-host
//! Cron or systemd shall start a script of a cloud's database and no `host` says where; or `host` names
//! what is no host; or it is given where neither starts anything.
//!
//! **Why.** A crontab and a timer belong to one machine. Without it nothing would be rendered, and the
//! script would never run.
//!
//! **Fix.** Name a location with `provider: host` as `host`, or let `github_actions` start it.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Runner, Scheduled};
use crate::resolve::{Database, Estate, Scope};

pub static CODE: Code = Code::new("cron-host", Severity::Error, include_str!("cron_host.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        for scheduled in database.written.scheduled() {
            findings.extend(one(estate, database, scheduled));
        }
    }
}

fn one<'e>(
    estate: &'e Estate<'e>,
    database: &'e Database<'e>,
    scheduled: Scheduled<'_>,
) -> Option<Finding> {
    let task = scheduled.task.name();
    let of_a_host = |runner: &&crate::policy::Spanned<Runner>| runner.value.of_a_host();
    let runner = scheduled.run_by.and_then(|runners| runners.iter().find(of_a_host));
    match scheduled.host {
        // `unknown-reference` speaks of a name that leads nowhere.
        Some(name) => match estate.location(name)?.scope {
            Scope::Host { .. } if scheduled.run_by.is_none() || runner.is_some() => None,
            Scope::Host { .. } => Some(
                Finding::new(&CODE, name.place, "`host` has no meaning where neither cron nor systemd starts it")
                    .why("the file reads as if that machine ran it")
                    .fix("remove `host`, or add cron or systemd to `run_by`"),
            ),
            Scope::Aws { .. } | Scope::Azure { .. } => Some(
                Finding::new(
                    &CODE,
                    name.place,
                    format!("`{}` is a cloud's location, which has neither cron nor systemd", name.value),
                )
                .why("a crontab and a timer belong to one machine")
                .fix("name a location with `provider: host`"),
            ),
        },
        None => {
            let runner = runner?;
            let lacking = estate.started(database, scheduled).host.is_none();
            lacking.then(|| {
                let message = format!("{} shall start this {task}, and no host is named", runner.value.name());
                Finding::new(&CODE, runner.place, message)
                    .label(database.written.at.place, "the database is in a cloud")
                    .why("it belongs to one machine: without that nothing would be rendered")
                    .fix("add `host` with the name of a location with `provider: host`")
            })
        }
    }
}
