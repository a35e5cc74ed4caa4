//! What drift says of a change, to a reader and to a script, and the commands that it is to print.

use serde_json::Value;

use super::estate::{NORTH, Running};

/// What one change is to be found as.
#[derive(Debug, PartialEq)]
pub struct Told {
    pub kind: &'static str,
    pub property: &'static str,
    /// Line and column of the policy.
    pub at: &'static str,
    /// None: nothing but a new resource restores it.
    pub restore: Option<String>,
}

pub const SERVERS: &str = "Microsoft.DBforPostgreSQL/flexibleServers";

fn az(words: &str, group: &str, rest: &str) -> Option<String> {
    Some(format!(
        "az {words} --subscription {NORTH} --resource-group {group} {rest}"
    ))
}

pub fn update(rest: &str) -> Option<String> {
    az("postgres flexible-server update", "trains-rg", rest)
}

pub fn upgrade(rest: &str) -> Option<String> {
    az("postgres flexible-server upgrade", "trains-rg", rest)
}

/// A server's template has a parameter, and with it a file of them.
pub fn deploy_server(name: &str) -> Option<String> {
    let parameters = format!("--parameters @generated/azure/north/{name}.parameters.json");
    Some(format!("{} {parameters}", deploy(name)?))
}

pub fn deploy(name: &str) -> Option<String> {
    let rest = format!(
        "--name backstay-{name} --mode Incremental --template-file generated/azure/north/{name}.json"
    );
    az("deployment group create", "trains-rg", &rest)
}

pub fn put_policy() -> Option<String> {
    let rest = "--account-name trainstore --policy @generated/lifecycle/dumps.json";
    az(
        "storage account management-policy create",
        "trains-rg",
        rest,
    )
}

pub fn tag(name: &str, tags: &str) -> Option<String> {
    Some(format!(
        "az tag update --resource-id /subscriptions/{NORTH}/resourceGroups/trains-rg/providers\
         /{SERVERS}/{name} --operation Merge --tags {tags}"
    ))
}

/// Every difference of the JSON report but what is never compared: kind, property, place, command.
pub fn told(report: &str) -> Vec<(String, String, String, Option<String>)> {
    let report: Value = serde_json::from_str(report).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["code"] != "not_compared")
        .map(|finding| {
            let (drift, place) = (&finding["drift"], &finding["place"]);
            assert_eq!(finding["code"], drift["kind"]);
            assert_eq!(place["file"], "policies/trains.yaml");
            let at = format!("{}:{}", place["line"], place["column"]);
            let restore = drift["restore"].as_str().map(str::to_owned);
            if let Some(command) = &restore {
                // What would weaken a live value is told with a warning before it.
                let fix = text(&finding["fix"]);
                let stronger = drift["kind"] == "strengthened";
                assert_eq!(fix.ends_with(command), stronger || fix == *command);
                assert_eq!(fix.contains("would weaken it"), stronger, "{fix}");
            }
            (text(&drift["kind"]), text(&drift["property"]), at, restore)
        })
        .collect()
}

/// Runs drift once for a reader and a script; both must be told the same.
pub fn tells(running: &Running, code: i32, expected: Told) {
    let output = running.drift(&["--report", "json=report.json"]);
    let report = running.workspace.path().join("report.json");
    let report = std::fs::read_to_string(report).unwrap();
    let Told {
        kind,
        property,
        at,
        restore,
    } = expected;
    let row = (
        kind.to_owned(),
        property.to_owned(),
        at.to_owned(),
        restore.clone(),
    );
    assert_eq!(told(&report), [row]);
    let output = output.expect_code(code);
    let shown = &output.stdout;
    assert!(shown.contains(kind), "{shown}");
    assert!(
        shown.contains(&format!("policies/trains.yaml:{at}")),
        "{shown}"
    );
    if let Some(command) = restore {
        assert!(shown.contains(&command), "{shown}");
    }
}
