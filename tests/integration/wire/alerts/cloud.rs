//! AWS as the readers of alerts ask it: the registry, RDS's subscriptions, the vaults and keys beside
//! them. It answers in other orders and with more members than were asked for.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wiremock::{Request, Respond, ResponseTemplate};

use super::POLICY;

pub const RULE: &str = "AWS::Events::Rule";
pub const ALARM: &str = "AWS::CloudWatch::Alarm";
pub const TOPIC: &str = "AWS::SNS::Topic";
pub const POLICY_OF_TOPIC: &str = "AWS::SNS::TopicInlinePolicy";
pub const MAIL: &str = "backstay-dba-AT-example_com";

pub fn arn(service: &str, rest: &str) -> String {
    arn_in("us-west-2", service, rest)
}

pub fn arn_in(region: &str, service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:{region}:123456789012:{rest}")
}

pub fn topic_policy(topic: &str) -> Value {
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
pub type Registry = BTreeMap<(&'static str, String), Value>;

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
pub struct Cloud {
    pub policy: &'static str,
    pub registry: Registry,
    /// Answers in place of a resource: its type and identifier, and the error's code.
    pub errors: BTreeMap<(&'static str, String), &'static str>,
    pub subscriptions: String,
    /// The action of RDS that is not allowed.
    pub refuses: &'static str,
}

impl Cloud {
    pub fn deployed() -> Cloud {
        Cloud {
            policy: POLICY,
            registry: deployed(),
            errors: BTreeMap::new(),
            subscriptions: subscription("oncall", "active") + &subscription_of_mail(),
            refuses: "",
        }
    }

    /// The properties of a resource that was found.
    pub fn of(&mut self, kind: &'static str, identifier: String) -> &mut Value {
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
pub fn subscription(topic: &str, status: &str) -> String {
    let name = format!("backstay-{topic}-instances");
    subscription_of(
        &name,
        &arn("sns", topic),
        status,
        &["failure", "deletion", "configuration change"],
    )
}

pub fn subscription_of_mail() -> String {
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
