//! What a policy asks of AWS Backup: which plans there are, what is in them, and what they are called.

mod drift;
mod restore_tests;

use std::fmt::Write;
use std::process::Command;

use backstay::plan::{Body, Plan, plan};
use backstay::policy;
use backstay::render::{Templates, deploy_commands, render, restore_command};
use backstay::resolve::resolve;
use backstay::source::Sources;
use serde_json::{Value, json};

use crate::support::{Aws, Output, path_variable, tools};

const HEAD: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  other: { provider: aws, region: us-east-1, account: "210987654321" }
vaults:
  main: { at: east, name: main-vault }
  dr: { at: west, name: dr-vault, lock: { mode: compliance, max: 10y } }
  safe: { at: other, name: safe-vault }
defaults:
  window: "03:00-04:00"
  encryption: customer_managed
tiers:
  gold: { retention: { pitr: 7d, weekly: 12w, monthly: 12mo, yearly: 7y }, copies: { to: [dr] } }
  plain: { retention: { pitr: 7d, weekly: 8w } }
  short: { retention: { pitr: 7d } }
databases:
"#;

/// The plan of databases, each by its name and settings, in the vault `main`.
fn planned(databases: &[(&str, &str)]) -> Plan {
    let mut text = HEAD.to_owned();
    for (name, settings) in databases {
        let id = name.replace('_', "-");
        let more = if settings.is_empty() { "" } else { ", " };
        writeln!(
            text,
            "  {name}: {{ engine: rds_postgres, at: east, id: {id}, vault: main{more}{settings} }}"
        )
        .unwrap();
    }
    of(&text)
}

fn of(text: &str) -> Plan {
    let mut sources = Sources::default();
    sources.add("p.yaml", text);
    let (workspace, findings) = policy::parse(sources);
    assert!(findings.is_empty(), "{findings:#?}");
    plan(&resolve(&workspace))
}

/// A snapshot is under the key of its database wherever it goes: an account that is to copy it must be
/// able to use that key.
#[test]
fn the_key_of_a_new_database_is_shared_with_the_accounts_that_get_copies() {
    let new = |to: &str| {
        let settings = format!(
            "tier: plain, copies: {{ to: [{to}] }}, provision: {{ engine_version: \"16\", \
             instance_class: db.t4g.medium, storage: {{ type: gp3, size: 100GiB }}, username: postgres }}"
        );
        let plan = planned(&[("orders", &settings)]);
        let name = "alias/backstay/orders";
        let key = plan
            .resources
            .iter()
            .find(|it| it.address.kind == "AWS::KMS::Key" && it.address.name == name);
        let key = key.expect("the database has a key").clone();
        (key.body.tree()["KeyPolicy"]["Statement"].clone(), key)
    };
    let (statements, key) = new("dr, safe");
    let of = |name: &str, key: &str| {
        let all = statements.as_array().unwrap().iter();
        let found: Vec<&Value> = all.filter(|it| it["Sid"] == name).collect();
        assert_eq!(found.len(), 1, "{name}: {statements}");
        found[0][key].clone()
    };
    let other = json!({ "AWS": "arn:aws:iam::210987654321:root" });
    assert_eq!(of("CopiesTo210987654321", "Principal"), other);
    assert_eq!(of("GrantsFor210987654321", "Principal"), other);
    // A grant is for AWS's services alone.
    let condition = json!({ "Bool": { "kms:GrantIsForAWSResource": "true" } });
    assert_eq!(of("GrantsFor210987654321", "Condition"), condition);
    let place = key.place_of("/KeyPolicy/Statement/CopiesTo210987654321/Action");
    assert_ne!(place, key.place, "it is the copies that ask for it");

    let (statements, _) = new("dr");
    assert_eq!(statements.as_array().unwrap().len(), 1, "{statements}");
}

/// The bodies of one kind, by the names of their resources.
fn bodies(plan: &Plan, kind: &str) -> Vec<(String, Value)> {
    let all = plan.resources.iter();
    let ours = all.filter(|resource| resource.address.kind == format!("AWS::Backup::{kind}"));
    ours.map(|it| (it.address.name.clone(), it.body.tree()))
        .collect()
}

fn names(plan: &Plan, kind: &str) -> Vec<String> {
    bodies(plan, kind)
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn each_class_is_a_rule_that_keeps_clear_of_rds_and_is_copied_with_an_end_of_its_own() {
    let plan = planned(&[("a", "tier: gold")]);
    let (_, body) = &bodies(&plan, "BackupPlan")[0];
    let rules = body["BackupPlan"]["BackupPlanRule"].as_array().unwrap();
    let told: Vec<_> = rules
        .iter()
        .map(|rule| {
            let copy = &rule["CopyActions"][0];
            assert_eq!(
                copy["DestinationBackupVaultArn"],
                "arn:aws:backup:us-west-2:123456789012:backup-vault:dr-vault"
            );
            assert_eq!(copy["Lifecycle"], rule["Lifecycle"]);
            assert_eq!(rule["TargetBackupVault"], "main-vault");
            assert_eq!(rule["EnableContinuousBackup"], false);
            assert_eq!(
                rule["RecoveryPointTags"]["backstay-class"],
                rule["RuleName"]
            );
            (
                rule["RuleName"].as_str().unwrap(),
                rule["ScheduleExpression"].as_str().unwrap(),
                rule["Lifecycle"]["DeleteAfterDays"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("weekly", "cron(7 4 ? * SUN *)", 84),
            ("monthly", "cron(7 4 1 * ? *)", 366),
            ("yearly", "cron(7 4 1 1 ? *)", 2557),
        ]
    );
}

#[test]
fn the_policy_may_say_when_they_start() {
    let plan = planned(&[("a", "tier: plain, long_term_window: \"20:15-22:15\"")]);
    let rule = &bodies(&plan, "BackupPlan")[0].1["BackupPlan"]["BackupPlanRule"][0];
    assert_eq!(rule["ScheduleExpression"], "cron(15 20 ? * SUN *)");
    assert_eq!(rule["StartWindowMinutes"], 120);
    assert_eq!(rule["ScheduleExpressionTimezone"], "Etc/UTC");
}

#[test]
fn databases_that_ask_for_the_same_share_a_plan() {
    let plan = planned(&[
        ("a", "tier: gold"),
        ("b", "tier: plain"),
        ("c", "tier: gold"),
        ("d", "tier: gold, retention: { yearly: 10y }"),
        ("e", "tier: gold, retention: { yearly: 10y }"),
        // Another length of point-in-time recovery is RDS's business alone.
        ("f", "tier: plain, retention: { pitr: 14d }"),
        ("g", "tier: short"),
    ]);
    let of = |name: &str| format!("backstay-main-{name}");
    assert_eq!(
        names(&plan, "BackupPlan"),
        [of("gold"), of("plain"), of("d")]
    );
    let selected: Vec<_> = bodies(&plan, "BackupSelection")
        .into_iter()
        .map(|(name, body)| (name, body["BackupSelection"]["Resources"].clone()))
        .collect();
    let arns = |names: &[&str]| {
        let arn = |name| format!("arn:aws:rds:us-east-1:123456789012:db:{name}");
        json!(names.iter().map(arn).collect::<Vec<_>>())
    };
    assert_eq!(
        selected,
        [
            (of("gold/databases"), arns(&["a", "c"])),
            (of("plain/databases"), arns(&["b", "f"])),
            (of("d/databases"), arns(&["d", "e"])),
        ]
    );
}

#[test]
fn no_two_plans_have_one_name() {
    let other = |tier: &str| format!("tier: {tier}, retention: {{ weekly: 3w }}");
    let plan = planned(&[
        ("a", "tier: gold"),
        // Named as the tier, with rules of its own.
        ("gold", &other("gold")),
        ("a_b", "tier: plain, retention: { weekly: 5w }"),
        ("a-b", "tier: plain, retention: { weekly: 6w }"),
    ]);
    let of = |name: &str| format!("backstay-main-{name}");
    let expected = [of("gold"), of("gold-2"), of("a_b"), of("a-b-2")];
    assert_eq!(names(&plan, "BackupPlan"), expected);
    let files = render(&plan, &Templates::embedded().unwrap()).unwrap();
    let plans = files
        .iter()
        .find(|file| file.path == "aws/east/main-plans.yaml");
    let text = &plans.unwrap().text;
    assert_eq!(text.matches("Type: AWS::Backup::BackupPlan\n").count(), 4);
}

#[test]
fn what_aws_backup_takes_at_a_time_is_what_it_gets() {
    let databases: Vec<String> = (0..5_001).map(|n| format!("db-{n}")).collect();
    let databases: Vec<_> = databases.iter().map(|name| (name.as_str(), "")).collect();
    let text = HEAD.replace(
        "  window:",
        "  tier: plain\n  restore_test: { every: 1mo }\n  window:",
    );
    let mut text = text;
    for (name, _) in &databases {
        writeln!(
            text,
            "  {name}: {{ engine: rds_postgres, at: east, id: {name}, vault: main }}"
        )
        .unwrap();
    }
    let plan = of(&text);
    let plans = names(&plan, "BackupPlan");
    assert_eq!(plans, ["backstay-main-plain", "backstay-main-db-5000"]);
    let selections = bodies(&plan, "BackupSelection");
    assert_eq!(selections.len(), 11);
    let length = |body: &Value, list: &str| body.pointer(list).unwrap().as_array().unwrap().len();
    let sizes: Vec<_> = selections
        .iter()
        .map(|(_, body)| length(body, "/BackupSelection/Resources"))
        .collect();
    assert_eq!(sizes, [vec![500; 10], vec![1]].concat());
    let tests = names(&plan, "RestoreTestingPlan");
    assert_eq!(tests.len(), 6);
    assert_eq!(
        tests[..2],
        ["backstay_main_monthly", "backstay_main_monthly_2"]
    );
    let tested = bodies(&plan, "RestoreTestingSelection");
    assert!(
        tested
            .iter()
            .all(|(_, body)| length(body, "/ProtectedResourceArns") <= 30)
    );
    assert_eq!(tested.len(), 167);
    render(&plan, &Templates::embedded().unwrap()).unwrap();
}

#[test]
fn a_vault_elsewhere_or_nothing_to_keep_makes_no_plan() {
    let far = planned(&[("a", "tier: gold")]);
    let text = HEAD.replace("main: { at: east", "main: { at: west");
    let text = format!(
        "{text}  a: {{ engine: rds_postgres, at: east, id: a, tier: gold, vault: main }}\n"
    );
    assert_eq!(names(&far, "BackupPlan").len(), 1);
    assert_eq!(names(&of(&text), "BackupPlan").len(), 0);
    let plan = planned(&[("a", "tier: short, restore_test: { every: 1mo }")]);
    assert_eq!(names(&plan, "BackupPlan").len(), 0);
    assert_eq!(names(&plan, "RestoreTestingPlan").len(), 0);
    assert_eq!(names(&plan, "BackupVault").len(), 3);
}

#[test]
fn a_vault_lets_in_the_accounts_that_copy_into_it_and_no_other() {
    let plan = planned(&[("a", "tier: plain, copies: { to: [dr, safe] }")]);
    let vaults = bodies(&plan, "BackupVault");
    let policy = |name: &str| {
        let (_, body) = vaults.iter().find(|(vault, _)| vault == name).unwrap();
        body["AccessPolicy"]["Statement"].clone()
    };
    assert_eq!(policy("main-vault"), Value::Null);
    assert_eq!(policy("dr-vault"), Value::Null);
    let statement = &policy("safe-vault")[0];
    assert_eq!(
        statement["Principal"]["AWS"],
        "arn:aws:iam::123456789012:root"
    );
    assert_eq!(statement["Action"], "backup:CopyIntoBackupVault");
}

#[test]
fn a_lock_has_a_shortest_retention_and_only_compliance_a_grace() {
    let plan = planned(&[("a", "")]);
    let (_, body) = bodies(&plan, "BackupVault").remove(1);
    let lock = json!({ "MinRetentionDays": 1, "MaxRetentionDays": 3653, "ChangeableForDays": 14 });
    assert_eq!(body["LockConfiguration"], lock);
}

#[test]
fn what_is_named_is_deployed_first_and_roles_need_consent() {
    let provision = "provision: { engine_version: \"16\", instance_class: db.t4g.medium, \
                     storage: { type: gp3, size: 20GiB }, username: root }";
    let plan = planned(&[("a", &format!("tier: gold, {provision}"))]);
    let commands: Vec<_> = deploy_commands(&plan, |_| true)
        .iter()
        .map(ToString::to_string)
        .collect();
    let stacks: Vec<_> = commands
        .iter()
        .map(|command| {
            command
                .split("--stack-name ")
                .nth(1)
                .unwrap()
                .split(' ')
                .next()
                .unwrap()
        })
        .collect();
    let expected = ["main", "dr", "safe", "a", "main-plans"].map(|name| format!("backstay-{name}"));
    assert_eq!(stacks, expected);
    assert!(
        commands[4].ends_with("--capabilities CAPABILITY_NAMED_IAM"),
        "{}",
        commands[4]
    );
    assert!(!commands[0].contains("CAPABILITY"));
}

#[test]
fn commands_bring_a_vault_back_and_a_plan_by_its_stack() {
    let plan = planned(&[(
        "a",
        "tier: gold, copies: { to: [dr, safe] }, tags: { team: x }",
    )]);
    let command = |name: &str, pointer: &str| {
        let resource = plan
            .resources
            .iter()
            .find(|it| it.address.name == name)
            .unwrap();
        restore_command(resource, pointer, &Value::Null).map(|it| it.to_string())
    };
    let shown = |name: &str, pointer: &str| command(name, pointer).unwrap();
    assert_eq!(
        shown("dr-vault", "/LockConfiguration/MaxRetentionDays"),
        "aws backup put-backup-vault-lock-configuration --region us-west-2 \
         --backup-vault-name dr-vault --min-retention-days 1 --max-retention-days 3653 \
         --changeable-for-days 14"
    );
    let policy = shown(
        "safe-vault",
        "/AccessPolicy/Statement/CopiesFrom123456789012",
    );
    assert!(
        policy.contains("put-backup-vault-access-policy"),
        "{policy}"
    );
    assert_eq!(command("dr-vault", "/EncryptionKeyArn"), None);
    for (name, pointer) in [
        (
            "backstay-main-a",
            "/BackupPlan/BackupPlanRule/weekly/Lifecycle/DeleteAfterDays",
        ),
        (
            "backstay-main-a/databases",
            "/BackupSelection/Resources/some-arn",
        ),
    ] {
        let command = shown(name, pointer);
        assert!(
            command.contains("--stack-name backstay-main-plans"),
            "{command}"
        );
        assert!(
            command.contains("--deployment-mode REVERT_DRIFT"),
            "{command}"
        );
        // It has roles.
        assert!(
            command.contains("--capabilities CAPABILITY_NAMED_IAM"),
            "{command}"
        );
    }
}

/// One that is not named falls back to its default: tests would restore into another network.
#[test]
fn a_reverting_change_set_keeps_every_parameter_of_its_stack() {
    let plan = planned(&[("a", "tier: plain")]);
    let mut resources = plan.resources.iter();
    let weekly = resources.find(|it| matches!(it.body, Body::BackupPlan(_)));
    let pointer = "/BackupPlan/BackupPlanRule/weekly/Lifecycle/DeleteAfterDays";
    let command = restore_command(weekly.unwrap(), pointer, &Value::Null).unwrap();
    let [asks, reverts] = &command.lines()[..] else {
        panic!("{command}");
    };
    assert!(reverts.ends_with(r#"--parameters "$told_1""#), "{reverts}");

    let aws = Aws::moto();
    let kept = |parameters: Value| -> Value {
        let name = format!("stack-{}", parameters.as_object().unwrap().len());
        let template = json!({ "Parameters": parameters, "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } } });
        let template = template.to_string();
        let create = ["cloudformation", "create-stack", "--region", "us-east-1"];
        let create = [
            &create[..],
            &["--stack-name", &name, "--template-body", &template],
        ]
        .concat();
        aws.aws(&create);
        let script = asks.replace("backstay-main-plans", &name);
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("{script}\nprintf %s \"$told_1\"")])
            .env("PATH", path_variable(&[&tools().join("venv/bin")]));
        let output = Output::run(aws.reach(&mut bash)).expect_code(0);
        serde_json::from_str(&output.stdout).unwrap()
    };
    let text = json!({ "Type": "String", "Default": "" });
    assert_eq!(kept(json!({})), json!([]));
    assert_eq!(
        kept(json!({ "RestoreSubnetGroup": text, "Other": text })),
        json!([
            { "ParameterKey": "RestoreSubnetGroup", "UsePreviousValue": true },
            { "ParameterKey": "Other", "UsePreviousValue": true },
        ])
    );
}

#[test]
fn every_name_is_one_that_aws_backup_takes() {
    let long = "a".repeat(63);
    let text = HEAD.replace("main", &"v".repeat(26));
    let vault = "v".repeat(26);
    let tests = "tier: plain, retention: { weekly: 5w }, restore_test: { every: 30d }";
    let text = format!(
        "{text}  {long}: {{ engine: rds_postgres, at: east, id: x, vault: {vault}, {tests} }}\n"
    );
    for resource in &of(&text).resources {
        let (name, most) = match &resource.body {
            Body::BackupPlan(body) => (&body.backup_plan.backup_plan_name, 200),
            Body::BackupSelection(body) => (&body.backup_selection.selection_name, 50),
            // Room for the number of a second one.
            Body::RestoreTestingPlan(body) => (&body.restore_testing_plan_name, 48),
            Body::RestoreTestingSelection(body) => (&body.restore_testing_selection_name, 50),
            _ => continue,
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let hyphen = matches!(
            resource.body,
            Body::BackupPlan(_) | Body::BackupSelection(_)
        );
        assert!(name.len() <= most, "{name}");
        assert!(
            name.chars().all(|c| plain(c) || hyphen && c == '-'),
            "{name}"
        );
    }
}
