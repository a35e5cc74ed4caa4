//! The hooks for pre-commit, run by pre-commit itself.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::super::readme::yaml;
use super::super::support::{Output, Workspace, path_variable, root, tools};
use super::git;

const SOUND: &str = r#"version: 1
locations: { east: { provider: aws, region: us-east-1, account: "123456789012" } }
databases: { orders: { engine: rds_postgres, at: east, id: orders, retention: { pitr: 30d }, tier: non_critical } }
"#;

fn manifest() -> Vec<Value> {
    let text = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).expect("the hooks");
    serde_yaml::from_str(&text).expect("YAML")
}

#[test]
fn pre_commit_takes_the_manifest() {
    let output = Command::new(tools().join("venv/bin/pre-commit"))
        .args(["validate-manifest", ".pre-commit-hooks.yaml"])
        .current_dir(root())
        .env(
            "PRE_COMMIT_HOME",
            tempfile::tempdir().expect("a folder").path(),
        )
        .output()
        .expect("pre-commit starts");
    Output::of(output).expect_code(0);
}

#[test]
fn the_readme_names_the_hooks_that_there_are() {
    let sample: Value = serde_yaml::from_str(&yaml("backstay-validate")).expect("YAML");
    let ids = |hooks: &[Value]| -> Vec<Value> { hooks.iter().map(|it| it["id"].clone()).collect() };
    let named = sample["repos"][0]["hooks"].as_array().expect("hooks");
    assert_eq!(ids(named), ids(&manifest()));
}

#[test]
fn the_hooks_stop_a_commit_that_is_not_sound() {
    let mut hooks = manifest();
    assert_eq!(hooks.len(), 2);
    for hook in &mut hooks {
        // pre-commit builds the program of this repository; here it is built already.
        assert_eq!(hook["language"], "rust");
        hook["language"] = json!("system");
    }
    let config = json!({ "repos": [{ "repo": "local", "hooks": hooks }] });
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_backstay"));
    let bin = bin.parent().expect("a folder");
    let workspace = Workspace::new()
        .policy("p.yaml", SOUND)
        .file(".pre-commit-config.yaml", &config.to_string())
        .env("PATH", path_variable(&[bin, &tools().join("venv/bin")]));
    let run = |code: i32| {
        git(&workspace, &["add", "--all"]);
        workspace
            .execute("pre-commit", ["run"])
            .expect_code(code)
            .stdout
    };
    git(&workspace, &["init", "--quiet"]);
    let told = run(1);
    assert!(
        told.contains("generated/scripts/orders-enforce.sh is missing"),
        "{told}"
    );
    workspace.run(["render"]).expect_code(0);
    run(0);
    git(
        &workspace,
        &["commit", "--quiet", "--no-verify", "--message=one"],
    );
    let path = workspace.path().join("policies/p.yaml");
    fs::write(&path, SOUND.replace("30d", "36d")).expect("written");
    let told = run(1);
    assert!(told.contains("policies/p.yaml:3:"), "{told}");
    // What is no policy is nothing to them.
    fs::write(path, SOUND).expect("written");
    fs::write(workspace.path().join("other.txt"), "x").expect("written");
    assert!(run(0).contains("Skipped"));
}
