//! The hooks for pre-commit, run by pre-commit itself.

use std::fs;
use std::process::Command;

use serde_json::Value;

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

/// A program of the name, which notes what it is asked to do.
const CARGO: &str = r#"#!/bin/bash
printf '%s\n' "$PWD $*" >>"$ASKED"
mkdir -p target/hook/bin
printf '#!/bin/bash\nexec "$REAL" "$@"\n' >target/hook/bin/backstay
chmod +x target/hook/bin/backstay
"#;

/// This repository as far as pre-commit needs it, and its commit.
fn published() -> (Workspace, String) {
    let script = ".github/action/hook.sh";
    let text = |path: &str| fs::read_to_string(root().join(path)).expect("it is there");
    let hooks = ".pre-commit-hooks.yaml";
    let published = Workspace::new()
        .file(hooks, &text(hooks))
        .file(script, &text(script));
    let mode = fs::metadata(root().join(script)).expect("it is there");
    fs::set_permissions(published.path().join(script), mode.permissions()).expect("it is ours");
    git(&published, &["init", "--quiet"]);
    git(&published, &["add", "--all"]);
    git(&published, &["commit", "--quiet", "--message=one"]);
    let commit = git(&published, &["rev-parse", "HEAD"]);
    (published, commit.trim().to_owned())
}

#[test]
fn the_hooks_stop_a_commit_that_is_not_sound() {
    let (published, commit) = published();
    let config = yaml("backstay-validate")
        .replace(
            "https://github.com/OWNER/backstay",
            &published.path().display().to_string(),
        )
        .replace("SHA", &commit);
    let workspace = Workspace::new()
        .policy("p.yaml", SOUND)
        .file(".pre-commit-config.yaml", &config)
        .file("bin/cargo", CARGO);
    let path = workspace.path().to_owned();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(path.join("bin/cargo"), executable).expect("it is ours");
    fs::write(path.join(".gitignore"), "bin\nhome\nasked\n").expect("written");
    let workspace = workspace
        .env(
            "PATH",
            path_variable(&[&path.join("bin"), &tools().join("venv/bin")]),
        )
        .env("PRE_COMMIT_HOME", path.join("home"))
        .env("REAL", env!("CARGO_BIN_EXE_backstay"))
        .env("ASKED", path.join("asked"));
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
    let policy = path.join("policies/p.yaml");
    fs::write(&policy, SOUND.replace("30d", "36d")).expect("written");
    let told = run(1);
    assert!(told.contains("policies/p.yaml:3:"), "{told}");
    // What is no policy is nothing to them.
    fs::write(policy, SOUND).expect("written");
    fs::write(path.join("other.txt"), "x").expect("written");
    assert!(run(0).contains("Skipped"));

    // It was built once, where pre-commit keeps it, of the versions that were tested.
    let asked = fs::read_to_string(path.join("asked")).expect("cargo was asked");
    let [asked] = asked.lines().collect::<Vec<_>>()[..] else {
        panic!("{asked}");
    };
    let kept = asked.split(' ').next().expect("a folder");
    assert!(
        kept.starts_with(&path.join("home").display().to_string()),
        "{asked}"
    );
    for word in [
        "install",
        "--locked",
        "--path .",
        &format!("--root {kept}/target/hook"),
    ] {
        assert!(asked.contains(word), "{word} in {asked}");
    }
}
