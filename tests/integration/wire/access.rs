//! Roles: deployed into a simulator as they are rendered, and read over the wire; and that what is asked
//! of AWS is what the rendered policy allows, all of it and nothing more.

use std::collections::{BTreeMap, BTreeSet};

use backstay::cloud::aws::reads::{GET_CALLER_IDENTITY, READS};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{assert_no_secret, plan, runtime};
use crate::support::{self, Output, Workspace};

/// One of everything that AWS has.
const POLICY: &str = r#"version: 1
locations:
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  far: { provider: aws, region: us-west-2, account: "210987654321", role: "arn:aws:iam::210987654321:role/reader" }
github: { repository: acme/backups, owner_id: "1", repository_id: "22" }
vaults:
  main: { at: west, name: company-main }
  far: { at: far, name: company-far }
stores:
  dumps: { at: west, bucket: company-dumps, encryption: customer_managed, lock: { mode: governance, for: 7d } }
defaults: { tags: { owner: data } }
databases:
  orders:
    engine: rds_postgres
    at: west
    id: orders
    tier: non_critical
    vault: main
    encryption: customer_managed
    retention: { daily: 7d, weekly: 12w }
    restore_test: { every: 1mo }
    maintenance_window: "sun:04:30-sun:05:30"
    alerts: { to: [sns:oncall], events: [failed] }
    dump: { to: [dumps], databases: [orders], schedule: "daily 01:43" }
    snapshots: { schedule: "weekly sun 02:17", keep: 90d }
    provision:
      engine_version: "16"
      instance_class: db.t4g.medium
      storage: { type: gp3, size: 20GiB }
      username: postgres
  ledger:
    engine: rds_postgres
    at: far
    id: ledger
    tier: non_critical
    vault: far
    encryption: customer_managed
    copies: { to: [main] }
    retention: { daily: 7d, weekly: 12w }
"#;

/// Where the policy asks for the dump's role: at the store.
const DUMP: u64 = 10;

const ROLE: &str = "AWS::IAM::Role";
const WRITER: &str = "backstay-dump-writer";

/// An account with what was planned, but for what a test changes.
struct Aws {
    change: fn(&str, &mut Value),
    /// What Cloud Control answers for the writer's role in place of it.
    refusal: Option<&'static str>,
    /// Roles as another AWS has them, in place of the planned ones.
    roles: Option<BTreeMap<String, Value>>,
}

impl Aws {
    fn registered(&self, body: &Value) -> ResponseTemplate {
        let (kind, identifier) = (&body["TypeName"], &body["Identifier"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (kind, identifier) = (text(kind), text(identifier));
        let name = identifier.rsplit([':', '/']).next().unwrap_or_default();
        if let Some(code) = self.refusal.filter(|_| identifier == WRITER) {
            let kind = format!("com.amazonaws.cloudcontrol#{code}");
            return ResponseTemplate::new(400)
                .set_body_json(json!({ "__type": kind, "Message": "said so" }));
        }
        let plan = plan(POLICY);
        let planned = plan
            .resources
            .iter()
            .find(|it| it.address.kind == kind && it.address.name == name)
            .unwrap_or_else(|| panic!("nobody plans {kind} {identifier}"));
        let mut properties = planned.body.tree();
        if kind == ROLE {
            if let Some(roles) = &self.roles {
                properties = roles[name].clone();
            }
            as_iam_tells(&mut properties);
            (self.change)(name, &mut properties);
        }
        ResponseTemplate::new(200).set_body_json(json!({
            "TypeName": kind,
            "ResourceDescription": {
                "Identifier": identifier,
                "Properties": properties.to_string(),
            },
        }))
    }
}

/// IAM adds what it knows, and leaves out lists that are empty.
fn as_iam_tells(role: &mut Value) {
    let role = role.as_object_mut().unwrap();
    role.remove("ManagedPolicyArns");
    role.insert("Arn".into(), json!("arn:aws:iam::123456789012:role/x"));
    role.insert("RoleId".into(), json!("AROAEXAMPLE"));
    role.insert("Path".into(), json!("/"));
    role.insert("Description".into(), json!(""));
    // One text is a list of one.
    let statement = &mut role["AssumeRolePolicyDocument"]["Statement"][0];
    statement["Action"] = json!([statement["Action"]]);
}

/// One of each, so that everything is asked.
const INSTANCE: &str = "<DBInstance><DBInstanceIdentifier>orders</DBInstanceIdentifier>\
    <DBInstanceStatus>available</DBInstanceStatus><Engine>postgres</Engine>\
    <StorageEncrypted>true</StorageEncrypted>\
    <KmsKeyId>arn:aws:kms:us-west-2:123456789012:key/1234</KmsKeyId>\
    <DBInstanceAutomatedBackupsReplications><DBInstanceAutomatedBackupsReplication>\
    <DBInstanceAutomatedBackupsArn>arn:aws:rds:us-east-1:123456789012:auto-backup:ab-1</DBInstanceAutomatedBackupsArn>\
    </DBInstanceAutomatedBackupsReplication></DBInstanceAutomatedBackupsReplications></DBInstance>";

const STACKS: [&str; 6] = ["orders", "dumps", "alerts", "access", "main", "main-plans"];

/// Answers of AWS Backup, enough to be asked everything.
fn backup(path: &str) -> ResponseTemplate {
    let plan = json!({ "BackupPlanName": "backstay-main-orders", "BackupPlanId": "some" });
    let selection = json!({ "SelectionName": "databases", "SelectionId": "some" });
    let vault = json!({
        "BackupVaultName": "company-main",
        "BackupVaultArn": "arn:aws:backup:us-west-2:123456789012:backup-vault:company-main",
    });
    ResponseTemplate::new(200).set_body_json(match backup_action(path) {
        "ListBackupVaults" => json!({ "BackupVaultList": [vault] }),
        "ListBackupPlans" => json!({ "BackupPlansList": [plan] }),
        "ListBackupSelections" => json!({ "BackupSelectionsList": [selection] }),
        "GetBackupPlan" => {
            json!({ "BackupPlan": { "BackupPlanName": "backstay-main-orders", "Rules": [] } })
        }
        _ => json!({}),
    })
}

/// Source: the API reference of AWS Backup.
fn backup_action(path: &str) -> &'static str {
    let steps: Vec<&str> = path.trim_matches('/').split('/').collect();
    match steps[..] {
        ["backup-vaults"] => "ListBackupVaults",
        ["backup-vaults", _, "access-policy"] => "GetBackupVaultAccessPolicy",
        ["backup-vaults", _, "recovery-points"] => "ListRecoveryPointsByBackupVault",
        ["resources"] => "ListProtectedResources",
        ["resources", _] => "DescribeProtectedResource",
        ["restore-jobs"] => "ListRestoreJobs",
        ["tags", _] => "ListTags",
        ["backup", "plans"] => "ListBackupPlans",
        ["backup", "plans", _] => "GetBackupPlan",
        ["backup", "plans", _, "selections"] => "ListBackupSelections",
        ["backup", "plans", _, "selections", _] => "GetBackupSelection",
        ["restore-testing", "plans", _] => "GetRestoreTestingPlan",
        ["restore-testing", "plans", _, "selections", _] => "GetRestoreTestingSelection",
        _ => panic!("{path}"),
    }
}

/// The service is in the signature's scope.
fn service(request: &Request) -> String {
    let signed = request.headers.get("authorization");
    let signed = signed.and_then(|value| value.to_str().ok());
    let service = signed.and_then(|it| it.split('/').nth(3));
    service.unwrap_or_default().to_owned()
}

impl Respond for Aws {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if service(request) == "backup" {
            return backup(request.url.path());
        }
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if let Some(target) = target(request) {
            let body = serde_json::from_str(&body).unwrap();
            return match target.as_str() {
                "GetResource" => self.registered(&body),
                "DescribeKey" => ResponseTemplate::new(200).set_body_json(json!({ "KeyMetadata": {
                    "KeyId": "1234",
                    "Arn": "arn:aws:kms:us-west-2:123456789012:key/1234",
                    "KeyManager": "CUSTOMER",
                } })),
                "GetKeyPolicy" => {
                    ResponseTemplate::new(200).set_body_json(json!({ "Policy": "{}" }))
                }
                _ => ResponseTemplate::new(200).set_body_json(json!({})),
            };
        }
        if let Some(action) = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="))
        {
            let answer = match action {
                "GetCallerIdentity" => "<Account>123456789012</Account>".to_owned(),
                "DescribeStacks" => {
                    let stack = |name: &&str| {
                        format!(
                            "<member><StackName>backstay-{name}</StackName>\
                             <CreationTime>2026-11-01T00:00:00Z</CreationTime>\
                             <StackStatus>CREATE_COMPLETE</StackStatus></member>"
                        )
                    };
                    let stacks: String = STACKS.iter().map(stack).collect();
                    format!("<Stacks>{stacks}</Stacks>")
                }
                "AssumeRole" => return ResponseTemplate::new(403),
                "GetTemplate" => {
                    "<TemplateBody>{\"Resources\":{\"RoleBackstayDumpWriter\":{}}}</TemplateBody>"
                        .to_owned()
                }
                "DescribeDBInstances" => format!("<DBInstances>{INSTANCE}</DBInstances>"),
                // Whatever is asked for is not there.
                _ => String::new(),
            };
            let result = format!("<{action}Result>{answer}</{action}Result>");
            let document = format!("<{action}Response>{result}</{action}Response>");
            return ResponseTemplate::new(200).set_body_raw(document, "text/xml");
        }
        let bucket = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        let missing = |code: &str| {
            let document = format!("<Error><Code>{code}</Code></Error>");
            ResponseTemplate::new(404).set_body_raw(document, "application/xml")
        };
        match subresource(request).as_str() {
            "versioning" => ResponseTemplate::new(200).set_body_raw(bucket, "application/xml"),
            "encryption" => missing("ServerSideEncryptionConfigurationNotFoundError"),
            "publicAccessBlock" => missing("NoSuchPublicAccessBlockConfiguration"),
            "lifecycle" => missing("NoSuchLifecycleConfiguration"),
            "object-lock" => missing("ObjectLockConfigurationNotFoundError"),
            "policy" => missing("NoSuchBucketPolicy"),
            "tagging" => missing("NoSuchTagSet"),
            "list-type" => {
                let of = |key: &str| {
                    let document = format!(
                        "<ListBucketResult><Contents><Key>{key}</Key><Size>2</Size></Contents></ListBucketResult>"
                    );
                    ResponseTemplate::new(200).set_body_raw(document, "application/xml")
                };
                match request.url.query_pairs().find(|(key, _)| key == "prefix") {
                    Some((_, prefix)) => of(&format!("{prefix}20261101T014300Z.json")),
                    None => of("other"),
                }
            }
            "x-id" => ResponseTemplate::new(200).set_body_json(json!({})),
            other => ResponseTemplate::new(500).set_body_string(other),
        }
    }
}

/// The operation, where a header names it.
fn target(request: &Request) -> Option<String> {
    let target = request.headers.get("x-amz-target")?.to_str().ok()?;
    target.rsplit('.').next().map(str::to_owned)
}

fn subresource(request: &Request) -> String {
    let first = request.url.query_pairs().next();
    first.map_or(String::new(), |(key, _)| key.into_owned())
}

/// The action of IAM that a request needs.
fn action(request: &Request) -> String {
    let service = service(request);
    if service == "backup" {
        return format!("backup:{}", backup_action(request.url.path()));
    }
    if let Some(target) = target(request) {
        // Cloud Control's actions are CloudFormation's.
        return match service.as_str() {
            "kms" => format!("kms:{target}"),
            _ => format!("cloudformation:{target}"),
        };
    }
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let action = body
        .split('&')
        .find_map(|pair| pair.strip_prefix("Action="));
    match action {
        Some(action) => format!("{service}:{action}"),
        // Source: "Actions, resources, and condition keys for Amazon S3".
        None => match subresource(request).as_str() {
            "versioning" => "s3:GetBucketVersioning".to_owned(),
            "encryption" => "s3:GetEncryptionConfiguration".to_owned(),
            "publicAccessBlock" => "s3:GetBucketPublicAccessBlock".to_owned(),
            "lifecycle" => "s3:GetLifecycleConfiguration".to_owned(),
            "object-lock" => "s3:GetBucketObjectLockConfiguration".to_owned(),
            "policy" => "s3:GetBucketPolicy".to_owned(),
            "tagging" => "s3:GetBucketTagging".to_owned(),
            "list-type" => "s3:ListBucket".to_owned(),
            "x-id" => "s3:GetObject".to_owned(),
            other => panic!("{service} {other}"),
        },
    }
}

/// What drift says, and what it and these other commands asked for.
fn drift(aws: Aws, others: &[&str]) -> (Output, Vec<Request>, Workspace) {
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(aws).mount(&server).await;
        server
    });
    let workspace = Workspace::new()
        .policy("policy.yaml", POLICY)
        .env("AWS_ENDPOINT_URL", server.uri())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "very-secret-key");
    let output = workspace.run(["drift", "--format", "json"]);
    assert_no_secret(&output.stdout);
    for other in others {
        workspace.run([*other, "--format", "json"]);
    }
    let requests = runtime.block_on(server.received_requests());
    (output, requests.unwrap_or_default(), workspace)
}

fn deployed() -> Aws {
    Aws {
        change: |_, _| {},
        refusal: None,
        roles: None,
    }
}

/// Kind, property and line of what is said of the writer's role.
fn of_the_writer(output: &Output) -> Vec<(String, String, u64)> {
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|it| text(&it["message"]).contains(WRITER))
        .map(|it| {
            let line = it["place"]["line"].as_u64().unwrap_or_default();
            (text(&it["code"]), text(&it["drift"]["property"]), line)
        })
        .collect()
}

fn changed(change: fn(&str, &mut Value)) -> Vec<(String, String, u64)> {
    let aws = Aws {
        change,
        ..deployed()
    };
    let (output, ..) = drift(aws, &[]);
    of_the_writer(&output)
}

#[track_caller]
fn only(change: fn(&str, &mut Value), kind: &str, property: &str) {
    let expected = (kind.to_owned(), property.to_owned(), DUMP);
    assert_eq!(changed(change), [expected]);
}

/// Deploys the rendered stack by the rendered command, and asks IAM for its roles.
fn simulated() -> BTreeMap<String, Value> {
    let moto = support::Aws::moto();
    let workspace = Workspace::new().policy("policy.yaml", POLICY);
    let said = workspace.run(["render"]).expect_code(0);
    let printed = format!("{}{}", said.stdout, said.stderr);
    let command = "aws cloudformation deploy --region us-west-2 --stack-name backstay-access \
                   --template-file generated/aws/west/access.yaml --capabilities CAPABILITY_NAMED_IAM";
    assert!(printed.contains(command), "{printed}");
    let file = workspace.path().join("generated/aws/west/access.yaml");
    let file = file.to_string_lossy().into_owned();
    let arguments: Vec<&str> = command.split(' ').skip(1).collect();
    let arguments: Vec<&str> = arguments
        .into_iter()
        .map(|it| if it.ends_with(".yaml") { &file } else { it })
        .collect();
    moto.aws(&arguments);
    let ask = |arguments: &[&str]| -> Value {
        let answer = moto.aws(&[&["iam"], arguments, &["--output", "json"]].concat());
        serde_json::from_str(&answer).unwrap()
    };
    let listed = ask(&["list-roles"]);
    let roles = listed["Roles"].as_array().unwrap().iter().map(|role| {
        let name = role["RoleName"].as_str().unwrap().to_owned();
        let role = &ask(&["get-role", "--role-name", &name])["Role"];
        let policies = ask(&["list-role-policies", "--role-name", &name]);
        let policies = policies["PolicyNames"].as_array().unwrap().iter();
        let policies: Vec<Value> = policies
            .map(|policy| {
                let policy = policy.as_str().unwrap();
                let told = ask(&[
                    "get-role-policy",
                    "--role-name",
                    &name,
                    "--policy-name",
                    policy,
                ]);
                json!({ "PolicyName": policy, "PolicyDocument": told["PolicyDocument"] })
            })
            .collect();
        let attached = ask(&["list-attached-role-policies", "--role-name", &name]);
        let properties = json!({
            "RoleName": name,
            "MaxSessionDuration": role["MaxSessionDuration"],
            "AssumeRolePolicyDocument": role["AssumeRolePolicyDocument"],
            "ManagedPolicyArns": attached["AttachedPolicies"],
            "Policies": policies,
        });
        (name, properties)
    });
    roles.collect()
}

fn said_of_roles(output: &Output) -> Vec<String> {
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let messages = findings.map(|it| it["message"].as_str().unwrap().to_owned());
    messages.filter(|it| it.contains(ROLE)).collect()
}

#[test]
fn roles_as_they_were_deployed_say_nothing() {
    let roles = simulated();
    let names: Vec<&str> = roles.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "backstay-drift-reader",
            "backstay-dump-writer",
            "backstay-restore-tester",
            "backstay-snapshot-operator"
        ]
    );
    let aws = Aws {
        roles: Some(roles),
        ..deployed()
    };
    assert_eq!(said_of_roles(&drift(aws, &[]).0), Vec::<String>::new());
}

#[test]
fn a_role_as_iam_tells_it_says_nothing() {
    let (output, ..) = drift(deployed(), &[]);
    assert_eq!(said_of_roles(&output), Vec::<String>::new());
}

#[test]
fn whoever_may_take_a_role_besides_is_told() {
    only(
        |_, role| {
            let principal = &mut role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"];
            principal["AWS"] = json!("*");
        },
        "changed",
        "/AssumeRolePolicyDocument/Statement/Workflows/Principal/AWS",
    );
    only(
        |_, role| {
            let statements = role["AssumeRolePolicyDocument"]["Statement"].as_array_mut();
            statements.unwrap().push(json!({
                "Sid": "Eve",
                "Effect": "Allow",
                "Principal": { "AWS": "arn:aws:iam::999999999999:root" },
                "Action": "sts:AssumeRole",
            }));
        },
        "changed",
        "/AssumeRolePolicyDocument/Statement/Eve",
    );
    only(
        |_, role| {
            let condition = &mut role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"];
            condition["StringEquals"]["token.actions.githubusercontent.com:sub"] =
                json!(["repo:acme/other:ref:refs/heads/main"]);
        },
        "changed",
        "/AssumeRolePolicyDocument/Statement/Workflows/Condition/StringEquals/token.actions.githubusercontent.com:sub",
    );
}

#[test]
fn what_a_role_may_do_besides_is_told() {
    only(
        |_, role| {
            role["ManagedPolicyArns"] = json!(["arn:aws:iam::aws:policy/AdministratorAccess"])
        },
        "changed",
        "/ManagedPolicyArns",
    );
    only(
        |_, role| {
            let policies = role["Policies"].as_array_mut().unwrap();
            policies.push(json!({ "PolicyName": "more", "PolicyDocument": { "Statement": [] } }));
        },
        "changed",
        "/Policies/more",
    );
    only(
        |_, role| {
            let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array_mut();
            statements.unwrap().retain(|it| it["Sid"] != "Uploads");
        },
        "weakened",
        "/Policies/backstay-dump-writer/PolicyDocument/Statement/Uploads",
    );
}

#[test]
fn a_role_that_is_gone_is_missing_and_one_that_is_refused_is_neither() {
    let refused = |code| {
        let refusal = Some(code);
        drift(
            Aws {
                refusal,
                ..deployed()
            },
            &[],
        )
    };
    let (output, ..) = refused("ResourceNotFoundException");
    let missing = ("missing".to_owned(), String::new(), DUMP);
    assert_eq!(of_the_writer(&output), [missing]);
    let (output, ..) = refused("AccessDeniedException");
    let codes: Vec<String> = of_the_writer(&output).into_iter().map(|it| it.0).collect();
    assert_eq!(codes, ["unreadable"]);
}

/// The one proof that matters of a least privilege: what is asked is what is allowed.
#[test]
fn the_rendered_reader_allows_what_is_asked_for_and_nothing_more() {
    let (_, requests, workspace) = drift(deployed(), &["status", "coverage"]);
    let nobody = GET_CALLER_IDENTITY.action;
    let asked = requests.iter().map(action).filter(|it| it != nobody);
    let asked: BTreeSet<String> = asked.collect();
    workspace.run(["render"]).expect_code(0);
    let path = "generated/iam/123456789012/backstay-drift-reader.json";
    let text = std::fs::read_to_string(workspace.path().join(path)).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut allowed = BTreeSet::new();
    for statement in document["Statement"].as_array().unwrap() {
        match &statement["Action"] {
            Value::Array(actions) => {
                allowed.extend(actions.iter().map(|it| it.as_str().unwrap().to_owned()));
            }
            action => drop(allowed.insert(action.as_str().unwrap().to_owned())),
        }
    }
    // AWS asks for these in the reader's name; no request of backstay's has them.
    let through = READS.iter().filter(|read| read.call.is_none());
    let through: BTreeSet<&str> = through.map(|read| read.action).collect();
    let (behind, allowed): (BTreeSet<String>, BTreeSet<String>) = allowed
        .into_iter()
        .partition(|it| through.contains(it.as_str()));
    assert_eq!(allowed, asked);
    let behind: BTreeSet<&str> = behind.iter().map(String::as_str).collect();
    assert_eq!(behind, through, "the policy has one of everything");
}
