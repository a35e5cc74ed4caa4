//! Plans by their names, which AWS Backup keeps unique, and the planned selections of each.

use std::collections::BTreeMap;

use aws_sdk_backup::types::{BackupPlan as Live, BackupRule, BackupSelection, Conditions};
use futures::StreamExt;

use super::super::super::{AT_A_TIME, Seen, State, Turned, all_unreadable, grouped, unreadable};
use super::super::{reason, unless};
use super::{Asked, PAGE, days, found, taken_in, zone};
use crate::cloud::aws::{backup, reads};
use crate::plan::{Body, Owner, Resource};

/// What AWS Backup does where a rule does not say: "BackupRule" in its API reference.
const SCHEDULE: &str = "cron(0 5 ? * * *)";
const START_MINUTES: u32 = 480;
const COMPLETION_MINUTES: u32 = 10_080;

const GONE: &str = "ResourceNotFoundException";

pub(super) async fn read(asked: &Asked<'_>, resources: &[&Resource]) -> Seen {
    // A selection's name begins with its plan's.
    let plans = grouped(resources.iter().copied(), |resource| match &resource.body {
        Body::BackupPlan(_) => Some(resource.address.name.as_str()),
        Body::BackupSelection(_) => Some(split(&resource.address.name).0),
        _ => None,
    });
    if plans.is_empty() {
        return Seen::new();
    }
    let ids = match list(asked, &plans).await {
        Ok(ids) => ids,
        Err(reason) => {
            let all: Vec<_> = plans.into_values().flatten().collect();
            return all_unreadable(&all, &reason);
        }
    };
    let ids = &ids;
    let seen: Vec<Seen> = futures::stream::iter(plans)
        .map(|(name, resources)| async move {
            match id(asked, ids.get(name), &resources) {
                Some(id) => plan(asked, id, resources).await,
                None => missing(&resources),
            }
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    seen.into_iter().flatten().collect()
}

fn split(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or((name, ""))
}

fn missing(resources: &[&Resource]) -> Seen {
    let state = |resource: &&Resource| (resource.address.clone(), State::Missing);
    resources.iter().map(state).collect()
}

/// The ids of the planned names.
async fn list(
    asked: &Asked<'_>,
    wanted: &BTreeMap<&str, Vec<&Resource>>,
) -> Result<BTreeMap<String, Vec<String>>, String> {
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let request = asked.client.list_backup_plans();
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let mut turned = Turned::of(reads::LIST_BACKUP_PLANS.action);
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(reads::LIST_BACKUP_PLANS.action, &error))?;
        turned.to(page.next_token())?;
        for plan in page.backup_plans_list() {
            let name = plan.backup_plan_name().unwrap_or_default();
            if let (true, Some(id)) = (wanted.contains_key(name), plan.backup_plan_id()) {
                ids.entry(name.to_owned()).or_default().push(id.to_owned());
            }
        }
    }
    Ok(ids)
}

/// Which of several plans of one name is meant: the one that the stack made.
fn id<'i>(
    asked: &Asked<'_>,
    ids: Option<&'i Vec<String>>,
    resources: &[&Resource],
) -> Option<&'i str> {
    let ids = ids?;
    let made = resources.iter().find_map(|resource| {
        let (Body::BackupPlan(_), Owner::Stack { logical_id, .. }) =
            (&resource.body, &resource.owner)
        else {
            return None;
        };
        asked.stacks.physical(resource, logical_id).ok()?
    });
    let ours = ids.iter().find(|id| Some(id.as_str()) == made);
    ours.or(ids.first()).map(String::as_str)
}

async fn plan(asked: &Asked<'_>, id: &str, resources: Vec<&Resource>) -> Seen {
    let (plans, selections): (Vec<&Resource>, Vec<&Resource>) = resources
        .into_iter()
        .partition(|resource| matches!(resource.body, Body::BackupPlan(_)));
    let (mut seen, more) = futures::join!(
        rules(asked, id, &plans),
        selections_of(asked, id, selections)
    );
    seen.extend(more);
    seen
}

async fn rules(asked: &Asked<'_>, id: &str, plans: &[&Resource]) -> Seen {
    let Some(resource) = plans.first() else {
        return Seen::new();
    };
    let request = asked.client.get_backup_plan().backup_plan_id(id);
    let state = match unless(request.send().await, GONE, reads::GET_BACKUP_PLAN.action) {
        Ok(answer) => match answer.as_ref().and_then(|answer| answer.backup_plan()) {
            Some(live) => found(asked.found(resource, &body(live))),
            None => State::Missing,
        },
        Err(reason) => unreadable(reason),
    };
    vec![(resource.address.clone(), state)]
}

pub(super) fn body(live: &Live) -> backup::BackupPlan {
    backup::BackupPlan {
        backup_plan: backup::Rules {
            backup_plan_name: live.backup_plan_name().to_owned(),
            backup_plan_rule: live.rules().iter().map(rule).collect(),
        },
    }
}

fn rule(live: &BackupRule) -> backup::Rule {
    let minutes = |number, default| days(number).unwrap_or(default);
    let lifecycle = |live: Option<&aws_sdk_backup::types::Lifecycle>| backup::Lifecycle {
        delete_after_days: days(live.and_then(|it| it.delete_after_days())),
    };
    let copies = live.copy_actions().iter();
    let mut copies: Vec<_> = copies
        .map(|copy| backup::CopyAction {
            destination_backup_vault_arn: copy.destination_backup_vault_arn().to_owned(),
            lifecycle: lifecycle(copy.lifecycle()),
        })
        .collect();
    copies.sort_by(|a, b| {
        let key = |copy: &backup::CopyAction| copy.destination_backup_vault_arn.clone();
        key(a).cmp(&key(b))
    });
    let tags = live.recovery_point_tags().into_iter().flatten();
    backup::Rule {
        rule_name: live.rule_name().to_owned(),
        target_backup_vault: live.target_backup_vault_name().to_owned(),
        schedule_expression: live.schedule_expression().unwrap_or(SCHEDULE).to_owned(),
        schedule_expression_timezone: zone(live.schedule_expression_timezone()),
        start_window_minutes: minutes(live.start_window_minutes(), START_MINUTES),
        completion_window_minutes: minutes(live.completion_window_minutes(), COMPLETION_MINUTES),
        enable_continuous_backup: live.enable_continuous_backup().unwrap_or(false),
        lifecycle: lifecycle(live.lifecycle()),
        copy_actions: copies,
        recovery_point_tags: tags.map(|(k, v)| (k.clone(), v.clone())).collect(),
    }
}

/// The planned selections of one plan.
async fn selections_of(asked: &Asked<'_>, plan: &str, resources: Vec<&Resource>) -> Seen {
    if resources.is_empty() {
        return Seen::new();
    }
    let ids = match selection_ids(asked, plan).await {
        Ok(ids) => ids,
        Err(reason) => return all_unreadable(&resources, &reason),
    };
    let ids = &ids;
    futures::stream::iter(resources)
        .map(|resource| async move {
            let state = match ids.get(split(&resource.address.name).1) {
                Some(id) => selection(asked, plan, id, resource).await,
                None => State::Missing,
            };
            (resource.address.clone(), state)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

async fn selection_ids(asked: &Asked<'_>, plan: &str) -> Result<BTreeMap<String, String>, String> {
    let mut ids = BTreeMap::new();
    let request = asked.client.list_backup_selections().backup_plan_id(plan);
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let mut turned = Turned::of(reads::LIST_BACKUP_SELECTIONS.action);
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(reads::LIST_BACKUP_SELECTIONS.action, &error))?;
        turned.to(page.next_token())?;
        ids.extend(page.backup_selections_list().iter().filter_map(|it| {
            Some((
                it.selection_name()?.to_owned(),
                it.selection_id()?.to_owned(),
            ))
        }));
    }
    Ok(ids)
}

async fn selection(asked: &Asked<'_>, plan: &str, id: &str, resource: &Resource) -> State {
    let Body::BackupSelection(planned) = &resource.body else {
        return State::Missing;
    };
    let request = asked.client.get_backup_selection();
    let request = request.backup_plan_id(plan).selection_id(id);
    match unless(
        request.send().await,
        GONE,
        reads::GET_BACKUP_SELECTION.action,
    ) {
        Ok(answer) => match answer.as_ref().and_then(|answer| answer.backup_selection()) {
            Some(live) => selected(asked, resource, planned, live),
            None => State::Missing,
        },
        Err(reason) => unreadable(reason),
    }
}

fn selected(
    asked: &Asked<'_>,
    resource: &Resource,
    planned: &backup::BackupSelection,
    live: &BackupSelection,
) -> State {
    let wanted = &planned.backup_selection;
    let role = asked.named(resource, Some(&wanted.iam_role_arn), live.iam_role_arn());
    let unread = role.as_ref().err().cloned();
    let body = backup::BackupSelection {
        // It was found in the plan of this name.
        backup_plan_id: planned.backup_plan_id.clone(),
        backup_selection: backup::Selected {
            selection_name: live.selection_name().to_owned(),
            iam_role_arn: role.unwrap_or_else(|_| wanted.iam_role_arn.clone()),
            resources: taken_in(
                &wanted.resources,
                live.resources(),
                live.not_resources(),
                live.conditions().is_some_and(narrows),
            ),
        },
    };
    let mut seen = asked.found(resource, &body);
    let pointer = "/BackupSelection/IamRoleArn".to_owned();
    seen.unread = unread.into_iter().map(|it| (pointer.clone(), it)).collect();
    found(seen)
}

fn narrows(conditions: &Conditions) -> bool {
    !conditions.string_equals().is_empty()
        || !conditions.string_not_equals().is_empty()
        || !conditions.string_like().is_empty()
        || !conditions.string_not_like().is_empty()
}
