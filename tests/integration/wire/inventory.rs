//! Whole accounts and subscriptions read over the wire, and what their coverage is.

use backstay::cloud::aws::rds::DbInstance;
use backstay::observe::inventory::{Contents, Holder, Inventory, Listing, Live, Place, read};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::aws::{ROLE, create, deployer};
use super::{assert_no_secret, runtime};
use crate::support::inventory::{Change, instance};
use crate::support::{Aws, Output, Workspace};

const OTHER: &str = "210987654321";

const POLICY: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  west-again: { provider: aws, region: us-west-2, account: "123456789012" }
  eu: { provider: aws, region: eu-west-1, account: "210987654321", role: "arn:aws:iam::210987654321:role/reader" }
databases:
  orders: { engine: rds_postgres, at: east, id: db-0 }
"#;

/// AWS Backup with one plan, which takes in what has the tag `backup=daily`, less `db-3`.
fn backup(request: &Request) -> ResponseTemplate {
    let path = request.url.path();
    let answer = match path {
        "/backup/plans" | "/backup/plans/" => {
            json!({ "BackupPlansList": [{ "BackupPlanId": "p-1", "BackupPlanName": "nightly" }] })
        }
        "/backup/plans/p-1" | "/backup/plans/p-1/" => json!({ "BackupPlan": {
            "BackupPlanName": "nightly",
            "Rules": [{ "RuleName": "daily", "TargetBackupVaultName": "main",
                        "ScheduleExpression": "cron(0 5 ? * * *)",
                        "Lifecycle": { "DeleteAfterDays": 7 } }],
        } }),
        "/backup/plans/p-1/selections" | "/backup/plans/p-1/selections/" => json!({
            "BackupSelectionsList": [{ "SelectionId": "s-1", "SelectionName": "tagged" }]
        }),
        "/backup/plans/p-1/selections/s-1" => json!({ "BackupSelection": {
            "SelectionName": "tagged", "IamRoleArn": "arn:aws:iam::123456789012:role/backup",
            "ListOfTags": [{ "ConditionType": "STRINGEQUALS", "ConditionKey": "backup",
                             "ConditionValue": "daily" }],
            "NotResources": ["arn:aws:rds:*:*:db:db-3"],
        } }),
        "/resources" | "/resources/" => json!({ "Results": [{
            "ResourceArn": "arn:aws:rds:us-east-1:123456789012:db:db-1",
            "ResourceType": "RDS",
            "LastBackupTime": 1_790_000_000,
            "LastBackupVaultArn": "arn:aws:backup:us-east-1:123456789012:backup-vault:main",
        }] }),
        other => panic!("nobody said what AWS Backup answers for {other}"),
    };
    ResponseTemplate::new(200).set_body_json(answer)
}

fn refused(_: &Request) -> ResponseTemplate {
    ResponseTemplate::new(403)
        .insert_header("x-amzn-errortype", "AccessDeniedException")
        .set_body_json(json!({ "message": "not authorized to perform: backup:ListBackupPlans" }))
}

fn body(region: &str, name: &str) -> DbInstance {
    let database = instance(region, name).tag("backup", "daily");
    match database.live {
        Live::Instance(body) => *body,
        other => panic!("{other:?}"),
    }
}

/// Instances in two accounts and three Regions, and AWS Backup that answers so.
fn cover(
    policy: &str,
    answers: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static,
) -> (Output, Inventory) {
    let aws = Aws::moto();
    let runtime = runtime();
    let server = runtime.block_on(async {
        let east = deployer(&aws, "us-east-1", None).await;
        // One more than a page has.
        for n in 0..101 {
            create(&east, &body("us-east-1", &format!("db-{n}"))).await;
        }
        let west = deployer(&aws, "us-west-2", None).await;
        create(&west, &body("us-west-2", "west")).await;
        let eu = deployer(&aws, "eu-west-1", Some(ROLE)).await;
        create(&eu, &body("eu-west-1", "eu")).await;
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(answers)
            .mount(&server)
            .await;
        server
    });
    let url = server.uri();
    let workspace = Workspace::new().policy("p.yaml", policy);
    let workspace = aws
        .environment()
        .into_iter()
        .chain([("AWS_ENDPOINT_URL_BACKUP", url.as_str())])
        .fold(workspace, |workspace, (key, value)| {
            workspace.env(key, value)
        });
    let output = workspace.run(["coverage", "--record", "inventory.json", "--format", "json"]);
    let record = workspace.path().join("inventory.json");
    let inventory = read(&record).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert_no_secret(&std::fs::read_to_string(record).unwrap());
    assert_no_secret(&output.stdout);
    (output, inventory)
}

fn contents<'i>(inventory: &'i Inventory, account: &str, region: &str) -> &'i Contents {
    let place = Place::Aws {
        account: account.to_owned(),
        region: region.to_owned(),
    };
    match inventory.get(&place) {
        Some(Listing::Read(contents)) => contents,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_instance_of_every_account_is_read_with_what_holds_it() {
    let (output, inventory) = cover(POLICY, backup);
    assert_eq!(inventory.places().count(), 3);
    let east = contents(&inventory, Aws::ACCOUNT, "us-east-1");
    assert_eq!((east.databases.len(), &*east.unread), (101, &[][..]));
    assert_eq!(
        contents(&inventory, Aws::ACCOUNT, "us-west-2")
            .databases
            .len(),
        1
    );
    assert_eq!(contents(&inventory, OTHER, "eu-west-1").databases.len(), 1);
    let of = |name: &str| {
        east.databases
            .iter()
            .find(|it| it.address.name == name)
            .unwrap()
    };
    let plan = Holder::Plan {
        name: "nightly".to_owned(),
    };
    assert_eq!(of("db-0").held_by, std::slice::from_ref(&plan));
    assert!(of("db-3").held_by.is_empty());
    assert!(
        matches!(&*of("db-1").held_by, [first, Holder::RecoveryPoints { vault, last: Some(_) }] if *first == plan && vault == "main")
    );
    let Live::Instance(live) = &of("db-0").live else {
        panic!("no instance")
    };
    let wanted = body("us-east-1", "db-0");
    assert_eq!(
        (
            &live.preferred_backup_window,
            &live.tags,
            live.deletion_protection,
            live.multi_az
        ),
        (
            &wanted.preferred_backup_window,
            &wanted.tags,
            Some(true),
            Some(false)
        )
    );
    let report: Value = serde_json::from_str(&output.expect_code(1).stdout).unwrap();
    let rows = report["coverage"].as_array().unwrap();
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            format!(
                "{} {} {} {}",
                row["location"], row["databases"], row["unprotected"], row["twice"]
            )
        })
        .collect();
    // Kept for 7 days by the plan, and for 14 by RDS itself.
    assert_eq!(
        rows,
        ["\"east\" 101 100 100", "\"eu\" 1 1 1", "\"west\" 1 1 1"]
    );
}

#[test]
fn what_a_reader_may_not_see_is_told_and_hides_nothing_else() {
    let account = format!("account: \"{OTHER}\"");
    let policy = POLICY.replace(&account, "account: \"999999999999\"");
    let (output, inventory) = cover(&policy, refused);
    let east = contents(&inventory, Aws::ACCOUNT, "us-east-1");
    assert_eq!(east.databases.len(), 101);
    assert!(
        east.unread[0].contains("backup:ListBackupPlans: AccessDenied"),
        "{:?}",
        east.unread
    );
    let place = Place::Aws {
        account: "999999999999".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let Some(Listing::Unreadable { reason }) = inventory.get(&place) else {
        panic!("{:?}", inventory.get(&place));
    };
    assert!(
        reason.contains("999999999999") && reason.contains("role:"),
        "{reason}"
    );
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let unread: Vec<&Value> = findings.filter(|it| it["code"] == "unreadable").collect();
    assert_eq!(unread.len(), 3, "{unread:#?}");
    assert!(unread.iter().all(|it| it["fails"] == false));
}
