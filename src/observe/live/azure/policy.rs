//! A management policy as ARM tells it. The document is the account's alone, so all of it is taken
//! over: a condition or an action that backstay never writes is drift as well.

use serde_json::{Value, json};

use super::one::Told;
use crate::plan::Resource;

/// The answer in the form of the planned resource. ARM calls it DefaultManagementPolicy.
pub(super) fn told(resource: &Resource, answer: &Value) -> Told {
    let rules = answer["properties"]["policy"]["rules"].as_array();
    let mut rules: Vec<Value> = rules.ok_or("it has no rules")?.iter().map(plain).collect();
    if rules.iter().any(|rule| !rule["name"].is_string()) {
        return Err("a rule has no name");
    }
    for rule in &mut rules {
        // The API's default for what it does not tell.
        if rule["enabled"].is_null() {
            rule["enabled"] = true.into();
        }
    }
    let name = |rule: &Value| rule["name"].as_str().map(str::to_owned);
    rules.sort_by_key(name);
    Ok(Some(json!({
        "name": format!("{}/default", resource.address.name),
        "properties": { "policy": { "rules": rules } },
    })))
}

/// ARM tells days with a fraction, null for what is not set, and prefixes in any order.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(days) if days.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&days) => {
                (days as u32).into()
            }
            _ => value.clone(),
        },
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(plain).collect();
            if items.iter().all(Value::is_string) {
                items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            }
            items.into()
        }
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), plain(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}
