//! What the readers of single resources have in common.

use serde_json::Value;

/// The members of an answer's properties.
pub(super) fn properties(answer: &Value) -> Result<&Value, &'static str> {
    let properties = &answer["properties"];
    let any = properties.is_object().then_some(properties);
    any.ok_or("it has no properties")
}

pub(super) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A text that the plan has, or nothing where it is not told: then it differs.
pub(super) fn text_or_nothing(value: &Value) -> String {
    text(value).unwrap_or_default()
}

/// A whole number, which ARM may tell with a fraction.
pub(super) fn days(value: &Value) -> Option<u32> {
    let days = value.as_f64()?;
    (days.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&days)).then_some(days as u32)
}

/// The members of a list that are texts.
pub(super) fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// ARM answers its own words, ids and names in any case: the plan's spelling where it is the same.
pub(super) fn spelled<'w>(told: &str, words: impl IntoIterator<Item = &'w str>) -> String {
    let mut words = words.into_iter();
    let known = words.find(|word| word.eq_ignore_ascii_case(told));
    known.unwrap_or(told).to_owned()
}
