//! Two hundred mixed databases, live: adopted, validated, and without drift.

use backstay::cloud::aws::rds::DbInstance;
use backstay::observe::inventory::{Holder, Listing, Live, Place, read};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::aws::{ROLE, create, deployer};
use super::azure::FakeAz;
use super::azure::cloud::{Cloud, server_id};
use super::azure::estate::{NORTH, SOUTH};
use super::{assert_no_secret, runtime};
use crate::support::inventory::{Change, instance};
use crate::support::{Aws, Workspace};

const OTHER: &str = "210987654321";

/// Instances of each Region, the last one's account reached by a role; and servers.
const INSTANCES: [(&str, Option<&str>, usize); 3] = [
    ("us-east-1", None, 80),
    ("us-west-2", None, 40),
    ("eu-west-1", Some(ROLE), 20),
];
const SERVERS: usize = 60;

/// AWS Backup that has never been used.
fn no_backups(request: &Request) -> ResponseTemplate {
    let answer = match request.url.path().trim_end_matches('/') {
        "/backup/plans" => json!({ "BackupPlansList": [] }),
        "/resources" => json!({ "Results": [] }),
        other => panic!("nobody said what AWS Backup answers for {other}"),
    };
    ResponseTemplate::new(200).set_body_json(answer)
}

/// The n-th instance of a Region: of one of three environments, kept in different ways.
fn body(region: &str, n: usize) -> DbInstance {
    let environment = ["production", "staging", "dev"][n % 3];
    let team = ["shop", "ledger", "search & more", "0042", "no"][n % 5];
    let database = instance(region, &format!("{environment}-{n}"))
        .tag("env", environment)
        .tag("team", team)
        .rds(|body| {
            body.backup_retention_period = Some([14, 7, 1, 30, 35][n / 3 % 5]);
            body.multi_az = Some(n.is_multiple_of(3));
            body.deletion_protection = Some(n % 3 != 2);
            body.copy_tags_to_snapshot = Some(!n.is_multiple_of(7));
            body.storage_encrypted = Some(!n.is_multiple_of(11));
            let hour = n % 4;
            body.preferred_backup_window = format!("0{hour}:00-0{hour}:30").parse().ok();
        });
    match database.live {
        Live::Instance(body) => *body,
        other => panic!("{other:?}"),
    }
}

fn server(n: usize) -> Value {
    let (subscription, group) = [
        (NORTH, "trains-rg"),
        (NORTH, "Shop_RG"),
        (SOUTH, "trains-rg"),
    ][n % 3];
    let mode = ["Disabled", "SameZone", "ZoneRedundant"][n / 3 % 3];
    let (region, geo) = (
        ["East US", "West Europe"][n % 2],
        ["Enabled", "Disabled"][n / 7 % 2],
    );
    let custom = ["Enabled", "Disabled"][n % 4 / 3];
    json!({
        "id": server_id(subscription, group, &format!("Server-{n}")),
        "name": format!("Server-{n}"),
        "type": "Microsoft.DBForPostgreSql/flexibleservers",
        "location": region,
        "tags": { "env": "prod", "cost-centre": format!("0{n}"), "Team": "data" },
        "sku": { "name": "Standard_D2s_v3", "tier": "GeneralPurpose" },
        "properties": {
            "version": "16",
            "state": "Ready",
            "administratorLogin": "very-secret-password",
            "storage": { "type": "", "storageSizeGB": 128, "autoGrow": "Enabled" },
            "backup": {
                "backupRetentionDays": 7 + n % 29,
                "geoRedundantBackup": geo,
            },
            "highAvailability": { "mode": mode, "state": "Healthy" },
            "maintenanceWindow": {
                "customWindow": custom,
                "dayOfWeek": n % 7,
                "startHour": n % 24,
                "startMinute": n % 60,
            },
            "dataEncryption": { "type": "SystemManaged" },
        },
    })
}

async fn deploy(aws: &Aws) {
    for (region, role, count) in INSTANCES {
        let config = deployer(aws, region, role).await;
        for n in 0..count {
            create(&config, &body(region, n)).await;
        }
    }
}

async fn answering(answers: impl wiremock::Respond + 'static) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(answers)
        .mount(&server)
        .await;
    server
}

#[test]
fn two_hundred_mixed_databases_are_adopted_without_drift() {
    let (aws, az, runtime) = (Aws::moto(), FakeAz::new(), runtime());
    let cloud = Cloud {
        servers: (0..SERVERS).map(server).collect(),
        page: Some(25),
        ..Cloud::default()
    };
    let (backup, arm) = runtime.block_on(async {
        deploy(&aws).await;
        (answering(no_backups).await, answering(cloud).await)
    });
    let (backup, arm) = (backup.uri(), arm.uri());
    let workspace = aws
        .environment()
        .into_iter()
        .chain([
            ("AWS_ENDPOINT_URL_BACKUP", backup.as_str()),
            ("AZURE_RESOURCE_MANAGER_ENDPOINT", arm.as_str()),
        ])
        .fold(Workspace::new(), |workspace, (key, value)| {
            workspace.env(key, value)
        })
        .env("PATH", az.path());
    let role = format!("{OTHER}/eu-west-1={ROLE}");
    let east = format!("{}/us-east-1", Aws::ACCOUNT);
    let west = format!("{}/us-west-2", Aws::ACCOUNT);
    let arguments = [
        "adopt",
        "--aws",
        &east,
        "--aws",
        &west,
        "--aws",
        &role,
        "--azure",
        NORTH,
        "--azure",
        SOUTH,
        "--record",
        "inventory.json",
        "--out",
        "policies/adopted.yaml",
    ];
    let output = workspace.run(arguments).expect_code(0);
    assert_eq!(
        output.stderr.lines().last(),
        Some("backstay adopt: 200 databases written"),
        "{}",
        output.stderr
    );
    let file = |name: &str| std::fs::read_to_string(workspace.path().join(name)).unwrap();
    let written = file("policies/adopted.yaml");
    assert_no_secret(&written);
    assert_no_secret(&file("inventory.json"));
    workspace.run(["validate"]).expect_code(0);
    let drift = workspace.run(["drift"]).expect_code(0);
    assert_eq!(drift.stdout, "", "{written}");
    assert!(drift.stderr.contains("200 resources"), "{}", drift.stderr);
    let covered = workspace.run(["coverage"]).expect_code(0);
    assert!(
        covered.stderr.contains("200 databases in 6 locations"),
        "{}",
        covered.stderr
    );
    // The same offline, byte for byte.
    let again = ["adopt", "none", "--from", "inventory.json"];
    let again = workspace.run(again).expect_code(0);
    assert_eq!(
        again.stdout.replace(&format!(", role: \"{ROLE}\""), ""),
        written.replace(&format!(", role: \"{ROLE}\""), "")
    );
    // Said once: what many share is above, and most say little themselves.
    let databases = written.split_once("\ndatabases:\n").unwrap().1;
    let own = databases.matches("maintenance_window").count();
    assert_eq!(own, SERVERS, "{written}");
    let left = databases.matches("maintenance_window: provider_managed");
    assert_eq!(left.count(), SERVERS / 4, "{written}");
    assert!(databases.lines().count() < 200 * 12, "{written}");
}

#[test]
fn what_azure_backup_holds_is_read_in_any_case_and_a_refusal_is_told() {
    let (az, runtime) = (FakeAz::new(), runtime());
    let source = server_id(NORTH, "trains-rg", "server-0").to_ascii_uppercase();
    let vault = format!(
        "/subscriptions/{NORTH}/resourceGroups/trains-rg/providers/Microsoft.DataProtection/backupVaults/Main"
    );
    let mut cloud = Cloud {
        servers: (0..2).map(server).collect(),
        ..Cloud::default()
    };
    cloud.others.insert(
        vault.to_ascii_lowercase(),
        json!({ "id": vault, "name": "Main" }),
    );
    for (name, state) in [("one", "ProtectionConfigured"), ("old", "SoftDeleted")] {
        let id = format!("{vault}/backupInstances/{name}");
        let instance = json!({ "id": id, "name": name, "properties": {
            "dataSourceInfo": { "resourceID": source },
            "policyInfo": { "policyId": format!("{vault}/backupPolicies/weekly-{name}") },
            "currentProtectionState": state,
        } });
        cloud.others.insert(id.to_ascii_lowercase(), instance);
    }
    let read = |cloud: Cloud| {
        let arm = runtime.block_on(answering(cloud));
        let workspace = Workspace::new()
            .env("PATH", az.path())
            .env("AZURE_RESOURCE_MANAGER_ENDPOINT", arm.uri());
        let arguments = ["adopt", "--azure", NORTH, "--record", "inventory.json"];
        let output = workspace.run(arguments);
        (
            read(&workspace.path().join("inventory.json")).unwrap(),
            output,
        )
    };
    let place = Place::Azure {
        subscription: NORTH.to_owned(),
    };
    let (inventory, output) = read(cloud.clone());
    let Some(Listing::Read(contents)) = inventory.get(&place) else {
        panic!("{output:?}");
    };
    let held: Vec<_> = contents
        .databases
        .iter()
        .map(|it| it.held_by.clone())
        .collect();
    let holder = Holder::Vault {
        vault: "Main".to_owned(),
        policy: "weekly-one".to_owned(),
    };
    assert_eq!(held, [vec![holder], Vec::new()]);
    assert!(
        output
            .expect_code(0)
            .stdout
            .contains("the vault `Main` of Azure Backup, by its policy `weekly-one` (1")
    );
    cloud.refused = Some(("/backupvaults", 403, "AuthorizationFailed"));
    let (_, output) = read(cloud.clone());
    let output = output.expect_code(3);
    assert!(
        output
            .stderr
            .contains("list of backup vaults: HTTP 403, AuthorizationFailed"),
        "{}",
        output.stderr
    );
    assert!(output.stdout.contains("id: server-1"), "{}", output.stdout);
    cloud.refused = Some(("/flexibleservers", 403, "AuthorizationFailed"));
    let (inventory, output) = read(cloud);
    assert!(matches!(
        inventory.get(&place),
        Some(Listing::Unreadable { .. })
    ));
    assert_eq!(output.expect_code(3).stdout, "");
}
