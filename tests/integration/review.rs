//! What reviews a pull request: the workflows that are rendered for it, the action and the hooks of
//! this repository. Their scripts run here as GitHub and pre-commit would run them.

mod action;
mod hooks;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::cli::examples;
use super::readme::{commands, yaml};
use super::support::{Output, Workspace, path_variable, rendered, root, tools};

/// GitHub's comments, as its client tells and takes them. The expression that filters them is jq's.
const GH: &str = r#"#!/usr/bin/env python3
import json, os, sys
words = sys.argv[1:]
assert words.pop(0) == "api", words
flags, options, store = set(), {}, os.environ["COMMENTS"]
while words:
    word = words.pop(0)
    if word in ("--paginate", "--silent"):
        flags.add(word)
    elif word.startswith("--"):
        options[word] = words.pop(0)
    else:
        path = word
comments = json.load(open(store))
def body():
    key, _, file = options["--field"].partition("=@")
    assert key == "body", options
    return open(file).read()
if options.get("--method") == "POST":
    assert path == "repos/example-org/policies/issues/7/comments", path
    comments.append({"id": len(comments) + 1, "user": {"type": "Bot"}, "body": body()})
elif options.get("--method") == "PATCH":
    number = int(path.removeprefix("repos/example-org/policies/issues/comments/"))
    next(it for it in comments if it["id"] == number)["body"] = body()
else:
    wanted = '.[] | select(.user.type == "Bot" and (.body | startswith(env.marker))) | .id'
    assert options["--jq"] == wanted and "--paginate" in flags, words
    for it in comments:
        if it["user"]["type"] == "Bot" and it["body"].startswith(os.environ["marker"]):
            print(it["id"])
json.dump(comments, open(store, "w"))
"#;

/// backstay with what a run on GitHub would read from the clouds.
const BACKSTAY: &str = r#"#!/bin/bash
case $1 in
  check | drift) exec "$REAL" "$1" "--from=$STATE" "${@:2}" ;;
  *) exec "$REAL" "$@" ;;
esac
"#;

/// Variables of a run on GitHub, and files that take what its steps say.
fn on_github(workspace: Workspace) -> Workspace {
    let workspace = workspace
        .file("bin/gh", GH)
        .file("bin/backstay", BACKSTAY)
        .file("runner/comments.json", "[]");
    let path = workspace.path().to_owned();
    for program in ["gh", "backstay"] {
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(path.join("bin").join(program), executable).expect("it is ours");
    }
    let file = |name: &str| path.join("runner").join(name);
    workspace
        .env("PATH", path_variable(&[&path.join("bin")]))
        .env("REAL", env!("CARGO_BIN_EXE_backstay"))
        .env("STATE", path.join("policies/recorded/drifted.json"))
        .env("COMMENTS", file("comments.json"))
        .env("RUNNER_TEMP", path.join("runner"))
        .env("GITHUB_OUTPUT", file("output"))
        .env("GITHUB_STEP_SUMMARY", file("summary"))
        .env("REPOSITORY", "example-org/policies")
        .env("NUMBER", "7")
        .env("OUT", "generated")
}

fn runner_file(workspace: &Workspace, name: &str) -> String {
    fs::read_to_string(workspace.path().join("runner").join(name)).unwrap_or_default()
}

fn comments(workspace: &Workspace) -> Vec<Value> {
    serde_json::from_str(&runner_file(workspace, "comments.json")).expect("JSON")
}

/// Runs a step's script as GitHub does where `shell: bash` is said.
fn step(workspace: &Workspace, script: &str) -> Output {
    fs::write(workspace.path().join("step.sh"), script).expect("written");
    workspace.execute(
        "bash",
        ["--noprofile", "--norc", "-eo", "pipefail", "step.sh"],
    )
}

/// The script of a step of a rendered workflow.
fn script(workflow: &str, job: &str, name: &str) -> String {
    let path = root().join("generated/github").join(workflow);
    let text = fs::read_to_string(path).expect("it is rendered");
    let workflow: Value = serde_yaml::from_str(&text).expect("YAML");
    let steps = workflow["jobs"][job]["steps"].as_array().expect("steps");
    let mut named = steps.iter().filter(|step| step["name"] == name);
    let step = named.next().unwrap_or_else(|| panic!("no {name} in {job}"));
    step["run"].as_str().expect("it runs a script").to_owned()
}

/// What git says.
fn git(workspace: &Workspace, arguments: &[&str]) -> String {
    let who = ["-c", "user.name=a", "-c", "user.email=a@localhost"];
    let all = who.iter().chain(arguments);
    workspace.execute("git", all).expect_code(0).stdout
}

const WINDOW: &str = "sun:04:30-sun:05:30";

/// The merge of a pull request that moves a window, checked out as GitHub does.
fn merged() -> Workspace {
    let workspace = on_github(examples()).file(".gitignore", "/bin\n/runner\n/step.sh\n");
    git(&workspace, &["init", "--quiet", "--initial-branch=main"]);
    git(&workspace, &["add", "--all"]);
    git(&workspace, &["commit", "--quiet", "--message=base"]);
    git(&workspace, &["checkout", "--quiet", "-b", "change"]);
    let file = workspace.path().join("policies/train-tracker.yaml");
    let policy = fs::read_to_string(&file).expect("a policy");
    fs::write(file, policy.replace(WINDOW, "sun:05:30-sun:06:30")).expect("written");
    workspace.run(["render"]).expect_code(0);
    git(
        &workspace,
        &["commit", "--quiet", "--all", "--message=change"],
    );
    git(&workspace, &["checkout", "--quiet", "main"]);
    git(
        &workspace,
        &["merge", "--quiet", "--no-ff", "--no-edit", "change"],
    );
    workspace
}

#[test]
fn the_review_says_what_a_change_costs() {
    let workspace = merged();
    let script = script("backstay-review.yml", "policy", "Say what it costs");
    step(&workspace, &script).expect_code(0);
    // Another window costs nothing.
    let summary = runner_file(&workspace, "summary");
    assert!(summary.contains(" a month, as before, "), "{summary}");
}

#[test]
fn the_review_tells_a_proposal_from_drift_and_keeps_one_comment() {
    let workspace = merged();
    for name in ["Validate", "Compare what is rendered"] {
        let script = script("backstay-review.yml", "policy", name);
        step(&workspace, &script).expect_code(0);
    }
    let compare = script("backstay-review.yml", "drift", "Compare");
    // The recorded clouds have drifted, so the check fails, and says all the same what is proposed.
    let told = step(&workspace, &compare).expect_code(1).stdout;
    assert!(told.contains("::error "), "{told}");
    assert_eq!(runner_file(&workspace, "output"), "reported=true\n");
    let summary = runner_file(&workspace, "summary");
    assert!(
        summary.contains("| proposed | `PreferredMaintenanceWindow` | `sun:04:30-sun:05:30` | "),
        "{summary}"
    );
    let sarif: Value =
        serde_json::from_str(&runner_file(&workspace, "backstay.sarif")).expect("JSON");
    assert!(
        sarif["runs"][0]["results"]
            .as_array()
            .is_some_and(|all| all.len() > 10)
    );

    let somebody =
        json!([{ "id": 1, "user": { "type": "User" }, "body": "<!-- backstay check -->\nmine" }]);
    let workspace = workspace.file("runner/comments.json", &somebody.to_string());
    let comment = script("backstay-review.yml", "drift", "Comment");
    for _ in 0..2 {
        step(&workspace, &comment).expect_code(0);
        let comments = comments(&workspace);
        assert_eq!(comments.len(), 2, "{comments:?}");
        assert_eq!(comments[0]["body"], "<!-- backstay check -->\nmine");
        assert_eq!(comments[1]["body"], summary.as_str());
    }
}

#[test]
fn a_policy_that_cannot_be_read_leaves_no_report_behind() {
    let workspace = on_github(examples()).file("policies/train-tracker.yaml", "version: [");
    let compare = script("backstay-drift.yml", "drift", "Compare");
    let code = step(&workspace, &compare).code;
    assert_eq!(code, 2);
    let missing = on_github(Workspace::new());
    step(&missing, &compare).expect_code(2);
    assert_eq!(runner_file(&missing, "output"), "");
}

#[test]
fn what_looks_again_and_again_is_a_command_that_there_is() {
    let workspace = on_github(examples());
    let drift = script("backstay-drift.yml", "drift", "Compare");
    step(&workspace, &drift).expect_code(1);
    assert!(runner_file(&workspace, "summary").contains("backstay check fails"));
    let status = script("backstay-status.yml", "status", "Status");
    let status = status.replace(" || code=$?", " --from nowhere.json || code=$?");
    let told = step(&workspace, &status).expect_code(2).stderr;
    assert!(told.contains("nowhere.json"), "{told}");
}

const POLICY: &str = r#"version: 1
github: { repository: example-org/policies, GITHUB }
locations: { east: { provider: aws, region: us-east-1, account: "123456789012", ROLE } }
databases:
  orders: { engine: rds_postgres, at: east, id: orders, tier: non_critical }
"#;

const REVIEW: &str = "github/backstay-review.yml";

#[test]
fn the_policy_says_who_the_workflows_are_and_what_they_read() {
    let policy = |github: &str, role: &str| POLICY.replace("GITHUB", github).replace("ROLE", role);
    let plain = rendered(&policy("branch: trunk", ""), REVIEW);
    assert!(plain.contains("      - \"trunk\"\n"), "{plain}");
    assert!(plain.contains("role/backstay-drift-reader"), "{plain}");
    assert!(plain.contains("- run: backstay --version"), "{plain}");
    assert!(
        !plain.contains("environment:") && !plain.contains("azure/login"),
        "{plain}"
    );

    let role = "role: \"arn:aws:iam::123456789012:role/audit\"";
    let sha = "0123456789abcdef0123456789abcdef01234567";
    let other = format!("environment: backups, action: example-org/backstay@{sha}");
    let other = rendered(&policy(&other, role), REVIEW);
    assert!(other.contains("    environment: \"backups\"\n"), "{other}");
    assert!(
        other.contains("role-to-assume: ${{ vars.AWS_DRIFT_ROLE }}"),
        "{other}"
    );
    let unset = "::error title=AWS_DRIFT_ROLE is not set::";
    assert!(other.contains(unset) && !plain.contains(unset), "{other}");
    assert!(
        other.contains(&format!("- uses: example-org/backstay@{sha}\n")),
        "{other}"
    );

    let two = plain_of_two_accounts();
    assert!(
        two.contains("#   for account 210987654321, a `role`"),
        "{two}"
    );
    assert!(!plain.contains("for account"), "{plain}");

    // Where nothing is asked of a cloud there is nothing to compare, and no credentials are asked for.
    let hosts = "version: 1\ngithub: { repository: example-org/policies }\n\
        locations: { room: { provider: host, address: 10.0.0.1 } }\n";
    let hosts = rendered(hosts, REVIEW);
    assert!(!hosts.contains("id-token"), "{hosts}");
}

#[test]
fn the_readmes_repository_and_comparison_are_real() {
    let github = yaml("repository: acme/backups");
    let policy = format!("version: 1\n{github}");
    let workspace = Workspace::new().policy("p.yaml", &policy);
    workspace.run(["validate"]).expect_code(0);

    let workspace = merged();
    git(
        &workspace,
        &["update-ref", "refs/remotes/origin/main", "HEAD^1"],
    );
    for command in commands("backstay drift --baseline") {
        let told = step(&workspace, &command).expect_code(1).stdout;
        assert!(told.contains("proposed "), "{told}");
    }
}

fn plain_of_two_accounts() -> String {
    let policy = POLICY.replace("GITHUB", "").replace("ROLE", "");
    let west = "west: { provider: aws, region: us-west-2, account: \"210987654321\" }";
    let policy = policy.replace("locations: {", &format!("locations: {{ {west},"));
    let more = "  other: { engine: rds_postgres, at: west, id: other, tier: non_critical }\n";
    rendered(&(policy + more), REVIEW)
}

/// Without credentials the comparison is left out, and a notice says so; nobody's name decides it.
#[test]
fn pull_requests_without_credentials_are_told_and_not_failed() {
    let look = script("backstay-review.yml", "credentials", "Look");
    let url = "https://token.example/request";
    for (head, url, given) in [
        ("example-org/policies", Some(url), true),
        // Dependabot's, and a fork's.
        ("example-org/policies", None, false),
        ("someone/policies", None, false),
        // Where an organisation gives forks all that its own branches have.
        ("someone/policies", Some(url), false),
    ] {
        let workspace = on_github(Workspace::new())
            .env("GITHUB_REPOSITORY", "example-org/policies")
            .env("HEAD_REPOSITORY", head);
        let workspace = match url {
            Some(url) => workspace.env("ACTIONS_ID_TOKEN_REQUEST_URL", url),
            None => workspace,
        };
        let told = step(&workspace, &look).expect_code(0).stdout;
        let output = runner_file(&workspace, "output");
        assert_eq!(output == "given=true\n", given, "{head}: {output}");
        let notice = told.starts_with("::notice title=The clouds are not compared::");
        assert_eq!(notice, !given, "{head}: {told}");
    }
    let path = root().join("generated/github/backstay-review.yml");
    let text = fs::read_to_string(path).expect("it is rendered");
    let workflow: Value = serde_yaml::from_str(&text).expect("YAML");
    let jobs = &workflow["jobs"];
    assert_eq!(
        jobs["credentials"]["outputs"]["given"],
        "${{ steps.look.outputs.given }}"
    );
    assert_eq!(jobs["drift"]["needs"], "credentials");
    assert_eq!(
        jobs["drift"]["if"],
        "needs.credentials.outputs.given == 'true'"
    );
}

#[test]
fn an_action_is_pinned_by_its_commit() {
    for action in [
        "a/b@main",
        "a/b@v1",
        "a/b",
        "./x@0123456789abcdef0123456789abcdef01234567",
    ] {
        let github = format!("action: \"{action}\"");
        let policy = POLICY.replace("GITHUB", &github).replace("ROLE", "");
        let workspace = Workspace::new().policy("p.yaml", &policy);
        let told = workspace.run(["validate"]).expect_code(1).stdout;
        assert!(told.contains("policies/p.yaml:2:"), "{told}");
    }
}

#[test]
fn workflows_name_the_policy_and_the_folder_that_were_rendered() {
    let policy = POLICY.replace("GITHUB", "").replace("ROLE", "");
    let workspace = Workspace::new().file("teams/backups/p.yaml", &policy);
    let render = ["render", "./teams/backups", "--out", "out"];
    workspace.run(render).expect_code(0);
    let path = workspace.path().join("out/github/backstay-review.yml");
    let text = fs::read_to_string(path).expect("it is rendered");
    assert!(
        text.contains("backstay validate --format github teams/backups\n"),
        "{text}"
    );
    assert!(text.contains("OUT: \"out\""), "{text}");
    let check = ["render", "./teams/backups", "--out", "out", "--check"];
    workspace.run(check).expect_code(0);
    is_sound(&workspace.path().join("out"));
}

/// actionlint, zizmor and shellcheck have nothing to say of the workflows of a folder.
#[track_caller]
pub fn is_sound(folder: &Path) {
    let checker = root().join("tests/checkers/workflows.py");
    let output = Command::new(tools().join("venv/bin/python"))
        .arg(checker)
        .arg("--partial")
        .arg(folder)
        .output()
        .expect("the checker starts");
    let told = Output::of(output);
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
}
