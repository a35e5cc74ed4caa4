//! Who the rendered workflows are to Azure, and what they find in a checkout.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::{planned, rendered};
use crate::support::{Output, path_variable};

const POLICY: &str = include_str!("../../fixtures/wire/azure.yaml");

/// The policy with another line about its repository, as artifacts by their paths.
fn artifacts(github: &str) -> BTreeMap<String, String> {
    let numbers = "  owner_id: \"1\"\n  repository_id: \"22\"\n";
    let policy = POLICY.replace(numbers, github);
    assert_ne!(policy, POLICY);
    let all = rendered(&planned(&[("p.yaml", &policy)]));
    all.into_iter().map(|it| (it.path, it.text)).collect()
}

/// A job of a workflow that logs in to Azure.
struct Login {
    workflow: String,
    /// The variable that names its identity.
    variable: String,
    /// What GitHub calls its runs.
    subjects: BTreeSet<String>,
}

fn logins(artifacts: &BTreeMap<String, String>, repository: &str) -> Vec<Login> {
    let mut logins = Vec::new();
    for (path, text) in artifacts {
        if !path.starts_with("github/") {
            continue;
        }
        let workflow: Value = serde_yaml::from_str(text).unwrap();
        for job in workflow["jobs"].as_object().unwrap().values() {
            let steps = job["steps"].as_array().unwrap();
            let uses = |step: &&Value| {
                let uses = step["uses"].as_str();
                uses.is_some_and(|uses| uses.starts_with("azure/login@"))
            };
            let Some(login) = steps.iter().find(uses) else {
                continue;
            };
            let client = login["with"]["client-id"].as_str().unwrap();
            let variable = client.strip_prefix("${{ vars.").unwrap();
            let on = workflow["on"].as_object().unwrap();
            let called = |event: &String| match (job["environment"].as_str(), event.as_str()) {
                (Some(environment), _) => format!("{repository}:environment:{environment}"),
                (None, "pull_request") => format!("{repository}:pull_request"),
                (None, _) => format!("{repository}:ref:refs/heads/main"),
            };
            logins.push(Login {
                workflow: path.clone(),
                variable: variable.strip_suffix(" }}").unwrap().to_owned(),
                subjects: on.keys().map(called).collect(),
            });
        }
    }
    logins
}

/// Whom the identity trusts that is told by an output.
fn trusted(template: &Value, output: &str) -> BTreeSet<String> {
    let told = template["outputs"][output]["value"].as_str();
    let told = told.unwrap_or_else(|| panic!("nothing tells {output}"));
    let identity = told.rsplit('\'').nth(1).unwrap();
    let resources = template["resources"].as_array().unwrap().iter();
    let own = resources.filter(|it| {
        let name = it["name"].as_str().unwrap();
        name.starts_with(&format!("{identity}/"))
    });
    own.map(|it| it["properties"]["subject"].as_str().unwrap().to_owned())
        .collect()
}

/// Nobody is refused, and nobody is trusted who does not ask. Without a number GitHub has one form of
/// the name, with both it has two.
#[rstest::rstest]
#[case::by_name("", &["repo:acme/backups"])]
#[case::by_number("  owner_id: \"1\"\n  repository_id: \"23\"\n", &["repo:acme/backups", "repo:acme@1/backups@23"])]
fn every_login_of_a_workflow_is_trusted(#[case] github: &str, #[case] forms: &[&str]) {
    let artifacts = artifacts(github);
    let template = &artifacts["azure/north/identities.json"];
    let template: Value = serde_json::from_str(template).unwrap();
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for form in forms {
        for login in logins(&artifacts, form) {
            asked
                .entry(login.variable)
                .or_default()
                .extend(login.subjects);
        }
    }
    let variables: Vec<&str> = asked.keys().map(String::as_str).collect();
    assert_eq!(
        variables,
        [
            "AZURE_DRIFT_READER_CLIENT_ID",
            "AZURE_DUMP_WRITER_CLIENT_ID",
            "AZURE_RESTORE_TESTER_CLIENT_ID",
            "AZURE_SNAPSHOT_OPERATOR_CLIENT_ID",
        ]
    );
    for (variable, subjects) in asked {
        assert_eq!(trusted(&template, &variable), subjects, "{variable}");
    }
}

/// A run for a pull request is called after its environment, so nobody else need be trusted.
#[test]
fn pull_requests_in_an_environment_are_trusted_by_its_name() {
    let artifacts = artifacts("  environment: backups\n");
    let template = &artifacts["azure/north/identities.json"];
    let template: Value = serde_json::from_str(template).unwrap();
    let environment = BTreeSet::from(["repo:acme/backups:environment:backups".to_owned()]);
    let reader = "AZURE_DRIFT_READER_CLIENT_ID";
    assert_eq!(trusted(&template, reader), environment);
    let logins = logins(&artifacts, "repo:acme/backups");
    for login in logins.iter().filter(|login| login.variable == reader) {
        assert_eq!(login.subjects, environment, "{}", login.workflow);
    }
}

/// Before anything else is done, each says what to do where its variables are not there.
#[test]
fn a_login_without_its_variables_says_what_to_set() {
    let artifacts = artifacts("");
    let mut seen = BTreeSet::new();
    for (path, text) in artifacts.iter().filter(|it| it.0.starts_with("github/")) {
        let workflow: Value = serde_yaml::from_str(text).unwrap();
        for job in workflow["jobs"].as_object().unwrap().values() {
            let steps = job["steps"].as_array().unwrap();
            let is_login = |step: &Value| {
                let uses = step["uses"].as_str();
                uses.is_some_and(|uses| uses.starts_with("azure/login@"))
            };
            let Some(at) = steps.iter().position(is_login) else {
                continue;
            };
            let named = |step: &&Value| step["name"] == "Check that Azure is told who asks";
            let check = steps[..at].iter().find(named).expect(path);
            let run = |step: &Value| step["run"].is_string();
            assert_eq!(steps.iter().find(|it| run(it)), Some(check), "{path}");
            let variables: Vec<&String> = check["env"].as_object().unwrap().keys().collect();
            assert_eq!(variables.len(), 2, "{path}");
            let set = |count: usize| {
                let mut command = Command::new("bash");
                command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c"]);
                command.arg(check["run"].as_str().unwrap());
                command.env_clear().env("PATH", path_variable(&[]));
                for (index, variable) in variables.iter().enumerate() {
                    command.env(variable, if index < count { "x" } else { "" });
                }
                Output::of(command.output().unwrap())
            };
            for (count, variable) in variables.iter().enumerate() {
                let told = set(count).expect_code(1).stdout;
                let title = format!("::error title={variable} is not set::");
                assert!(told.starts_with(&title), "{path}: {told}");
                assert!(told.contains("identities.json"), "{path}: {told}");
            }
            assert_eq!(set(2).expect_code(0).stdout, "");
            seen.insert(path);
        }
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
}

/// What a workflow runs lies in the checkout where it says.
#[test]
fn every_script_of_a_workflow_is_rendered() {
    let artifacts = artifacts("");
    let mut seen = 0;
    for (path, text) in artifacts.iter().filter(|it| it.0.starts_with("github/")) {
        let lines = text.lines().map(str::trim);
        for script in lines.filter_map(|line| line.strip_prefix("SCRIPT: ")) {
            let script = script.trim_matches('"');
            let rendered = script.strip_prefix("generated/");
            let rendered = rendered.unwrap_or_else(|| panic!("{path} runs {script}"));
            assert!(artifacts.contains_key(rendered), "{path} runs {script}");
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}
