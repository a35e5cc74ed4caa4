//! The policy reference in Markdown, from the schema's own descriptions.

use std::fmt::Write;

use serde_json::Value;

use super::schema::json_schema;

/// One table for the policy and one for each part of it, in the order in which they are met.
pub fn reference() -> String {
    let schema = json_schema();
    let mut text = String::new();
    let mut queue = vec![("Policy".to_owned(), schema)];
    let mut seen = vec!["Policy".to_owned()];
    let mut next = 0;
    while next < queue.len() {
        let (name, part) = queue[next].clone();
        next += 1;
        section(&mut text, &name, part);
        for property in part["properties"]
            .as_object()
            .into_iter()
            .flat_map(|map| map.values())
        {
            for name in references(property) {
                let part = &schema["$defs"][&name];
                if part["properties"].is_object() && !seen.contains(&name) {
                    seen.push(name.clone());
                    queue.push((name, part));
                }
            }
        }
    }
    text
}

fn section(text: &mut String, name: &str, part: &Value) {
    let description = part["description"].as_str().unwrap_or_default();
    let required = part["required"].as_array();
    let _ = write!(
        text,
        "### {name}\n\n{description}\n\n| key | value | meaning |\n|---|---|---|\n"
    );
    let properties = part["properties"].as_object().into_iter().flatten();
    for (key, property) in properties.filter(|(_, property)| property.is_object()) {
        let needed = required.is_some_and(|keys| keys.iter().any(|k| k == key));
        let meaning = property["description"]
            .as_str()
            .unwrap_or_default()
            .replace('\n', " ");
        let mark = if needed { " *(required)*" } else { "" };
        let _ = writeln!(
            text,
            "| `{key}`{mark} | {} | {} |",
            value(property),
            meaning.replace('|', "\\|")
        );
    }
    text.push('\n');
}

/// What a key takes, in a few words.
fn value(property: &Value) -> String {
    let definition = |name: &str| &json_schema()["$defs"][name];
    if let Some(name) = property["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
    {
        let part = definition(name);
        return match part["properties"].is_object() {
            true => format!("[{name}](#{})", name.to_lowercase()),
            false => value(part),
        };
    }
    if let Some(words) = property["enum"].as_array() {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        return format!("`{}`", words.join("`, `"));
    }
    match property["type"].as_str().unwrap_or_default() {
        "array" => format!("list of {}", value(&property["items"])),
        "object" => format!("name → {}", value(&property["additionalProperties"])),
        "string" => match property["examples"][0].as_str() {
            Some(example) => format!("text, as `{example}`"),
            None => "text".to_owned(),
        },
        "boolean" => "`true`, `false`".to_owned(),
        other => other.to_owned(),
    }
}

/// The names of the parts that a property leads to.
fn references(property: &Value) -> Vec<String> {
    let inner = [&property["items"], &property["additionalProperties"]];
    let own = property["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next());
    own.map(str::to_owned)
        .into_iter()
        .chain(
            inner
                .into_iter()
                .filter(|value| value.is_object())
                .flat_map(references),
        )
        .collect()
}
