//! A YAML document as a tree in which every key and value knows its place.
//!
//! One parse serves everything: the checks on the text, the JSON Schema (through [`Node::to_json`])
//! and the typed policy (a [`Node`] is a serde deserializer, see [`super::spanned`]).

use std::fmt;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::source::{FileId, Place, Source};

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    pub place: Place,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub enum Kind {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    /// Boxed: most nodes are scalars.
    Map(Box<IndexMap<String, Entry>>),
}

/// A map's value with the place of its key.
#[derive(Debug, Clone)]
pub struct Entry {
    pub key: Place,
    pub value: Node,
}

/// Why a text is not a YAML document that can be used.
#[derive(Debug)]
pub struct ParseError {
    pub place: Place,
    pub message: String,
    pub reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    Syntax,
    DuplicateKey,
    /// More nodes, aliases, depth or bytes than a policy can need.
    TooLarge,
}

/// 1,000,000 nodes are about 30,000 databases in one file; a folder holds any number of files.
const MAX_NODES: usize = 1_000_000;
const MAX_DEPTH: usize = 24;
const MAX_ALIASES: usize = 1_000;
const MAX_REPLAYED: usize = 100_000;

/// Reads one YAML document. An empty text is an empty map.
///
/// # Errors
/// Anything that is not exactly one YAML 1.2 document of strings, numbers, booleans, lists and maps
/// with text keys, within the limits above.
pub fn parse(source: &Source, file: FileId) -> Result<Node, ParseError> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
        emit_comments: false,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPLAYED },
        budget: serde_saphyr::budget! {
            max_nodes: MAX_NODES,
            max_events: 4 * MAX_NODES,
            max_depth: MAX_DEPTH,
            max_aliases: MAX_ALIASES,
            max_anchors: MAX_ALIASES,
            max_documents: 1,
            max_total_scalar_bytes: 64 << 20,
        },
    };
    let raw: Option<serde_saphyr::Spanned<Raw>> =
        serde_saphyr::from_str_with_options(source.text(), options)
            .map_err(|error| explain(error, source, file))?;
    Ok(match raw {
        Some(raw) => raw_node(raw, file),
        None => Node {
            place: Place::start_of(file),
            kind: Kind::Map(Box::default()),
        },
    })
}

fn explain(error: serde_saphyr::Error, source: &Source, file: FileId) -> ParseError {
    use serde_saphyr::Error as E;
    let place = error.location().map_or(Place::start_of(file), |at| {
        let start = source.offset(crate::source::Position {
            line: at.line() as usize,
            column: at.column() as usize,
        });
        Place {
            file,
            start,
            end: start,
        }
    });
    let mut error = &error;
    while let E::WithSnippet { error: inner, .. } | E::AliasError { error: inner, .. } = error {
        error = inner;
    }
    let reason = match error {
        E::DuplicateMappingKey { .. } => Reason::DuplicateKey,
        E::Budget {
            breach: serde_saphyr::budget::BudgetBreach::Documents { .. },
            ..
        } => Reason::Syntax,
        E::Budget { .. }
        | E::AliasReplayLimitExceeded { .. }
        | E::AliasExpansionLimitExceeded { .. }
        | E::AliasReplayStackDepthExceeded { .. }
        | E::AliasReplayCounterOverflow { .. } => Reason::TooLarge,
        _ => Reason::Syntax,
    };
    let message = match (error, reason) {
        (E::DuplicateMappingKey { key: Some(key), .. }, _) => {
            format!("the key `{key}` is given twice")
        }
        (E::Budget { .. }, Reason::Syntax) => "a second document starts here".to_owned(),
        (_, Reason::TooLarge) => "the document is larger or deeper than a policy can be".to_owned(),
        (other, _) => first_line(&other.to_string()),
    };
    ParseError {
        place,
        message,
        reason,
    }
}

/// The reason alone: the place is told apart.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let reason = line.split(" at line ").next().unwrap_or_default();
    reason.trim().to_owned()
}

impl Node {
    /// The value of a key of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// The entries of a map; nothing for any other kind.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        let map = match &self.kind {
            Kind::Map(map) => Some(&**map),
            _ => None,
        };
        map.into_iter()
            .flat_map(|map| map.iter().map(|(key, entry)| (key.as_str(), entry)))
    }

    /// Follows a JSON Pointer (RFC 6901).
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        pointer
            .split('/')
            .skip(1)
            .map(|step| step.replace("~1", "/").replace("~0", "~"))
            .try_fold(self, |node, step| match &node.kind {
                Kind::Map(map) => map.get(&step).map(|entry| &entry.value),
                Kind::List(list) => list.get(step.parse::<usize>().ok()?),
                _ => None,
            })
    }

    /// Visits every key and every scalar of the tree, in the order of the text.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(Visit<'a>)) {
        match &self.kind {
            Kind::Map(map) => {
                for (key, entry) in &**map {
                    visit(Visit::Key(key, entry));
                    entry.value.walk(visit);
                }
            }
            Kind::List(list) => list.iter().for_each(|node| node.walk(visit)),
            _ => visit(Visit::Scalar(self)),
        }
    }

    /// The same value without places.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Integer(value) => match i64::try_from(*value) {
                Ok(value) => value.into(),
                Err(_) => (*value as f64).into(),
            },
            Kind::Float(value) => (*value).into(),
            Kind::Text(value) => Value::String(value.clone()),
            Kind::List(list) => list.iter().map(Node::to_json).collect(),
            Kind::Map(map) => map
                .iter()
                .map(|(key, entry)| (key.clone(), entry.value.to_json()))
                .collect(),
        }
    }
}

/// One step of [`Node::walk`].
pub enum Visit<'a> {
    Key(&'a str, &'a Entry),
    Scalar(&'a Node),
}

/// What serde-saphyr reads into; only this module sees it.
enum Raw {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<serde_saphyr::Spanned<Raw>>),
    Map(Vec<(serde_saphyr::Spanned<String>, serde_saphyr::Spanned<Raw>)>),
}

fn place(location: serde_saphyr::Location, file: FileId) -> Place {
    let span = location.span();
    let start = span.byte_offset().unwrap_or(0) as u32;
    Place {
        file,
        start,
        end: start + span.byte_len().unwrap_or(0) as u32,
    }
}

fn raw_node(raw: serde_saphyr::Spanned<Raw>, file: FileId) -> Node {
    let place_of = |location| place(location, file);
    Node {
        place: place_of(raw.referenced),
        kind: match raw.value {
            Raw::Null => Kind::Null,
            Raw::Bool(value) => Kind::Bool(value),
            Raw::Integer(value) => Kind::Integer(value),
            Raw::Float(value) => Kind::Float(value),
            Raw::Text(value) => Kind::Text(value),
            Raw::List(list) => Kind::List(list.into_iter().map(|n| raw_node(n, file)).collect()),
            Raw::Map(map) => {
                let map = map.into_iter().map(|(key, value)| {
                    let entry = Entry {
                        key: place_of(key.referenced),
                        value: raw_node(value, file),
                    };
                    (key.value, entry)
                });
                Kind::Map(Box::new(map.collect()))
            }
        },
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        struct RawVisitor;
        impl<'de> Visitor<'de> for RawVisitor {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }
            fn visit_none<E>(self) -> Result<Raw, E> {
                Ok(Raw::Null)
            }
            fn visit_some<D: serde::Deserializer<'de>>(self, d: D) -> Result<Raw, D::Error> {
                Raw::deserialize(d)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
                Ok(Raw::Bool(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
                Ok(Raw::Integer(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
                Ok(Raw::Integer(value.into()))
            }
            fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
                Ok(Raw::Integer(value))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
                Ok(Raw::Float(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
                Ok(Raw::Text(value.to_owned()))
            }
            fn visit_string<E>(self, value: String) -> Result<Raw, E> {
                Ok(Raw::Text(value))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
                let mut list = Vec::new();
                while let Some(node) = seq.next_element()? {
                    list.push(node);
                }
                Ok(Raw::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
                let mut map = Vec::new();
                while let Some(entry) = access.next_entry()? {
                    map.push(entry);
                }
                Ok(Raw::Map(map))
            }
        }
        deserializer.deserialize_any(RawVisitor)
    }
}
