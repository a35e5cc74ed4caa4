//! Results of drills, as the drills on this machine leave them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::plan::DRILLS;

/// The newest of each kind in the folder where drills on this machine leave them, the newest last.
pub(super) fn newest(name: &str) -> Vec<Value> {
    let folder = std::env::var_os("BACKSTAY_DUMP_DIR").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| PathBuf::from("/var/backups/backstay"));
    let entries = std::fs::read_dir(folder.join(DRILLS).join(name));
    let paths = entries.into_iter().flatten().flatten();
    let texts = paths
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .filter_map(|path| std::fs::read_to_string(path).ok());
    let mut newest = BTreeMap::new();
    for result in texts.filter_map(|text| serde_json::from_str::<Value>(&text).ok()) {
        let word = |key: &str| result[key].as_str().map(str::to_owned);
        let (Some(kind), Some(started)) = (word("kind"), word("started")) else {
            continue;
        };
        // RFC 3339 in UTC sorts as text.
        let known = newest
            .entry(kind)
            .or_insert_with(|| (started.clone(), result.clone()));
        if known.0 < started {
            *known = (started, result);
        }
    }
    let mut drills: Vec<_> = newest.into_values().collect();
    drills.sort_by(|a, b| a.0.cmp(&b.0));
    drills.into_iter().map(|(_, result)| result).collect()
}

/// A drill's result in a line, and each check that failed in another.
pub(super) fn line(drill: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let passed = match drill["passed"].as_bool() {
        Some(true) => "passed",
        _ => "NOT passed",
    };
    let seconds = |key: &str, what: &str| match drill[key].as_u64() {
        Some(seconds) => format!(", {seconds} s {what}"),
        None => String::new(),
    };
    let mut text = format!(
        "last drill here: {} of {}, {passed}{}{}\n",
        word(&drill["kind"]),
        word(&drill["started"]),
        seconds("rto_seconds", "to restore"),
        seconds("rpo_seconds", "lost"),
    );
    let checks = drill["checks"].as_array();
    let failed = checks.into_iter().flatten();
    for check in failed.filter(|check| check["passed"] != true) {
        text += &format!("  {}: {}\n", word(&check["name"]), word(&check["detail"]));
    }
    text
}
