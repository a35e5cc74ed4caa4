//! Findings that a policy accepts for a while: by whom, until when, and what an exception may not do.

use jiff::{Timestamp, ToSpan, tz};
use serde_json::Value;

use super::support::{Output, Workspace};

const HEAD: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
tiers:
  gold: { retention: { pitr: 30d }, floor: [retention] }
databases:
  orders: { engine: rds_postgres, at: east, id: orders-prod, tier: gold, retention: { pitr: 7d } }
  others: { engine: rds_postgres, at: east, id: others-prod, tier: gold }
"#;

fn day(from_today: i32) -> String {
    let today = Timestamp::now().to_zoned(tz::TimeZone::UTC).date();
    today.saturating_add(from_today.days()).to_string()
}

/// The policy with one exception.
fn policy(at: &str, allow: &str, until: &str) -> String {
    format!(
        "{HEAD}exceptions:\n  - at: {at}\n    allow: {allow}\n    until: {until}\n    reason: moves in spring\n    owner: platform\n"
    )
}

fn workspace(text: &str) -> Workspace {
    Workspace::new().policy("p.yaml", text)
}

/// Code, line and column of what counts.
fn counted(output: &Output) -> Vec<(String, u64, u64)> {
    let report: Value = serde_json::from_str(&output.stdout).expect("the report is JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    findings
        .filter(|finding| finding["accepted"].is_null() && finding["severity"] != "info")
        .map(|finding| {
            let place = |name: &str| finding["place"][name].as_u64().expect("a place");
            let code = finding["code"].as_str().expect("a code").to_owned();
            (code, place("line"), place("column"))
        })
        .collect()
}

fn validate(text: &str, code: i32) -> Vec<(String, u64, u64)> {
    counted(
        &workspace(text)
            .run(["validate", "--format", "json"])
            .expect_code(code),
    )
}

#[test]
fn what_is_accepted_does_not_count_and_is_told_by_whom() {
    let text = policy("databases.orders", "below-floor", &day(100));
    assert_eq!(validate(&text, 0), []);
    let sound = workspace(&text);
    let report = sound.run(["validate", "--format", "json"]);
    let report: Value = serde_json::from_str(&report.stdout).expect("JSON");
    assert_eq!(report["summary"]["accepted"], 1);
    let accepted = report["findings"].as_array().expect("findings");
    let accepted = accepted
        .iter()
        .find(|it| it["code"] == "below-floor")
        .expect("it is told");
    assert_eq!(accepted["accepted"]["owner"], "platform");
    assert_eq!(accepted["accepted"]["place"]["line"], 10);
    // The floor is the one thing that only an exception gets past: the policy is rendered.
    sound.run(["render"]).expect_code(0);
    assert!(sound.run(["validate"]).stderr.contains("1 accepted"));
    sound.run(["validate", "--no-exceptions"]).expect_code(1);
}

#[test]
fn an_exception_holds_for_its_part_alone() {
    let floor = |line, column| ("below-floor".to_owned(), line, column);
    let unused = || ("exception-unused".to_owned(), 10, 9);
    for (at, code, expected) in [
        ("databases.orders.retention", 0, vec![]),
        ("databases.others", 1, vec![floor(7, 93), unused()]),
        ("databases.orders.tier", 1, vec![floor(7, 93), unused()]),
    ] {
        let found = validate(&policy(at, "below-floor", &day(100)), code);
        assert_eq!(found, expected, "{at}");
    }
}

#[test]
fn an_exception_ends_and_warns_before() {
    let at = |code: &str| (code.to_owned(), 12, 12);
    let floor = ("below-floor".to_owned(), 7, 93);
    for (until, code, expected) in [
        (15, 0, vec![]),
        (13, 1, vec![at("exception-ends-soon")]),
        (0, 1, vec![at("exception-ends-soon")]),
        (-1, 1, vec![floor, at("exception-ended")]),
    ] {
        let found = validate(
            &policy("databases.orders", "below-floor", &day(until)),
            code,
        );
        assert_eq!(found, expected, "{until}");
    }
}

#[test]
fn an_exception_that_accepts_nothing_is_told() {
    let floor = || ("below-floor".to_owned(), 7, 93);
    for (at, allow, place) in [
        ("databases.orders", "below-flor", (11, 12)),
        ("databases.oders", "below-floor", (10, 9)),
    ] {
        let found = validate(&policy(at, allow, &day(100)), 1);
        let unknown = ("exception-unknown".to_owned(), place.0, place.1);
        assert_eq!(found, vec![floor(), unknown], "{at} {allow}");
    }
}

/// A recorded state in which the one instance is weaker than the policy.
fn weakened() -> String {
    let instance = |name: &str, days: u32| {
        serde_json::json!({
            "provider": "aws", "account": "123456789012", "region": "us-east-1",
            "type": "AWS::RDS::DBInstance", "name": name, "state": "found",
            "live": {
                "DBInstanceIdentifier": name, "Engine": "postgres", "BackupRetentionPeriod": days,
                "CopyTagsToSnapshot": true, "DeletionProtection": true, "StorageEncrypted": true,
            },
        })
    };
    let resources = [instance("orders-prod", 3), instance("others-prod", 30)];
    serde_json::json!({ "version": 1, "resources": resources }).to_string()
}

#[test]
fn drift_is_accepted_by_the_part_that_asks_for_it() {
    let below = "  - { at: databases.orders, allow: below-floor, until: 2999-01-01, reason: x, owner: z }\n";
    let run = |at: &str, code: i32| {
        let text = policy(at, "weakened", &day(100)) + below;
        let workspace = workspace(&text).file("state.json", &weakened());
        let output = workspace.run(["drift", "--from", "state.json", "--format", "json"]);
        counted(&output.expect_code(code))
    };
    assert_eq!(run("databases.orders", 0), []);
    // An exception for drift that is not there is told by the run that looked.
    let found = run("databases.others", 1);
    let codes: Vec<&str> = found.iter().map(|(code, ..)| code.as_str()).collect();
    assert_eq!(codes, ["exception-unused", "weakened"]);
    // validate did not look.
    let text = policy("databases.others", "weakened", &day(100)) + below;
    assert_eq!(validate(&text, 0), []);
}

#[test]
fn accept_writes_an_exception_that_is_then_in_force() {
    let until = day(100);
    let accept = |workspace: &Workspace, reason: &str| {
        workspace.run([
            "accept",
            "below-floor",
            "--at",
            "databases.orders",
            "--until",
            &until,
            "--reason",
            reason,
            "--owner",
            "platform",
        ])
    };
    let commented = format!("{HEAD}  # the end\n");
    let listed = policy("databases.others", "weakened", &day(100)) + "\n# after\nstores: {}\n";
    for text in [HEAD, &commented, &listed, HEAD.trim_end()] {
        let workspace = workspace(text);
        let said = accept(&workspace, r#"a "quoted" # reason: with \ signs"#).expect_code(0);
        assert_eq!(said.stdout, "policies/p.yaml\n");
        workspace.run(["validate"]).expect_code(0);
        let new =
            std::fs::read_to_string(workspace.path().join("policies/p.yaml")).expect("it is there");
        // Every line that was there is there still, in its order.
        let mut lines = new.lines();
        for line in text.lines() {
            assert!(lines.any(|new| new == line), "{line}\n{new}");
        }
    }
}

#[test]
fn accept_refuses_what_would_accept_nothing_and_leaves_the_file() {
    let flow = format!("{HEAD}exceptions: []\n");
    let run = |text: &str, code: &str, at: &str, until: &str| {
        let workspace = workspace(text);
        let arguments = [
            "accept", code, "--at", at, "--until", until, "--reason", "x", "--owner", "y",
        ];
        let said = workspace.run(arguments).expect_code(2).stderr;
        let file = workspace.path().join("policies/p.yaml");
        assert_eq!(std::fs::read_to_string(file).expect("it is there"), text);
        said
    };
    let later = day(100);
    assert!(
        run(HEAD, "below-flor", "databases.orders", &later).contains("did you mean `below-floor`")
    );
    assert!(run(HEAD, "below-floor", "databases.oders", &later).contains("nothing at"));
    assert!(run(HEAD, "below-floor", "databases.orders", &day(-1)).contains("is over"));
    assert!(run(HEAD, "below-floor", "databases.orders", "spring").contains("no day"));
    // A list in brackets is not added to by a program: the lines are shown instead.
    assert!(
        run(&flow, "below-floor", "databases.orders", &later).contains("- at: databases.orders")
    );
}
