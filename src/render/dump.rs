//! What runs a dump: the crontab of a host, or a workflow.

use std::collections::BTreeMap;

use serde::Serialize;

use super::actions::{ACTIONS, Actions};
use super::{OUT, RenderError};
use crate::cloud::aws::roles::DUMP_WRITER;
use crate::plan::{Dump, DumpStore};
use crate::policy::Runner;

/// A client may be newer than the server, never older: where the policy does not say, the newest.
const NEWEST_CLIENT: &str = "18";

/// Longest that a run may take, in minutes: GitHub ends its own runners' jobs then anyway.
const TIMEOUT: u32 = 360;

#[derive(Debug, Serialize)]
pub(super) struct Crontab<'p> {
    pub host: &'p str,
    address: &'p str,
    timezone: &'p str,
    entries: Vec<Entry<'p>>,
}

#[derive(Debug, Serialize)]
struct Entry<'p> {
    name: &'p str,
    cron: &'p str,
    script: String,
    comment: &'p str,
}

#[derive(Debug, Serialize)]
pub(super) struct Workflow<'p> {
    name: &'p str,
    title: String,
    cron: &'p str,
    timezone: &'p str,
    script: String,
    postgres_major: &'p str,
    aws: Option<Aws<'p>>,
    azure: Option<Azure<'p>>,
    environment: Option<&'p str>,
    runner: &'static str,
    timeout_minutes: u32,
    actions: Actions,
}

#[derive(Debug, Serialize)]
struct Aws<'p> {
    role: String,
    region: &'p str,
}

#[derive(Debug, Serialize)]
struct Azure<'p> {
    subscription: &'p str,
}

fn script(dump: &Dump) -> String {
    format!("{}-dump.sh", dump.name)
}

pub(super) fn script_path(dump: &Dump) -> String {
    format!("scripts/{}", script(dump))
}

/// One crontab for each host, in the order of their names.
pub(super) fn crontabs(dumps: &[Dump]) -> Result<Vec<Crontab<'_>>, RenderError> {
    let mut hosts: BTreeMap<&str, Crontab<'_>> = BTreeMap::new();
    for dump in dumps {
        let Some((host, address)) = dump
            .host
            .as_ref()
            .filter(|_| dump.run_by.contains(&Runner::Cron))
        else {
            continue;
        };
        let crontab = hosts.entry(host).or_insert_with(|| Crontab {
            host,
            address,
            timezone: &dump.timezone,
            entries: Vec::new(),
        });
        // Cron goes by the host's one time zone.
        if crontab.timezone != dump.timezone {
            return Err(RenderError::TwoTimeZones {
                host: host.clone(),
                first: crontab.timezone.to_owned(),
                second: dump.timezone.clone(),
                dump: dump.name.clone(),
            });
        }
        crontab.entries.push(Entry {
            name: &dump.name,
            cron: &dump.cron,
            script: script(dump),
            comment: &dump.schedule,
        });
    }
    Ok(hosts.into_values().collect())
}

pub(super) fn workflow<'p>(dump: &'p Dump, environment: Option<&'p str>) -> Option<Workflow<'p>> {
    dump.run_by
        .contains(&Runner::GithubActions)
        .then(|| Workflow {
            name: &dump.name,
            title: format!("Dump {}", dump.name),
            cron: &dump.cron,
            timezone: &dump.timezone,
            script: format!("{OUT}/{}", script_path(dump)),
            postgres_major: dump.postgres_major.as_deref().unwrap_or(NEWEST_CLIENT),
            aws: dump.stores.iter().find_map(|store| match store {
                DumpStore::S3 {
                    account, region, ..
                } => Some(Aws {
                    role: format!("arn:aws:iam::{account}:role/{DUMP_WRITER}"),
                    region,
                }),
                DumpStore::Blob { .. } => None,
            }),
            azure: dump.stores.iter().find_map(|store| match store {
                DumpStore::Blob { subscription, .. } => Some(Azure { subscription }),
                DumpStore::S3 { .. } => None,
            }),
            environment,
            // A host of one's own is seldom reachable from GitHub's runners.
            runner: if dump.host.is_some() {
                "self-hosted"
            } else {
                "ubuntu-24.04"
            },
            timeout_minutes: TIMEOUT,
            actions: ACTIONS,
        })
}
