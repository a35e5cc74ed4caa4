//! Which way a difference leans.

use std::cmp::Ordering;

use serde_json::Value;

use crate::cloud::{Direction, Property};
use crate::finding::Kind;

/// The kind of a difference, by the direction that is declared beside the resource.
pub(super) fn kind(property: Option<&Property>, intended: &Value, live: &Value) -> Kind {
    let direction = property.map_or(Direction::Neutral, |property| property.direction);
    let order = match direction {
        Direction::MoreIsStronger | Direction::Removal => {
            amount(live).partial_cmp(&amount(intended))
        }
        Direction::LaterIsStronger => end(live).partial_cmp(&end(intended)),
        Direction::Reads(read) => {
            let amount = |value: &Value| value.as_str().and_then(read);
            // What cannot be read is neither more nor less.
            let amounts = amount(live).zip(amount(intended));
            amounts.map(|(live, intended)| live.cmp(&intended))
        }
        Direction::LessIsStronger if live.is_null() => Some(Ordering::Less),
        Direction::LessIsStronger => amount(intended).partial_cmp(&amount(live)),
        Direction::Ranked(words) => {
            let rank = |value: &Value| words.iter().position(|word| Some(*word) == value.as_str());
            match (rank(live), rank(intended)) {
                (Some(live), Some(intended)) => Some(live.cmp(&intended)),
                (None, Some(_)) if live.is_null() => Some(Ordering::Less),
                _ => None,
            }
        }
        Direction::EachIsStronger => members(intended, live),
        Direction::OthersAreWeaker => Some(Ordering::Less),
        Direction::AbsentIsWeaker if live.is_null() && !intended.is_null() => Some(Ordering::Less),
        Direction::AbsentIsWeaker | Direction::Neutral => None,
    };
    match order {
        Some(Ordering::Less) => Kind::Weakened,
        Some(Ordering::Greater) => Kind::Strengthened,
        // A whole block that is gone takes its protection along; a tag is an object as well, but it
        // only names.
        _ if live.is_null() && intended.get("Key").is_some() => Kind::Changed,
        _ if live.is_null() && (intended.is_object() || intended.is_array()) => Kind::Weakened,
        _ => Kind::Changed,
    }
}

/// Whether a live value is the greater one; nothing is said of values that have no order.
pub(super) fn is_more(live: &Value, intended: &Value) -> bool {
    amount(live) > amount(intended)
}

/// Numbers, texts that are numbers or lengths of time, and switches on one scale; nothing is least.
fn amount(value: &Value) -> f64 {
    match value {
        Value::Bool(on) => f64::from(u8::from(*on)),
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::String(text) => text.parse().unwrap_or_else(|_| length(text)),
        Value::Null => f64::NEG_INFINITY,
        Value::Array(_) | Value::Object(_) => f64::NAN,
    }
}

/// An end or limit on the same scale; none is never.
fn end(value: &Value) -> f64 {
    match value {
        Value::Null => f64::INFINITY,
        value => amount(value),
    }
}

/// Less where an intended member is absent, greater where there are only additional ones.
fn members(intended: &Value, live: &Value) -> Option<Ordering> {
    let empty = Vec::new();
    let live = live.as_array().unwrap_or(&empty);
    let all = intended
        .as_array()?
        .iter()
        .all(|member| live.contains(member));
    Some(if all {
        Ordering::Greater
    } else {
        Ordering::Less
    })
}

/// The days of an ISO 8601 duration with one unit, as P12W. Months and years have their mean length.
fn length(text: &str) -> f64 {
    const UNITS: [(char, f64); 4] = [('D', 1.0), ('W', 7.0), ('M', 365.25 / 12.0), ('Y', 365.25)];
    let days = || {
        let rest = text.strip_prefix('P')?;
        let unit = rest.chars().next_back()?;
        let (_, days) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        let amount: u32 = rest.strip_suffix(unit)?.parse().ok()?;
        Some(f64::from(amount) * days)
    };
    days().unwrap_or(f64::NAN)
}
