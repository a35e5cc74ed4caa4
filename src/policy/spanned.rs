//! Typed values with their places, read from a [`Node`].

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

use super::tree::{Kind, Node};
use crate::source::Place;

/// A value and where it was written. Equal when the values are.
#[derive(Debug, Clone, Copy)]
pub struct Spanned<T> {
    pub value: T,
    pub place: Place,
}

/// A map of the policy: by name, in the order of the text, each name with its place.
#[derive(Debug, Clone)]
pub struct Named<T>(IndexMap<Name, T>);

/// A key of a [`Named`] map.
pub type Name = Spanned<String>;

impl<T> Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T: Hash> Hash for Spanned<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl Borrow<str> for Spanned<String> {
    fn borrow(&self) -> &str {
        &self.value
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Named(IndexMap::new())
    }
}

impl<T> Deref for Named<T> {
    type Target = IndexMap<Name, T>;
    fn deref(&self) -> &IndexMap<Name, T> {
        &self.0
    }
}

/// Reads a typed value from a node.
///
/// # Errors
/// The place and reason of the first value that does not fit. After the JSON Schema has accepted
/// the document there should be none.
pub fn read<T: DeserializeOwned>(node: &Node) -> Result<T, ReadError> {
    T::deserialize(NodeReader(node))
}

/// A value that does not fit its type.
#[derive(Debug)]
pub struct ReadError {
    pub message: String,
    pub place: Option<Place>,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReadError {}

impl serde::de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        ReadError {
            message: message.to_string(),
            place: None,
        }
    }
}

/// Keys as serde sees them: a text with a place.
#[derive(Clone, Copy)]
struct KeyReader<'a>(&'a str, Place);

#[derive(Clone, Copy)]
struct NodeReader<'a>(&'a Node);

/// The newtype name by which [`Spanned`] asks its deserializer for the place.
const SPANNED: &str = "backstay::Spanned";

fn spanned<'a, V: Visitor<'a>>(
    place: Place,
    value: impl Deserializer<'a, Error = ReadError>,
    visitor: V,
) -> Result<V::Value, ReadError> {
    PLACE.set(Some(place));
    visitor
        .visit_newtype_struct(value)
        .map_err(|mut error: ReadError| {
            error.place.get_or_insert(place);
            error
        })
}

std::thread_local! {
    /// The place handed from a reader to the `Spanned` it is reading, the one thing that serde's
    /// data model has no room for. Set just before the visit and taken at its first step.
    static PLACE: std::cell::Cell<Option<Place>> = const { std::cell::Cell::new(None) };
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpannedVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for SpannedVisitor<T> {
            type Value = Spanned<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with a place")
            }
            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Self::Value, D::Error> {
                let place = PLACE
                    .take()
                    .ok_or_else(|| D::Error::custom("this value has no place"))?;
                T::deserialize(deserializer).map(|value| Spanned { value, place })
            }
        }
        deserializer.deserialize_newtype_struct(SPANNED, SpannedVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut map = IndexMap::deserialize(deserializer)?;
        // It is kept as it is until the end, and grew by doubling.
        map.shrink_to_fit();
        Ok(Named(map))
    }
}

impl<'de> Deserializer<'de> for KeyReader<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_str(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match name {
            SPANNED => spanned(self.1, StrDeserializer::new(self.0), visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'a> IntoDeserializer<'a, ReadError> for KeyReader<'a> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'a> IntoDeserializer<'a, ReadError> for NodeReader<'a> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for NodeReader<'de> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let place = self.0.place;
        match &self.0.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Integer(value) => match i64::try_from(*value) {
                Ok(value) => visitor.visit_i64(value),
                Err(_) => visitor.visit_i128(*value),
            },
            Kind::Float(value) => visitor.visit_f64(*value),
            Kind::Text(value) => visitor.visit_str(value),
            Kind::List(list) => {
                visitor.visit_seq(SeqDeserializer::new(list.iter().map(NodeReader)))
            }
            Kind::Map(map) => visitor
                .visit_map(MapDeserializer::new(map.iter().map(|(key, entry)| {
                    (KeyReader(key, entry.key), NodeReader(&entry.value))
                }))),
        }
        .map_err(|mut error: ReadError| {
            error.place.get_or_insert(place);
            error
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0.kind {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match name {
            SPANNED => spanned(self.0.place, self, visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match &self.0.kind {
            Kind::Text(value) => {
                StrDeserializer::<ReadError>::new(value).deserialize_enum(name, variants, visitor)
            }
            _ => Err(ReadError::custom("expected one of a few words")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Names become file names, CloudFormation logical ids and shell words, so they are kept to what is
/// harmless in all of them.
pub const NAME_PATTERN: &str = "^[a-z][a-z0-9_-]{0,62}$";

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("NamedMapOf{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "object",
            "propertyNames": { "pattern": NAME_PATTERN },
            "additionalProperties": generator.subschema_for::<T>(),
        })
    }
}
