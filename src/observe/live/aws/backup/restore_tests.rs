//! Restore testing plans and their selections, each by its name.

use aws_sdk_backup::types::{
    ProtectedResourceConditions, RestoreTestingPlanForGet, RestoreTestingSelectionForGet,
};
use futures::StreamExt;

use super::super::super::{AT_A_TIME, Seen, State, unreadable};
use super::super::unless;
use super::{Asked, found, taken_in, zone};
use crate::cloud::aws::reads;
use crate::cloud::aws::restore_testing::{
    Overrides, RecoveryPoints, RestoreTestingPlan, RestoreTestingSelection,
};
use crate::plan::{Body, Resource};

/// What AWS Backup does where a plan does not say: its API reference.
const START_HOURS: u32 = 24;
const LOOK_DAYS: u32 = 30;

const GONE: &str = "ResourceNotFoundException";

pub(super) async fn read(asked: &Asked<'_>, resources: &[&Resource]) -> Seen {
    futures::stream::iter(resources.to_vec())
        .filter_map(|resource| async move {
            match &resource.body {
                Body::RestoreTestingPlan(_) | Body::RestoreTestingSelection(_) => Some(resource),
                _ => None,
            }
        })
        .map(|resource| async move {
            let state = match &resource.body {
                Body::RestoreTestingPlan(planned) => plan(asked, resource, planned).await,
                Body::RestoreTestingSelection(planned) => selection(asked, resource, planned).await,
                _ => Ok(State::Missing),
            };
            (resource.address.clone(), state.unwrap_or_else(unreadable))
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

async fn plan(
    asked: &Asked<'_>,
    resource: &Resource,
    planned: &RestoreTestingPlan,
) -> Result<State, String> {
    let request = asked.client.get_restore_testing_plan();
    let request = request.restore_testing_plan_name(&planned.restore_testing_plan_name);
    let answer = unless(
        request.send().await,
        GONE,
        reads::GET_RESTORE_TESTING_PLAN.action,
    )?;
    let live = answer.as_ref().and_then(|it| it.restore_testing_plan());
    Ok(match live {
        Some(live) => found(asked.found(resource, &plan_body(planned, live))),
        None => State::Missing,
    })
}

fn plan_body(planned: &RestoreTestingPlan, live: &RestoreTestingPlanForGet) -> RestoreTestingPlan {
    let points = live.recovery_point_selection();
    let vaults = points.map(|points| {
        let wanted = &planned.recovery_point_selection.include_vaults;
        taken_in(
            wanted,
            points.include_vaults(),
            points.exclude_vaults(),
            false,
        )
    });
    let types = points.map_or(&[][..], |points| points.recovery_point_types());
    let algorithm = points.and_then(|points| points.algorithm());
    RestoreTestingPlan {
        restore_testing_plan_name: live.restore_testing_plan_name().to_owned(),
        schedule_expression: live.schedule_expression().to_owned(),
        schedule_expression_timezone: zone(live.schedule_expression_timezone()),
        start_window_hours: or(live.start_window_hours(), START_HOURS),
        recovery_point_selection: RecoveryPoints {
            algorithm: algorithm.map_or("", |it| it.as_str()).to_owned(),
            include_vaults: vaults.unwrap_or_default(),
            recovery_point_types: types.iter().map(|it| it.as_str().to_owned()).collect(),
            selection_window_days: or(
                points.map_or(0, |points| points.selection_window_days()),
                LOOK_DAYS,
            ),
        },
    }
}

/// A number, which the client reads as 0 where there is none.
fn or(number: i32, default: u32) -> u32 {
    match u32::try_from(number) {
        Ok(0) | Err(_) => default,
        Ok(number) => number,
    }
}

async fn selection(
    asked: &Asked<'_>,
    resource: &Resource,
    planned: &RestoreTestingSelection,
) -> Result<State, String> {
    let (plan, _) = resource.address.name.split_once('/').unwrap_or_default();
    let request = asked.client.get_restore_testing_selection();
    let request = request
        .restore_testing_plan_name(plan)
        .restore_testing_selection_name(&planned.restore_testing_selection_name);
    let action = reads::GET_RESTORE_TESTING_SELECTION.action;
    let answer = unless(request.send().await, GONE, action)?;
    let Some(live) = answer
        .as_ref()
        .and_then(|it| it.restore_testing_selection())
    else {
        return Ok(State::Missing);
    };
    let role = asked.named(resource, Some(&planned.iam_role_arn), live.iam_role_arn());
    let unread = role.as_ref().err().cloned();
    let role = role.unwrap_or_else(|_| planned.iam_role_arn.clone());
    let mut seen = asked.found(resource, &selection_body(planned, live, role));
    seen.unread
        .extend(unread.map(|reason| ("/IamRoleArn".to_owned(), reason)));
    Ok(found(seen))
}

fn selection_body(
    planned: &RestoreTestingSelection,
    live: &RestoreTestingSelectionForGet,
    role: crate::cloud::aws::Value,
) -> RestoreTestingSelection {
    let conditions = live.protected_resource_conditions();
    RestoreTestingSelection {
        // It was found in the plan of this name.
        restore_testing_plan_name: planned.restore_testing_plan_name.clone(),
        restore_testing_selection_name: live.restore_testing_selection_name().to_owned(),
        iam_role_arn: role,
        protected_resource_type: live.protected_resource_type().to_owned(),
        protected_resource_arns: taken_in(
            &planned.protected_resource_arns,
            live.protected_resource_arns(),
            &[],
            conditions.is_some_and(narrows),
        ),
        validation_window_hours: u32::try_from(live.validation_window_hours()).unwrap_or_default(),
        restore_metadata_overrides: Overrides {
            publicly_accessible: public(live).unwrap_or("false").to_owned(),
        },
    }
}

fn narrows(conditions: &ProtectedResourceConditions) -> bool {
    !conditions.string_equals().is_empty() || !conditions.string_not_equals().is_empty()
}

/// AWS Backup gives the case of these keys no meaning, and restores privately where none is set.
fn public(live: &RestoreTestingSelectionForGet) -> Option<&str> {
    let mut overrides = live.restore_metadata_overrides()?.iter();
    let (_, value) = overrides.find(|(key, _)| key.eq_ignore_ascii_case("publiclyAccessible"))?;
    Some(value)
}
