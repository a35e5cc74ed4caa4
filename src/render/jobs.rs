//! Scripts that are run again and again, and what runs them: the crontab or the timers of a host, or a
//! workflow.

mod host;
pub(super) mod workflow;

use serde::Serialize;

use super::{RenderError, Renderer, readback};
use crate::plan::{Job, Plan};
use crate::policy::Runner;
use workflow::Workflow;

/// The templates of Azure's on-demand backups, which are the snapshots of its servers.
const ON_DEMAND: &str = "snapshot-azure";

/// The templates of restore tests of RDS's snapshots.
const OF_SNAPSHOTS: &str = "restore-test-snapshot";

/// Most minutes that a script waits for one thing of a cloud: a snapshot and its copy, or an export,
/// fit into a run.
const SNAPSHOT_MINUTES: u32 = 150;
const ON_DEMAND_MINUTES: u32 = 120;
const EXPORT_MINUTES: u32 = 330;
const PITR_TEST_MINUTES: u32 = 120;
const RESTORE_TEST_MINUTES: u32 = 240;

/// A script of AWS, beside what the plan says of it.
#[derive(Debug, Serialize)]
struct Bounded<'p, T> {
    #[serde(flatten)]
    task: &'p T,
    wait_minutes: u32,
}

impl Renderer<'_> {
    pub(super) fn jobs(&mut self, plan: &Plan) -> Result<(), RenderError> {
        for dump in &plan.dumps {
            self.script(&dump.job, dump)?;
            self.workflow(plan, &dump.job, || workflow::dump(dump))?;
            self.by_hand("restore", &dump.job, dump)?;
        }
        for snapshot in &plan.snapshots {
            let script = Bounded {
                task: snapshot,
                wait_minutes: SNAPSHOT_MINUTES,
            };
            self.script(&snapshot.job, &script)?;
            self.workflow(plan, &snapshot.job, || workflow::snapshot(snapshot))?;
        }
        for backup in &plan.on_demand {
            let script = Bounded {
                task: backup,
                wait_minutes: ON_DEMAND_MINUTES,
            };
            self.script_of(&backup.job, ON_DEMAND, &script)?;
            self.workflow_of(plan, &backup.job, ON_DEMAND, || workflow::on_demand(backup))?;
        }
        for export in &plan.exports {
            let script = Bounded {
                task: export,
                wait_minutes: EXPORT_MINUTES,
            };
            self.script(&export.job, &script)?;
            self.workflow(plan, &export.job, || workflow::export(export))?;
        }
        for test in &plan.pitr_tests {
            let script = Bounded {
                task: test,
                wait_minutes: PITR_TEST_MINUTES,
            };
            self.script(&test.job, &script)?;
            self.workflow(plan, &test.job, || workflow::pitr_test(test))?;
        }
        for test in &plan.restore_tests {
            self.script(&test.dump.job, test)?;
            self.workflow(plan, &test.dump.job, || workflow::restore_test(test))?;
        }
        for test in &plan.snapshot_tests {
            let script = Bounded {
                task: test,
                wait_minutes: RESTORE_TEST_MINUTES,
            };
            self.script_of(&test.job, OF_SNAPSHOTS, &script)?;
            self.workflow_of(plan, &test.job, OF_SNAPSHOTS, || {
                workflow::snapshot_test(test)
            })?;
        }
        let jobs = jobs(plan);
        for crontab in host::crontabs(&jobs)? {
            let text = self.templates.fill("cron/crontab", &crontab)?;
            self.add(format!("cron/{}.crontab", crontab.host), text)?;
        }
        for unit in host::units(&jobs) {
            for kind in ["service", "timer"] {
                let text = self.templates.fill(&format!("systemd/{kind}"), &unit)?;
                self.add(format!("systemd/{}.{kind}", unit.unit), text)?;
            }
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
        let review = plan.review.as_ref();
        let mut workflow = workflow();
        workflow.environment = review.and_then(|review| review.environment.as_deref());
        let text = self.templates.fill(&template, &workflow)?;
        readback::yaml(&path, &text)?;
        self.add(path, text)
    }
}

/// Every job, kind by kind.
fn jobs(plan: &Plan) -> Vec<&Job> {
    let dumps = plan.dumps.iter().map(|dump| &dump.job);
    let snapshots = plan.snapshots.iter().map(|snapshot| &snapshot.job);
    let backups = plan.on_demand.iter().map(|backup| &backup.job);
    let exports = plan.exports.iter().map(|export| &export.job);
    let drills = plan.pitr_tests.iter().map(|test| &test.job);
    let tests = plan.restore_tests.iter().map(|test| &test.dump.job);
    let looks = plan.snapshot_tests.iter().map(|test| &test.job);
    let jobs = dumps.chain(snapshots).chain(backups).chain(exports);
    jobs.chain(drills).chain(tests).chain(looks).collect()
}

/// The file name of a job's script.
fn file(job: &Job) -> String {
    format!("{}-{}.sh", job.name, job.task.name())
}
