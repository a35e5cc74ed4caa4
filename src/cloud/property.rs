//! What the comparison and the remedies know of a resource and its properties.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A resource that backstay owns: a struct that serialises to exactly what its template holds.
pub trait Owned: Serialize + DeserializeOwned {
    /// The type in the provider's words, as AWS::RDS::DBInstance.
    const TYPE: &'static str;
    /// The version of the provider's API that templates are written for, where they name one.
    const API_VERSION: Option<&'static str> = None;
    const PROPERTIES: &'static [Property];
    /// What the frame sets and the cloud never tells back.
    const NOT_COMPARED: &'static [NotCompared] = &[];
}

/// Which way of differing protects less.
#[derive(Debug, Clone, Copy)]
pub enum Direction {
    /// A smaller number, a shorter time or `false` is weaker.
    MoreIsStronger,
    /// Days after which something is removed: fewer is weaker, and so is a removal that the policy
    /// does not ask for.
    Removal,
    /// An end or an upper limit: a lower one is weaker, none at all is strongest.
    LaterIsStronger,
    /// A text that stands for an amount, by what reads it; less is weaker.
    Reads(fn(&str) -> Option<u32>),
    /// A limit that trouble must pass before anybody is told: a smaller one is stronger.
    LessIsStronger,
    /// Listed from weakest to strongest; a value that is not listed is a plain change.
    Ranked(&'static [&'static str]),
    /// A list, each member of which protects; a missing one is weaker.
    EachIsStronger,
    /// Every other value is weaker.
    OthersAreWeaker,
    /// None at all is weaker; of two values neither is.
    AbsentIsWeaker,
    /// Other is neither weaker nor stronger.
    Neutral,
}

/// What brings a property back to its intended value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restore {
    /// An option of the provider's modify command, followed by the value.
    Option(&'static str),
    /// The same, where the provider refuses a lower value than the live one.
    Raise(&'static str),
    /// Two options without a value, for true and for false.
    Switch(&'static str, &'static str),
    /// A command of the resource's service that takes nothing but the resource.
    Verb(&'static str),
    /// The tag command.
    Tag,
    /// Only a new resource can have another value: no command undoes this one.
    Replacement,
    /// The same, and how a person gets there.
    Migration(&'static str),
    /// The whole document is put again.
    Document,
    /// The replication into the other Region is started anew.
    Replicate,
    /// The resource's stack is brought back to what was deployed, by a change set that a person
    /// reviews.
    Revert,
    /// The same, where the provider never goes back from a stronger value.
    Ratchet,
}

/// One owned property of a resource.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// JSON Pointer from the root of the resource's struct.
    pub path: &'static str,
    pub direction: Direction,
    pub restore: Restore,
    /// What is gone once a stronger value is brought down to the intended one.
    pub loss: Option<&'static str>,
}

impl Property {
    pub(in crate::cloud) const fn losing(self, loss: &'static str) -> Property {
        Property {
            loss: Some(loss),
            ..self
        }
    }
}

/// Whether a pointer is to a document that is put whole, or into one: what is there beside the plan is
/// drift.
pub fn in_document(properties: &[Property], pointer: &str) -> bool {
    properties.iter().any(|property| {
        let inner = pointer.strip_prefix(property.path);
        property.restore == Restore::Document
            && inner.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// CloudFormation's references are values of their own, not trees.
pub fn is_reference(value: &Value) -> bool {
    value.as_object().is_some_and(|map| {
        map.len() == 1 && (map.contains_key("Ref") || map.contains_key("Fn::GetAtt"))
    })
}

/// A property that the frame renders and the cloud never tells back.
#[derive(Debug, Clone, Copy)]
pub struct NotCompared {
    pub path: &'static str,
    /// The owned property with which the frame sets it. None: it always does.
    pub beside: Option<&'static str>,
    pub reason: &'static str,
}

/// A line of a resource's table.
pub(in crate::cloud) const fn property(
    path: &'static str,
    direction: Direction,
    restore: Restore,
) -> Property {
    Property {
        path,
        direction,
        restore,
        loss: None,
    }
}
