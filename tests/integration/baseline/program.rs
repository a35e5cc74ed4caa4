//! `--baseline` as a pull request's workflow uses it: with a real repository, or an older copy.

use std::fs;

use backstay::observe::write;
use serde_json::Value;

use super::{cloud, orders, parsed};
use crate::support::Workspace;

/// A repository whose first commit asks for 20 days, and whose files ask for `now`; the cloud has what
/// the first commit asks for.
fn repository(now: &str) -> Workspace {
    let before = orders("retention: { pitr: 20d }");
    let plan = parsed(&before);
    let state = write(&cloud(&plan), &plan.resources).expect("it serialises");
    let workspace = Workspace::new()
        .policy("teams/p.yaml", &before)
        .policy("readme.txt", "no policy")
        .policy(".hidden/p.yaml", "version: [")
        .file("state.json", &state)
        .file("elsewhere/none", "");
    git(&workspace, &["init", "--quiet", "--initial-branch=main"]);
    commit(&workspace);
    workspace.policy("teams/p.yaml", now)
}

fn git(workspace: &Workspace, arguments: &[&str]) {
    let who = ["-c", "user.name=a", "-c", "user.email=a@localhost"];
    let all = who.iter().chain(arguments);
    workspace.execute("git", all).expect_code(0);
}

fn commit(workspace: &Workspace) {
    git(workspace, &["add", "--all"]);
    git(workspace, &["commit", "--quiet", "--message=one"]);
}

fn raised() -> String {
    orders("retention: { pitr: 30d }")
}

const DRIFT: [&str; 3] = ["drift", "--from", "state.json"];

fn run(workspace: &Workspace, more: &[&str], code: i32) -> crate::support::Output {
    workspace.run(DRIFT.iter().chain(more)).expect_code(code)
}

fn report(workspace: &Workspace, baseline: &str, code: i32) -> Value {
    let more = ["--baseline", baseline, "--format", "json"];
    serde_json::from_str(&run(workspace, &more, code).stdout).expect("JSON")
}

fn kinds(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .filter_map(|finding| {
            finding["drift"]["kind"]
                .as_str()
                .or(finding["code"].as_str())
        })
        .filter(|kind| *kind != "not_compared")
        .collect()
}

#[test]
fn a_pull_request_passes_with_what_it_proposes_and_fails_without_a_baseline() {
    let workspace = repository(&raised());
    run(&workspace, &[], 1);
    let text = run(&workspace, &["--baseline", "main"], 0).stdout;
    let line = text
        .lines()
        .find(|line| line.contains("BackupRetentionPeriod"));
    let line = line.unwrap_or_else(|| panic!("{text}"));
    for word in [
        "proposed, stronger",
        "live 20",
        "policy 30",
        "policies/teams/p.yaml:8:",
    ] {
        assert!(line.contains(word), "{word} in {line}");
    }
    assert!(
        text.contains("once it is merged:\n  aws rds modify-db-instance"),
        "{text}"
    );

    let report = report(&workspace, "HEAD", 0);
    assert_eq!(kinds(&report), ["proposed"]);
    let drift = &report["findings"][0]["drift"];
    assert_eq!(
        (&drift["live"], &drift["intended"]),
        (&20.into(), &30.into())
    );
    assert_eq!(drift["effect"], "stronger");

    workspace.run(["render"]).expect_code(0);
    let check = ["check", "--from", "state.json", "--baseline", "main"];
    workspace.run(check).expect_code(0);
}

#[test]
fn three_values_are_told_in_every_form() {
    let workspace = repository(&raised());
    let state = fs::read_to_string(workspace.path().join("state.json")).expect("a state");
    let state = state.replace(
        "\"BackupRetentionPeriod\": 20",
        "\"BackupRetentionPeriod\": 7",
    );
    let workspace = workspace.file("state.json", &state);
    let report = report(&workspace, "main", 1);
    assert_eq!(kinds(&report), ["weakened"]);
    assert_eq!(report["findings"][0]["drift"]["baseline"], 20);
    for format in ["text", "markdown", "html"] {
        let told = run(&workspace, &["--baseline", "main", "--format", format], 1).stdout;
        assert!(told.contains("30 (before: 20)"), "{format}: {told}");
    }
}

#[test]
fn an_older_copy_does_as_well_as_a_revision() {
    let before = orders("retention: { pitr: 20d }");
    let workspace = repository(&raised()).file("old/any.yaml", &before);
    for baseline in [
        "old",
        "old/any.yaml",
        "./old",
        "HEAD",
        "main~0",
        "refs/heads/main",
    ] {
        assert_eq!(
            kinds(&report(&workspace, baseline, 0)),
            ["proposed"],
            "{baseline}"
        );
    }
    // The copy that is compared with itself is none.
    assert_eq!(kinds(&report(&workspace, "policies", 1)), ["weakened"]);
    git(&workspace, &["branch", "old"]);
    let told = run(&workspace, &["--baseline", "old"], 2).stderr;
    assert!(told.contains("./old"), "{told}");
}

#[test]
fn a_revision_is_read_from_anywhere_in_the_repository() {
    let workspace = repository(&raised());
    let state = workspace.path().join("state.json");
    let inside = workspace.path().join("policies/teams");
    let here = |folder: &std::path::Path, path: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_backstay"))
            .args(["drift", "--format", "json", "--baseline", "main", "--from"])
            .args([state.as_os_str(), path.as_ref()])
            .current_dir(folder)
            // A hook's variables, and a user's, lead nowhere.
            .envs([("GIT_DIR", "/nowhere"), ("GIT_WORK_TREE", "/nowhere")])
            .output()
            .expect("it starts");
        let output = crate::support::Output::of(output).expect_code(0);
        let report: Value = serde_json::from_str(&output.stdout).expect("JSON");
        assert_eq!(kinds(&report), ["proposed"], "{path}");
    };
    let absolute = workspace.path().join("policies").display().to_string();
    here(&inside, "..");
    here(&inside, "p.yaml");
    here(&inside, ".");
    here(workspace.path(), &absolute);
    here(workspace.path(), ".//policies/");
}

#[test]
fn a_baseline_without_a_sound_policy_is_a_finding() {
    for broken in [
        "version: [",
        "version: 1\nlocations: { east: { provider: moon } }\n",
    ] {
        let workspace = repository(&raised());
        let now = fs::read_to_string(workspace.path().join("policies/teams/p.yaml")).expect("text");
        let workspace = workspace.policy("teams/p.yaml", broken);
        commit(&workspace);
        let workspace = workspace.policy("teams/p.yaml", &now);
        let report = report(&workspace, "main", 1);
        assert_eq!(kinds(&report), ["no-baseline", "weakened"]);
        let message = report["findings"][0]["message"]
            .as_str()
            .expect("a message");
        assert!(message.contains("main:policies/teams/p.yaml:"), "{message}");
    }
    let workspace = repository(&raised());
    fs::write(workspace.path().join("policies/teams/p.yaml"), [0xff, 0xfe]).expect("written");
    commit(&workspace);
    let workspace = workspace.policy("teams/p.yaml", &raised());
    assert_eq!(
        kinds(&report(&workspace, "main", 1)),
        ["no-baseline", "weakened"]
    );
}

#[test]
fn where_there_was_no_policy_all_of_it_is_proposed() {
    let workspace = repository(&raised());
    git(&workspace, &["rm", "--quiet", "-r", "--cached", "policies"]);
    git(&workspace, &["commit", "--quiet", "--message=two"]);
    assert_eq!(
        kinds(&report(&workspace, "HEAD", 0)),
        ["no-baseline", "proposed"]
    );
    assert_eq!(kinds(&report(&workspace, "HEAD~1", 0)), ["proposed"]);
}

#[cfg(unix)]
#[test]
fn a_policy_that_was_a_link_hides_no_drift() {
    let workspace = repository(&raised());
    let link = workspace.path().join("policies/more.yaml");
    std::os::unix::fs::symlink("teams/p.yaml", &link).expect("a link");
    commit(&workspace);
    fs::remove_file(link).expect("it is there");
    let report = report(&workspace, "main", 1);
    assert_eq!(kinds(&report), ["no-baseline", "weakened"]);
    let message = report["findings"][0]["message"]
        .as_str()
        .expect("a message");
    assert!(message.contains("main:policies/more.yaml"), "{message}");
}

#[test]
fn a_name_is_never_an_option_a_program_or_a_fetch() {
    let workspace = repository(&raised());
    for name in [
        "--help",
        "-h",
        "--upload-pack=touch pwned",
        "--exec-path=/tmp",
        "nowhere",
        "HEAD:policies",
        "main\nHEAD",
        "$(touch pwned)",
        "",
    ] {
        let argument = format!("--baseline={name}");
        let told = run(&workspace, &[&argument], 2).stderr;
        assert!(told.contains("cannot read the baseline"), "{name}: {told}");
    }
    // What a repository's own settings would run stays unrun.
    git(&workspace, &["config", "core.fsmonitor", "touch pwned"]);
    git(&workspace, &["config", "core.pager", "touch pwned"]);
    git(&workspace, &["config", "filter.x.smudge", "touch pwned"]);
    let workspace = workspace.file(".gitattributes", "*.yaml filter=x diff=x\n");
    run(&workspace, &["--baseline", "main"], 0);
    assert!(!workspace.path().join("pwned").exists());
    let outside = Workspace::new()
        .policy("p.yaml", &raised())
        .file("state.json", "{\"version\":1,\"resources\":[]}");
    let told = run(&outside, &["--baseline", "main"], 2).stderr;
    assert!(told.contains("not a git repository"), "{told}");
}
