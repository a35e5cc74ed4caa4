//! The commands as a person or a pipeline meets them: what is printed, and the exit codes.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::evidence::result;
use super::support::{Workspace, root};

const SOUND: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
databases:
  orders: { engine: rds_postgres, at: east, id: orders-prod, retention: { pitr: 30d }, tier: non_critical }
"#;

/// The example policies with what is rendered for them, in a folder of their own.
pub fn examples() -> Workspace {
    let workspace = Workspace::new();
    for folder in ["policies", "generated"] {
        copy(&root().join(folder), &workspace.path().join(folder));
    }
    workspace
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(from, to).expect("a file")),
        }
    }
}

#[test]
fn the_examples_are_clean() {
    let examples = examples();
    examples.run(["validate"]).expect_code(0);
    examples.run(["render", "--check"]).expect_code(0);
    let drift = examples
        .run(["drift", "--from", "policies/recorded/clean.json"])
        .expect_code(0);
    assert_eq!(drift.stdout, "");
    let check = examples
        .run(["check", "--from", "policies/recorded/clean.json"])
        .expect_code(0);
    assert_eq!(check.stdout, "");
}

#[test]
fn a_recorded_state_needs_no_network_and_no_credentials() {
    let nowhere = examples()
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AZURE_RESOURCE_MANAGER_ENDPOINT", "http://127.0.0.1:9");
    let args = ["drift", "--from", "policies/recorded/clean.json"];
    nowhere.run(args).expect_code(0);
}

#[test]
fn drift_is_found_with_its_line_and_command() {
    let drift = examples()
        .run(["drift", "--from", "policies/recorded/drifted.json"])
        .expect_code(1);
    for expected in [
        "missing",
        "weakened",
        "changed",
        "strengthened",
        "BackupRetentionPeriod",
    ] {
        assert!(
            drift.stdout.contains(expected),
            "{expected}\n{}",
            drift.stdout
        );
    }
    assert!(
        drift.stdout.contains("--backup-retention-period 30"),
        "{}",
        drift.stdout
    );
    let policy = root().join("policies/train-tracker.yaml");
    let policy = fs::read_to_string(policy).expect("the policy can be read");
    let asked = policy.lines().position(|line| line.contains("pitr: 30d"));
    let line = asked.expect("the policy asks for 30 days") + 1;
    assert!(
        drift
            .stdout
            .contains(&format!("policies/train-tracker.yaml:{line}:")),
        "{}",
        drift.stdout
    );
    assert!(!drift.stdout.contains('\u{1b}'), "colour on a pipe");
}

#[test]
fn the_form_of_the_report_never_changes_the_code() {
    let examples = examples();
    let args = [
        "drift",
        "--from",
        "policies/recorded/drifted.json",
        "--format",
        "json",
    ];
    let drift = examples.run(args).expect_code(1);
    let report: Value = serde_json::from_str(&drift.stdout).expect("JSON");
    assert_eq!(report["version"], 1);
    let kinds = report["findings"].as_array().expect("findings").iter();
    let weakened = kinds
        .filter(|finding| finding["drift"]["kind"] == "weakened")
        .count();
    assert!(weakened >= 4, "{weakened}");
    let first = &report["findings"][0];
    assert!(first["place"]["line"].is_u64() && first["place"]["column"].is_u64());
}

#[test]
fn fail_on_moves_the_threshold() {
    let examples = examples();
    let from = [
        "drift",
        "--from",
        "policies/recorded/drifted.json",
        "--fail-on",
    ];
    examples.run(from.iter().chain(&["never"])).expect_code(0);
    examples
        .run(from.iter().chain(&["strengthened"]))
        .expect_code(1);
}

#[test]
fn a_resource_that_was_not_read_makes_three_and_findings_win_over_it() {
    let examples = examples();
    let edit = |name: &str, change: &dyn Fn(&mut Vec<Value>)| {
        let path = examples.path().join("policies/recorded").join(name);
        let text = fs::read_to_string(&path).expect("a state");
        let mut state: Value = serde_json::from_str(&text).expect("JSON");
        change(state["resources"].as_array_mut().expect("resources"));
        fs::write(path, state.to_string()).expect("written");
    };
    for (name, code) in [("clean.json", 3), ("drifted.json", 1)] {
        edit(name, &|resources| drop(resources.pop()));
        let from = format!("policies/recorded/{name}");
        let drift = examples
            .run(["drift", "--from", from.as_str()])
            .expect_code(code);
        assert!(drift.stdout.contains("unreadable"), "{}", drift.stdout);
    }
}

#[test]
fn what_cannot_be_used_is_two() {
    Workspace::new().run(["validate"]).expect_code(2);
    Workspace::new()
        .policy("a.txt", "")
        .run(["validate"])
        .expect_code(2);
    Workspace::new()
        .policy("a.yaml", "version: [1\n")
        .run(["validate"])
        .expect_code(2);
    Workspace::new().run(["nonsense"]).expect_code(2);
    let sound = Workspace::new().policy("a.yaml", SOUND);
    sound
        .run(["drift", "--from", "nowhere.json"])
        .expect_code(2);
    let text = r#"{"version": 9, "resources": []}"#;
    let newer = sound
        .file("state.json", text)
        .run(["drift", "--from", "state.json"]);
    assert!(newer.expect_code(2).stderr.contains("version 9"));
}

#[test]
fn findings_are_one_and_a_sound_policy_is_zero() {
    Workspace::new()
        .policy("a.yaml", SOUND)
        .run(["validate"])
        .expect_code(0);
    let bad = SOUND.replace("30d", "36d");
    let validate = Workspace::new()
        .policy("a.yaml", &bad)
        .run(["validate"])
        .expect_code(1);
    assert!(
        validate.stdout.contains("policies/a.yaml:5:81"),
        "{}",
        validate.stdout
    );
}

#[test]
fn a_policy_with_errors_is_never_rendered() {
    let workspace = Workspace::new().policy("a.yaml", &SOUND.replace("30d", "36d"));
    workspace.run(["render"]).expect_code(1);
    assert!(!workspace.path().join("generated").exists());
}

#[test]
fn render_writes_checks_and_says_what_is_stale() {
    let workspace = Workspace::new().policy("a.yaml", SOUND);
    let check = workspace.run(["render", "--check"]).expect_code(1);
    assert!(
        check.stdout.contains("orders-enforce.sh is missing"),
        "{}",
        check.stdout
    );
    let next = "bash generated/scripts/orders-enforce.sh";
    let first = workspace.run(["render"]).expect_code(0);
    assert!(first.stderr.contains(next), "{}", first.stderr);
    let again = workspace.run(["render"]).expect_code(0);
    assert!(!again.stderr.contains(next), "{}", again.stderr);
    workspace.run(["render", "--check"]).expect_code(0);
    let script = workspace.path().join("generated/scripts/orders-enforce.sh");
    fs::write(&script, "echo other\n").expect("written");
    let check = workspace
        .run(["render", "--check", "--diff"])
        .expect_code(1);
    assert!(check.stdout.contains("-echo other"), "{}", check.stdout);
}

/// Workflows, runbooks and commands name the folder that the files are in.
#[test]
fn the_folder_that_one_is_in_is_named_by_a_dot() {
    let workspace = examples();
    let told = workspace
        .run(["render", "--out", "."])
        .expect_code(0)
        .stderr;
    assert!(
        told.contains("--template-file ./aws/us-east/main.yaml"),
        "{told}"
    );
    let text = |path: &str| fs::read_to_string(workspace.path().join(path)).expect("rendered");
    assert!(text("runbooks/shop-loyalty.md").contains("./scripts/shop-loyalty-"));
}

#[test]
fn another_folder_is_named_wherever_it_is_used() {
    let workspace = examples();
    let there = workspace.path().join("infra/backups");
    let out = ["--out", "infra/backups"];
    let first = workspace
        .run(["render"].into_iter().chain(out))
        .expect_code(0);
    let command = "--template-file infra/backups/aws/us-east/main.yaml";
    assert!(first.stderr.contains(command), "{}", first.stderr);
    for file in [
        "github/shop-loyalty-dump.yml",
        "runbooks/shop-loyalty.md",
        "cron/host.crontab",
    ] {
        let text = fs::read_to_string(there.join(file)).expect("rendered");
        assert!(text.contains("infra/backups/scripts"), "{file}: {text}");
        assert!(!text.contains("generated/"), "{file}: {text}");
    }
    // The same folder by another name is the same text; so is a look at it from outside.
    for same in ["./infra/backups/", there.to_str().expect("UTF-8")] {
        workspace
            .run(["render", "--check", "--out", same])
            .expect_code(0);
    }
    let elsewhere = tempfile::tempdir().expect("a folder");
    let apart = elsewhere.path().to_str().expect("UTF-8");
    workspace.run(["render", "--out", apart]).expect_code(0);
    let text =
        |folder: &Path| fs::read_to_string(folder.join("cron/host.crontab")).expect("rendered");
    assert_eq!(
        text(elsewhere.path()),
        text(&workspace.path().join("generated"))
    );

    let drifted = ["drift", "--from", "policies/recorded/drifted.json"];
    let drift = workspace.run(drifted.into_iter().chain(out)).expect_code(1);
    assert!(
        drift.stdout.contains("file://infra/backups/lifecycle/"),
        "{}",
        drift.stdout
    );
    assert!(!drift.stdout.contains("generated/"), "{}", drift.stdout);
}

#[test]
fn every_code_explains_itself() {
    let workspace = Workspace::new();
    let list = workspace.run(["explain"]).expect_code(0).stdout;
    assert!(list.lines().count() > 30, "{list}");
    for code in list.lines() {
        let page = workspace.run(["explain", code]).expect_code(0).stdout;
        for part in [&format!("# {code}"), "**Why.**", "**Fix.**"] {
            assert!(page.contains(part), "{code} has no {part}");
        }
    }
    let unknown = workspace.run(["explain", "window-overlaps"]).expect_code(2);
    assert!(
        unknown.stderr.contains("did you mean `window-overlap`"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn a_database_is_explained_setting_by_setting() {
    let examples = examples();
    let text = examples
        .run(["explain", "train-tracker-prod"])
        .expect_code(0)
        .stdout;
    let line = |start: &str| {
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(start));
        line.unwrap_or_else(|| panic!("no {start} in {text}"))
            .to_owned()
    };
    assert!(line("rpo ").contains("15min"), "{text}");
    assert!(line("rpo ").contains("tier business_critical"), "{text}");
    assert!(line("rpo ").contains("point in time"), "{text}");
    assert!(line("retention.daily").contains("built in"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 120), "{text}");

    let azure = examples.run(["explain", "shop-reporting"]).expect_code(0);
    let window = azure
        .stdout
        .lines()
        .find(|line| line.contains("maintenance_window"));
    let window = window.unwrap_or_else(|| panic!("{}", azure.stdout));
    assert!(window.contains("tue:02:30-tue:03:30"), "{window}");
    assert!(window.contains("defaults"), "{window}");

    // A newer result on this machine counts before the one beside the policy.
    let name = "train-tracker-prod";
    let (moment, later) = ("2026-11-03T06:41:07Z", "2026-11-03T08:31:00Z");
    let drill = result(name, "pitr_test", moment, later)
        .replace("[]", r#"[{ "name": "opens", "passed": true, "detail": "it does" }, { "name": "rto", "passed": false, "detail": "812 s, and at most 600 s are allowed" }]"#)
        .replace("true, \"checks\"", "false, \"checks\"");
    let old = "2026-10-02T06:41:07Z";
    let examples = examples
        .file(
            "dumps/drills/train-tracker-prod/20261103t064107z.json",
            &drill,
        )
        .file(
            "dumps/drills/train-tracker-prod/20261003t064107z.json",
            "{}",
        )
        .file(
            "dumps/drills/train-tracker-prod/20261002T064107Z.json",
            &result(name, "restore_test", old, old),
        );
    let examples = examples.env("BACKSTAY_DUMP_DIR", "dumps");
    let args = ["explain", "train-tracker-prod", "--format", "json"];
    let json = examples.run(args).expect_code(0).stdout;
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["version"], 1);
    assert_eq!(json["drills"][1]["kind"], "restore_test");
    assert_eq!(json["drills"][0]["rto_seconds"], 60);
    let schema = examples.run(["schema", "explain"]).expect_code(0).stdout;
    let schema: Value = serde_json::from_str(&schema).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let wrong: Vec<String> = validator
        .iter_errors(&json)
        .map(|it| it.to_string())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut other = json.clone();
    other["settings"][0]["value"] = 1.into();
    assert!(!validator.is_valid(&other));
    let settings = json["settings"].as_array().expect("a list");
    let window = settings.iter().find(|setting| setting["key"] == "window");
    let window = window.expect("there is a window");
    assert_eq!(window["layer"], "defaults");
    assert_eq!(window["place"], "policies/train-tracker.yaml:23:11");
    let text = examples
        .run(["explain", "train-tracker-prod"])
        .expect_code(0)
        .stdout;
    let told = "last test of the point-in-time recovery: 2026-11-03T06:41:07Z, NOT passed, 60 s to restore, 3600 s lost
  told by dumps/drills/train-tracker-prod/20261103t064107z.json
  rto: 812 s, and at most 600 s are allowed
last restore test: 2026-11-08T05:12:44Z, passed, 2425 s to restore
  told by policies/drills/train-tracker-prod/restore_test.json
";
    assert!(text.ends_with(told), "{text}");
    assert!(
        text.contains(" train-tracker-prod-recover.sh latest\n"),
        "{text}"
    );
    let azure = examples.run(["explain", "train-tracker-azure"]);
    let azure = azure.expect_code(0).stdout;
    assert!(azure.contains(" vault az in eastus, as files "), "{azure}");
    let onprem = examples.run(["explain", "train-tracker-onprem"]);
    let onprem = onprem.expect_code(0).stdout;
    for told in [
        "train-tracker-onprem-restore.sh --from dumps-s3\n",
        "restore-test.sh\n",
    ] {
        assert!(onprem.contains(told), "{onprem}");
    }

    let near = examples
        .run(["explain", "train-tracker-prd"])
        .expect_code(2);
    assert!(
        near.stderr.contains("did you mean `train-tracker-prod`"),
        "{}",
        near.stderr
    );
}

#[test]
fn no_report_shows_a_secret() {
    let line = "  legacy: { engine: rds_postgre, at: east, id: x, password: hunter2-9f3 }\n";
    let workspace = Workspace::new().policy("a.yaml", &format!("{SOUND}{line}"));
    for form in ["text", "json"] {
        let validate = workspace.run(["validate", "--format", form]).expect_code(1);
        assert!(
            validate.stdout.contains("password-like"),
            "{}",
            validate.stdout
        );
        assert!(!validate.stdout.contains("hunter2"), "{}", validate.stdout);
    }
}

#[test]
fn a_report_is_written_beside_the_printed_one() {
    let workspace = Workspace::new().policy("a.yaml", &SOUND.replace("30d", "36d"));
    workspace
        .run(["validate", "--report", "json=report.json"])
        .expect_code(1);
    let text = fs::read_to_string(workspace.path().join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["summary"]["errors"], 1);
}

#[cfg(not(feature = "clouds"))]
#[test]
fn without_the_clouds_drift_says_what_to_do() {
    let drift = Workspace::new()
        .policy("a.yaml", SOUND)
        .run(["drift"])
        .expect_code(2);
    assert!(drift.stderr.contains("--from"), "{}", drift.stderr);
}

/// A pattern tells nobody what is wanted; what the schema says of the key does.
#[test]
fn a_value_that_does_not_fit_is_told_what_the_key_is_for() {
    let policy = SOUND.replace("engine: ", "provision: { version: \"16.4\" }, engine: ");
    let output = Workspace::new()
        .policy("a.yaml", &policy)
        .run(["validate"])
        .expect_code(1);
    let help = "write a value that fits: Major version of PostgreSQL (Azure), quoted";
    assert!(output.stdout.contains(help), "{}", output.stdout);
}

/// Code scanning and pull requests know their files by the plain path.
#[test]
fn a_place_has_the_plain_path_however_its_folder_was_named() {
    let workspace = Workspace::new().policy("bad.yaml", "version: 1\ndatabases: { A: {} }\n");
    for path in [".", "./policies", "policies/.", "./policies/bad.yaml"] {
        let output = workspace
            .run(["validate", path, "--format", "sarif"])
            .expect_code(1);
        let sarif: serde_json::Value = serde_json::from_str(&output.stdout).expect("JSON");
        let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(
            place["artifactLocation"]["uri"], "policies/bad.yaml",
            "{path}"
        );
    }
    let once = workspace.run(["validate"]).expect_code(1);
    let twice = workspace.run(["validate", ".", "./policies", "policies"]);
    assert_eq!(twice.expect_code(1).stderr, once.stderr);
}

#[test]
fn who_has_no_policy_yet_is_told_how_to_start_one() {
    let workspace = Workspace::new();
    for arguments in [
        &["validate"][..],
        &["validate", "nowhere"],
        &["validate", "."],
    ] {
        let output = workspace.run(arguments).expect_code(2);
        assert!(
            output.stderr.contains("`backstay init` starts"),
            "{arguments:?}: {}",
            output.stderr
        );
    }
    let output = workspace.run(["explain", "nothing"]).expect_code(2);
    assert!(
        output.stderr.contains("neither a database nor"),
        "{}",
        output.stderr
    );
}
