//! Literal texts in ARM templates.
//!
//! ARM takes a text from `[` to `]` for an expression, and `[[` to `]` for the text with one bracket
//! less; a text that only begins with a bracket is literal as it is. Member names are evaluated too.
//! Source: "Template expressions", escape characters, in the Azure Resource Manager documentation.

use serde_json::Value;

/// The tree as a template holds it.
pub fn escape(tree: &Value) -> Value {
    map_texts(tree, &|text| {
        let expression = text.starts_with('[') && text.ends_with(']');
        if expression {
            format!("[{text}")
        } else {
            text.to_owned()
        }
    })
}

/// The tree that ARM reads.
pub fn unescape(tree: &Value) -> Value {
    map_texts(tree, &|text| {
        let literal = text.starts_with("[[") && text.ends_with(']');
        if literal {
            text[1..].to_owned()
        } else {
            text.to_owned()
        }
    })
}

/// Whether ARM would evaluate some text of the tree.
pub fn has_expression(tree: &Value) -> bool {
    let expression =
        |text: &str| text.starts_with('[') && text.ends_with(']') && !text.starts_with("[[");
    match tree {
        Value::String(text) => expression(text),
        Value::Array(items) => items.iter().any(has_expression),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| expression(key) || has_expression(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn map_texts(tree: &Value, f: &dyn Fn(&str) -> String) -> Value {
    match tree {
        Value::String(text) => Value::String(f(text)),
        Value::Array(items) => items.iter().map(|item| map_texts(item, f)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (f(key), map_texts(value, f)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => tree.clone(),
    }
}
