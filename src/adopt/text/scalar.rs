//! One text as YAML that every reader takes for that text.

use serde_json::Value;

/// Words that some reader of YAML takes for something else.
const WORDS: [&str; 10] = [
    "true", "false", "yes", "no", "on", "off", "y", "n", "null", "none",
];

/// Plain where it is a plain word to every reader, in quotes otherwise.
pub(super) fn scalar(text: &str) -> String {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(inner)
        && (text == "none" || !WORDS.contains(&text.to_ascii_lowercase().as_str()));
    match plain {
        true => text.to_owned(),
        // What JSON quotes, YAML reads as JSON does.
        false => quoted(text),
    }
}

/// JSON leaves these as they are, and YAML does not print them.
fn quoted(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    let escaped = quoted.chars().map(|c| match c {
        '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
            format!("\\u{:04x}", u32::from(c))
        }
        c => c.to_string(),
    });
    escaped.collect()
}
