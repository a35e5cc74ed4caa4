//! What a difference is called.

use serde_json::Value;

use super::Values;
use crate::cloud::is_reference;
use crate::finding::{Effect, Kind};
use crate::plan::Resource;

pub(super) fn message(resource: &Resource, kind: Kind, property: &str, values: &Values) -> String {
    let name = &resource.address.name;
    let property = dotted(property);
    let told = |words: &str, value: &Option<Value>| match value {
        Some(value) => format!("; {words} {}", brief(value)),
        None => String::new(),
    };
    match kind {
        Kind::Missing => format!("{} does not exist", resource.address),
        Kind::Undeployed if property.is_empty() => {
            format!("{} is not deployed yet", resource.address)
        }
        Kind::NotCompared => format!("{name}: {property} is not compared"),
        Kind::Proposed => match (&values.live, &values.intended) {
            (Value::Null, intended) => {
                format!(
                    "{name}: this change will set {property} to {}",
                    brief(intended)
                )
            }
            (live, Value::Null) => {
                format!(
                    "{name}: this change will remove {property}, which is {}",
                    brief(live)
                )
            }
            (live, intended) => format!(
                "{name}: this change will set {property} from {} to {}",
                brief(live),
                brief(intended)
            ),
        },
        _ => format!(
            "{name}: {property} is {}, the policy asks for {}{}{}",
            brief(&values.live),
            brief(&values.intended),
            told("before this change it asked for", &values.baseline),
            told("the deployed template says", &values.deployed)
        ),
    }
}

/// A JSON Pointer as people write a path.
pub(super) fn dotted(pointer: &str) -> String {
    let path = pointer.trim_start_matches('/').replace('/', ".");
    path.replace("~1", "/").replace("~0", "~")
}

pub(super) fn why(kind: Kind, effect: Option<Effect>) -> &'static str {
    match (kind, effect) {
        (Kind::Missing, _) => "what is not there protects nothing",
        (Kind::Weakened, _) => "the live value protects less than the policy asks for",
        (Kind::Changed, _) => "the cloud has a value that the policy does not say",
        (Kind::Undeployed, _) => "the policy changed and its template was not deployed yet",
        (Kind::Proposed, Some(Effect::Weaker)) => {
            "nobody touched the cloud; deployed, it protects less than it does now"
        }
        (Kind::Proposed, Some(Effect::Stronger)) => {
            "nobody touched the cloud; deployed, it protects more than it does now"
        }
        (Kind::Proposed, _) => "nobody touched the cloud: the policy changes",
        (Kind::Strengthened, _) => "the live value protects more than the policy asks for",
        (Kind::Pending, _) => "the cloud has accepted the intended value and not applied it yet",
        (Kind::InFlight, _) => "the resource is being modified right now",
        (Kind::SetElsewhere, _) => {
            "another service of the cloud sets it, and two owners undo each other"
        }
        (Kind::NotCompared, _) => "the cloud does not tell this value back",
    }
}

/// A value short enough for a line.
pub fn brief(value: &Value) -> String {
    let text = match value {
        Value::Null => "absent".to_owned(),
        Value::String(text) => text.clone(),
        other => reference(other).unwrap_or_else(|| other.to_string()),
    };
    match text.char_indices().nth(48) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A reference to another resource of the stack, as people write it: `DatabaseKey.Arn`.
fn reference(value: &Value) -> Option<String> {
    if !is_reference(value) {
        return None;
    }
    match value.as_object()?.values().next()? {
        Value::String(name) => Some(name.clone()),
        Value::Array(path) => {
            let steps: Option<Vec<&str>> = path.iter().map(Value::as_str).collect();
            Some(steps?.join("."))
        }
        _ => None,
    }
}
