//! What a host runs: its crontab, and the units of its systemd.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::RenderError;
use super::file;
use crate::plan::{Host, Job};
use crate::policy::{Runner, Task};

#[derive(Debug, Serialize)]
pub(super) struct Crontab<'p> {
    pub(super) host: &'p str,
    address: &'p str,
    timezone: &'p str,
    /// Whether some entry dumps, or gives commands to AWS.
    dumps: bool,
    clouds: bool,
    entries: Vec<Entry<'p>>,
}

#[derive(Debug, Serialize)]
struct Entry<'p> {
    #[serde(flatten)]
    job: &'p Job,
    script: String,
}

/// One crontab for each host, in the order of their names.
pub(super) fn crontabs<'p>(jobs: &[&'p Job]) -> Result<Vec<Crontab<'p>>, RenderError> {
    let mut hosts: BTreeMap<&str, Crontab<'_>> = BTreeMap::new();
    let by_cron = |job: &&&Job| job.run_by.contains(&Runner::Cron);
    for &job in jobs.iter().filter(by_cron) {
        let Some(Host { name, address }) = &job.host else {
            continue;
        };
        let crontab = hosts.entry(name).or_insert_with(|| Crontab {
            host: name,
            address,
            timezone: &job.timezone,
            dumps: false,
            clouds: false,
            entries: Vec::new(),
        });
        // Cron goes by the host's one time zone.
        if crontab.timezone != job.timezone {
            return Err(RenderError::TwoTimeZones {
                host: name.clone(),
                first: crontab.timezone.to_owned(),
                second: job.timezone.clone(),
                script: file(job),
            });
        }
        let dumps = matches!(job.task, Task::Dump | Task::RestoreTest);
        crontab.dumps |= dumps;
        crontab.clouds |= job.task != Task::Dump;
        crontab.entries.push(Entry {
            job,
            script: file(job),
        });
    }
    Ok(hosts.into_values().collect())
}

/// A service and its timer.
#[derive(Debug, Serialize)]
pub(super) struct Unit<'p> {
    #[serde(flatten)]
    job: &'p Job,
    pub(super) unit: String,
    script: String,
    host: &'p str,
    address: &'p str,
    calendar: &'p str,
}

/// The units of the jobs that systemd starts.
pub(super) fn units<'p>(jobs: &[&'p Job]) -> Vec<Unit<'p>> {
    let by_systemd = |job: &&&'p Job| job.run_by.contains(&Runner::Systemd);
    let unit = |&job: &&'p Job| {
        let Host { name, address } = job.host.as_ref()?;
        Some(Unit {
            job,
            unit: format!("{}-{}", job.name, job.task.name()),
            script: file(job),
            host: name,
            address,
            calendar: &job.calendar,
        })
    };
    jobs.iter().filter(by_systemd).filter_map(unit).collect()
}
