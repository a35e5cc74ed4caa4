//! SARIF 2.1.0, for code scanning: results at the lines of the policy files.
//! Source: the OASIS standard, and what GitHub's code scanning takes of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Region, Report, ReportError, is_unread, region};
use crate::finding::{Code, Finding, Severity};
use crate::source::{Place, Sources};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Where results are shown that no file asks for, where there is no policy either.
const NO_FILE: &str = ".";

/// The log of one run, with a final newline.
///
/// # Errors
/// None in practice: texts, numbers and lists always serialise.
pub fn render(report: &Report<'_>) -> Result<String, ReportError> {
    let codes: BTreeMap<&str, &Code> = report
        .findings
        .iter()
        .map(|finding| (finding.code.name, finding.code))
        .collect();
    let index: BTreeMap<&str, usize> = codes.keys().copied().zip(0..).collect();
    let mut seen = BTreeMap::new();
    let (unread, results): (Vec<&Finding>, Vec<&Finding>) = report
        .findings
        .iter()
        .partition(|finding| is_unread(finding));
    let results: Vec<Value> = results
        .into_iter()
        .map(|finding| result(report.sources, finding, index[finding.code.name], &mut seen))
        .collect();
    let notifications: Vec<Value> = unread
        .iter()
        .map(|finding| {
            json!({
                "level": "error",
                "message": { "text": finding.message },
                "locations": [location(report.sources, finding.place)],
            })
        })
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.values().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "automationDetails": { "id": format!("backstay/{}/", report.command) },
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": unread.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "originalUriBaseIds": { "SRCROOT": {
                "description": { "text": "The root of the repository" },
            }},
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// The page of a code: its first paragraph is the short description.
fn rule(code: &Code) -> Value {
    let page = code.page();
    let body = page.split_once('\n').map_or("", |(_, body)| body).trim();
    let first: Vec<&str> = body.lines().take_while(|line| !line.is_empty()).collect();
    json!({
        "id": code.name,
        "shortDescription": { "text": first.join(" ") },
        "help": { "text": body, "markdown": body },
        "defaultConfiguration": { "level": level(code.severity) },
    })
}

fn result(
    sources: &Sources,
    finding: &Finding,
    rule: usize,
    seen: &mut BTreeMap<String, usize>,
) -> Value {
    let parts = [&finding.message, &finding.why, &finding.fix];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| sentence(part))
        .collect();
    let related: Vec<Value> = finding
        .labels
        .iter()
        .enumerate()
        .map(|(id, (place, text))| {
            let mut location = location(sources, Some(*place));
            location["id"] = json!(id);
            location["message"] = json!({ "text": text });
            location
        })
        .collect();
    let mut result = json!({
        "ruleId": finding.code.name,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": escaped(&parts.join("\n")) },
        "locations": [location(sources, finding.place)],
        "partialFingerprints": { "backstayFinding/v1": fingerprint(sources, finding, seen) },
    });
    if let Some(accepted) = &finding.accepted {
        let why = format!(
            "{} (accepted by {} until {})",
            accepted.reason, accepted.owner, accepted.until
        );
        result["suppressions"] = json!([{ "kind": "external", "justification": why }]);
    }
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    result
}

/// The standard wants sentences.
fn sentence(text: &str) -> String {
    match text.ends_with(['.', '?', '!', ':']) {
        true => text.to_owned(),
        false => format!("{text}."),
    }
}

/// In a message, brackets make links and braces placeholders.
/// Source: SARIF 2.1.0, 3.11.5 and 3.11.6.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('[', "\\[")
        .replace(']', "\\]")
        .replace('{', "{{")
        .replace('}', "}}")
}

fn location(sources: &Sources, place: Option<Place>) -> Value {
    // Code scanning takes no result without a line: what no line asks for stands at the first.
    let Some(place) = place else {
        let first = sources.ids().next().map(|file| sources.get(file));
        let file = first.map_or(NO_FILE.to_owned(), |source| source.display_path());
        let line = json!({ "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2 });
        return json!({ "physicalLocation": {
            "artifactLocation": artifact(&file),
            "region": line,
        }});
    };
    let Region {
        file,
        line,
        column,
        end_line,
        end_column,
    } = region(sources, place);
    json!({ "physicalLocation": {
        "artifactLocation": artifact(&file),
        "region": {
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        },
    }})
}

/// A relative path is below the root of the repository; any other stands for itself.
fn artifact(file: &str) -> Value {
    let encoded: String = file
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    match encoded.strip_prefix('/') {
        Some(_) => json!({ "uri": format!("file://{encoded}") }),
        None => json!({ "uri": encoded, "uriBaseId": "SRCROOT" }),
    }
}

/// What stays the same while lines move: the code and what it speaks of, counted where it repeats.
fn fingerprint(sources: &Sources, finding: &Finding, seen: &mut BTreeMap<String, usize>) -> String {
    let about = match (&finding.difference, finding.place) {
        (Some(difference), _) => format!("{} {}", difference.resource, difference.property),
        (None, Some(place)) => format!(
            "{} {}",
            sources.get(place.file).display_path(),
            finding.message
        ),
        (None, None) => finding.message.clone(),
    };
    let about = format!("{} {about}", finding.code.name);
    let count = seen.entry(about.clone()).or_insert(0);
    *count += 1;
    format!("{about} #{count}")
}
