//! Policy documents of IAM's language, as resources have them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A policy document in one form of the many that mean the same: a list of texts is in order and
/// has each text once, a list of one text is that text, and a switch or number is a text.
/// Source: "Grammar of the IAM JSON policy language" in the IAM user guide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Value", into = "Value")]
pub struct PolicyDocument(Value);

/// The version of the language.
const VERSION: &str = "2012-10-17";

impl PolicyDocument {
    /// A document of these statements, each with its `Sid`: drift matches them by it.
    pub fn new(statements: impl IntoIterator<Item = Value>) -> PolicyDocument {
        let statements: Vec<Value> = statements.into_iter().collect();
        serde_json::json!({ "Version": VERSION, "Statement": statements }).into()
    }

    /// Whether some statement is about principals of this kind.
    pub fn trusts(&self, kind: &str) -> bool {
        let statements = self.0["Statement"].as_array();
        let mut statements = statements.into_iter().flatten();
        statements.any(|statement| !statement["Principal"][kind].is_null())
    }
}

impl From<Value> for PolicyDocument {
    fn from(document: Value) -> PolicyDocument {
        let mut document = normal(document);
        // One statement may stand without its list.
        if let Some(statement) = document.get_mut("Statement").filter(|it| it.is_object()) {
            *statement = Value::Array(vec![statement.take()]);
        }
        PolicyDocument(document)
    }
}

impl From<PolicyDocument> for Value {
    fn from(document: PolicyDocument) -> Value {
        document.0
    }
}

fn normal(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter();
            let members = members.map(|(key, value)| (key, normal(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(normal).collect();
            if !items.iter().all(Value::is_string) {
                return Value::Array(items);
            }
            items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            items.dedup();
            match items.len() {
                1 => items.remove(0),
                _ => Value::Array(items),
            }
        }
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        Value::String(_) | Value::Null => value,
    }
}

#[cfg(test)]
#[test]
fn one_form_of_the_many_that_mean_the_same() {
    let long = serde_json::json!({ "Statement": {
        "Action": ["s3:*"],
        "Resource": ["b", "a", "b"],
        "Condition": { "Bool": { "aws:SecureTransport": [false] } },
    } });
    let short = serde_json::json!({ "Statement": [{
        "Action": "s3:*",
        "Resource": ["a", "b"],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    }] });
    assert_eq!(PolicyDocument::from(long), PolicyDocument(short));
}
