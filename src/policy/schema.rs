//! The JSON Schema of a policy, generated from the types, and the check against it.

use schemars::generate::SchemaSettings;
use serde_json::Value;
use std::sync::LazyLock;

use super::model::Policy;
use super::problem::{self, FORMATS};
use super::tree::Node;
use crate::finding::Finding;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let settings = SchemaSettings::draft2020_12();
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<Policy>()
        .into();
    simplify(&mut schema);
    schema
});

/// An optional key is absent, never null, and a choice of words is one `enum`: so an error says
/// which word was wrong instead of that none of several schemas fits. Lists are sets.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(simplify),
        Value::Object(object) => {
            let optional = object
                .get_mut("anyOf")
                .and_then(Value::as_array_mut)
                .and_then(|choices| {
                    choices.retain(|choice| choice["type"] != "null");
                    (choices.len() == 1).then(|| choices.remove(0))
                });
            if let Some(Value::Object(only)) = optional {
                object.remove("anyOf");
                object.extend(only);
            }
            if let Some(kind) = object.get_mut("type").filter(|kind| kind.is_array()) {
                let named = kind
                    .as_array()
                    .into_iter()
                    .flatten()
                    .find(|name| *name != "null");
                *kind = named.cloned().unwrap_or_default();
            }
            if object.get("type").is_some_and(|kind| kind == "array") {
                object.insert("uniqueItems".into(), true.into());
            }
            if object.get("default").is_some_and(Value::is_null) {
                object.remove("default");
            }
            if let Some(words) = object
                .get("oneOf")
                .and_then(Value::as_array)
                .map(|c| words(c))
            {
                object.remove("oneOf");
                object.insert("type".into(), "string".into());
                object.insert("enum".into(), words);
            }
            object.values_mut().for_each(simplify);
        }
        _ => {}
    }
}

/// The words of a choice that schemars writes as constants (with a description) and enums.
fn words(choices: &[Value]) -> Value {
    choices
        .iter()
        .flat_map(|choice| match (&choice["const"], &choice["enum"]) {
            (word @ Value::String(_), _) => vec![word.clone()],
            (_, Value::Array(words)) => words.clone(),
            _ => Vec::new(),
        })
        .collect()
}

/// The JSON Schema (draft 2020-12) of a policy file.
pub fn json_schema() -> &'static Value {
    &SCHEMA
}

/// The compiled schema, with backstay's own text formats.
pub fn validator() -> jsonschema::Validator {
    FORMATS
        .iter()
        .fold(jsonschema::draft202012::options(), |options, format| {
            options.with_format(format.name, |text: &str| (format.read)(text).is_ok())
        })
        .should_validate_formats(true)
        .build(&SCHEMA)
        .expect("the generated schema is a valid schema; a test compiles it")
}

/// Every violation of the schema, each at its place.
pub(super) fn check(validator: &jsonschema::Validator, tree: &Node) -> Vec<Finding> {
    let value = tree.to_json();
    validator
        .iter_errors(&value)
        .flat_map(|error| problem::violation(&error, tree, &SCHEMA))
        .collect()
}
