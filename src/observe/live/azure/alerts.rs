//! Action groups and alert rules as ARM tells them.

use serde_json::Value;

use super::super::tree;
use super::one::Told;
use super::told::{flag, properties, spelled, text_or_nothing, texts};
use crate::cloud::azure::alerts::{
    ActionGroup, ActionGroupRef, Actions, ActivityLogAlert, AddActionGroups, Alert, AllOf,
    Condition, EmailReceiver, Filter, Group, Leaf, Processing, ProcessingRule,
};

pub(super) fn group(planned: &ActionGroup, answer: &Value) -> Told {
    let properties = properties(answer)?;
    let receivers = properties["emailReceivers"].as_array();
    let receiver = |told: &Value| EmailReceiver {
        name: text_or_nothing(&told["name"]),
        email_address: text_or_nothing(&told["emailAddress"]),
        use_common_alert_schema: flag(&told["useCommonAlertSchema"]),
    };
    let live = ActionGroup {
        name: planned.name.clone(),
        location: location(&planned.location, answer),
        properties: Group {
            group_short_name: text_or_nothing(&properties["groupShortName"]),
            enabled: flag(&properties["enabled"]),
            email_receivers: receivers.into_iter().flatten().map(receiver).collect(),
        },
    };
    Ok(Some(tree(&live)))
}

pub(super) fn activity(planned: &ActivityLogAlert, answer: &Value) -> Told {
    let properties = properties(answer)?;
    let own = &planned.properties;
    let all_of = properties["condition"]["allOf"].as_array();
    let mut all_of: Vec<Condition> = all_of.into_iter().flatten().map(condition).collect();
    sort_like(&mut all_of, &own.condition.all_of);
    let groups = groups(
        &properties["actions"]["actionGroups"],
        &own.actions.action_groups,
    );
    let live = ActivityLogAlert {
        name: planned.name.clone(),
        location: location(&planned.location, answer),
        properties: Alert {
            enabled: on_unless_told(&properties["enabled"]),
            description: text_or_nothing(&properties["description"]),
            scopes: texts(&properties["scopes"])
                .map(|told| spelled(told, own.scopes.iter().map(String::as_str)))
                .collect(),
            condition: AllOf { all_of },
            actions: Actions {
                action_groups: groups,
            },
        },
    };
    Ok(Some(tree(&live)))
}

/// The action groups of a rule, in the plan's spelling.
pub(super) fn groups(told: &Value, planned: &[ActionGroupRef]) -> Vec<ActionGroupRef> {
    let known = || planned.iter().map(|group| group.action_group_id.as_str());
    let group = |told: &Value| ActionGroupRef {
        action_group_id: spelled(&text_or_nothing(&told["actionGroupId"]), known()),
    };
    let groups = told.as_array().into_iter().flatten();
    let mut groups: Vec<ActionGroupRef> = groups.map(group).collect();
    groups.sort();
    groups
}

/// One condition; ARM tells the members that it does not have as null, and `containsAny` as well.
fn condition(told: &Value) -> Condition {
    let leaf = |told: &Value| Leaf {
        field: text_or_nothing(&told["field"]),
        equals: text_or_nothing(&told["equals"]),
    };
    match told["anyOf"].as_array() {
        Some(any_of) if !any_of.is_empty() => {
            let mut any_of: Vec<Leaf> = any_of.iter().map(leaf).collect();
            any_of.sort_by(|a, b| a.equals.cmp(&b.equals));
            Condition::AnyOf { any_of }
        }
        _ => {
            let Leaf { field, equals } = leaf(told);
            Condition::Equals { field, equals }
        }
    }
}

/// The order of conditions has no meaning: the plan's where it is the same.
fn sort_like(live: &mut [Condition], planned: &[Condition]) {
    let position = |it: &Condition| planned.iter().position(|own| own == it);
    live.sort_by_key(|it| position(it).unwrap_or(usize::MAX));
}

pub(super) fn processing(planned: &ProcessingRule, answer: &Value) -> Told {
    let properties = properties(answer)?;
    let own = &planned.properties;
    let filter = |told: &Value| Filter {
        field: text_or_nothing(&told["field"]),
        operator: text_or_nothing(&told["operator"]),
        values: texts(&told["values"]).map(str::to_owned).collect(),
    };
    let ids = || own.actions.iter().flat_map(|own| &own.action_group_ids);
    let action = |told: &Value| AddActionGroups {
        action_type: text_or_nothing(&told["actionType"]),
        action_group_ids: texts(&told["actionGroupIds"])
            .map(|told| spelled(told, ids().map(String::as_str)))
            .collect(),
    };
    let list = |key: &str| properties[key].as_array().into_iter().flatten();
    let live = ProcessingRule {
        name: planned.name.clone(),
        location: location(&planned.location, answer),
        properties: Processing {
            enabled: on_unless_told(&properties["enabled"]),
            description: text_or_nothing(&properties["description"]),
            scopes: texts(&properties["scopes"])
                .map(|told| spelled(told, own.scopes.iter().map(String::as_str)))
                .collect(),
            conditions: list("conditions").map(filter).collect(),
            actions: list("actions").map(action).collect(),
        },
    };
    Ok(Some(tree(&live)))
}

pub(super) fn location(planned: &str, answer: &Value) -> String {
    spelled(&text_or_nothing(&answer["location"]), [planned])
}

/// A rule is on where nothing else is told.
pub(super) fn on_unless_told(value: &Value) -> bool {
    value.as_bool().unwrap_or(true)
}
