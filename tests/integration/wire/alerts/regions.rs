//! Alerts where the copies are: in another Region than the database.

use serde_json::json;

use super::cloud::{
    self, ALARM, Cloud, MAIL, POLICY_OF_TOPIC, RULE, Registry, TOPIC, arn_in, subscription,
    topic_policy,
};
use super::{drift, only, told};

pub const POLICY: &str = r#"version: 1
locations:
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  east: { provider: aws, region: us-east-1, account: "123456789012" }
vaults:
  main: { at: west, name: company-main }
  dr: { at: east, name: company-dr }
databases:
  orders:
    engine: rds_postgres
    at: west
    id: Orders
    vault: main
    copies: { to: [dr] }
    alerts:
      to: [sns:oncall]
      events: [failed, weakened]
    tier: non_critical
"#;

fn arn(service: &str, rest: &str) -> String {
    arn_in("us-east-1", service, rest)
}

fn rule(name: &str) -> String {
    arn("events", &format!("rule/{name}"))
}

/// What the second Region has.
fn there() -> Registry {
    let topic = arn("sns", "oncall");
    let vault = arn("backup", "backup-vault:company-dr");
    let rule = |name: &str, detail_type: &str, detail: serde_json::Value| {
        let properties = json!({
            "Arn": rule(name),
            "Name": name,
            "EventBusName": "default",
            "State": "ENABLED",
            "EventPattern": { "detail": detail, "detail-type": [detail_type], "source": ["aws.backup"] },
            "Targets": [{ "Id": "oncall", "Arn": topic }],
        });
        ((RULE, self::rule(name)), properties)
    };
    Registry::from([
        (
            (TOPIC, topic.clone()),
            json!({
                "TopicArn": topic,
                "TopicName": "oncall",
                "KmsMasterKeyId": "alias/backstay/alerts",
            }),
        ),
        (
            (POLICY_OF_TOPIC, topic.clone()),
            json!({ "TopicArn": topic, "PolicyDocument": topic_policy(&topic) }),
        ),
        rule(
            "backstay-incoming-copy-failed",
            "Copy Job State Change",
            json!({ "state": ["FAILED"], "destinationBackupVaultArn": [vault] }),
        ),
        rule(
            "backstay-vault-deleted",
            "Backup Vault State Change",
            json!({ "state": ["DELETED"], "backupVaultName": ["company-dr"] }),
        ),
    ])
}

fn deployed() -> Cloud {
    let mut aws = Cloud::deployed();
    aws.registry.retain(|(_, id), _| !id.ends_with(MAIL));
    let rules = aws
        .registry
        .iter_mut()
        .filter(|((kind, _), _)| *kind == RULE);
    for (_, rule) in rules {
        let targets = rule["Targets"].as_array_mut().unwrap();
        targets.retain(|target| target["Id"] == "oncall");
    }
    let alarm = aws.of(ALARM, "backstay-company-main-backup-failed".to_owned());
    alarm["AlarmActions"] = json!([cloud::arn("sns", "oncall")]);
    aws.registry.extend(there());
    Cloud {
        policy: POLICY,
        subscriptions: subscription("oncall", "active"),
        ..aws
    }
}

#[test]
fn a_first_run_says_nothing() {
    let output = drift(deployed()).expect_code(0);
    assert_eq!(told(&output), []);
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let compared = &report["summary"]["compared"];
    assert_eq!(compared["resources"], 22, "{compared}");
}

#[test]
fn what_is_taken_away_there_is_told() {
    let mut aws = deployed();
    aws.of(RULE, rule("backstay-incoming-copy-failed"))["State"] = json!("DISABLED");
    let drift = only(
        aws,
        "weakened",
        "backstay-incoming-copy-failed",
        "/State",
        "17:16",
    );
    let restore = drift["restore"].as_str().unwrap();
    assert!(restore.contains("--region us-east-1"), "{restore}");

    let mut aws = deployed();
    let pattern = &mut aws.of(RULE, rule("backstay-vault-deleted"))["EventPattern"];
    pattern["detail"]["backupVaultName"] = json!(["company-main"]);
    let told = told(&self::drift(aws).expect_code(1));
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0]
            .2
            .starts_with("/EventPattern/detail/backupVaultName"),
        "{told:?}"
    );

    let mut aws = deployed();
    aws.registry.remove(&(RULE, rule("backstay-vault-deleted")));
    only(aws, "missing", "backstay-vault-deleted", "", "17:24");

    // The topic of the same name in the first Region is another one.
    let mut aws = deployed();
    aws.registry.remove(&(TOPIC, arn("sns", "oncall")));
    only(aws, "missing", "oncall", "", "16:12");
}

#[test]
fn what_may_not_be_read_there_is_unreadable() {
    let mut aws = deployed();
    let topic = (POLICY_OF_TOPIC, arn("sns", "oncall"));
    aws.errors.insert(topic, "AccessDeniedException");
    let output = drift(aws).expect_code(3);
    let refused = "cloudformation:GetResource: AccessDenied";
    assert!(output.stdout.contains(refused), "{}", output.stdout);
}
