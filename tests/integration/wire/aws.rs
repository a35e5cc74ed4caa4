//! AWS, deployed into a simulator and read back.

mod estate;
mod story;

use std::fmt::Write;

use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use backstay::cloud::aws::rds::DbInstance;
use backstay::observe::State;
use backstay::plan::{Body, Plan, Scope};
use serde_json::{Value, json};

use super::{observe, plan, runtime};
use crate::support::Aws;

const OTHER: &str = "210987654321";
pub const ROLE: &str = "arn:aws:iam::210987654321:role/reader";

const LOCATIONS: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  eu: { provider: aws, region: eu-west-1, account: "210987654321", role: "arn:aws:iam::210987654321:role/reader" }
"#;

/// 250 instances in one Region, a few in another and in another account.
fn fleet() -> String {
    let mut policy = format!("{LOCATIONS}defaults: {{ tags: {{ team: data }} }}\ndatabases:\n");
    let counts = [("east", 250), ("west", 3), ("eu", 3)];
    for (at, count) in counts {
        for n in 0..count {
            writeln!(
                policy,
                "  {at}-{n}: {{ engine: rds_postgres, at: {at}, id: {at}-db-{n}, \
                 window: \"03:00-04:00\", maintenance_window: \"sun:04:30-sun:05:30\", \
                 high_availability: multi_az, retention: {{ pitr: 21d }} }}"
            )
            .unwrap();
        }
    }
    policy
}

/// The account and Region whose credentials can deploy a resource.
fn role_of(scope: &Scope) -> (&str, Option<&'static str>) {
    match scope {
        Scope::Aws { account, region } => (region, (account == OTHER).then_some(ROLE)),
        Scope::Azure { .. } => unreachable!("no Azure in these policies"),
    }
}

/// Somebody who deploys, in one Region, as one role or as the account of plain credentials.
pub async fn deployer(aws: &Aws, region: &str, role: Option<&str>) -> SdkConfig {
    let base = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(&aws.url)
        .credentials_provider(Credentials::new(
            Aws::ACCOUNT,
            "deploys",
            None,
            None,
            "test",
        ))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .load()
        .await;
    let Some(role) = role else {
        return base;
    };
    let provider = AssumeRoleProvider::builder(role)
        .session_name("deploy")
        .configure(&base)
        .build()
        .await;
    base.to_builder()
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .build()
}

pub async fn create(config: &SdkConfig, body: &DbInstance) {
    let text = |value: &Option<String>, default: &str| value.clone().unwrap_or(default.to_owned());
    let tags = body
        .tags
        .iter()
        .flat_map(|tags| &tags.0)
        .map(|(key, value)| {
            let tag = aws_sdk_rds::types::Tag::builder();
            tag.key(key).value(value).build()
        });
    let client = aws_sdk_rds::Client::new(config);
    client
        .create_db_instance()
        .db_instance_identifier(&body.identifier)
        .engine("postgres")
        .engine_version("16.4")
        .db_instance_class(text(&body.class, "db.t4g.medium"))
        .allocated_storage(100)
        .master_username(text(&body.master_username, "postgres"))
        .master_user_password("very-secret-password")
        .set_backup_retention_period(body.backup_retention_period.map(|days| days as i32))
        .set_preferred_backup_window(body.preferred_backup_window.map(|it| it.to_string()))
        .set_preferred_maintenance_window(
            body.preferred_maintenance_window.map(|it| it.to_string()),
        )
        .set_copy_tags_to_snapshot(body.copy_tags_to_snapshot)
        .set_deletion_protection(body.deletion_protection)
        .set_multi_az(body.multi_az)
        .set_storage_encrypted(body.storage_encrypted)
        .set_tags(Some(tags.collect()))
        .send()
        .await
        .unwrap();
}

async fn deploy_instances(aws: &Aws, plan: &Plan) {
    let mut config: Option<(Scope, SdkConfig)> = None;
    for resource in &plan.resources {
        let Body::DbInstance(body) = &resource.body else {
            continue;
        };
        let scope = &resource.address.scope;
        if config.as_ref().is_none_or(|(of, _)| of != scope) {
            let (region, role) = role_of(scope);
            config = Some((scope.clone(), deployer(aws, region, role).await));
        }
        if let Some((_, config)) = &config {
            create(config, body).await;
        }
    }
}

#[test]
fn a_fleet_reads_back_as_it_was_planned() {
    let policy = fleet();
    let aws = Aws::moto();
    runtime().block_on(deploy_instances(&aws, &plan(&policy)));
    let observed = observe(&policy, &aws.environment()).expect_code(0);
    assert_eq!(observed.output.stdout, "");
    assert_eq!(observed.plan.resources.len(), 256);
    for resource in &observed.plan.resources {
        let name = &resource.address.name;
        assert_eq!(observed.live(name), &observed.wanted(name), "{name}");
    }
}

#[test]
fn what_is_not_there_is_missing_and_a_wrong_account_is_not() {
    let aws = Aws::moto();
    let policy = format!(
        "{LOCATIONS}databases:
  here: {{ engine: rds_postgres, at: east, id: gone }}
  there:
    engine: rds_postgres
    at: stranger
    id: hidden
"
    )
    .replace(
        "databases:",
        "  stranger: { provider: aws, region: us-east-2, account: \"999999999999\" }\ndatabases:",
    );
    let observed = observe(&policy, &aws.environment()).expect_code(1);
    assert_eq!(observed.state("gone"), &State::Missing);
    let reason = observed.reason("hidden");
    for word in [Aws::ACCOUNT, "999999999999", "AWS_PROFILE", "role:"] {
        assert!(reason.contains(word), "{reason}");
    }
}

#[test]
fn no_credentials_is_unreadable() {
    let aws = Aws::moto();
    let policy =
        format!("{LOCATIONS}databases:\n  a: {{ engine: rds_postgres, at: east, id: a }}\n");
    let observed = observe(&policy, &[("AWS_ENDPOINT_URL", &aws.url)]).expect_code(3);
    let reason = observed.reason("a");
    assert!(reason.contains("GetCallerIdentity"), "{reason}");
}

const STACK: &str = r#"databases:
  orders:
    engine: rds_postgres
    at: west
    id: Orders-DB
    window: "03:00-04:00"
    maintenance_window: "sun:04:30-sun:05:30"
    encryption: customer_managed
    high_availability: multi_az
    tags: { team: data }
    provision:
      engine_version: "16"
      instance_class: db.t4g.medium
      storage: { type: gp3, size: 100GiB }
      username: postgres
"#;

/// The template that a stack of this database has, without what is not ours.
fn template(database: &Value) -> String {
    let mut properties = database.clone();
    // The simulator takes no managed password in a template.
    properties["MasterUserPassword"] = json!("very-secret-password");
    properties["DeleteAutomatedBackups"] = json!(false);
    let key = json!({ "Type": "AWS::KMS::Key", "Properties": {
        "KeyPolicy": { "Version": "2012-10-17", "Statement": [] } } });
    let database = json!({ "Type": "AWS::RDS::DBInstance", "Properties": properties });
    serde_json::to_string(&json!({ "Resources": { "DatabaseKey": key, "Database": database } }))
        .unwrap()
}

#[test]
fn a_stack_tells_its_key_and_what_was_deployed() {
    let policy = format!("{LOCATIONS}{STACK}");
    let aws = Aws::moto();
    let planned = plan(&policy);
    let mut resources = planned.resources.iter();
    let database = resources.find(|resource| resource.address.name == "orders-db");
    let wanted = database.unwrap().body.tree();
    runtime().block_on(async {
        let config = deployer(&aws, "us-west-2", None).await;
        let client = aws_sdk_cloudformation::Client::new(&config);
        let request = client.create_stack().stack_name("backstay-orders");
        let request = request.template_body(template(&wanted));
        request.send().await.unwrap();
    });
    let observed = observe(&policy, &aws.environment());
    let State::Found(found) = observed.state("orders-db") else {
        panic!("{:?}", observed.state("orders-db"));
    };
    assert_eq!(found.deployed.as_ref(), Some(&wanted));
    assert_eq!(
        found.live["KmsKeyId"],
        json!({ "Fn::GetAtt": ["DatabaseKey", "Arn"] })
    );
    assert_eq!(found.live["EngineVersion"], json!("16"));
    let lost_by_the_simulator = [
        "DeletionProtection",
        "EnableCloudwatchLogsExports",
        "ManageMasterUserPassword",
    ];
    for (name, value) in wanted.as_object().unwrap() {
        if !lost_by_the_simulator.contains(&name.as_str()) {
            assert_eq!(&found.live[name], value, "{name}");
        }
    }
}
