//! Scripts that are run again and again, and what runs them: the crontab of a host, or a workflow.

use std::collections::BTreeMap;

use serde::Serialize;

use super::actions::{ACTIONS, Actions};
use super::{RenderError, Renderer, readback};
use crate::cloud::aws::partition;
use crate::cloud::aws::roles::{
    DUMP_WRITER, EXPORT_OPERATOR, RECOVERY_OPERATOR, SNAPSHOT_OPERATOR,
};
use crate::plan::{
    Dump, DumpStore, Export, Host, Job, OnDemand, PitrTest, Plan, Server, Snapshot, Worker,
};
use crate::policy::{Runner, Task};

/// A client may be newer than the server, never older: where the policy does not say, the newest.
const NEWEST_CLIENT: &str = "18";

/// The templates of Azure's on-demand backups, which are the snapshots of its servers.
const ON_DEMAND: &str = "snapshot-azure";

/// GitHub's own machine, and one that reaches a host of one's own.
const GITHUB: &str = "ubuntu-24.04";
const SELF_HOSTED: &str = "self-hosted";

/// Longest that a run may take, in minutes: GitHub ends its own runners' jobs then anyway.
const TIMEOUT: u32 = 360;

/// Most minutes that a script waits for one thing of a cloud: a snapshot and its copy, or an export,
/// fit into a run.
const SNAPSHOT_MINUTES: u32 = 150;
const ON_DEMAND_MINUTES: u32 = 120;
const EXPORT_MINUTES: u32 = 330;
const PITR_TEST_MINUTES: u32 = 120;

#[derive(Debug, Serialize)]
struct Crontab<'p> {
    host: &'p str,
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

/// A script of AWS, beside what the plan says of it.
#[derive(Debug, Serialize)]
struct Bounded<'p, T> {
    #[serde(flatten)]
    task: &'p T,
    wait_minutes: u32,
}

#[derive(Debug, Serialize)]
struct Workflow<'p> {
    #[serde(flatten)]
    job: &'p Job,
    script: String,
    /// The repository's environment that it runs in.
    environment: Option<&'p str>,
    runner: &'static str,
    timeout_minutes: u32,
    actions: Actions,
    aws: Option<Aws<'p>>,
    azure: Option<Azure<'p>>,
    #[serde(flatten)]
    steps: Steps<'p>,
}

/// What the steps of one task need to know.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Steps<'p> {
    Dump {
        postgres_major: &'p str,
        /// The repository's secret.
        secret: String,
        /// The repository's variable, where the policy does not say where the server answers.
        host_variable: Option<String>,
    },
    PitrTest {
        /// The repository's secret.
        secret: String,
    },
    Snapshot {
        /// The repository's variable, where copies may need a key.
        copy_key: Option<String>,
    },
    /// Needs nothing besides the login.
    OnDemand {},
    Export {
        /// The repository's variable, where the policy has no key.
        export_key: Option<String>,
    },
}

#[derive(Debug, Serialize)]
struct Aws<'p> {
    role: String,
    region: &'p str,
    /// How long the credentials live, where longer than the built-in hour.
    seconds: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Azure<'p> {
    /// The repository's variable that names the identity: one for each thing that an identity may do.
    client: &'static str,
    /// None: what it does needs no right in a subscription.
    subscription: Option<&'p str>,
}

impl Renderer<'_> {
    pub(super) fn jobs(&mut self, plan: &Plan) -> Result<(), RenderError> {
        for dump in &plan.dumps {
            self.script(&dump.job, dump)?;
            self.workflow(plan, &dump.job, || dump_workflow(dump))?;
            self.by_hand("restore", &dump.job, dump)?;
        }
        for snapshot in &plan.snapshots {
            let script = Bounded {
                task: snapshot,
                wait_minutes: SNAPSHOT_MINUTES,
            };
            self.script(&snapshot.job, &script)?;
            self.workflow(plan, &snapshot.job, || snapshot_workflow(snapshot))?;
        }
        for backup in &plan.on_demand {
            let script = Bounded {
                task: backup,
                wait_minutes: ON_DEMAND_MINUTES,
            };
            self.script_of(&backup.job, ON_DEMAND, &script)?;
            self.workflow_of(plan, &backup.job, ON_DEMAND, || on_demand_workflow(backup))?;
        }
        for export in &plan.exports {
            let script = Bounded {
                task: export,
                wait_minutes: EXPORT_MINUTES,
            };
            self.script(&export.job, &script)?;
            self.workflow(plan, &export.job, || export_workflow(export))?;
        }
        for test in &plan.pitr_tests {
            let script = Bounded {
                task: test,
                wait_minutes: PITR_TEST_MINUTES,
            };
            self.script(&test.job, &script)?;
            self.workflow(plan, &test.job, || pitr_test_workflow(test))?;
        }
        let dumps = plan.dumps.iter().map(|dump| &dump.job);
        let snapshots = plan.snapshots.iter().map(|snapshot| &snapshot.job);
        let backups = plan.on_demand.iter().map(|backup| &backup.job);
        let exports = plan.exports.iter().map(|export| &export.job);
        let tests = plan.pitr_tests.iter().map(|test| &test.job);
        let jobs = dumps.chain(snapshots).chain(backups).chain(exports);
        for crontab in crontabs(jobs.chain(tests))? {
            let text = self.templates.fill("cron/crontab", &crontab)?;
            self.add(format!("cron/{}.crontab", crontab.host), text)?;
        }
        Ok(())
    }

    fn script(&mut self, job: &Job, context: &impl Serialize) -> Result<(), RenderError> {
        self.script_of(job, job.task.name(), context)
    }

    /// The script of a job, by the template of this name.
    fn script_of(
        &mut self,
        job: &Job,
        template: &str,
        context: &impl Serialize,
    ) -> Result<(), RenderError> {
        let template = format!("scripts/{template}.sh");
        let text = self.templates.fill(&template, context)?;
        self.add(format!("scripts/{}", file(job)), text)
    }

    /// A script beside a job's own, which people run.
    fn by_hand(
        &mut self,
        does: &str,
        job: &Job,
        context: &impl Serialize,
    ) -> Result<(), RenderError> {
        let text = self
            .templates
            .fill(&format!("scripts/{does}.sh"), context)?;
        self.add(format!("scripts/{}-{does}.sh", job.name), text)
    }

    fn workflow<'p>(
        &mut self,
        plan: &'p Plan,
        job: &Job,
        workflow: impl FnOnce() -> Workflow<'p>,
    ) -> Result<(), RenderError> {
        self.workflow_of(plan, job, job.task.name(), workflow)
    }

    fn workflow_of<'p>(
        &mut self,
        plan: &'p Plan,
        job: &Job,
        template: &str,
        workflow: impl FnOnce() -> Workflow<'p>,
    ) -> Result<(), RenderError> {
        if !job.run_by.contains(&Runner::GithubActions) {
            return Ok(());
        }
        let template = format!("github/{template}.yml");
        let path = format!("github/{}-{}.yml", job.name, job.task.name());
        let workflow = Workflow {
            environment: plan.environment.as_deref(),
            ..workflow()
        };
        let text = self.templates.fill(&template, &workflow)?;
        readback::yaml(&path, &text)?;
        self.add(path, text)
    }
}

/// The file name of a job's script.
fn file(job: &Job) -> String {
    format!("{}-{}.sh", job.name, job.task.name())
}

/// One crontab for each host, in the order of their names.
fn crontabs<'p>(jobs: impl Iterator<Item = &'p Job>) -> Result<Vec<Crontab<'p>>, RenderError> {
    let mut hosts: BTreeMap<&str, Crontab<'_>> = BTreeMap::new();
    for job in jobs.filter(|job| job.run_by.contains(&Runner::Cron)) {
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
        crontab.dumps |= job.task == Task::Dump;
        crontab.clouds |= job.task != Task::Dump;
        crontab.entries.push(Entry {
            job,
            script: file(job),
        });
    }
    Ok(hosts.into_values().collect())
}

/// A secret or variable of the repository: the name of one that belongs to a database.
fn setting(what: &str, job: &Job) -> String {
    format!("{what}_{}", job.name.to_ascii_uppercase().replace('-', "_"))
}

fn role(account: &str, region: &str, name: &str) -> String {
    format!("arn:{}:iam::{account}:role/{name}", partition(region))
}

fn workflow_of<'p>(job: &'p Job, steps: Steps<'p>) -> Workflow<'p> {
    Workflow {
        job,
        script: file(job),
        environment: None,
        runner: GITHUB,
        timeout_minutes: TIMEOUT,
        actions: ACTIONS,
        aws: None,
        azure: None,
        steps,
    }
}

fn dump_workflow(dump: &Dump) -> Workflow<'_> {
    let steps = Steps::Dump {
        postgres_major: dump.postgres_major.as_deref().unwrap_or(NEWEST_CLIENT),
        secret: setting("PGPASS", &dump.job),
        host_variable: dump
            .connection
            .host
            .is_none()
            .then(|| setting("PGHOST", &dump.job)),
    };
    Workflow {
        // A host of one's own is seldom reachable from GitHub's runners.
        runner: if dump.at_host { SELF_HOSTED } else { GITHUB },
        aws: dump.stores.iter().find_map(|store| match store {
            DumpStore::S3 {
                account, region, ..
            } => Some(Aws {
                role: role(account, region, DUMP_WRITER),
                region,
                seconds: None,
            }),
            DumpStore::Blob { .. } => None,
        }),
        azure: dump.stores.iter().find_map(|store| match store {
            DumpStore::Blob { .. } => Some(Azure {
                client: Worker::DumpWriter.variable(),
                subscription: None,
            }),
            DumpStore::S3 { .. } => None,
        }),
        ..workflow_of(&dump.job, steps)
    }
}

fn snapshot_workflow(snapshot: &Snapshot) -> Workflow<'_> {
    let copies = snapshot.copy_region.is_some();
    let steps = Steps::Snapshot {
        copy_key: copies.then(|| setting("COPY_KMS_KEY", &snapshot.job)),
    };
    Workflow {
        aws: Some(Aws {
            role: role(&snapshot.account, &snapshot.region, SNAPSHOT_OPERATOR),
            region: &snapshot.region,
            seconds: Some(TIMEOUT * 60),
        }),
        ..workflow_of(&snapshot.job, steps)
    }
}

fn on_demand_workflow(backup: &OnDemand) -> Workflow<'_> {
    Workflow {
        azure: Some(Azure {
            client: Worker::SnapshotOperator.variable(),
            subscription: Some(&backup.subscription),
        }),
        ..workflow_of(&backup.job, Steps::OnDemand {})
    }
}

fn export_workflow(export: &Export) -> Workflow<'_> {
    let unknown = export.key.is_none();
    let steps = Steps::Export {
        export_key: unknown.then(|| setting("EXPORT_KMS_KEY", &export.job)),
    };
    Workflow {
        aws: Some(Aws {
            role: role(&export.account, &export.region, EXPORT_OPERATOR),
            region: &export.region,
            seconds: Some(TIMEOUT * 60),
        }),
        ..workflow_of(&export.job, steps)
    }
}

fn pitr_test_workflow(test: &PitrTest) -> Workflow<'_> {
    let steps = Steps::PitrTest {
        secret: setting("PGPASS", &test.job),
    };
    let workflow = Workflow {
        // Nothing that is restored is public.
        runner: SELF_HOSTED,
        ..workflow_of(&test.job, steps)
    };
    match &test.recovery.server {
        Server::Aws {
            account, region, ..
        } => Workflow {
            aws: Some(Aws {
                role: role(account, region, RECOVERY_OPERATOR),
                region,
                seconds: Some(TIMEOUT * 60),
            }),
            ..workflow
        },
        Server::Azure { subscription, .. } => Workflow {
            azure: Some(Azure {
                client: "AZURE_RECOVERY_OPERATOR_CLIENT_ID",
                subscription: Some(subscription),
            }),
            ..workflow
        },
        Server::Host { .. } => workflow,
    }
}
