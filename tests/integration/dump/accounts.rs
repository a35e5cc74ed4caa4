//! Stores that lie in several accounts: each is written to by who may write to that one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::review::is_sound;
use crate::support::{Output, Script, path_variable, rendered};

const POLICY: &str = "version: 1
locations:
  east: { provider: aws, region: us-east-1, account: \"123456789012\" }
  west: { provider: aws, region: us-west-2, account: \"210987654321\" }
  room: { provider: host, address: db-01.internal }
stores:
  near: { at: east, bucket: near-dumps }
  nearer: { at: east, bucket: nearer-dumps }
  far: { at: west, bucket: far-dumps }
databases:
  own:
    engine: postgres
    at: room
    id: own
    dump: { to: [near, far, nearer], databases: [own], schedule: \"daily 01:43\", run_by: [github_actions] }
  orders:
    engine: rds_postgres
    at: west
    id: orders
    pitr_test: { schedule: \"monthly 3 04:17\", database: orders }
    dump: { to: [near, far], databases: [orders], schedule: \"daily 02:43\" }
";

fn steps(path: &str) -> Vec<Value> {
    let workflow: Value = serde_yaml::from_str(&rendered(POLICY, path)).expect("it is YAML");
    let jobs = workflow["jobs"].as_object().expect("it has jobs");
    let job = jobs.values().next().expect("it has one");
    job["steps"].as_array().expect("it has steps").clone()
}

/// Each login is a profile of its own, which the script is told of; none is left in the environment for
/// the next to take.
#[test]
fn a_workflow_logs_in_to_every_account() {
    for (path, role, step) in [
        ("github/own-dump.yml", "backstay-dump-writer", "Upload"),
        (
            "github/own-restore-test.yml",
            "backstay-restore-tester",
            "Restore and look",
        ),
    ] {
        let steps = steps(path);
        let script = steps.iter().find(|it| it["name"] == step);
        let told = &script.expect("it runs the script")["env"];
        let is_login = |it: &&Value| {
            let uses = it["uses"].as_str();
            uses.is_some_and(|uses| uses.starts_with("aws-actions/"))
        };
        let logins: Vec<&Value> = steps.iter().filter(is_login).collect();
        assert_eq!(logins.len(), 2, "{path}");
        for (login, account) in logins.iter().zip(["123456789012", "210987654321"]) {
            let with = &login["with"];
            let arn = format!("arn:aws:iam::{account}:role/{role}");
            assert_eq!(with["role-to-assume"], json!(arn), "{path}");
            assert_eq!(with["output-env-credentials"], json!(false), "{path}");
            let profile = &told[format!("BACKSTAY_AWS_PROFILE_{account}")];
            assert_eq!(with["aws-profile"], *profile, "{path}");
            for file in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
                assert_eq!(login["env"][file], told[file], "{path}");
                let place = told[file].as_str().expect("it is told");
                // Runners of one's own keep what is elsewhere.
                assert!(place.starts_with("${{ runner.temp }}/"), "{path}");
            }
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let workflows = folder.path().join("github");
    fs::create_dir(&workflows).expect("a folder can be made");
    for name in ["own-dump.yml", "own-restore-test.yml"] {
        let text = rendered(POLICY, &format!("github/{name}"));
        fs::write(workflows.join(name), text).expect("a file can be written");
    }
    is_sound(folder.path());
}

/// What a script asks of AWS, told as `profile bucket`, and only where both are there.
fn asked(script: &Script, command: &mut Command) -> Vec<String> {
    let (bin, calls) = (script.folder().join("bin"), script.folder().join("calls"));
    fs::create_dir_all(&bin).expect("a folder can be made");
    let stand_in =
        "#!/bin/bash\nprintf '%s ' \"$@\" >>\"$HOME/calls\"; printf '\\n' >>\"$HOME/calls\"\n";
    fs::write(bin.join("aws"), stand_in).expect("a file can be written");
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(bin.join("aws"), executable).expect("it can be made executable");
    command
        .env("PATH", path_variable(&[&bin]))
        .env("BACKSTAY_AWS_PROFILE_210987654321", "other company");
    Output::of(command.output().expect("bash starts")).expect_code(0);
    let calls = fs::read_to_string(calls).expect("something was asked");
    let call = |line: &str| {
        let words = line.strip_prefix("--profile other company ");
        let buckets = ["nearer-dumps", "near-dumps", "far-dumps"];
        let bucket = buckets.into_iter().find(|bucket| line.contains(bucket));
        let profile = if words.is_some() { "other" } else { "own" };
        format!("{profile} {}", bucket.expect("it names a bucket"))
    };
    let mut calls: Vec<String> = calls.lines().map(call).collect();
    calls.dedup();
    calls
}

const ASKED: [&str; 3] = ["own near-dumps", "other far-dumps", "own nearer-dumps"];

#[test]
fn a_script_acts_as_the_profile_of_each_account() {
    let script = Script::of(POLICY, "scripts/own-dump.sh");
    let run = script.folder().join("dumps/own/20260101T014300Z");
    fs::create_dir_all(&run).expect("a folder can be made");
    let manifest = "{\n  \"name\": \"own\",\n  \"stamp\": \"20260101T014300Z\",\n}\n";
    fs::write(run.join("manifest.json"), manifest).expect("a file can be written");
    let whole = "printf x >own.dump; sha256sum own.dump manifest.json >SHA256SUMS";
    let made = Command::new("bash")
        .args(["-euc", whole])
        .current_dir(&run)
        .output();
    Output::of(made.expect("bash starts")).expect_code(0);
    let dumps = script.folder().join("dumps");
    let mut upload = script.command(&["upload"]);
    assert_eq!(
        asked(&script, upload.env("BACKSTAY_DUMP_DIR", &dumps)),
        ASKED
    );

    let script = Script::of(POLICY, "scripts/own-restore.sh");
    let mut list = script.command(&["list"]);
    assert_eq!(asked(&script, list.env("BACKSTAY_DUMP_DIR", &dumps)), ASKED);
    let head = rendered(POLICY, "scripts/own-restore.sh");
    for account in ["123456789012", "210987654321"] {
        let told = format!("#   BACKSTAY_AWS_PROFILE_{account} ");
        assert!(head.contains(&told), "{head}");
    }
}

/// The role of a drill may write to the stores of its own account.
#[test]
fn the_result_of_a_drill_stays_in_the_account() {
    let drill = rendered(POLICY, "scripts/orders-pitr-test.sh");
    assert!(drill.contains("s3://far-dumps/drills/orders/"), "{drill}");
    assert!(!drill.contains("near-dumps"), "{drill}");
}
