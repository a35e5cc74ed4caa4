//! Values as CloudFormation templates write them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::regions::partition;

/// The ARN of something in an account's Region.
pub fn arn(service: &str, region: &str, account: &str, rest: &str) -> String {
    let partition = partition(region);
    format!("arn:{partition}:{service}:{region}:{account}:{rest}")
}

/// A logical id: letters and digits only.
pub fn logical_id(prefix: &str, name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.fold(prefix.to_owned(), |id, word| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        id + &first.into_iter().chain(chars).collect::<String>()
    })
}

/// A text, or a reference to another resource of the same stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    Text(String),
    Ref {
        #[serde(rename = "Ref")]
        logical_id: String,
    },
    Attribute {
        #[serde(rename = "Fn::GetAtt")]
        path: [String; 2],
    },
}

impl Value {
    pub fn reference(logical_id: &str) -> Value {
        Value::Ref {
            logical_id: logical_id.to_owned(),
        }
    }

    pub fn attribute(logical_id: &str, attribute: &str) -> Value {
        Value::Attribute {
            path: [logical_id.to_owned(), attribute.to_owned()],
        }
    }
}

/// Tags by key. CloudFormation writes them as a list, whose order means nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Tag>", into = "Vec<Tag>")]
pub struct Tags(pub BTreeMap<String, String>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

impl From<Vec<Tag>> for Tags {
    fn from(tags: Vec<Tag>) -> Tags {
        Tags(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }
}

impl From<Tags> for Vec<Tag> {
    fn from(tags: Tags) -> Vec<Tag> {
        tags.0
            .into_iter()
            .map(|(key, value)| Tag { key, value })
            .collect()
    }
}
