//! What starts the scripts of a database.

use super::{Database, Estate, Scope, Site};
use crate::policy::{Runner, Scheduled};

/// What starts one of them. A host alone means its cron.
#[derive(Debug)]
pub struct Started<'e> {
    pub by: Vec<Runner>,
    /// The host whose cron or systemd it is.
    pub host: Option<Site<'e>>,
}

impl Started<'_> {
    pub fn by(&self, runner: Runner) -> bool {
        self.by.contains(&runner)
    }
}

impl Estate<'_> {
    pub fn started<'e>(&'e self, database: &Database<'e>, scheduled: Scheduled<'_>) -> Started<'e> {
        let at_host = |site: &Site<'_>| matches!(site.scope, Scope::Host { .. });
        let host = match scheduled.host {
            Some(name) => self.location(name),
            None => Some(database.site),
        };
        let host = host.filter(at_host);
        let built_in = match host {
            Some(_) => Runner::Cron,
            None => Runner::GithubActions,
        };
        let by = match scheduled.run_by {
            Some(runners) => runners.iter().map(|runner| runner.value).collect(),
            None => vec![built_in],
        };
        Started { by, host }
    }
}
