//! A planned resource.

use std::borrow::Cow;

use serde_json::Value;

use super::Address;
use crate::cloud::aws::{rds, s3};
use crate::cloud::azure::{postgres, storage};
use crate::cloud::{NotCompared, Property};
use crate::source::Place;

/// Places by the JSON Pointers of what they ask for.
pub type Places = Vec<(Cow<'static, str>, Place)>;

/// One resource that the policy asks for.
#[derive(Debug, Clone)]
pub struct Resource {
    pub address: Address,
    pub body: Body,
    pub owner: Owner,
    /// The policy's name of the database or store.
    pub name: String,
    /// The policy's name of the location.
    pub location: String,
    /// The role that drift assumes to read it (AWS).
    pub role: Option<String>,
    /// Where the policy asks for the resource.
    pub place: Place,
    /// Where the policy asks for a property: JSON Pointer and place. The longest prefix counts.
    pub places: Places,
}

/// The properties, in the deployed file's words.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    DbInstance(Box<rds::DbInstance>),
    Bucket(Box<s3::Bucket>),
    FlexibleServer(Box<postgres::FlexibleServer>),
    ManagementPolicy(Box<storage::ManagementPolicy>),
}

/// What brings the resource into being.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A CloudFormation stack, rendered to `file` below the output folder.
    Stack {
        stack: String,
        logical_id: String,
        file: String,
    },
    /// An ARM template, rendered to `file` below the output folder.
    Template { file: String },
    /// It exists already; its settings are rendered as a script.
    Existing { file: String },
}

impl Resource {
    /// The policy line that asked for a property.
    pub fn place_of(&self, pointer: &str) -> Place {
        self.places
            .iter()
            .filter(|(prefix, _)| {
                pointer
                    .strip_prefix(prefix.as_ref())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
            .max_by_key(|(prefix, _)| prefix.len())
            .map_or(self.place, |(_, place)| *place)
    }
}

impl Body {
    /// The properties as the deployed file holds them.
    pub fn tree(&self) -> Value {
        let tree = match self {
            Body::DbInstance(body) => serde_json::to_value(body),
            Body::Bucket(body) => serde_json::to_value(body),
            Body::FlexibleServer(body) => serde_json::to_value(body),
            Body::ManagementPolicy(body) => serde_json::to_value(body),
        };
        // Structs of texts, numbers, lists and maps with text keys always serialise.
        tree.unwrap_or_default()
    }

    pub fn properties(&self) -> &'static [Property] {
        match self {
            Body::DbInstance(_) => rds::PROPERTIES,
            Body::Bucket(_) => s3::PROPERTIES,
            Body::FlexibleServer(_) => postgres::PROPERTIES,
            Body::ManagementPolicy(_) => storage::PROPERTIES,
        }
    }

    /// What the frame sets and the cloud never tells back; only where the frame is rendered.
    pub fn not_compared(&self) -> &'static [NotCompared] {
        match self {
            Body::DbInstance(_) => rds::NOT_COMPARED,
            Body::FlexibleServer(_) => postgres::NOT_COMPARED,
            Body::Bucket(_) | Body::ManagementPolicy(_) => &[],
        }
    }
}
