//! What was rendered is deployed, and nothing is said, however Azure puts it; then people and scripts
//! are told what is otherwise.

use rstest::rstest;
use serde_json::{Value, json};

use super::cloud::{Cloud, server_id};
use super::estate::{Estate, NORTH};
use super::told::{SERVERS, told, update};
use crate::wire::assert_no_secret;

#[test]
fn a_fresh_deployment_has_no_drift() {
    let running = Estate::deployed().start(|_| {});
    let output = running.drift(&[]).expect_code(0);
    assert_eq!(output.stdout, "");
    assert_eq!(
        output.stderr,
        "backstay drift: 7 resources and 60 properties compared; 0 errors, 0 warnings, 2 notes\n"
    );
}

/// What Azure may answer for the very same deployment.
#[rstest]
#[case::one_server_a_page(|cloud: &mut Cloud| cloud.page = Some(1))]
#[case::a_list_without_it(|cloud: &mut Cloud| cloud.unlisted = Some("trains-prod"))]
#[case::names_in_capitals(|cloud: &mut Cloud| {
    let id = server_id(NORTH, "trains-rg", "TRAINS-PROD").to_ascii_uppercase();
    cloud.set("trains-prod", "/id", id.into());
    cloud.set("trains-prod", "/type", json!("MICROSOFT.DBFORPOSTGRESQL/FLEXIBLESERVERS"));
    cloud.set("trains-prod", "/location", json!("EASTUS"));
})]
#[case::tags_in_other_case_and_more_of_them(|cloud: &mut Cloud| {
    let tags = json!({ "Team": "data", "COST-centre": "042", "hidden-link": "very-secret-key" });
    cloud.set("trains-prod", "/tags", tags);
})]
#[case::a_twin_in_another_group(|cloud: &mut Cloud| {
    let mut twin = cloud.server("trains-prod").clone();
    twin["id"] = server_id(NORTH, "other-rg", "trains-prod").into();
    twin["properties"]["backup"]["backupRetentionDays"] = json!(7);
    cloud.servers.insert(0, twin);
})]
#[case::what_is_new_to_the_client(|cloud: &mut Cloud| {
    cloud.set("trains-prod", "/properties/state", json!("Inaccessible"));
    cloud.set("trains-prod", "/properties/storage/type", json!("PremiumV9_LRS"));
    cloud.server("trains-prod")["properties"]["cluster"] = json!({ "clusterSize": 1 });
})]
#[case::being_updated_to_what_it_is(|cloud: &mut Cloud| {
    cloud.set("trains-prod", "/properties/state", json!("Updating"));
})]
#[case::a_replica_beside_it(|cloud: &mut Cloud| {
    let mut replica = cloud.server("trains-prod").clone();
    replica["id"] = server_id(NORTH, "trains-rg", "trains-read").into();
    replica["properties"]["replicationRole"] = json!("AsyncReplica");
    replica["properties"].as_object_mut().unwrap().remove("backup");
    cloud.servers.push(replica);
})]
#[case::words_in_other_case(|cloud: &mut Cloud| {
    cloud.set("trains-prod", "/properties/maintenanceWindow/customWindow", json!("enabled"));
})]
#[case::a_policy_with_gaps(|cloud: &mut Cloud| {
    let rule = cloud.rule("daily-30d");
    rule["definition"]["filters"]["blobIndexMatch"] = Value::Null;
    rule.as_object_mut().unwrap().remove("enabled");
})]
fn the_same_deployment_has_no_drift(#[case] change: fn(&mut Cloud)) {
    let running = Estate::deployed().start(change);
    let output = running.drift(&["--record", "record.json"]).expect_code(0);
    assert_eq!(output.stdout, "");
    let record = std::fs::read_to_string(running.workspace.path().join("record.json")).unwrap();
    assert_no_secret(&record);
}

#[test]
fn a_server_of_which_next_to_nothing_is_told_has_lost_what_it_should_have() {
    let running = Estate::deployed().start(|cloud| {
        let bare = json!({ "id": cloud.server("trains-prod")["id"], "location": "eastus" });
        *cloud.server("trains-prod") = bare;
    });
    let output = running.drift(&["--format", "json"]).expect_code(1);
    let told: Vec<_> = told(&output.stdout)
        .into_iter()
        .map(|(kind, property, ..)| format!("{kind} {property}"))
        .collect();
    assert_eq!(
        told,
        [
            "weakened /sku",
            "changed /tags/cost-centre",
            "changed /tags/team",
            "changed /properties/version",
            "changed /properties/administratorLogin",
            "weakened /properties/storage",
            "weakened /properties/backup/backupRetentionDays",
            "weakened /properties/backup/geoRedundantBackup",
            "weakened /properties/highAvailability/mode",
            "changed /properties/maintenanceWindow/customWindow",
        ]
    );
}

#[test]
fn another_size_takes_its_tier_along() {
    let running = Estate::deployed().start(|cloud| {
        let size = json!({ "name": "Standard_B2s", "tier": "Burstable" });
        cloud.set("trains-prod", "/sku", size);
    });
    let output = running.drift(&["--format", "json"]).expect_code(0);
    let both = update("--name trains-prod --sku-name Standard_D2s_v3 --tier GeneralPurpose");
    let row = |property: &str, at: &str| {
        (
            "changed".to_owned(),
            property.to_owned(),
            at.to_owned(),
            both.clone(),
        )
    };
    assert_eq!(
        told(&output.stdout),
        [row("/sku/name", "17:38"), row("/sku/tier", "17:65")]
    );
}

/// A recorded state says later, without any network, what the clouds said then.
#[test]
fn what_was_recorded_is_compared_again() {
    let running = Estate::deployed().start(|cloud| {
        cloud.set(
            "trains-prod",
            "/properties/backup/backupRetentionDays",
            json!(7),
        );
        cloud.rules().retain(|rule| rule["name"] != "weekly-84d");
        cloud.servers.retain(|server| server["name"] != "Timetable");
    });
    let live = running.drift(&["--record", "record.json"]).expect_code(1);
    let asked = running.requests();
    let again = running.drift(&["--from", "record.json"]).expect_code(1);
    assert_eq!((&live.stdout, &live.stderr), (&again.stdout, &again.stderr));
    assert_eq!(running.requests(), asked);
}

#[test]
fn people_read_what_to_do() {
    let running = Estate::deployed().start(|cloud| {
        cloud.set(
            "trains-prod",
            "/properties/backup/geoRedundantBackup",
            json!("Disabled"),
        );
        cloud.set(
            "timetable",
            "/properties/backup/backupRetentionDays",
            json!(7),
        );
        cloud
            .servers
            .retain(|server| server["name"] != "freight-prod");
    });
    let output = running.drift(&[]).expect_code(1);
    let expected = format!(
        "azure Freight_RG {SERVERS} freight-prod
  missing                               live absent    policy exists   policies/trains.yaml:26:9

azure trains-rg {SERVERS} trains-prod
  weakened  backup.geoRedundantBackup   live Disabled  policy Enabled  policies/trains.yaml:13:20

azure trains-rg {SERVERS} timetable
  weakened  backup.backupRetentionDays  live 7         policy 14       policies/trains.yaml:22:24

To restore what the policy asks for (backstay never runs these):
  {}

What no command restores:
  azure Freight_RG {SERVERS} freight-prod: restore it from its newest backup, or remove it from the policy
  azure trains-rg {SERVERS} trains-prod backup.geoRedundantBackup: it is set when a server is created: restore the server to a new one that has it (az postgres flexible-server restore --geo-redundant-backup), move the clients there, and remove the old one
",
        update("--name timetable --backup-retention 14").unwrap()
    );
    assert_eq!(output.stdout, expected);
}
