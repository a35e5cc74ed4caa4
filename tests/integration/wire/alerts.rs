//! Alerts, read over the wire. No simulator has Cloud Control, so a server answers for it as its API
//! reference and the types' own schemas document: in other orders and with more members than were
//! asked for.

mod regions;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{assert_no_secret, runtime};
use crate::support::{Aws, Output, Workspace};

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

const RULE: &str = "AWS::Events::Rule";
const ALARM: &str = "AWS::CloudWatch::Alarm";
const TOPIC: &str = "AWS::SNS::Topic";
const POLICY_OF_TOPIC: &str = "AWS::SNS::TopicInlinePolicy";
const MAIL: &str = "backstay-dba-AT-example_com";

fn arn(service: &str, rest: &str) -> String {
    arn_in("us-west-2", service, rest)
}

fn arn_in(region: &str, service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{region}:123456789012:{rest}")
}

fn topic_policy(topic: &str) -> Value {
    let statement = |sid: &str, service: &str| {
        json!({
            "Resource": topic,
            "Action": ["sns:Publish"],
            "Principal": { "Service": [service] },
            "Effect": "Allow",
            "Sid": sid,
        })
    };
    let mut alarms = statement("Alarms", "cloudwatch.amazonaws.com");
    let mut databases = statement("DatabaseEvents", "events.rds.amazonaws.com");
    let here = json!({ "StringEquals": { "aws:SourceAccount": ["123456789012"] } });
    alarms["Condition"] = here.clone();
    databases["Condition"] = here;
    let backups = statement("BackupEvents", "events.amazonaws.com");
    json!({ "Version": "2012-10-17", "Statement": [databases, backups, alarms] })
}

/// Type and identifier, and what the registry tells of it.
type Registry = BTreeMap<(&'static str, String), Value>;

/// Everything as it was deployed.
fn deployed() -> Registry {
    let (oncall, mail) = (arn("sns", "oncall"), arn("sns", MAIL));
    let rule = |name: &str, detail_type: &str, detail: Value| {
        let arn = arn("events", &format!("rule/{name}"));
        let properties = json!({
            "Arn": arn,
            "RuleName": name,
            "Name": name,
            "EventBusName": "default",
            "State": "ENABLED",
            "EventPattern": { "detail": detail, "detail-type": [detail_type], "source": ["aws.backup"] },
            "Targets": [
                { "Id": "oncall", "Arn": oncall },
                { "Id": MAIL, "Arn": mail },
            ],
            "Tags": [{ "Key": "aws:cloudformation:stack-name", "Value": "backstay-alerts" }],
        });
        ((RULE, arn), properties)
    };
    let vault = arn("backup", "backup-vault:company-main");
    let topic = |name: &str, subscription: Value| {
        let arn = arn("sns", name);
        let properties = json!({
            "TopicArn": arn,
            "TopicName": name,
            "DisplayName": "",
            "KmsMasterKeyId": "alias/backstay/alerts",
            "Subscription": subscription,
            "FifoTopic": false,
        });
        ((TOPIC, arn), properties)
    };
    let policy = |topic: &str| {
        let properties = json!({ "TopicArn": topic, "PolicyDocument": topic_policy(topic) });
        ((POLICY_OF_TOPIC, topic.to_owned()), properties)
    };
    let alarm = json!({
        "Arn": arn("cloudwatch", "alarm:backstay-company-main-backup-failed"),
        "AlarmName": "backstay-company-main-backup-failed",
        "AlarmDescription": "A backup job failed in the vault company-main",
        "AlarmActions": [oncall, mail],
        "OKActions": [],
        "InsufficientDataActions": [],
        "ActionsEnabled": true,
        "ComparisonOperator": "GreaterThanThreshold",
        "Dimensions": [{ "Name": "BackupVaultName", "Value": "company-main" }],
        "EvaluationPeriods": 1,
        "MetricName": "NumberOfBackupJobsFailed",
        "Namespace": "AWS/Backup",
        "Period": 300,
        "Statistic": "Sum",
        "Threshold": 0.0,
        "TreatMissingData": "notBreaching",
    });
    Registry::from([
        topic(
            "oncall",
            json!([{ "Endpoint": "someone@example.com", "Protocol": "email" }]),
        ),
        topic(
            MAIL,
            json!([{ "Endpoint": "dba@example.com", "Protocol": "email" }]),
        ),
        policy(&oncall),
        policy(&mail),
        rule(
            "backstay-backup-failed",
            "Backup Job State Change",
            json!({ "backupVaultName": ["company-main"], "state": ["FAILED"] }),
        ),
        rule(
            "backstay-copy-failed",
            "Copy Job State Change",
            json!({ "state": ["FAILED"], "sourceBackupVaultArn": [vault] }),
        ),
        rule(
            "backstay-vault-deleted",
            "Backup Vault State Change",
            json!({ "state": ["DELETED"], "backupVaultName": ["company-main"] }),
        ),
        (
            (ALARM, "backstay-company-main-backup-failed".to_owned()),
            alarm,
        ),
    ])
}

/// AWS, with what the registry tells and what RDS tells of subscriptions.
struct Cloud {
    policy: &'static str,
    registry: Registry,
    /// Answers in place of a resource: its type and identifier, and the error's code.
    errors: BTreeMap<(&'static str, String), &'static str>,
    subscriptions: String,
    /// The action of RDS that is not allowed.
    refuses: &'static str,
}

impl Cloud {
    fn deployed() -> Cloud {
        Cloud {
            policy: POLICY,
            registry: deployed(),
            errors: BTreeMap::new(),
            subscriptions: subscription("oncall", "active") + &subscription_of_mail(),
            refuses: "",
        }
    }

    /// The properties of a resource that was found.
    fn of(&mut self, kind: &'static str, identifier: String) -> &mut Value {
        let found = self.registry.get_mut(&(kind, identifier));
        found.expect("the registry has it")
    }

    fn registered(&self, body: &Value) -> ResponseTemplate {
        let text = |key: &str| body[key].as_str().unwrap_or_default();
        let asked = (text("TypeName"), text("Identifier").to_owned());
        let error = self
            .errors
            .iter()
            .find(|((kind, identifier), _)| (*kind, identifier) == (asked.0, &asked.1));
        if let Some((_, code)) = error {
            return refused(code);
        }
        let found = self
            .registry
            .iter()
            .find(|((kind, identifier), _)| (*kind, identifier) == (asked.0, &asked.1));
        match found {
            None => refused("ResourceNotFoundException"),
            Some((_, properties)) => ResponseTemplate::new(200).set_body_json(json!({
                "TypeName": asked.0,
                "ResourceDescription": {
                    "Identifier": asked.1,
                    "Properties": properties.to_string(),
                },
            })),
        }
    }
}

fn refused(code: &str) -> ResponseTemplate {
    let kind = format!("com.amazonaws.cloudcontrol#{code}");
    ResponseTemplate::new(400).set_body_json(json!({ "__type": kind, "Message": "said so" }))
}

const ALERTS_KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
const VAULT_KEY: &str = "0987dcba-09fe-87dc-65ba-ab0987654321";

/// The Region that a request is signed for.
fn region(request: &Request) -> &str {
    let signed = request.headers.get("authorization");
    let signed = signed.and_then(|it| it.to_str().ok()).unwrap_or_default();
    signed.split('/').nth(2).unwrap_or_default()
}

fn vaults(region: &str) -> Value {
    let name = match region {
        "us-west-2" => "company-main",
        _ => "company-dr",
    };
    json!({ "BackupVaultList": [{
        "BackupVaultName": name,
        "BackupVaultArn": arn_in(region, "backup", &format!("backup-vault:{name}")),
        "EncryptionKeyArn": arn_in(region, "kms", &format!("key/{VAULT_KEY}")),
        "Locked": false,
    }] })
}

/// What KMS says of the two keys, as they were deployed.
fn key(verb: &str, asked: &Value, region: &str) -> ResponseTemplate {
    let id = match asked["KeyId"].as_str().unwrap_or_default() {
        "alias/backstay/alerts" | ALERTS_KEY => ALERTS_KEY,
        _ => VAULT_KEY,
    };
    let answer = match (verb, id) {
        ("DescribeKey", id) => json!({ "KeyMetadata": {
            "KeyId": id,
            "Arn": arn_in(region, "kms", &format!("key/{id}")),
            "Enabled": true,
            "KeyState": "Enabled",
            "Description": match (id, region) {
                (ALERTS_KEY, _) => "Encrypts alerts about backups",
                (_, "us-west-2") => "Encrypts what is copied into the vault main",
                _ => "Encrypts what is copied into the vault dr",
            },
        } }),
        ("GetKeyRotationStatus", id) => json!({ "KeyId": id, "KeyRotationEnabled": true }),
        ("GetKeyPolicy", id) => json!({ "Policy": key_policy(id).to_string() }),
        _ => return ResponseTemplate::new(500).set_body_string(verb),
    };
    ResponseTemplate::new(200).set_body_json(answer)
}

fn key_policy(id: &str) -> Value {
    let account = json!({
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
        "Action": "kms:*",
        "Resource": "*",
    });
    let publishers = json!({
        "Sid": "Publishers",
        "Effect": "Allow",
        "Principal": { "Service": [
            "events.rds.amazonaws.com", "events.amazonaws.com", "cloudwatch.amazonaws.com",
        ] },
        "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
        "Resource": "*",
    });
    let statements = match id {
        ALERTS_KEY => json!([publishers, account]),
        _ => json!([account]),
    };
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// A subscription to the instance's events, as RDS tells it.
fn subscription(topic: &str, status: &str) -> String {
    let name = format!("backstay-{topic}-instances");
    subscription_of(
        &name,
        &arn("sns", topic),
        status,
        &["failure", "deletion", "configuration change"],
    )
}

fn subscription_of_mail() -> String {
    subscription_of(
        "backstay-backstay-dba-at-example-com-instances",
        &arn("sns", MAIL),
        "active",
        &["configuration change", "failure", "deletion"],
    )
}

fn subscription_of(name: &str, topic: &str, status: &str, categories: &[&str]) -> String {
    let categories: String = categories
        .iter()
        .map(|category| format!("<EventCategory>{category}</EventCategory>"))
        .collect();
    format!(
        "<EventSubscription><CustomerAwsId>123456789012</CustomerAwsId>\
         <CustSubscriptionId>{name}</CustSubscriptionId><SnsTopicArn>{topic}</SnsTopicArn>\
         <Status>{status}</Status><SourceType>db-instance</SourceType>\
         <SourceIdsList><SourceId>orders</SourceId></SourceIdsList>\
         <EventCategoriesList>{categories}</EventCategoriesList><Enabled>true</Enabled>\
         </EventSubscription>"
    )
}

const INSTANCE: &str = "<DBInstance><DBInstanceIdentifier>orders</DBInstanceIdentifier>\
    <DBInstanceStatus>available</DBInstanceStatus><Engine>postgres</Engine>\
    <BackupRetentionPeriod>7</BackupRetentionPeriod><CopyTagsToSnapshot>true</CopyTagsToSnapshot>\
    <DeletionProtection>true</DeletionProtection><StorageEncrypted>true</StorageEncrypted>\
    </DBInstance>";

impl Respond for Cloud {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let target = request.headers.get("x-amz-target");
        if let Some(target) = target {
            let target = target.to_str().unwrap_or_default();
            let body = serde_json::from_str(&body).unwrap();
            return match target.split_once('.') {
                Some(("CloudApiService", "GetResource")) => self.registered(&body),
                Some(("TrentService", verb)) => key(verb, &body, region(request)),
                _ => ResponseTemplate::new(500).set_body_string(target),
            };
        }
        if request.url.path().starts_with("/backup-vaults") {
            return ResponseTemplate::new(200).set_body_json(vaults(region(request)));
        }
        let action = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="));
        let answer = match action {
            Some("GetCallerIdentity") => "<Account>123456789012</Account>".to_owned(),
            Some("DescribeDBInstances") => format!("<DBInstances>{INSTANCE}</DBInstances>"),
            Some(action) if self.refuses == action => {
                let error = "<Error><Code>AccessDenied</Code><Message>said so</Message></Error>";
                let document = format!("<ErrorResponse>{error}</ErrorResponse>");
                return ResponseTemplate::new(403).set_body_raw(document, "text/xml");
            }
            Some("DescribeEventSubscriptions") => format!(
                "<EventSubscriptionsList>{}</EventSubscriptionsList>",
                self.subscriptions
            ),
            Some("DescribeStacks") => "<Stacks></Stacks>".to_owned(),
            _ => return ResponseTemplate::new(500).set_body_string(body),
        };
        let action = action.unwrap_or_default();
        let result = format!("<{action}Result>{answer}</{action}Result>");
        let document = format!("<{action}Response>{result}</{action}Response>");
        ResponseTemplate::new(200).set_body_raw(document, "text/xml")
    }
}

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
