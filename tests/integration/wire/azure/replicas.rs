//! Replicas: as rendered, as they change, and as they stop being replicas.

use rstest::rstest;
use serde_json::{Value, json};

use super::cloud::{Cloud, server_id};
use super::estate::{Estate, NORTH, hour};
use super::told::{SERVERS, Told, deploy_server, tag, tells, update};

const POLICY: &str = r#"version: 1
locations:
  north: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }
databases:
  trains:
    engine: azure_postgres
    at: north
    id: trains-prod
    retention: { pitr: 30d }
    copies: { geo: true }
    high_availability: zone_redundant
    tags: { team: data }
    replicas: [{ id: trains-west, location: westus2 }]
    provision: { version: "16", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: { size: 128GiB }, username: pgadmin }
  timetable:
    engine: azure_postgres
    at: north
    id: timetable
    retention: { pitr: 14d }
    replicas: [{ id: timetable-read }]
defaults:
  maintenance_window: "sun:04:30-sun:05:30"
"#;

fn source(name: &str) -> String {
    format!("/subscriptions/{NORTH}/resourceGroups/trains-rg/providers/{SERVERS}/{name}")
}

/// The policy's rendered servers, and those that exist already.
fn deployed() -> Estate {
    let mut estate = Estate::of(POLICY);
    let server = |name: &str| {
        json!({
            "id": server_id(NORTH, "trains-rg", name),
            "name": name,
            "location": "East US",
            "properties": { "version": "15", "state": "Ready", "backup": { "backupRetentionDays": 14 }, "maintenanceWindow": hour() }
        })
    };
    let mut read = server("timetable-read");
    read["properties"]["replicationRole"] = json!("AsyncReplica");
    read["properties"]["sourceServerResourceId"] = json!(source("timetable"));
    estate.cloud.servers.extend([server("timetable"), read]);
    estate
}

#[test]
fn a_fresh_replica_has_no_drift() {
    let running = deployed().start(|_| {});
    let output = running.drift(&[]).expect_code(0);
    assert_eq!(output.stdout, "");
    assert_eq!(
        output.stderr,
        "backstay drift: 5 resources and 43 properties compared; 0 errors, 0 warnings, 3 notes\n"
    );
    // One list tells them all; a lock is asked for by its name.
    assert_eq!(running.requests().len(), 2, "{:?}", running.requests());
}

#[rstest]
#[case::a_source_in_capitals(|cloud: &mut Cloud| {
    cloud.set("trains-west", "/properties/sourceServerResourceId", source("trains-prod").to_ascii_uppercase().into());
})]
#[case::a_source_that_is_not_told(|cloud: &mut Cloud| {
    cloud.set("trains-west", "/properties/sourceServerResourceId", Value::Null);
})]
#[case::a_copy_in_another_geography(|cloud: &mut Cloud| {
    cloud.set("trains-west", "/properties/replica/role", json!("GeoAsyncReplica"));
})]
#[case::no_backups_of_its_own(|cloud: &mut Cloud| {
    cloud.set("trains-west", "/properties/backup", Value::Null);
    cloud.set("trains-west", "/properties/highAvailability", Value::Null);
})]
#[case::one_server_a_page(|cloud: &mut Cloud| cloud.page = Some(1))]
fn the_same_replica_has_no_drift(#[case] change: fn(&mut Cloud)) {
    let output = deployed().start(change).drift(&[]).expect_code(0);
    assert_eq!(output.stdout, "");
}

#[rstest]
#[case::promoted(
    |cloud: &mut Cloud| {
        cloud.set("trains-west", "/properties/sourceServerResourceId", Value::Null);
        cloud.set("trains-west", "/properties/replica/role", json!("Primary"));
    },
    1,
    Told { kind: "weakened", property: "/properties/sourceServerResourceId", at: "13:22", restore: None }
)]
#[case::promoted_and_its_source_still_told(
    |cloud: &mut Cloud| cloud.set("timetable-read", "/properties/replicationRole", json!("None")),
    1,
    Told { kind: "weakened", property: "/properties/sourceServerResourceId", at: "20:22", restore: None }
)]
#[case::of_another_source(
    |cloud: &mut Cloud| cloud.set("trains-west", "/properties/sourceServerResourceId", source("timetable").into()),
    0,
    Told { kind: "changed", property: "/properties/sourceServerResourceId", at: "13:22", restore: None }
)]
#[case::in_another_region(
    |cloud: &mut Cloud| cloud.set("trains-west", "/location", json!("West US 3")),
    0,
    Told { kind: "changed", property: "/location", at: "13:45", restore: None }
)]
#[case::a_smaller_disk(
    |cloud: &mut Cloud| cloud.set("trains-west", "/properties/storage/storageSizeGB", json!(64)),
    1,
    Told {
        kind: "weakened",
        property: "/properties/storage/storageSizeGB",
        at: "14:98",
        restore: update("--name trains-west --storage-size 128"),
    }
)]
#[case::a_lost_tag(
    |cloud: &mut Cloud| cloud.set("trains-west", "/tags", json!({})),
    0,
    Told { kind: "changed", property: "/tags/team", at: "12:19", restore: tag("trains-west", "'team=data'") }
)]
#[case::maintained_at_another_minute(
    |cloud: &mut Cloud| cloud.set("trains-west", "/properties/maintenanceWindow/startMinute", json!(0)),
    0,
    Told {
        kind: "changed",
        property: "/properties/maintenanceWindow/startMinute",
        at: "22:23",
        restore: update("--name trains-west --maintenance-window Sun:4:30"),
    }
)]
#[case::one_that_nothing_renders_is_maintained_when_azure_likes(
    |cloud: &mut Cloud| cloud.set("timetable-read", "/properties/maintenanceWindow", Value::Null),
    0,
    Told {
        kind: "changed",
        property: "/properties/maintenanceWindow/customWindow",
        at: "22:23",
        restore: update("--name timetable-read --maintenance-window Sun:4:30"),
    }
)]
#[case::it_is_gone(
    |cloud: &mut Cloud| cloud.servers.retain(|server| server["name"] != "trains-west"),
    1,
    Told { kind: "missing", property: "", at: "13:22", restore: deploy_server("trains") }
)]
#[case::one_that_nothing_renders_is_gone(
    |cloud: &mut Cloud| cloud.servers.retain(|server| server["name"] != "timetable-read"),
    1,
    Told {
        kind: "missing",
        property: "",
        at: "20:22",
        restore: Some(format!(
            "az postgres flexible-server replica create --subscription {NORTH} --resource-group trains-rg --name timetable-read --source-server {}",
            source("timetable")
        )),
    }
)]
fn a_change_of_a_replica_is_found(
    #[case] change: fn(&mut Cloud),
    #[case] code: i32,
    #[case] expected: Told,
) {
    tells(&deployed().start(change), code, expected);
}
