//! Alerts, read over the wire. No simulator has Cloud Control, so a server answers for it as its API
//! reference and the types' own schemas document.

mod cloud;
mod regions;
mod simulated;

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use super::{assert_no_secret, runtime};
use crate::support::{Aws, Output, Workspace};
use cloud::{
    ALARM, Cloud, MAIL, POLICY_OF_TOPIC, RULE, TOPIC, arn, subscription, subscription_of_mail,
};

const POLICY: &str = r#"version: 1
locations:
  west: { provider: aws, region: us-west-2, account: "123456789012" }
vaults:
  main: { at: west, name: company-main }
databases:
  orders:
    engine: rds_postgres
    at: west
    id: Orders
    vault: main
    alerts:
      to: [sns:oncall, "email:dba@example.com"]
      events: [failed, weakened]
    tier: non_critical
"#;
/// What one run of `backstay drift` says of this AWS.
fn drift(aws: Cloud) -> Output {
    let policy = aws.policy;
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(aws).mount(&server).await;
        server
    });
    let workspace = Workspace::new()
        .policy("policy.yaml", policy)
        .env("AWS_ENDPOINT_URL", server.uri())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "very-secret-key");
    let output = workspace.run(["drift", "--format", "json", "--fail-on", "changed"]);
    assert_no_secret(&output.stdout);
    assert_no_secret(&output.stderr);
    output
}

/// One difference: kind, last words of the resource, property, and line:column.
type Told = (String, String, String, String);

fn told(output: &Output) -> Vec<Told> {
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["drift"]["kind"] != "not_compared")
        .map(|finding| {
            let drift = &finding["drift"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let resource = text(&drift["resource"]);
            let place = &finding["place"];
            (
                text(&finding["code"]),
                resource.rsplit(' ').next().unwrap().to_owned(),
                text(&drift["property"]),
                format!("{}:{}", place["line"], place["column"]),
            )
        })
        .collect()
}

#[track_caller]
fn only(aws: Cloud, kind: &str, resource: &str, property: &str, place: &str) -> Value {
    let output = drift(aws).expect_code(1);
    let expected = [kind, resource, property, place].map(str::to_owned).into();
    assert_eq!(told(&output), [expected], "{}", output.stdout);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let all = report["findings"].as_array().unwrap();
    let is_difference = |it: &&Value| it["drift"]["kind"] == kind;
    all.iter().find(is_difference).unwrap()["drift"].clone()
}

#[test]
fn a_first_run_says_nothing() {
    let output = drift(Cloud::deployed()).expect_code(0);
    assert_eq!(told(&output), []);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let compared = &report["summary"]["compared"];
    assert_eq!(
        (&compared["resources"], &compared["unreadable"]),
        (&json!(16), &json!(0))
    );
}

fn rule(name: &str) -> String {
    arn("events", &format!("rule/{name}"))
}

#[test]
fn a_rule_that_is_off_or_tells_nobody_is_weakened() {
    let failed = || rule("backstay-backup-failed");
    let mut aws = Cloud::deployed();
    aws.of(RULE, failed())["State"] = json!("DISABLED");
    let drift = only(aws, "weakened", "backstay-backup-failed", "/State", "14:16");
    let restore = drift["restore"].as_str().unwrap();
    assert!(restore.contains("REVERT_DRIFT"), "{restore}");

    let mut aws = Cloud::deployed();
    let targets = aws.of(RULE, failed())["Targets"].as_array_mut().unwrap();
    targets.retain(|target| target["Id"] != "oncall");
    only(
        aws,
        "weakened",
        "backstay-backup-failed",
        "/Targets/oncall",
        "13:12",
    );

    let mut aws = Cloud::deployed();
    aws.of(RULE, failed())["Targets"][1]["Arn"] = json!(arn("sqs", "elsewhere"));
    let pointer = format!("/Targets/{MAIL}/Arn");
    only(aws, "changed", "backstay-backup-failed", &pointer, "13:24");
}

#[test]
fn a_pattern_is_told_whatever_is_done_to_it() {
    let mut aws = Cloud::deployed();
    aws.of(RULE, rule("backstay-copy-failed"))["EventPattern"]["detail"]["resourceType"] =
        json!(["EBS"]);
    let pointer = "/EventPattern/detail/resourceType";
    let drift = only(aws, "changed", "backstay-copy-failed", pointer, "14:16");
    let restore = drift["restore"].as_str().unwrap();
    assert!(
        restore.starts_with("aws events put-rule --region us-west-2 --name backstay-copy-failed")
    );

    // As text, and with its lists in another order: the same pattern.
    let mut aws = Cloud::deployed();
    let pattern = &mut aws.of(RULE, rule("backstay-copy-failed"))["EventPattern"];
    *pattern = json!(pattern.to_string());
    let output = self::drift(aws).expect_code(0);
    assert_eq!(told(&output), []);
}

#[test]
fn an_alarm_that_is_quiet_is_weakened() {
    let alarm = "backstay-company-main-backup-failed";
    let changed = |key: &str, value: Value| {
        let mut aws = Cloud::deployed();
        aws.of(ALARM, alarm.to_owned())[key] = value;
        aws
    };
    let quiet = changed("ActionsEnabled", json!(false));
    only(quiet, "weakened", alarm, "/ActionsEnabled", "14:16");
    let late = changed("Threshold", json!(10.0));
    only(late, "weakened", alarm, "/Threshold", "14:16");
    let to_nobody = changed("AlarmActions", json!([arn("sns", "oncall")]));
    let told = told(&drift(to_nobody).expect_code(1));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "weakened");
    assert!(told[0].2.starts_with("/AlarmActions"), "{told:?}");
    let other = changed("MetricName", json!("NumberOfBackupJobsCreated"));
    only(other, "changed", alarm, "/MetricName", "14:16");
}

#[test]
fn a_topic_without_key_or_reader_is_weakened() {
    let mut aws = Cloud::deployed();
    let topic = aws.of(TOPIC, arn("sns", "oncall")).as_object_mut().unwrap();
    topic.remove("KmsMasterKeyId");
    only(aws, "weakened", "oncall", "/KmsMasterKeyId", "13:12");

    let mut aws = Cloud::deployed();
    aws.of(TOPIC, arn("sns", MAIL))["Subscription"] = json!([]);
    only(aws, "weakened", MAIL, "/Subscription", "13:24");

    let mut aws = Cloud::deployed();
    let readers = aws.of(TOPIC, arn("sns", MAIL))["Subscription"].as_array_mut();
    readers
        .unwrap()
        .push(json!({ "Endpoint": "eve@example.com", "Protocol": "email" }));
    only(
        aws,
        "changed",
        MAIL,
        "/Subscription/eve@example.com",
        "13:24",
    );
}

#[test]
fn a_publisher_lost_is_weakened_and_one_more_is_told() {
    let topic = arn("sns", "oncall");
    let statements = |aws: &mut Cloud| -> Vec<Value> {
        let policy = aws.of(POLICY_OF_TOPIC, arn("sns", "oncall"));
        policy["PolicyDocument"]["Statement"]
            .as_array()
            .unwrap()
            .clone()
    };
    let with = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut aws = Cloud::deployed();
        let mut statements = statements(&mut aws);
        change(&mut statements);
        aws.of(POLICY_OF_TOPIC, topic.clone())["PolicyDocument"]["Statement"] = json!(statements);
        aws
    };
    let lost = with(&|all| all.retain(|it| it["Sid"] != "DatabaseEvents"));
    let pointer = "/PolicyDocument/Statement/DatabaseEvents";
    let drift = only(lost, "weakened", "oncall", pointer, "13:12");
    let restore = drift["restore"].as_str().unwrap();
    assert!(
        restore.starts_with("aws sns set-topic-attributes --region us-west-2"),
        "{restore}"
    );

    let everybody = json!({
        "Sid": "Everybody", "Effect": "Allow", "Principal": "*", "Action": "sns:*", "Resource": "*",
    });
    let open = with(&|all| all.push(everybody.clone()));
    only(
        open,
        "changed",
        "oncall",
        "/PolicyDocument/Statement/Everybody",
        "13:12",
    );

    let more = with(&|all| all[1]["Principal"]["AWS"] = json!("*"));
    let pointer = "/PolicyDocument/Statement/BackupEvents/Principal/AWS";
    only(more, "changed", "oncall", pointer, "13:12");
}

#[test]
fn what_is_gone_is_missing_and_what_is_refused_is_neither() {
    let kinds = [
        (TOPIC, arn("sns", "oncall"), "oncall", "13:12"),
        (POLICY_OF_TOPIC, arn("sns", "oncall"), "oncall", "13:12"),
        (
            RULE,
            rule("backstay-vault-deleted"),
            "backstay-vault-deleted",
            "14:24",
        ),
        (
            ALARM,
            "backstay-company-main-backup-failed".to_owned(),
            "backstay-company-main-backup-failed",
            "14:16",
        ),
    ];
    for (kind, identifier, name, place) in kinds {
        let mut aws = Cloud::deployed();
        aws.registry.remove(&(kind, identifier.clone()));
        only(aws, "missing", name, "", place);

        let mut aws = Cloud::deployed();
        let key = (kind, identifier.clone());
        aws.errors.insert(key.clone(), "AccessDeniedException");
        let output = drift(aws).expect_code(3);
        assert!(
            output
                .stdout
                .contains("cloudformation:GetResource: AccessDenied"),
            "{}",
            output.stdout
        );

        // A service behind Cloud Control that refuses is told in other words.
        let mut aws = Cloud::deployed();
        aws.errors.insert(key, "GeneralServiceException");
        drift(aws).expect_code(3);
    }
}

#[test]
fn a_subscription_that_delivers_nothing_is_weakened() {
    let mut aws = Cloud::deployed();
    aws.subscriptions = subscription("oncall", "no-permission") + &subscription_of_mail();
    let told = told(&drift(aws).expect_code(1));
    let kinds: Vec<(&str, &str)> = told
        .iter()
        .map(|it| (it.0.as_str(), it.2.as_str()))
        .collect();
    assert_eq!(
        kinds,
        [("changed", "/SnsTopicArn"), ("weakened", "/Enabled")]
    );

    let mut aws = Cloud::deployed();
    aws.subscriptions = subscription_of_mail();
    only(aws, "missing", "backstay-oncall-instances", "", "13:12");
}

#[test]
fn subscriptions_that_may_not_be_read_are_unreadable_and_the_rest_is_told() {
    let mut aws = Cloud::deployed();
    aws.refuses = "DescribeEventSubscriptions";
    let output = drift(aws).expect_code(3);
    let codes: Vec<String> = told(&output).into_iter().map(|it| it.0).collect();
    assert_eq!(codes, ["unreadable"; 2], "{}", output.stdout);
    let reason = "rds:DescribeEventSubscriptions: AccessDenied";
    assert!(output.stdout.contains(reason), "{}", output.stdout);
}

const SUBSCRIBED: &str = r#"version: 1
locations:
  west: { provider: aws, region: us-west-2, account: "123456789012" }
databases:
  orders:
    engine: rds_postgres
    at: west
    id: orders
    alerts:
      to: ["sns:arn:aws:sns:us-west-2:123456789012:oncall"]
      events: [failed, missed]
"#;

/// RDS's own subscriptions exist in the simulator.
#[test]
fn a_subscription_is_read_from_rds() {
    let moto = Aws::moto();
    let name = "backstay-oncall-instances";
    let rds = |verb: &str, arguments: &[&str]| {
        let all = ["rds", verb, "--region", "us-west-2"];
        moto.aws(&[&all, arguments].concat());
    };
    #[rustfmt::skip]
    rds("create-db-instance", &[
        "--db-instance-identifier", "orders", "--db-instance-class", "db.t4g.medium",
        "--engine", "postgres", "--allocated-storage", "20", "--backup-retention-period", "14",
        "--copy-tags-to-snapshot", "--deletion-protection", "--storage-encrypted",
        "--master-username", "postgres", "--master-user-password", "very-secret-password",
    ]);
    let subscribe = |ids: &[&str], categories: &[&str], enabled: &str| {
        #[rustfmt::skip]
        let start = [
            "--subscription-name", name, "--source-type", "db-instance", enabled,
            "--sns-topic-arn", "arn:aws:sns:us-west-2:123456789012:oncall", "--source-ids",
        ];
        let middle = ["--event-categories"];
        rds(
            "create-event-subscription",
            &[&start, ids, &middle, categories].concat(),
        );
    };
    let unsubscribe = || rds("delete-event-subscription", &["--subscription-name", name]);
    let workspace = Workspace::new().policy("policy.yaml", SUBSCRIBED);
    let mut environment = std::process::Command::new("env");
    moto.reach(&mut environment);
    let workspace = environment
        .get_envs()
        .fold(workspace, |workspace, (key, value)| {
            workspace.env(key, value.unwrap_or_default())
        });
    let run = || workspace.run(["drift", "--format", "json", "--fail-on", "changed"]);

    subscribe(&["orders"], &["notification", "failure"], "--enabled");
    assert_eq!(told(&run().expect_code(0)), []);

    let weakened = |ids: &str, categories: &[&str], enabled, property, place| {
        unsubscribe();
        subscribe(&[ids], categories, enabled);
        let told = told(&run().expect_code(1));
        let first = told.first().expect("a difference");
        assert_eq!(
            (first.0.as_str(), first.3.as_str()),
            ("weakened", place),
            "{told:?}"
        );
        assert!(first.2.starts_with(property), "{told:?}");
    };
    let both = ["failure", "notification"];
    weakened(
        "orders",
        &both[..1],
        "--enabled",
        "/EventCategories",
        "11:16",
    );
    weakened("other", &both, "--enabled", "/SourceIds", "10:12");
    weakened("orders", &both, "--no-enabled", "/Enabled", "10:12");

    unsubscribe();
    let told = told(&run().expect_code(1));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].0.as_str(), told[0].1.as_str()), ("missing", name));
}
