//! What was rendered is deployed, and nothing is said; then something changes, and it is found: its
//! kind, the policy's line, the command that restores it, and the exit code.

use rstest::rstest;
use serde_json::{Value, json};

use super::cloud::{Cloud, server_id};
use super::estate::{Estate, NORTH, Running};
use crate::wire::assert_no_secret;

/// What one change is to be found as.
#[derive(Debug, PartialEq)]
struct Told {
    kind: &'static str,
    property: &'static str,
    /// Line and column of the policy.
    at: &'static str,
    /// None: nothing but a new resource restores it.
    restore: Option<String>,
}

const SERVERS: &str = "Microsoft.DBforPostgreSQL/flexibleServers";

fn az(words: &str, group: &str, rest: &str) -> Option<String> {
    Some(format!(
        "az {words} --subscription {NORTH} --resource-group {group} {rest}"
    ))
}

fn update(rest: &str) -> Option<String> {
    az("postgres flexible-server update", "trains-rg", rest)
}

fn upgrade(rest: &str) -> Option<String> {
    az("postgres flexible-server upgrade", "trains-rg", rest)
}

fn deploy(name: &str) -> Option<String> {
    let rest = format!(
        "--name backstay-{name} --mode Incremental --template-file generated/azure/north/{name}.json"
    );
    az("deployment group create", "trains-rg", &rest)
}

fn put_policy() -> Option<String> {
    let rest = "--account-name trainstore --policy @generated/lifecycle/dumps.json";
    az(
        "storage account management-policy create",
        "trains-rg",
        rest,
    )
}

fn tag(name: &str, tags: &str) -> Option<String> {
    Some(format!(
        "az tag update --resource-id /subscriptions/{NORTH}/resourceGroups/trains-rg/providers\
         /{SERVERS}/{name} --operation Merge --tags {tags}"
    ))
}

/// Every difference of the JSON report but what is never compared: kind, property, place, command.
fn told(report: &str) -> Vec<(String, String, String, Option<String>)> {
    let report: Value = serde_json::from_str(report).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["code"] != "not_compared")
        .map(|finding| {
            let (drift, place) = (&finding["drift"], &finding["place"]);
            assert_eq!(finding["code"], drift["kind"]);
            assert_eq!(place["file"], "policies/trains.yaml");
            let at = format!("{}:{}", place["line"], place["column"]);
            let restore = drift["restore"].as_str().map(str::to_owned);
            if let Some(command) = &restore {
                assert_eq!(finding["fix"], command.as_str());
            }
            (text(&drift["kind"]), text(&drift["property"]), at, restore)
        })
        .collect()
}

/// Runs drift once for a reader and a script; both must be told the same.
fn tells(running: &Running, code: i32, expected: Told) {
    let output = running.drift(&["--report", "json=report.json"]);
    let report = running.workspace.path().join("report.json");
    let report = std::fs::read_to_string(report).unwrap();
    let Told {
        kind,
        property,
        at,
        restore,
    } = expected;
    let row = (
        kind.to_owned(),
        property.to_owned(),
        at.to_owned(),
        restore.clone(),
    );
    assert_eq!(told(&report), [row]);
    let output = output.expect_code(code);
    let shown = &output.stdout;
    assert!(shown.contains(kind), "{shown}");
    assert!(
        shown.contains(&format!("policies/trains.yaml:{at}")),
        "{shown}"
    );
    if let Some(command) = restore {
        assert!(shown.contains(&command), "{shown}");
    }
}

#[test]
fn a_fresh_deployment_has_no_drift() {
    let running = Estate::deployed().start(|_| {});
    let output = running.drift(&[]).expect_code(0);
    assert_eq!(output.stdout, "");
    assert_eq!(
        output.stderr,
        "backstay drift: 4 resources and 35 properties compared; 0 errors, 0 warnings, 1 note\n"
    );
}

/// A rule of somebody else's, for everything in the account.
fn rule(actions: Value) -> Value {
    json!({
        "enabled": true,
        "name": "sweep",
        "type": "Lifecycle",
        "definition": { "actions": actions, "filters": { "blobTypes": ["blockBlob"] } }
    })
}

#[rstest]
#[case::less_retention(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/backup/backupRetentionDays", json!(7)),
    1,
    Told {
        kind: "weakened",
        property: "/properties/backup/backupRetentionDays",
        at: "12:24",
        restore: update("--name trains-prod --backup-retention 30"),
    }
)]
#[case::no_copy_elsewhere(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/backup/geoRedundantBackup", json!("Disabled")),
    1,
    Told {
        kind: "weakened",
        property: "/properties/backup/geoRedundantBackup",
        at: "13:20",
        restore: None,
    }
)]
#[case::no_standby(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/highAvailability", json!({ "mode": "Disabled", "state": "NotEnabled" })),
    1,
    Told {
        kind: "weakened",
        property: "/properties/highAvailability/mode",
        at: "14:24",
        restore: update("--name trains-prod --zonal-resiliency Enabled"),
    }
)]
#[case::a_nearer_standby(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/highAvailability/mode", json!("SameZone")),
    1,
    Told {
        kind: "weakened",
        property: "/properties/highAvailability/mode",
        at: "14:24",
        restore: update("--name trains-prod --zonal-resiliency Enabled"),
    }
)]
#[case::no_growth(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/storage/autoGrow", json!("Disabled")),
    1,
    Told {
        kind: "weakened",
        property: "/properties/storage/autoGrow",
        at: "17:98",
        restore: update("--name trains-prod --storage-auto-grow Enabled"),
    }
)]
#[case::a_smaller_disk(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/storage/storageSizeGB", json!(64)),
    1,
    Told {
        kind: "weakened",
        property: "/properties/storage/storageSizeGB",
        at: "17:98",
        restore: update("--name trains-prod --storage-size 128"),
    }
)]
#[case::a_grown_disk(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/storage/storageSizeGB", json!(256)),
    0,
    Told {
        kind: "strengthened",
        property: "/properties/storage/storageSizeGB",
        at: "17:98",
        restore: None,
    }
)]
#[case::an_older_version(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/version", json!("15")),
    0,
    Told {
        kind: "changed",
        property: "/properties/version",
        at: "17:27",
        restore: upgrade("--name trains-prod --version 16"),
    }
)]
#[case::a_newer_version(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/version", json!("17")),
    0,
    Told {
        kind: "changed",
        property: "/properties/version",
        at: "17:27",
        restore: None,
    }
)]
#[case::another_administrator(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/administratorLogin", json!("root")),
    0,
    Told {
        kind: "changed",
        property: "/properties/administratorLogin",
        at: "17:118",
        restore: None,
    }
)]
#[case::a_lost_tag(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/tags", json!({ "team": "data" })),
    0,
    Told {
        kind: "changed",
        property: "/tags/cost-centre",
        at: "15:38",
        restore: tag("trains-prod", "'cost-centre=042' 'team=data'"),
    }
)]
#[case::another_tag_value(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/tags/team", json!("nobody")),
    0,
    Told {
        kind: "changed",
        property: "/tags/team",
        at: "15:19",
        restore: tag("trains-prod", "'cost-centre=042' 'team=data'"),
    }
)]
#[case::the_server_is_gone(
    |cloud: &mut Cloud| cloud.servers.retain(|server| server["name"] != "trains-prod"),
    1,
    Told { kind: "missing", property: "", at: "11:9", restore: deploy("trains") }
)]
#[case::it_is_in_another_group(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/id", server_id(NORTH, "other-rg", "trains-prod").into()),
    1,
    Told { kind: "missing", property: "", at: "11:9", restore: deploy("trains") }
)]
#[case::it_is_being_dropped(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/state", json!("Dropping")),
    1,
    Told { kind: "missing", property: "", at: "11:9", restore: deploy("trains") }
)]
#[case::a_rule_less(
    |cloud: &mut Cloud| cloud.rules().retain(|rule| rule["name"] != "weekly-84d"),
    1,
    Told { kind: "weakened", property: "/rules/weekly-84d", at: "12:49", restore: put_policy() }
)]
#[case::a_rule_switched_off(
    |cloud: &mut Cloud| cloud.rule("weekly-84d")["enabled"] = json!(false),
    1,
    Told { kind: "weakened", property: "/rules/weekly-84d/enabled", at: "12:49", restore: put_policy() }
)]
#[case::fewer_days(
    |cloud: &mut Cloud| {
        cloud.rule("weekly-84d")["definition"]["actions"]["baseBlob"]["delete"]
            ["daysAfterModificationGreaterThan"] = json!(7.0)
    },
    1,
    Told {
        kind: "weakened",
        property: "/rules/weekly-84d/definition/actions/baseBlob/delete/daysAfterModificationGreaterThan",
        at: "12:49",
        restore: put_policy(),
    }
)]
#[case::more_days(
    |cloud: &mut Cloud| {
        cloud.rule("weekly-84d")["definition"]["actions"]["baseBlob"]["delete"]
            ["daysAfterModificationGreaterThan"] = json!(365.0)
    },
    0,
    Told {
        kind: "strengthened",
        property: "/rules/weekly-84d/definition/actions/baseBlob/delete/daysAfterModificationGreaterThan",
        at: "12:49",
        restore: put_policy(),
    }
)]
#[case::other_blobs(
    |cloud: &mut Cloud| cloud.rule("weekly-84d")["definition"]["filters"]["prefixMatch"] = json!(["backups/tmp/"]),
    0,
    Told {
        kind: "changed",
        property: "/rules/weekly-84d/definition/filters/prefixMatch",
        at: "12:49",
        restore: put_policy(),
    }
)]
#[case::fewer_blobs_by_a_filter_that_we_never_write(
    |cloud: &mut Cloud| {
        cloud.rule("weekly-84d")["definition"]["filters"]["blobIndexMatch"] =
            json!([{ "name": "keep", "op": "==", "value": "no" }])
    },
    0,
    Told {
        kind: "changed",
        property: "/rules/weekly-84d/definition/filters/blobIndexMatch",
        at: "12:49",
        restore: put_policy(),
    }
)]
#[case::colder_sooner(
    |cloud: &mut Cloud| {
        cloud.rule("weekly-84d")["definition"]["actions"]["baseBlob"]["tierToArchive"] =
            json!({ "daysAfterModificationGreaterThan": 1.0 })
    },
    0,
    Told {
        kind: "changed",
        property: "/rules/weekly-84d/definition/actions/baseBlob/tierToArchive",
        at: "12:49",
        restore: put_policy(),
    }
)]
#[case::deletion_by_another_clock(
    |cloud: &mut Cloud| {
        cloud.rule("weekly-84d")["definition"]["actions"]["baseBlob"]["delete"]
            ["daysAfterCreationGreaterThan"] = json!(1.0)
    },
    1,
    Told {
        kind: "weakened",
        property: "/rules/weekly-84d/definition/actions/baseBlob/delete/daysAfterCreationGreaterThan",
        at: "12:49",
        restore: put_policy(),
    }
)]
#[case::a_rule_more_that_deletes(
    |cloud: &mut Cloud| cloud.rules().push(rule(json!({
        "baseBlob": { "delete": { "daysAfterLastAccessTimeGreaterThan": 1.0 } }
    }))),
    1,
    Told { kind: "weakened", property: "/rules/sweep", at: "12:36", restore: put_policy() }
)]
#[case::a_rule_more_that_moves(
    |cloud: &mut Cloud| cloud.rules().push(rule(json!({
        "baseBlob": {
            "tierToCool": { "daysAfterLastAccessTimeGreaterThan": 30.0 },
            "enableAutoTierToHotFromCool": true
        }
    }))),
    0,
    Told { kind: "changed", property: "/rules/sweep", at: "12:36", restore: put_policy() }
)]
#[case::no_policy_at_all(
    |cloud: &mut Cloud| cloud.policies.clear(),
    1,
    Told { kind: "missing", property: "", at: "6:40", restore: deploy("dumps") }
)]
#[case::an_existing_server_keeps_more(
    |cloud: &mut Cloud| cloud.set("timetable", "/properties/backup/backupRetentionDays", json!(35)),
    0,
    Told {
        kind: "strengthened",
        property: "/properties/backup/backupRetentionDays",
        at: "22:24",
        restore: update("--name timetable --backup-retention 14"),
    }
)]
#[case::an_existing_server_keeps_nothing_told(
    |cloud: &mut Cloud| cloud.set("timetable", "/properties/backup", json!({})),
    1,
    Told {
        kind: "weakened",
        property: "/properties/backup/backupRetentionDays",
        at: "22:24",
        restore: update("--name timetable --backup-retention 14"),
    }
)]
#[case::an_existing_server_is_gone(
    |cloud: &mut Cloud| cloud.servers.retain(|server| server["name"] != "Timetable"),
    1,
    Told { kind: "missing", property: "", at: "21:9", restore: None }
)]
#[case::in_motion(
    |cloud: &mut Cloud| {
        cloud.set("trains-prod", "/properties/state", json!("Updating"));
        cloud.set("trains-prod", "/properties/backup/backupRetentionDays", json!(7));
    },
    0,
    Told {
        kind: "in_flight",
        property: "/properties/backup/backupRetentionDays",
        at: "12:24",
        restore: None,
    }
)]
#[case::stopped_is_not_in_motion(
    |cloud: &mut Cloud| {
        cloud.set("trains-prod", "/properties/state", json!("Stopped"));
        cloud.set("trains-prod", "/properties/backup/backupRetentionDays", json!(7));
    },
    1,
    Told {
        kind: "weakened",
        property: "/properties/backup/backupRetentionDays",
        at: "12:24",
        restore: update("--name trains-prod --backup-retention 30"),
    }
)]
fn a_change_is_found(#[case] change: fn(&mut Cloud), #[case] code: i32, #[case] expected: Told) {
    tells(&Estate::deployed().start(change), code, expected);
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
  azure trains-rg {SERVERS} trains-prod backup.geoRedundantBackup: no command changes it in place: it needs a new resource
",
        update("--name timetable --backup-retention 14").unwrap()
    );
    assert_eq!(output.stdout, expected);
}
