//! The law: what was rendered is read again and must be what was planned.

use serde_json::Value;

use super::{RenderError, arm};
use crate::plan::Resource;

/// Checks a CloudFormation template.
pub(super) fn stack(
    path: &str,
    text: &str,
    resources: &[(&str, &Resource)],
) -> Result<(), RenderError> {
    let template = yaml(path, text)?;
    for (logical_id, resource) in resources {
        let found = &template["Resources"][*logical_id];
        if found["Type"].as_str() != Some(&resource.address.kind) {
            return Err(read_back(path, resource, String::new()));
        }
        owned(path, resource, &found["Properties"])?;
    }
    Ok(())
}

/// Checks an ARM template.
pub(super) fn template(path: &str, text: &str, resources: &[&Resource]) -> Result<(), RenderError> {
    let template = json(path, text)?;
    for (index, resource) in resources.iter().enumerate() {
        let found = &template["resources"][index];
        if found["type"].as_str() != Some(&resource.address.kind) {
            return Err(read_back(path, resource, String::new()));
        }
        let intended = resource.body.tree();
        // An owned value must be literal; what the frame adds beside it may be an expression.
        if let Some(pointer) = expression(&intended, found) {
            return Err(read_back(path, resource, pointer));
        }
        owned(path, resource, &arm::unescape(found))?;
    }
    Ok(())
}

/// Checks a document that is nothing but owned.
pub(super) fn document(
    path: &str,
    text: &str,
    resource: &Resource,
    intended: &Value,
) -> Result<(), RenderError> {
    match difference(intended, &json(path, text)?, true) {
        Some(pointer) => Err(read_back(path, resource, pointer)),
        None => Ok(()),
    }
}

/// Checks that a text is YAML, each key given once.
pub(super) fn yaml(path: &str, text: &str) -> Result<Value, RenderError> {
    let unreadable = |error: serde_yaml::Error| unreadable(path, &error);
    let value: serde_yaml::Value = serde_yaml::from_str(text).map_err(unreadable)?;
    serde_yaml::from_value(value).map_err(unreadable)
}

/// Checks that a text is JSON.
pub(super) fn json(path: &str, text: &str) -> Result<Value, RenderError> {
    serde_json::from_str(text).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &str, error: &dyn std::fmt::Display) -> RenderError {
    RenderError::Unreadable {
        path: path.to_owned(),
        message: error.to_string(),
    }
}

fn read_back(path: &str, resource: &Resource, pointer: String) -> RenderError {
    RenderError::ReadBack {
        path: path.to_owned(),
        resource: resource.address.to_string(),
        pointer,
    }
}

/// Every planned property is there as planned, and no other owned one beside them.
fn owned(path: &str, resource: &Resource, found: &Value) -> Result<(), RenderError> {
    let intended = resource.body.tree();
    if let Some(pointer) = difference(&intended, found, false) {
        return Err(read_back(path, resource, pointer));
    }
    let again = resource.body.owned(found).unwrap_or_default();
    match difference(&intended, &again, true) {
        Some(pointer) => Err(read_back(path, resource, pointer)),
        None => Ok(()),
    }
}

/// The first place where `found` is not as intended. Objects may have more members unless `exact`.
fn difference(intended: &Value, found: &Value, exact: bool) -> Option<String> {
    match (intended, found) {
        (Value::Object(intended), Value::Object(found)) => {
            let missing = intended.iter().find_map(|(key, value)| {
                let inner = match found.get(key) {
                    Some(found) => difference(value, found, exact)?,
                    None => String::new(),
                };
                Some(step(key, &inner))
            });
            let more = || found.keys().find(|key| !intended.contains_key(*key));
            missing.or_else(|| exact.then(more)?.map(|key| step(key, "")))
        }
        (Value::Array(intended), Value::Array(found)) => {
            let items = intended.iter().zip(found).enumerate();
            let differing = items.filter_map(|(index, (intended, found))| {
                Some(step(
                    &index.to_string(),
                    &difference(intended, found, exact)?,
                ))
            });
            let shorter = intended.len().min(found.len());
            let length = (intended.len() != found.len()).then(|| step(&shorter.to_string(), ""));
            differing.into_iter().next().or(length)
        }
        _ => (intended != found).then(String::new),
    }
}

/// The first intended text that the template holds as an expression.
fn expression(intended: &Value, found: &Value) -> Option<String> {
    match (intended, found) {
        (Value::Object(intended), Value::Object(found)) => {
            intended.iter().find_map(|(key, value)| {
                let inner = expression(value, found.get(key)?)?;
                Some(step(key, &inner))
            })
        }
        (Value::Array(intended), Value::Array(found)) => {
            let mut items = intended.iter().zip(found).enumerate();
            items.find_map(|(index, (intended, found))| {
                Some(step(&index.to_string(), &expression(intended, found)?))
            })
        }
        _ => arm::has_expression(found).then(String::new),
    }
}

fn step(key: &str, rest: &str) -> String {
    format!("/{}{rest}", key.replace('~', "~0").replace('/', "~1"))
}
