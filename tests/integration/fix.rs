//! The script that `--fix-script` writes: its order, that it runs nothing unasked, and that no value
//! gets out of its place.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use backstay::observe::{Found, Observations, State, write};
use backstay::plan::{Plan, plan};
use backstay::policy;
use backstay::resolve::resolve;
use backstay::source::Sources;
use serde_json::{Value, json};

use super::cli::examples;
use super::support::{Output, Workspace, path_variable, tools};

/// A client that says the account, writes down the rest of what it is asked, and fails where told.
const CLIENT: &str = r#"#!/bin/bash
case "$*" in
  'sts get-caller-identity'*) echo "$ACCOUNT"; exit ;;
  *' --query '*) echo told; exit ;;
esac
{ printf '%s' "${0##*/}"; printf '\t%s' "$@"; printf '\n'; } >>"$CALLS"
[[ -z ${FAILS-} || "$*" != *"$FAILS"* ]]
"#;

/// A workspace whose clouds are stand-ins, with the script of what drifted there.
struct Fix(Workspace);

impl Fix {
    fn of(workspace: Workspace, state: &str) -> Fix {
        let workspace = workspace.file("bin/aws", CLIENT).file("bin/az", CLIENT);
        let bin = workspace.path().join("bin");
        for client in ["aws", "az"] {
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(bin.join(client), executable).expect("it is ours");
        }
        let calls = workspace.path().join("calls");
        let workspace = workspace
            .env("PATH", path_variable(&[&bin]))
            .env("CALLS", calls)
            .env("ACCOUNT", "123456789012");
        workspace.run(["drift", "--from", state, "--fix-script", "fix.sh"]);
        Fix(workspace)
    }

    fn examples() -> Fix {
        Fix::of(examples(), "policies/recorded/drifted.json")
    }

    /// One database and one store as the policy asks for them, but for what `change` does.
    fn of_policy(policy: &str, change: impl Fn(&mut Observations)) -> Fix {
        let plan = parsed(policy);
        let states = plan.resources.iter().map(|resource| {
            let found = Found {
                live: resource.body.tree(),
                ..Found::default()
            };
            (resource.address.clone(), State::Found(Box::new(found)))
        });
        let mut seen = Observations(states.collect());
        change(&mut seen);
        let state = write(&seen, &plan.resources).expect("it serialises");
        let workspace = Workspace::new()
            .policy("p.yaml", policy)
            .file("state.json", &state);
        Fix::of(workspace, "state.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.0.path().join("fix.sh")).expect("the script is written")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let arguments = ["fix.sh"].iter().chain(arguments);
        self.0.execute("bash", arguments)
    }

    fn calls(&self) -> Vec<String> {
        let calls = self.0.path().join("calls");
        let text = fs::read_to_string(&calls).unwrap_or_default();
        drop(fs::remove_file(calls));
        text.lines().map(str::to_owned).collect()
    }

    /// shellcheck, shfmt and bash have nothing to say.
    #[track_caller]
    fn is_well_formed(&self) {
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(tools().join("venv/bin").join(program));
            let output = command.args(arguments).current_dir(self.0.path()).output();
            let told = Output::of(output.expect("it starts"));
            assert_eq!(told.code, 0, "{program}: {}\n{}", told.stdout, self.text());
        };
        run("shellcheck", &["--norc", "--severity=style", "fix.sh"]);
        run("shfmt", &["-d", "-i", "2", "-ci", "fix.sh"]);
        self.0.execute("bash", ["-n", "fix.sh"]).expect_code(0);
    }
}

fn parsed(text: &str) -> Plan {
    let mut sources = Sources::default();
    sources.add("p.yaml", text);
    let (workspace, findings) = policy::parse(sources);
    assert!(findings.is_empty(), "{findings:?}");
    plan(&resolve(&workspace))
}

/// The words of a call up to its first option.
fn verbs(calls: &[String]) -> Vec<String> {
    let verbs = |call: &String| {
        let words = call.split('\t').take_while(|word| !word.starts_with("--"));
        words.collect::<Vec<_>>().join(" ")
    };
    calls.iter().map(verbs).collect()
}

#[test]
fn nothing_runs_unless_it_is_told_to() {
    let fix = Fix::examples();
    let listed = fix.run(&[]).expect_code(0).stdout;
    assert!(listed.contains("10. azure"), "{listed}");
    assert!(
        listed
            .lines()
            .all(|line| line.ends_with("runs with --apply")),
        "{listed}"
    );
    fix.run(&["--lower"]).expect_code(0);
    fix.run(&["--help"]).expect_code(2);
    fix.run(&["--apply", "1x"]).expect_code(2);
    assert!(fix.calls().is_empty());
    let mode = fs::metadata(fix.0.path().join("fix.sh"))
        .expect("it is there")
        .permissions();
    assert_eq!(mode.mode() & 0o111, 0, "nobody starts it by accident");
}

#[test]
fn what_protects_goes_first_and_what_lowers_last_and_only_when_asked() {
    let fix = Fix::examples();
    let told = fix.run(&["--apply"]).expect_code(1).stdout;
    assert!(told.contains("left: it would lower a protection"), "{told}");
    let raised = fix.calls();
    assert_eq!(
        verbs(&raised),
        [
            "aws backup put-backup-vault-lock-configuration",
            "az deployment group create",
            "aws s3api put-bucket-lifecycle-configuration",
            "aws s3api put-object-lock-configuration",
            "aws kms cancel-key-deletion",
            "aws kms enable-key",
            "aws kms enable-key-rotation",
            "aws rds modify-db-instance",
            "aws rds wait db-instance-available",
            "aws rds stop-db-instance-automated-backups-replication",
            "aws rds start-db-instance-automated-backups-replication",
            "aws rds modify-db-instance",
            "az postgres flexible-server update",
            "aws cloudformation create-change-set",
            "aws cloudformation deploy",
        ]
    );
    // Everything that one command sets of an instance is set by one.
    let all = "--deletion-protection\t--backup-retention-period\t30\t--preferred-backup-window";
    assert!(raised[7].contains(all), "{}", raised[7]);

    fix.run(&["--apply", "--lower"]).expect_code(0);
    let calls = fix.calls();
    assert_eq!(calls.len(), raised.len() + 1);
    assert!(
        calls[raised.len()].contains("--backup-retention\t30"),
        "{calls:?}"
    );
    fix.run(&["--apply", "6"]).expect_code(0);
    assert_eq!(fix.calls().len(), 1);
}

#[test]
fn it_stops_at_the_first_failure_and_leaves_other_accounts_alone() {
    let fix = Fix::examples();
    let fix = Fix(fix.0.env("FAILS", "cancel-key-deletion"));
    fix.run(&["--apply"]).expect_code(1);
    let last = fix.calls().pop().unwrap_or_default();
    assert!(last.contains("cancel-key-deletion"), "{last}");

    let fix = Fix(fix.0.env("FAILS", "").env("ACCOUNT", "999999999999"));
    let told = fix.run(&["--apply"]).expect_code(1).stdout;
    assert!(
        told.contains("account 123456789012, the credentials belong to 999999999999"),
        "{told}"
    );
    assert!(fix.calls().iter().all(|call| call.starts_with("az\t")));
}

const POLICY: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  group: { provider: azure, region: westeurope, subscription: 00000000-0000-0000-0000-000000000001, resource_group: rg }
stores:
  dumps: { at: east, bucket: some-dumps }
databases:
  orders:
    engine: rds_postgres
    at: east
    id: orders
    tier: non_critical
    retention: { pitr: 30d, daily: 30d, weekly: 12w }
    dump: { to: [dumps], databases: [orders], schedule: "daily 01:43" }
  ledger: { engine: azure_postgres, at: group, id: ledger, tier: non_critical, tags: { note: NOTE } }
"#;

fn found<'o>(seen: &'o mut Observations, name: &str) -> &'o mut Found {
    let mut states = seen
        .0
        .iter_mut()
        .filter(|(address, _)| address.name == name);
    match states.next() {
        Some((_, State::Found(found))) => found,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn every_form_of_it_is_a_sound_script() {
    Fix::examples().is_well_formed();
    let clean = Fix::of_policy(POLICY, |_| {});
    clean.is_well_formed();
    assert!(clean.text().contains("nothing to bring back"));
    clean.run(&[]).expect_code(0);
    let unread = Fix::of_policy(POLICY, |seen| seen.0.clear());
    unread.is_well_formed();
    assert!(unread.text().contains("could not be read: this is not all"));
    let azure = |seen: &mut Observations| {
        found(seen, "ledger").live["tags"] = Value::Null;
    };
    Fix::of_policy(POLICY, azure).is_well_formed();
    let by_hand = Fix::of_policy(POLICY, |seen| {
        found(seen, "orders").live["StorageEncrypted"] = json!(false);
    });
    by_hand.is_well_formed();
    let text = by_hand.text();
    let (_, after) = text.split_once("# No command does these:").expect(&text);
    assert!(
        after
            .lines()
            .all(|line| line.is_empty() || line.starts_with('#')),
        "{after}"
    );
}

#[test]
fn a_command_that_lowers_as_well_as_it_raises_waits_to_be_told() {
    let rules = "/LifecycleConfiguration/Rules";
    let fix = Fix::of_policy(POLICY, |seen| {
        let list = found(seen, "some-dumps").live.pointer_mut(rules);
        for rule in list.and_then(Value::as_array_mut).expect("rules") {
            let days = if rule["Id"] == "daily" { 7 } else { 400 };
            rule["ExpirationInDays"] = json!(days);
        }
    });
    fix.is_well_formed();
    fix.run(&["--apply"]).expect_code(1);
    assert!(fix.calls().is_empty());
    fix.run(&["--apply", "--lower"]).expect_code(0);
    assert_eq!(
        verbs(&fix.calls()),
        ["aws s3api put-bucket-lifecycle-configuration"]
    );
}

#[test]
fn no_value_becomes_a_command() {
    let nasty = r#"$(touch pwned) `touch pwned` '; touch pwned; ' \" && touch pwned"#;
    let policy = POLICY.replace("NOTE", &json!(nasty).to_string());
    let fix = Fix::of_policy(&policy, |seen| {
        let ledger = found(seen, "ledger");
        ledger.live["tags"]["note"] = json!("x\ntouch pwned\r\n$(touch pwned)");
        let orders = found(seen, "orders");
        orders.live["PreferredBackupWindow"] = json!("\u{2028}touch pwned\n'\ntouch pwned");
    });
    fix.0.execute("bash", ["-n", "fix.sh"]).expect_code(0);
    fix.run(&[]).expect_code(0);
    fix.run(&["--apply", "--lower"]);
    assert!(!fix.0.path().join("pwned").exists(), "{}", fix.text());
    let calls = fix.calls().join("\n");
    assert!(calls.contains(&format!("\tnote={nasty}")), "{calls}");
    for line in fix.text().lines().filter(|line| line.contains("pwned")) {
        let told = line.starts_with("# ") || line.starts_with("  az tag update ");
        assert!(told, "{line}");
    }
}

#[test]
fn check_writes_it_too_and_a_link_to_it_stays() {
    let workspace = examples();
    let there = workspace.path().join("there.sh");
    fs::write(&there, "old").expect("written");
    std::os::unix::fs::symlink("there.sh", workspace.path().join("link.sh")).expect("a link");
    let state = "policies/recorded/drifted.json";
    let args = ["check", "--from", state, "--fix-script", "link.sh"];
    workspace.run(args).expect_code(1);
    assert!(
        fs::read_to_string(there)
            .expect("it is there")
            .contains("--apply")
    );
    let link = fs::symlink_metadata(workspace.path().join("link.sh")).expect("it is there");
    assert!(link.is_symlink());
    let args = ["check", "--from", state, "--fix-script", "nowhere/x.sh"];
    workspace.run(args).expect_code(2);
}
