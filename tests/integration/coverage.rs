//! `backstay coverage` of recorded inventories.

use backstay::observe::inventory::{Holder, read};
use rstest::rstest;
use serde_json::Value;

use super::support::inventory::{Change, instance, plan, recorded, server};
use super::support::{Output, Workspace};

const POLICY: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
databases:
  orders: { engine: rds_postgres, at: east, id: orders, retention: { pitr: 14d } }
"#;

/// A daily schedule of AWS Backup.
const DAILY: &str = "cron(0 5 ? * * *)";

fn cover(policy: &str, record: &str) -> Output {
    workspace(policy, record).run(["coverage", "--from", "inventory.json", "--format", "json"])
}

fn workspace(policy: &str, record: &str) -> Workspace {
    let workspace = Workspace::new().policy("p.yaml", policy);
    workspace.file("inventory.json", record)
}

/// `code line:column message` of each finding.
#[track_caller]
fn told(output: &Output) -> Vec<String> {
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let findings = report["findings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    findings
        .map(|finding| {
            let place = &finding["place"];
            let (code, message) = (text(&finding["code"]), text(&finding["message"]));
            format!("{code} {}:{} {message}", place["line"], place["column"])
        })
        .collect()
}

/// A small estate, and what README.md shows of it.
pub fn sample() -> String {
    let arguments = ["coverage", "--from", "inventory.json"];
    sample_workspace().run(arguments).expect_code(1).stdout
}

pub fn sample_workspace() -> Workspace {
    let databases = vec![
        instance("us-east-1", "orders").plan("nightly"),
        instance("us-east-1", "ledger"),
        instance("us-east-1", "scratch-7"),
        instance("us-east-1", "shards").rds(|body| body.engine = Some("oracle-ee".to_owned())),
        instance("us-west-2", "archive"),
    ];
    let record = recorded(databases, vec![plan("nightly", DAILY, 7)]);
    let policy = POLICY.replace(
        "databases:",
        "coverage:\n  ignore:\n    - { name: \"scratch-*\", reason: rebuilt every night }\ndatabases:",
    );
    workspace(&policy, &record)
}

/// An entry of an empty place, so that it was read.
fn with_west(mut databases: Vec<backstay::observe::inventory::Database>) -> String {
    databases.push(instance("us-west-2", "seen-everywhere"));
    recorded(databases, Vec::new()).replace("seen-everywhere", "seen")
}

#[test]
fn what_no_policy_names_is_told_at_its_location() {
    let databases = vec![
        instance("us-east-1", "orders"),
        instance("us-east-1", "ledger"),
        instance("us-east-1", "lost").rds(|body| body.backup_retention_period = Some(0)),
        instance("us-east-1", "shards").rds(|body| body.engine = Some("oracle-ee".to_owned())),
        instance("us-east-1", "member").change(|it| it.cluster = Some("shop".to_owned())),
    ];
    let output = cover(POLICY, &with_west(databases)).expect_code(1);
    assert_eq!(
        told(&output),
        [
            "unbacked 3:3 `lost` in east has no backup at all, and no policy names it",
            "unprotected 3:3 no policy names `ledger` in east",
            "not-handled 3:3 `member` in east is a member of the cluster `shop`, whose backups are the cluster's",
            "not-handled 3:3 `shards` in east runs `oracle-ee`, which is not handled",
            "unprotected 4:3 no policy names `seen` in west",
        ]
    );
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let east = &report["coverage"][0];
    let numbers = ["databases", "protected", "unprotected", "not_handled"].map(|it| &east[it]);
    assert_eq!(numbers, [5, 1, 2, 2]);
    assert!(
        output.stderr.contains("6 databases in 2 locations"),
        "{}",
        output.stderr
    );
}

#[test]
fn replicas_are_protected_by_what_they_copy() {
    let arn = "arn:aws:rds:us-east-1:123456789012:db:orders";
    let copy = |of: &str| Some(backstay::cloud::aws::Value::Text(of.to_owned()));
    let databases = vec![
        instance("us-east-1", "orders"),
        instance("us-east-1", "near").rds(|body| {
            body.source = copy("orders");
            body.backup_retention_period = Some(0);
        }),
        instance("us-west-2", "far").rds(|body| body.source = copy(arn)),
        instance("us-west-2", "farther").rds(|body| {
            body.source = copy("far");
            body.backup_retention_period = Some(7);
        }),
        instance("us-west-2", "round").rds(|body| body.source = copy("about")),
        instance("us-west-2", "about").rds(|body| {
            body.source = copy("round");
            body.backup_retention_period = Some(0);
        }),
    ];
    let output = cover(POLICY, &recorded(databases, Vec::new())).expect_code(1);
    assert_eq!(
        told(&output),
        [
            "unbacked 4:3 `about` in west has no backup at all, and no policy names it",
            "protected-twice 4:3 replica `round` has automated backups of its own for 14 days, besides those of `about`",
            "unprotected 4:3 no policy names `round` in west",
            "protected-twice 6:3 replica `farther` has automated backups of its own for 7 days, besides those of `far`",
        ]
    );
}

#[rstest]
#[case::two_plans(
    &["a", "b"], DAILY, 100,
    "protected-twice 6:3 `orders` is backed up daily by 2 plans of AWS Backup: `a`, `b`"
)]
#[case::daily_within_automated(
    &["a"], DAILY, 14,
    "protected-twice 6:3 `orders` has automated backups for 14 days, and daily ones for 14 by the plan `a` of AWS Backup"
)]
fn the_same_backups_by_two_mechanisms_are_told(
    #[case] plans: &[&str],
    #[case] schedule: &str,
    #[case] days: u32,
    #[case] expected: &str,
) {
    let orders = instance("us-east-1", "orders");
    let orders = plans.iter().fold(orders, |it, name| it.plan(name));
    let west = instance("us-west-2", "orders");
    let plans = plans
        .iter()
        .map(|name| plan(name, schedule, days))
        .collect();
    let policy = format!("{POLICY}  west: {{ engine: rds_postgres, at: west, id: orders }}\n");
    let output = cover(&policy, &recorded(vec![orders, west], plans)).expect_code(1);
    assert_eq!(told(&output), [expected]);
}

#[test]
fn what_two_mechanisms_keep_differently_is_not_twice() {
    let orders = instance("us-east-1", "orders")
        .plan("a")
        .plan("b")
        .plan("c");
    let plans = vec![
        plan("a", DAILY, 35),
        plan("b", "cron(0 5 ? * SUN *)", 90),
        plan("c", "cron(0 5 1 * ? *)", 400),
    ];
    let policy = POLICY.replace(
        "  west: { provider: aws, region: us-west-2, account: \"123456789012\" }\n",
        "",
    );
    let output = cover(&policy, &recorded(vec![orders], plans)).expect_code(0);
    assert_eq!(told(&output), [""; 0]);
}

#[test]
fn continuous_backups_and_scheduled_snapshots_are_told_of_what_the_policy_names() {
    let recovery_point = "arn:aws:backup:us-east-1:123456789012:recovery-point:x".to_owned();
    let databases = vec![
        instance("us-east-1", "orders")
            .change(|it| it.held_by.push(Holder::Continuous { recovery_point }))
            .plan("nightly"),
    ];
    let policy = POLICY
        .replace(
            "pitr: 14d }",
            "pitr: 14d }, snapshots: { schedule: \"daily 01:17\", keep: 30d }",
        )
        .replace(
            "  west: { provider: aws, region: us-west-2, account: \"123456789012\" }\n",
            "",
        );
    let record = recorded(databases, vec![plan("nightly", DAILY, 60)]);
    let output = cover(&policy, &record).expect_code(1);
    let told = told(&output);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(
        told[0].contains("automated backups for 14d by the policy, and continuous"),
        "{told:#?}"
    );
    assert!(
        told[1].contains("daily snapshots by its own schedule, and by the plan `nightly`"),
        "{told:#?}"
    );
}

const IGNORED: &str = r#"coverage:
  ignore:
    - { name: "scratch-*", reason: "rebuilt every night" }
    - { tag: "env=test*", reason: "nothing to lose", until: 2999-12-31 }
    - { name: "scratch-*", at: west, reason: "moved" }
    - { tag: env, name: gone, reason: "long ago", until: 2020-01-01 }
"#;

#[test]
fn what_is_ignored_has_a_reason_and_an_end() {
    let policy = format!("{POLICY}{IGNORED}");
    let databases = vec![
        instance("us-east-1", "Scratch-1"),
        instance("us-east-1", "trial").tag("Env", "testing"),
        instance("us-east-1", "gone").tag("env", "prod"),
        instance("us-west-2", "other").tag("env", "test"),
    ];
    let output = cover(&policy, &recorded(databases, Vec::new())).expect_code(1);
    assert_eq!(
        told(&output),
        [
            "unprotected 3:3 no policy names `gone` in east",
            "ignore-unused 11:15 no unprotected database fits name `scratch-*` and at `west`",
            "ignore-ended 12:58 the time in which name `gone` and tag `env` is ignored ended on 2020-01-01",
        ]
    );
}

#[test]
fn an_entry_that_leaves_out_everything_is_refused() {
    let policy = format!("{POLICY}coverage:\n  ignore: [{{ at: east, reason: all }}]\n");
    let output = cover(&policy, &recorded(Vec::new(), Vec::new())).expect_code(1);
    let told = told(&output);
    assert!(
        told[0].contains("needs the key `name` or `tag`"),
        "{told:#?}"
    );
}

#[test]
fn a_place_that_was_not_read_is_incomplete() {
    let record = recorded(vec![instance("us-east-1", "orders")], Vec::new());
    let output = cover(POLICY, &record).expect_code(3);
    assert_eq!(
        told(&output),
        [
            "unreadable 4:3 aws 123456789012 us-west-2 could not be read: it is not in the recorded inventory"
        ]
    );
}

#[test]
fn exceptions_hold_for_coverage_as_well() {
    let exception = "exceptions:\n  - { at: locations.east, allow: unprotected, until: 2999-12-31, reason: later, owner: data }\n";
    let policy = format!("{POLICY}{exception}").replace(
        "  west: { provider: aws, region: us-west-2, account: \"123456789012\" }\n",
        "",
    );
    let record = recorded(vec![instance("us-east-1", "ledger")], Vec::new());
    let output = cover(&policy, &record).expect_code(0);
    assert!(output.stderr.contains("1 accepted"), "{}", output.stderr);
}

#[test]
fn no_secret_is_recorded_and_no_text_of_a_cloud_acts() {
    let hostile = instance("us-east-1", "led\u{1b}[31mger\n")
        .tag("token", "hunter2")
        .tag("note", "postgres://u:hunter2@db/")
        .tag("AKIAABCDEFGHIJKLMNOP", "x")
        .tag("team", "data");
    let record = with_west(vec![hostile]);
    for secret in ["hunter2", "AKIAABCDEFGHIJKLMNOP", "very-secret-login"] {
        assert!(!record.contains(secret), "{secret} in {record}");
    }
    assert!(
        record.contains("\"token\"") && record.contains("data"),
        "{record}"
    );
    let output = workspace(POLICY, &record).run(["coverage", "--from", "inventory.json"]);
    let output = output.expect_code(1);
    assert!(!output.stdout.contains('\u{1b}') && !output.stdout.contains("ger\n`"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &record).unwrap();
    assert_eq!(
        backstay::observe::inventory::write(&read(file.path()).unwrap()).unwrap(),
        record
    );
}

#[test]
fn azure_servers_are_found_by_group_and_name_in_any_case() {
    let policy = r#"version: 1
locations:
  az: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: Shop }
databases:
  orders: { engine: azure_postgres, at: az, id: orders, retention: { pitr: 14d } }
"#;
    let vault = |vault: &str| Holder::Vault {
        vault: vault.to_owned(),
        policy: "weekly".to_owned(),
    };
    let databases = vec![
        server("SHOP", "orders").change(|it| it.held_by = vec![vault("a"), vault("b")]),
        server("elsewhere", "ledger"),
    ];
    let output = cover(policy, &recorded(databases, Vec::new())).expect_code(1);
    assert_eq!(
        told(&output),
        [
            "unprotected 3:3 no policy names `ledger` in az",
            "protected-twice 5:3 `orders` is backed up by 2 vaults of Azure Backup: `a` (weekly), `b` (weekly)",
        ]
    );
    let output = workspace(
        policy,
        &recorded(vec![server("shop", "orders")], Vec::new()),
    )
    .run(["coverage", "--from", "inventory.json"])
    .expect_code(0);
    assert_eq!(
        output.stdout,
        " location  databases  protected  unprotected  paid twice  ignored  not handled\n az                1          1            0           0        0            0\n"
    );
}
