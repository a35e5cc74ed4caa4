//! What AWS Backup holds of a Region's databases: the plans that take each in, and the vaults that
//! have received its recovery points.

use std::collections::BTreeMap;

use aws_sdk_backup::Client;
use aws_sdk_backup::primitives::DateTimeFormat;
use aws_sdk_backup::types::{BackupSelection, Condition, ConditionParameter, Conditions};
use futures::{StreamExt, TryStreamExt};

use super::super::super::{AT_A_TIME, Turned};
use super::super::clients::Clients;
use super::super::reason;
use super::{PAGE, last, plans};
use crate::cloud::aws::backup::BackupPlan;
use crate::cloud::aws::reads;
use crate::cloud::matches;
use crate::observe::inventory::Holder;

/// What comes before a tag's key in a condition.
const TAG: &str = "aws:ResourceTag/";

type Tags = BTreeMap<String, String>;

/// All plans of a Region with what they take in, and the last recovery point of each resource.
pub(in super::super) struct Held {
    plans: Vec<(BackupPlan, Vec<BackupSelection>)>,
    /// Vault and time by the ARN of the resource.
    points: BTreeMap<String, (String, Option<String>)>,
}

impl Held {
    /// What holds a resource.
    pub(in super::super) fn of(&self, arn: &str, tags: &Tags) -> Vec<Holder> {
        let plans = self.plans.iter();
        let plans = plans.filter(|(_, taken)| taken.iter().any(|it| takes_in(it, arn, tags)));
        let mut holders: Vec<Holder> = plans
            .map(|(plan, _)| Holder::Plan {
                name: plan.backup_plan.backup_plan_name.clone(),
            })
            .collect();
        let points = self.points.get(arn);
        holders.extend(points.map(|(vault, last)| Holder::RecoveryPoints {
            vault: vault.clone(),
            last: last.clone(),
        }));
        holders.sort();
        holders.dedup();
        holders
    }

    /// The plans of these names.
    pub(in super::super) fn plans(&self, held: &[Holder]) -> Vec<BackupPlan> {
        let named = |plan: &BackupPlan| {
            let name = &plan.backup_plan.backup_plan_name;
            held.iter()
                .any(|it| matches!(it, Holder::Plan { name: held } if held == name))
        };
        let plans = self.plans.iter().map(|(plan, _)| plan);
        plans.filter(|plan| named(plan)).cloned().collect()
    }
}

/// Reads every plan, selection and protected resource, or says why not.
pub(in super::super) async fn read(clients: &Clients) -> Result<Held, String> {
    let client = clients.backup();
    // Of two refusals always the same one is told.
    let (plans, points) = futures::join!(plans(&client), points(&client));
    Ok(Held {
        plans: plans?,
        points: points?,
    })
}

async fn plans(client: &Client) -> Result<Vec<(BackupPlan, Vec<BackupSelection>)>, String> {
    let request = client.list_backup_plans();
    let action = reads::LIST_BACKUP_PLANS.action;
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let (mut ids, mut turned) = (Vec::new(), Turned::of(action));
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(action, &error))?;
        turned.to(page.next_token())?;
        let plans = page.backup_plans_list().iter();
        ids.extend(plans.filter_map(|plan| plan.backup_plan_id().map(str::to_owned)));
    }
    let plans = futures::stream::iter(ids).map(|id| async move {
        let (plan, taken) = futures::join!(plan(client, &id), selections(client, &id));
        let taken = taken?;
        Ok::<_, String>(plan?.map(|plan| (plan, taken)))
    });
    let plans: Vec<Option<_>> = plans.buffered(AT_A_TIME).try_collect().await?;
    Ok(plans.into_iter().flatten().collect())
}

async fn plan(client: &Client, id: &str) -> Result<Option<BackupPlan>, String> {
    let answer = client.get_backup_plan().backup_plan_id(id).send().await;
    let answer = answer.map_err(|error| reason(reads::GET_BACKUP_PLAN.action, &error))?;
    Ok(answer.backup_plan().map(plans::body))
}

async fn selections(client: &Client, plan: &str) -> Result<Vec<BackupSelection>, String> {
    let request = client.list_backup_selections().backup_plan_id(plan);
    let action = reads::LIST_BACKUP_SELECTIONS.action;
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let (mut taken, mut turned) = (Vec::new(), Turned::of(action));
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(action, &error))?;
        turned.to(page.next_token())?;
        let listed = page.backup_selections_list().iter();
        for id in listed.filter_map(|selection| selection.selection_id()) {
            let request = client.get_backup_selection();
            let answer = request.backup_plan_id(plan).selection_id(id).send().await;
            let answer =
                answer.map_err(|error| reason(reads::GET_BACKUP_SELECTION.action, &error))?;
            taken.extend(answer.backup_selection().cloned());
        }
    }
    Ok(taken)
}

async fn points(client: &Client) -> Result<BTreeMap<String, (String, Option<String>)>, String> {
    let request = client.list_protected_resources();
    let action = reads::LIST_PROTECTED_RESOURCES.action;
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let (mut points, mut turned) = (BTreeMap::new(), Turned::of(action));
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(action, &error))?;
        turned.to(page.next_token())?;
        for resource in page.results() {
            let vault = resource.last_backup_vault_arn().unwrap_or_default();
            let vault = vault.rsplit(':').next().map(last).unwrap_or_default();
            let made = resource.last_backup_time();
            let made = made.and_then(|at| at.fmt(DateTimeFormat::DateTime).ok());
            let arn = resource.resource_arn().unwrap_or_default();
            points.insert(arn.to_owned(), (vault.to_owned(), made));
        }
    }
    Ok(points)
}

/// Whether a selection takes a resource in: it is named, or has one of the tags; it is not excluded,
/// and fits every condition.
/// Source: BackupSelection in the AWS Backup API reference.
fn takes_in(selection: &BackupSelection, arn: &str, tags: &Tags) -> bool {
    let fits = |pattern: &String| matches(pattern, arn);
    let named = selection.resources().iter().any(fits);
    let tagged = selection.list_of_tags().iter().any(|it| has(it, tags));
    (named || tagged)
        && !selection.not_resources().iter().any(fits)
        && selection.conditions().is_none_or(|it| holds(it, tags))
}

fn has(condition: &Condition, tags: &Tags) -> bool {
    value(condition.condition_key(), tags) == Some(condition.condition_value())
}

fn value<'t>(key: &str, tags: &'t Tags) -> Option<&'t str> {
    let key = key.strip_prefix(TAG).unwrap_or(key);
    tags.get(key).map(String::as_str)
}

fn holds(conditions: &Conditions, tags: &Tags) -> bool {
    let fits = |it: &ConditionParameter, like: fn(&str, &str) -> bool| {
        let live = value(it.condition_key().unwrap_or_default(), tags);
        live.is_some_and(|live| like(it.condition_value().unwrap_or_default(), live))
    };
    let same = |wanted: &str, live: &str| wanted == live;
    conditions.string_equals().iter().all(|it| fits(it, same))
        && conditions.string_like().iter().all(|it| fits(it, matches))
        && !conditions
            .string_not_equals()
            .iter()
            .any(|it| fits(it, same))
        && !conditions
            .string_not_like()
            .iter()
            .any(|it| fits(it, matches))
}
