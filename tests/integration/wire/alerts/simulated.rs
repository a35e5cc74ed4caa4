//! The alerts in a simulator that no one here wrote, as far as it plays them: it makes topics, rules and
//! alarms by CloudFormation, and says which events a rule hears.

use backstay::render::{Templates, render};
use serde_json::{Value, json};

use super::regions::POLICY;
use crate::support::Aws;
use crate::wire::plan;

/// Types that the simulator refuses; the registry's own schemas judge those, and the tests beside this
/// read them back.
const REFUSED: [&str; 2] = ["AWS::RDS::EventSubscription", "AWS::SNS::TopicInlinePolicy"];

/// A rendered template without what the simulator refuses.
fn taken(template: &str) -> String {
    let mut template: Value = serde_yaml::from_str(template).unwrap();
    let resources = template["Resources"].as_object_mut().unwrap();
    resources.retain(|_, resource| !REFUSED.iter().any(|kind| resource["Type"] == *kind));
    let there: Vec<String> = resources.keys().cloned().collect();
    for resource in resources.values_mut() {
        if let Some(first) = resource.get_mut("DependsOn").and_then(Value::as_array_mut) {
            first.retain(|id| there.iter().any(|it| id == it));
        }
    }
    template.to_string()
}

/// Both Regions' alerts.
fn deployed() -> Aws {
    let aws = Aws::ministack();
    let files = render(&plan(POLICY), &Templates::embedded().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (region, path) in REGIONS {
        let file = files.iter().find(|file| file.path == path).unwrap();
        let to = folder.path().join("template.json");
        std::fs::write(&to, taken(&file.text)).unwrap();
        let to = to.to_str().unwrap();
        #[rustfmt::skip]
        aws.aws(&[
            "cloudformation", "deploy", "--region", region, "--stack-name", "backstay-alerts",
            "--template-file", to,
        ]);
    }
    aws
}

const REGIONS: [(&str, &str); 2] = [
    ("us-west-2", "aws/west/alerts.yaml"),
    ("us-east-1", "aws/east/alerts.yaml"),
];

fn asked(aws: &Aws, words: &[&str], region: &str) -> Value {
    let answer = aws.aws(&[words, &["--region", region, "--output", "json"]].concat());
    serde_json::from_str(&answer).unwrap()
}

/// The rules that hear an event.
fn heard_by(aws: &Aws, region: &str, kind: &str, detail: Value) -> Vec<String> {
    let event = json!({
        "version": "0", "id": "1", "source": "aws.backup", "account": "123456789012",
        "time": "2026-11-25T03:00:00Z", "region": region, "resources": [],
        "detail-type": kind, "detail": detail,
    });
    let rules = asked(aws, &["events", "list-rules"], region);
    let rules = rules["Rules"].as_array().unwrap().iter();
    let hears = |rule: &&Value| {
        let pattern = rule["EventPattern"].as_str().unwrap();
        let event = event.to_string();
        let words = [
            "events",
            "test-event-pattern",
            "--event-pattern",
            pattern,
            "--event",
            &event,
        ];
        asked(aws, &words, region)["Result"] == true
    };
    let name = |rule: &Value| rule["Name"].as_str().unwrap().to_owned();
    rules.filter(hears).map(name).collect()
}

#[test]
fn deployed_rules_hear_what_they_are_for_and_nothing_else() {
    let aws = deployed();
    let vault = |region: &str, name: &str| {
        format!("arn:aws:backup:{region}:123456789012:backup-vault:{name}")
    };
    // The members of each event are those of AWS Backup's own examples.
    let backup = |state: &str| {
        json!({ "backupJobId": "1", "backupVaultName": "company-main", "resourceType": "RDS",
                "state": state, "statusMessage": "said so" })
    };
    let copy = json!({
        "copyJobId": "1", "resourceType": "RDS", "state": "FAILED",
        "sourceBackupVaultArn": vault("us-west-2", "company-main"),
        "destinationBackupVaultArn": vault("us-east-1", "company-dr"),
    });
    let gone = json!({ "backupVaultName": "company-dr", "isLocked": "false", "state": "DELETED" });
    let (job, copied) = ("Backup Job State Change", "Copy Job State Change");
    for (region, kind, detail, hears) in [
        (
            "us-west-2",
            job,
            backup("FAILED"),
            Some("backstay-backup-failed"),
        ),
        ("us-west-2", job, backup("COMPLETED"), None),
        (
            "us-west-2",
            copied,
            copy.clone(),
            Some("backstay-copy-failed"),
        ),
        (
            "us-east-1",
            copied,
            copy,
            Some("backstay-incoming-copy-failed"),
        ),
        (
            "us-east-1",
            "Backup Vault State Change",
            gone,
            Some("backstay-vault-deleted"),
        ),
    ] {
        let heard = heard_by(&aws, region, kind, detail);
        assert_eq!(
            heard,
            Vec::from_iter(hears.map(str::to_owned)),
            "{region} {kind}"
        );
    }

    for (region, _) in REGIONS {
        let topic = format!("arn:aws:sns:{region}:123456789012:oncall");
        let rule = [
            "events",
            "list-targets-by-rule",
            "--rule",
            "backstay-vault-deleted",
        ];
        assert_eq!(
            asked(&aws, &rule, region)["Targets"],
            json!([{ "Id": "oncall", "Arn": topic }])
        );
    }
    let alarms = asked(&aws, &["cloudwatch", "describe-alarms"], "us-west-2");
    let alarm = &alarms["MetricAlarms"][0];
    assert_eq!(alarm["AlarmName"], "backstay-company-main-backup-failed");
    assert_eq!(
        alarm["AlarmActions"],
        json!(["arn:aws:sns:us-west-2:123456789012:oncall"])
    );
}
