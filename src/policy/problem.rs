//! What can be wrong with the form of a policy file.

mod bad_duration;
mod bad_receiver;
mod bad_schedule;
mod bad_value;
mod bad_window;
mod duplicate_key;
mod misplaced_key;
mod missing_key;
mod too_large;
mod unknown_key;
mod yaml_syntax;

use std::collections::HashMap;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Broken;
use serde_json::Value;

use super::spanned::ReadError;
use super::tree::{Kind, Node, ParseError, Reason};
use super::{
    Compression, Duration, Encryption, Endpoint, Maintenance, NAME_PATTERN, Query, Receiver,
    Repository, Schedule, Size, TableName, TimeZone,
};
use crate::cloud::DailyWindow;
use crate::finding::{Code, Finding, closest};
use crate::source::{FileId, Place};

/// Every code of this room.
pub static CODES: &[&Code] = &[
    &bad_duration::CODE,
    &bad_receiver::CODE,
    &bad_schedule::CODE,
    &bad_value::CODE,
    &bad_window::CODE,
    &duplicate_key::CODE,
    &misplaced_key::CODE,
    &missing_key::CODE,
    &too_large::CODE,
    &unknown_key::CODE,
    &yaml_syntax::CODE,
];

/// A text format of the schema: its name, its own reader, and the code of what does not fit.
pub(super) struct Format {
    pub name: &'static str,
    pub read: fn(&str) -> Result<(), String>,
    code: &'static Code,
}

/// Adapts a type's parser to a format's.
fn reads<T: std::str::FromStr<Err: ToString>>(text: &str) -> Result<(), String> {
    text.parse::<T>()
        .map(drop)
        .map_err(|error| error.to_string())
}

fn date(text: &str) -> Result<(), String> {
    text.parse::<jiff::civil::Date>()
        .map(drop)
        .map_err(|_| format!("`{text}` is not a date: write year-month-day, as 2035-03-31"))
}

#[rustfmt::skip]
pub(super) static FORMATS: &[Format] = &[
    Format { name: "backstay-duration", read: reads::<Duration>, code: &bad_duration::CODE },
    Format { name: "backstay-schedule", read: reads::<Schedule>, code: &bad_schedule::CODE },
    Format { name: "backstay-size", read: reads::<Size>, code: &bad_value::CODE },
    Format { name: "backstay-encryption", read: reads::<Encryption>, code: &bad_value::CODE },
    Format { name: "backstay-compression", read: reads::<Compression>, code: &bad_value::CODE },
    Format { name: "backstay-endpoint", read: reads::<Endpoint>, code: &bad_value::CODE },
    Format { name: "backstay-query", read: reads::<Query>, code: &bad_value::CODE },
    Format { name: "backstay-table", read: reads::<TableName>, code: &bad_value::CODE },
    Format { name: "backstay-receiver", read: reads::<Receiver>, code: &bad_receiver::CODE },
    Format { name: "github-repository", read: reads::<Repository>, code: &bad_value::CODE },
    Format { name: "iana-time-zone", read: reads::<TimeZone>, code: &bad_value::CODE },
    Format { name: "daily-window", read: reads::<DailyWindow>, code: &bad_window::CODE },
    Format { name: "backstay-maintenance", read: reads::<Maintenance>, code: &bad_window::CODE },
    Format { name: "date", read: date, code: &bad_value::CODE },
];

/// A file that could not be parsed at all.
pub(super) fn unreadable(error: ParseError) -> Finding {
    let (code, why, fix) = match error.reason {
        Reason::Syntax => (
            &yaml_syntax::CODE,
            "nothing in this file could be checked",
            "correct the YAML here",
        ),
        Reason::DuplicateKey => (
            &duplicate_key::CODE,
            "YAML readers keep one of the two and drop the other without a word",
            "remove one of the two, or rename it",
        ),
        Reason::TooLarge => (
            &too_large::CODE,
            "nested aliases can expand to billions of values",
            "split the policy into several files, and write aliases out",
        ),
    };
    Finding::new(code, error.place, error.message)
        .why(why)
        .fix(fix)
}

/// A document that the schema accepted and the typed policy did not.
pub(super) fn unfit(error: ReadError, file: FileId) -> Finding {
    let place = error.place.unwrap_or(Place::start_of(file));
    Finding::new(&bad_value::CODE, place, error.message)
        .why("the value does not fit what the grammar says of it")
        .fix("see `backstay schema` for what is allowed here")
}

/// One violation of the schema, as the findings that a person can act on.
pub(super) fn violation(error: &ValidationError<'_>, tree: &Node, schema: &Value) -> Vec<Finding> {
    let pointer = error.instance_path().as_str();
    let node = tree.pointer(pointer).unwrap_or(tree);
    let here = whole_key(tree, pointer).unwrap_or(node.place);
    match error.kind() {
        Broken::AdditionalProperties { unexpected } => {
            let known = known_keys(error, schema);
            let unknown = |key: &String| unknown_key(node, key, &known);
            unexpected.iter().map(unknown).collect()
        }
        Broken::FalseSchema => vec![misplaced(tree, pointer, here)],
        Broken::Required { property } => vec![missing(property, here, pointer)],
        Broken::AnyOf { .. } => vec![missing(&choice(error, schema), here, pointer)],
        Broken::PropertyNames { error } => {
            let key = error.instance().as_str().unwrap_or_default();
            let place = node.entry(key).map_or(node.place, |entry| entry.key);
            vec![bad(
                place,
                format!(
                    "`{key}` cannot be a name: use lower-case letters, digits, `-` and `_`, at most 63, a letter first"
                ),
            )]
        }
        Broken::UniqueItems => twice(node),
        Broken::Format { format } => vec![bad_format(format, error.instance(), node.place)],
        kind => {
            let finding = bad(node.place, describe(kind, error.instance()));
            vec![
                match meaning(error, schema).filter(|_| finding.fix == FITS) {
                    Some(meaning) => finding.fix(format!("{FITS}: {meaning}")),
                    None => finding,
                },
            ]
        }
    }
}

/// What the schema says of the value that breaks it.
fn meaning<'s>(error: &ValidationError<'_>, schema: &'s Value) -> Option<&'s str> {
    let (value, _) = error.schema_path().as_str().rsplit_once('/')?;
    let text = resolve(schema, value)?.get("description")?.as_str()?;
    Some(text.trim_end_matches('.'))
}

/// The place of the key that leads to a value: what a missing or foreign key is reported at.
fn whole_key(tree: &Node, pointer: &str) -> Option<Place> {
    let (parent, last) = pointer.rsplit_once('/')?;
    let last = last.replace("~1", "/").replace("~0", "~");
    Some(tree.pointer(parent)?.entry(&last)?.key)
}

/// The keys that the schema allows where an unknown one was found.
fn known_keys(error: &ValidationError<'_>, schema: &Value) -> Vec<String> {
    let place = error.schema_path().as_str();
    let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
    resolve(schema, parent)
        .and_then(|object| object.get("properties")?.as_object())
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

/// Follows a schema path, through the `$ref`s on its way.
fn resolve<'a>(schema: &'a Value, path: &str) -> Option<&'a Value> {
    let mut at = schema;
    for step in path.split('/').skip(1) {
        at = match step {
            "$ref" => schema.pointer(at.get("$ref")?.as_str()?.strip_prefix('#')?)?,
            _ => at.pointer(&format!("/{step}"))?,
        };
    }
    Some(at)
}

/// The keys of which a part needs one: "name` or `tag".
fn choice(error: &ValidationError<'_>, schema: &Value) -> Value {
    let choices = resolve(schema, error.schema_path().as_str());
    let choices = choices.and_then(Value::as_array).into_iter().flatten();
    let keys: Vec<&str> = choices
        .filter_map(|choice| choice["required"][0].as_str())
        .collect();
    keys.join("` or `").into()
}

/// Keys that people write from habit, and what is meant. `on` is a boolean to YAML 1.1.
const HABITS: [(&str, &str); 1] = [("on", "events")];

fn unknown_key(node: &Node, key: &str, known: &[String]) -> Finding {
    let place = node.entry(key).map_or(node.place, |entry| entry.key);
    let is_known = |word: &str| known.iter().any(|key| key == word);
    let meant = HABITS
        .iter()
        .find(|(habit, word)| *habit == key && is_known(word));
    let similar = closest(key, known.iter().map(String::as_str));
    let fix = match (meant, similar) {
        (Some((_, word)), _) => format!("write `{word}:`"),
        (None, Some(similar)) => format!("did you mean `{similar}`?"),
        (None, None) => format!("known here: {}", known.join(", ")),
    };
    Finding::new(&unknown_key::CODE, place, format!("unknown key `{key}`"))
        .why("a key that is not understood would protect nothing")
        .fix(fix)
}

fn missing(property: &Value, here: Place, pointer: &str) -> Finding {
    let property = property.as_str().unwrap_or_default();
    let owner = match pointer.rsplit('/').next() {
        None | Some("") => "the policy".to_owned(),
        Some(owner) => format!("`{owner}`"),
    };
    Finding::new(
        &missing_key::CODE,
        here,
        format!("{owner} needs the key `{property}`"),
    )
    .why("without it there is no telling what is meant")
    .fix(format!("add `{property}:`"))
}

fn misplaced(tree: &Node, pointer: &str, here: Place) -> Finding {
    let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let owner = tree.pointer(parent);
    let kind = ["provider", "engine"].into_iter().find_map(|kind| {
        let node = owner?.get(kind)?;
        Some((kind, node.to_json().as_str()?.to_owned(), node.place))
    });
    let finding = match kind {
        Some((kind, value, place)) => Finding::new(
            &misplaced_key::CODE,
            here,
            format!("`{key}` has no meaning for {kind} {value}"),
        )
        .label(place, format!("the {kind} is set here")),
        None if parent.contains("/replicas/") => {
            return Finding::new(
                &misplaced_key::CODE,
                here,
                format!("`{key}` has no meaning for a replica"),
            )
            .why("RDS keeps no automated backups of a replica: those of its database hold the same data")
            .fix(format!("remove `{key}`, or write it beside `replicas`"));
        }
        None => Finding::new(
            &misplaced_key::CODE,
            here,
            format!("`{key}` has no meaning here"),
        ),
    };
    finding
        .why("it would have no effect, while the file reads as if it had")
        .fix(format!("remove `{key}`"))
}

/// What to do where nothing better is known.
const FITS: &str = "write a value that fits";

/// `message` may end in a colon and the fix.
fn bad(place: Place, message: String) -> Finding {
    let (message, fix) = match message.split_once(": ") {
        Some((message, fix)) => (message.to_owned(), fix.to_owned()),
        None => (message, FITS.to_owned()),
    };
    Finding::new(&bad_value::CODE, place, message)
        .why("no cloud would take it as it is meant")
        .fix(fix)
}

/// The entries of a list that are there already.
fn twice(list: &Node) -> Vec<Finding> {
    let Kind::List(items) = &list.kind else {
        return Vec::new();
    };
    let values: Vec<Value> = items.iter().map(Node::to_json).collect();
    let mut firsts: HashMap<String, usize> = HashMap::new();
    let again = (0..items.len()).filter_map(|at| {
        let first = *firsts.entry(values[at].to_string()).or_insert(at);
        (first != at).then_some((at, first))
    });
    again
        .map(|(at, first)| {
            let what = match &values[at] {
                Value::Array(_) | Value::Object(_) => "this".to_owned(),
                value => format!("`{}`", brief(value)),
            };
            Finding::new(
                &bad_value::CODE,
                items[at].place,
                format!("{what} is in the list twice"),
            )
            .label(items[first].place, "it is here already")
            .why("what is done for each entry would be done twice")
            .fix("remove one of the two")
        })
        .collect()
}

fn bad_format(format: &str, value: &Value, place: Place) -> Finding {
    let text = value.as_str().unwrap_or_default();
    let Some(format) = FORMATS.iter().find(|known| known.name == format) else {
        return bad(place, format!("`{text}` is not a {format}"));
    };
    let message = match (format.read)(text) {
        Err(message) => message,
        Ok(()) => format!("`{text}` is not a {}", format.name),
    };
    let (message, fix) = match message.split_once(": ") {
        Some((message, fix)) => (message.to_owned(), fix.to_owned()),
        None => (message, "see the examples in `backstay schema`".to_owned()),
    };
    Finding::new(format.code, place, message)
        .why("what cannot be read cannot be kept")
        .fix(fix)
}

fn describe(kind: &Broken, value: &Value) -> String {
    match kind {
        Broken::Type { kind } => {
            let kind = format!("{kind:?}");
            let wanted = ["string", "integer", "boolean", "array", "object", "number"]
                .into_iter()
                .find(|name| kind.to_lowercase().contains(name));
            match (wanted, value) {
                (Some("string"), Value::Number(_) | Value::Bool(_)) => {
                    format!("`{value}` must be a text: put it in quotes")
                }
                (Some("object"), _) => "expected keys and values here".to_owned(),
                (Some("array"), _) => "expected a list here".to_owned(),
                (Some(wanted), _) => format!("`{}` must be a {wanted}", brief(value)),
                (None, _) => format!("`{}` has the wrong type", brief(value)),
            }
        }
        Broken::Enum { options } => {
            let options: Vec<&str> = options
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let written = value.as_str().unwrap_or_default();
            match closest(written, options.iter().copied()) {
                Some(near) => format!(
                    "`{}` is not known here: did you mean `{near}`?",
                    brief(value)
                ),
                None => format!("`{}` must be one of {}", brief(value), options.join(", ")),
            }
        }
        Broken::Pattern { pattern } if pattern == NAME_PATTERN => format!(
            "`{}` cannot be a name: use lower-case letters, digits, `-` and `_`, a letter first",
            brief(value)
        ),
        Broken::Pattern { pattern } => format!("`{}` must match {pattern}", brief(value)),
        Broken::Minimum { limit } => format!("`{}` must be at least {limit}", brief(value)),
        Broken::Maximum { limit } => format!("`{}` must be at most {limit}", brief(value)),
        Broken::MinItems { limit } => format!("the list needs at least {limit} entry"),
        Broken::MinLength { limit } => format!("the text needs at least {limit} character"),
        Broken::MaxLength { limit } => {
            format!("`{}` must be at most {limit} characters", brief(value))
        }
        other => format!("`{}` breaks the schema ({})", brief(value), other.keyword()),
    }
}

/// A value short enough for one line.
fn brief(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
