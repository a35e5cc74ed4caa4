//! AWS Backup: restore tests, which are restore jobs of a testing plan.

use std::collections::BTreeMap;

use aws_sdk_backup::Client;
use aws_sdk_backup::types::{
    RestoreJobStatus as Job, RestoreJobsListMember, RestoreValidationStatus as Validation,
};
use futures::StreamExt;
use jiff::Timestamp;

use super::super::super::super::points::{DrillRun, DrillState, DrillsRead};
use super::super::super::{AT_A_TIME, Turned, one_line};
use super::super::clients::Clients;
use super::{Asked, Told, moment, reason};
use crate::cloud::aws::reads;
use crate::evidence::{Backup, Check, Outcome, OutcomeKind, Version};
use crate::plan::PointSource;

/// The most that AWS Backup gives in one page.
const PAGE: i32 = 1_000;

/// Runs by the ARN of what was restored.
type Runs = BTreeMap<String, DrillsRead>;

pub(super) async fn read(clients: &Clients, asked: &[Asked<'_>]) -> Vec<Told> {
    if asked.is_empty() {
        return Vec::new();
    }
    let client = &clients.backup();
    let runs = &list(client).await;
    futures::stream::iter(asked.to_vec())
        .map(|one| async move {
            let (Asked::Drill(drill, _), PointSource::RestoreJobs { resource_arn, .. }) =
                (one, one.source())
            else {
                return one.unreadable("not a restore test");
            };
            let mut read = match runs {
                Ok(runs) => runs.get(resource_arn).cloned().unwrap_or_default(),
                Err(reason) => return one.unreadable(reason),
            };
            if let Some(outcome) = read.last.as_mut().and_then(|it| it.outcome.as_mut()) {
                drill.key.database.clone_into(&mut outcome.database);
            }
            if read.passed.is_none() {
                read.passed = match latest(client, resource_arn).await {
                    Ok(latest) => latest,
                    Err(reason) => return one.unreadable(&reason),
                };
            }
            Told::Drill(drill.key.clone(), DrillState::Read(read))
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

/// Every page, or why not.
async fn list(client: &Client) -> Result<Runs, String> {
    let action = reads::LIST_RESTORE_JOBS.action;
    let request = client.list_restore_jobs();
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let (mut runs, mut turned) = (Runs::new(), Turned::of(action));
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(action, &error))?;
        turned.to(page.next_token())?;
        page.restore_jobs()
            .iter()
            .for_each(|job| note(&mut runs, job));
    }
    Ok(runs)
}

fn note(runs: &mut Runs, job: &RestoreJobsListMember) {
    let test = job
        .created_by()
        .and_then(|by| by.restore_testing_plan_arn());
    if let (Some(_), Some(of), Some(run)) = (test, job.source_resource_arn(), run(job)) {
        let read = runs.entry(of.to_owned()).or_default();
        if run.passed {
            read.passed = read.passed.max(Some(run.finished));
        }
        if read
            .last
            .as_ref()
            .is_none_or(|last| last.finished < run.finished)
        {
            read.last = Some(run);
        }
    }
}

/// None: it has not ended.
fn run(job: &RestoreJobsListMember) -> Option<DrillRun> {
    let passed = match job.status()? {
        Job::Completed => job.validation_status() != Some(&Validation::Failed),
        Job::Failed | Job::Aborted => false,
        _ => return None,
    };
    let ended = job.completion_date().or(job.creation_date());
    let why = job.validation_status_message().or(job.status_message());
    let why = why.map(one_line);
    let finished = moment(ended)?;
    Some(DrillRun {
        finished,
        passed,
        outcome: outcome(job, finished, passed, why.clone()),
        failed: why.filter(|_| !passed).into_iter().collect(),
    })
}

/// As a drill by script would write it. Whose database it is, the caller knows.
fn outcome(
    job: &RestoreJobsListMember,
    finished: Timestamp,
    passed: bool,
    why: Option<String>,
) -> Option<Box<Outcome>> {
    let started = moment(job.creation_date())?;
    let validated = job.validation_status().map(Validation::as_str);
    let words = [job.status().map(Job::as_str), validated, why.as_deref()];
    let detail: Vec<&str> = words.into_iter().flatten().collect();
    Some(Box::new(Outcome {
        version: Version,
        kind: OutcomeKind::RestoreTest,
        database: String::new(),
        started,
        finished,
        backup: Some(Backup {
            what: "recovery point".to_owned(),
            when: moment(job.recovery_point_creation_date()).map(|it| it.to_string()),
            run: None,
            from: job.backup_vault_arn().map(one_line),
        }),
        rto_seconds: passed.then(|| finished.duration_since(started).as_secs()),
        rpo_seconds: None,
        passed,
        checks: vec![Check {
            name: "restore job".to_owned(),
            passed,
            detail: detail.join(", "),
        }],
    }))
}

/// AWS Backup forgets jobs, and remembers of each resource when it was restored last.
async fn latest(client: &Client, arn: &str) -> Result<Option<Timestamp>, String> {
    let request = client.describe_protected_resource().resource_arn(arn);
    let action = reads::DESCRIBE_PROTECTED_RESOURCE.action;
    let told = super::super::unless(request.send().await, "ResourceNotFoundException", action)?;
    Ok(told.and_then(|told| {
        // Told of a job that ran to its end.
        told.latest_restore_execution_time_minutes()?;
        moment(told.latest_restore_job_creation_date())
    }))
}
