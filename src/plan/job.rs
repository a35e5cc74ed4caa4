//! Scripts that are run again and again: when, and by what.

use serde::Serialize;

use crate::policy::{Runner, Schedule, Task};
use crate::resolve::{Database, Estate, Scope, Started};

/// When a script is run. Serialises to what every script's template is given.
#[derive(Debug, Clone, Serialize)]
pub struct Job {
    pub task: Task,
    /// The policy's name of the database.
    pub name: String,
    /// The policy file.
    pub source: String,
    /// Five-field cron in `timezone`.
    pub cron: String,
    pub timezone: String,
    /// The schedule as the policy writes it.
    pub schedule: String,
    #[serde(skip)]
    pub run_by: Vec<Runner>,
    /// The machine whose cron or systemd runs it.
    #[serde(skip)]
    pub host: Option<Host>,
    /// As systemd writes the schedule.
    #[serde(skip)]
    pub calendar: String,
}

/// A machine that runs scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The policy's name of the location.
    pub name: String,
    pub address: String,
}

impl Job {
    pub(super) fn of(database: &Database<'_>, task: Task, estate: &Estate<'_>) -> Option<Job> {
        let mut scheduled = database.written.scheduled();
        let scheduled = scheduled.find(|scheduled| scheduled.task == task)?;
        let schedule = &scheduled.schedule.value;
        let started = estate.started(database, scheduled);
        let words = schedule.to_string();
        Some(Job::new(database, task, schedule, words, started, estate))
    }

    /// A restore test of a database in a cloud, started by what starts its snapshots.
    pub(super) fn of_test(
        database: &Database<'_>,
        schedule: &Schedule,
        words: String,
        estate: &Estate<'_>,
    ) -> Job {
        let mut scheduled = database.written.scheduled();
        let snapshots = scheduled.find(|it| it.task == Task::Snapshot);
        let started = match snapshots {
            Some(snapshots) => estate.started(database, snapshots),
            None => Started {
                by: vec![Runner::GithubActions],
                host: None,
            },
        };
        let task = Task::RestoreTest;
        Job::new(database, task, schedule, words, started, estate)
    }

    fn new(
        database: &Database<'_>,
        task: Task,
        schedule: &Schedule,
        words: String,
        started: Started<'_>,
        estate: &Estate<'_>,
    ) -> Job {
        let timezone = database.intent.timezone.value.to_string();
        Job {
            task,
            name: database.name.value.clone(),
            source: estate.workspace.sources.get(database.file).display_path(),
            cron: schedule.cron().to_owned(),
            calendar: schedule.systemd(&timezone),
            timezone,
            schedule: words,
            run_by: started.by,
            host: started.host.and_then(|site| match site.scope {
                Scope::Host { address } => Some(Host {
                    name: site.name.to_owned(),
                    address: address.to_owned(),
                }),
                Scope::Aws { .. } | Scope::Azure { .. } => None,
            }),
        }
    }

    /// Another task, started by what starts this one.
    pub(super) fn with(&self, task: Task, schedule: &Schedule, words: String) -> Job {
        Job {
            task,
            cron: schedule.cron().to_owned(),
            calendar: schedule.systemd(&self.timezone),
            schedule: words,
            ..self.clone()
        }
    }
}
