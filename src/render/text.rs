//! Values as text that every reader takes for the same value.

use serde_json::Value;

/// Plain words that some YAML reader takes for something else than text.
const RESERVED: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];

/// A tree as YAML lines.
///
/// Keys of letters and digits are plain; every other text is in double quotes, with JSON's escapes,
/// so that YAML 1.1 and 1.2 readers agree on it.
pub fn yaml_block(tree: &Value) -> String {
    let mut lines = Vec::new();
    block(tree, 0, &mut lines);
    lines.join("\n")
}

fn block(tree: &Value, indent: usize, lines: &mut Vec<String>) {
    let pad = " ".repeat(indent);
    match tree {
        Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                let key = yaml_key(key);
                if is_block(value) {
                    lines.push(format!("{pad}{key}:"));
                    block(value, indent + 2, lines);
                } else {
                    lines.push(format!("{pad}{key}: {}", yaml_line(value)));
                }
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let first = lines.len();
                block(item, indent + 2, lines);
                // The item's first line carries the dash in its indentation.
                if let Some(line) = lines.get_mut(first) {
                    line.replace_range(indent..indent + 1, "-");
                }
            }
        }
        scalar => lines.push(format!("{pad}{}", yaml_line(scalar))),
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn yaml_key(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|b| b.is_ascii_alphanumeric())
        && !key.eq_ignore_ascii_case("null")
        && !RESERVED.iter().any(|word| key.eq_ignore_ascii_case(word));
    if plain { key.to_owned() } else { quoted(key) }
}

/// A value on one line: JSON, which is YAML, with every character that YAML 1.1 does not take
/// literally escaped.
pub fn yaml_line(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(yaml_line).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(key, value)| format!("{}: {}", quoted(key), yaml_line(value)))
                .collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text in double quotes: the escapes of JSON, also for what YAML 1.1 calls not printable or a
/// line break.
fn quoted(text: &str) -> String {
    Value::from(text)
        .to_string()
        .chars()
        .flat_map(|c| {
            let literal = matches!(c, '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
                && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
            let escape = (!literal).then(|| format!("\\u{:04x}", u32::from(c)));
            let shown = literal.then_some(c);
            shown
                .into_iter()
                .chain(escape.unwrap_or_default().chars().collect::<Vec<_>>())
        })
        .collect()
}

/// The members of an object as JSON lines, without the braces around them.
pub fn json_members(tree: &Value) -> String {
    let text = serde_json::to_string_pretty(tree).unwrap_or_default();
    let inner = text
        .strip_prefix("{\n")
        .and_then(|text| text.strip_suffix("\n}"));
    let lines = inner.unwrap_or_default().lines();
    let lines: Vec<_> = lines
        .map(|line| line.strip_prefix("  ").unwrap_or(line))
        .collect();
    lines.join("\n")
}

/// A whole JSON document.
pub fn json_document(tree: &Value) -> String {
    let mut text = serde_json::to_string_pretty(tree).unwrap_or_default();
    text.push('\n');
    text
}

/// A text that stays inside one comment line.
pub fn comment(text: &str) -> String {
    let ends_or_hides = |c: char| {
        let others = ['\u{2028}', '\u{2029}', '\u{feff}', '\u{fffe}', '\u{ffff}'];
        c.is_control() || others.contains(&c)
    };
    text.replace(ends_or_hides, "")
}

/// A text as Markdown that shows exactly it, on one line and in a table's cell as well.
pub fn markdown(text: &str) -> String {
    let mut shown = String::new();
    for c in comment(text).chars() {
        match c {
            // An entity is no markup, wherever it stands; a backslash is, behind another one.
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '|' => shown.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '~' => {
                shown.push('\\');
                shown.push(c);
            }
            c => shown.push(c),
        }
    }
    // Else a renderer makes a link of it.
    shown.replace("://", "&#58;//")
}

/// The same as code: a fence that is longer than any in it.
pub fn markdown_code(text: &str) -> String {
    let text = comment(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    match longest {
        0 => format!("{fence}{text}{fence}"),
        _ => format!("{fence} {text} {fence}"),
    }
}
