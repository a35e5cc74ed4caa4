//! One change to what was deployed, and it is found: its kind, the policy's line, the command that
//! restores it, and the exit code.

use rstest::rstest;
use serde_json::{Value, json};

use super::cloud::{Cloud, server_id};
use super::estate::{Estate, NORTH};
use super::told::{Told, deploy, deploy_server, put_policy, tag, tells, update, upgrade};

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
#[case::maintained_when_azure_likes(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/maintenanceWindow", json!({ "customWindow": "Disabled", "dayOfWeek": 0, "startHour": 0, "startMinute": 0 })),
    0,
    Told {
        kind: "changed",
        property: "/properties/maintenanceWindow/customWindow",
        at: "30:23",
        restore: update("--name trains-prod --maintenance-window Sun:4:30"),
    }
)]
#[case::maintained_on_another_day(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/maintenanceWindow/dayOfWeek", json!(3)),
    0,
    Told {
        kind: "changed",
        property: "/properties/maintenanceWindow/dayOfWeek",
        at: "30:23",
        restore: update("--name trains-prod --maintenance-window Sun:4:30"),
    }
)]
#[case::an_existing_server_is_maintained_at_another_hour(
    |cloud: &mut Cloud| cloud.set("timetable", "/properties/maintenanceWindow/startHour", json!(5)),
    0,
    Told {
        kind: "changed",
        property: "/properties/maintenanceWindow/startHour",
        at: "30:23",
        restore: update("--name timetable --maintenance-window Sun:4:30"),
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
    Told { kind: "missing", property: "", at: "11:9", restore: deploy_server("trains") }
)]
#[case::it_is_in_another_group(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/id", server_id(NORTH, "other-rg", "trains-prod").into()),
    1,
    Told { kind: "missing", property: "", at: "11:9", restore: deploy_server("trains") }
)]
#[case::it_is_being_dropped(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/state", json!("Dropping")),
    1,
    Told { kind: "missing", property: "", at: "11:9", restore: deploy_server("trains") }
)]
#[case::a_rule_less(
    |cloud: &mut Cloud| cloud.rules().retain(|rule| rule["name"] != "weekly-84d"),
    1,
    Told { kind: "weakened", property: "/properties/policy/rules/weekly-84d", at: "12:49", restore: put_policy() }
)]
#[case::a_rule_switched_off(
    |cloud: &mut Cloud| cloud.rule("weekly-84d")["enabled"] = json!(false),
    1,
    Told { kind: "weakened", property: "/properties/policy/rules/weekly-84d/enabled", at: "12:49", restore: put_policy() }
)]
#[case::fewer_days(
    |cloud: &mut Cloud| {
        cloud.rule("weekly-84d")["definition"]["actions"]["baseBlob"]["delete"]
            ["daysAfterModificationGreaterThan"] = json!(7.0)
    },
    1,
    Told {
        kind: "weakened",
        property: "/properties/policy/rules/weekly-84d/definition/actions/baseBlob/delete/daysAfterModificationGreaterThan",
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
        property: "/properties/policy/rules/weekly-84d/definition/actions/baseBlob/delete/daysAfterModificationGreaterThan",
        at: "12:49",
        restore: put_policy(),
    }
)]
#[case::other_blobs(
    |cloud: &mut Cloud| cloud.rule("weekly-84d")["definition"]["filters"]["prefixMatch"] = json!(["backups/tmp/"]),
    0,
    Told {
        kind: "changed",
        property: "/properties/policy/rules/weekly-84d/definition/filters/prefixMatch",
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
        property: "/properties/policy/rules/weekly-84d/definition/filters/blobIndexMatch",
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
        property: "/properties/policy/rules/weekly-84d/definition/actions/baseBlob/tierToArchive",
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
        property: "/properties/policy/rules/weekly-84d/definition/actions/baseBlob/delete/daysAfterCreationGreaterThan",
        at: "12:49",
        restore: put_policy(),
    }
)]
#[case::a_rule_more_that_deletes(
    |cloud: &mut Cloud| cloud.rules().push(rule(json!({
        "baseBlob": { "delete": { "daysAfterLastAccessTimeGreaterThan": 1.0 } }
    }))),
    1,
    Told { kind: "weakened", property: "/properties/policy/rules/sweep", at: "12:36", restore: put_policy() }
)]
#[case::a_rule_more_that_moves(
    |cloud: &mut Cloud| cloud.rules().push(rule(json!({
        "baseBlob": {
            "tierToCool": { "daysAfterLastAccessTimeGreaterThan": 30.0 },
            "enableAutoTierToHotFromCool": true
        }
    }))),
    0,
    Told { kind: "changed", property: "/properties/policy/rules/sweep", at: "12:36", restore: put_policy() }
)]
#[case::no_policy_at_all(
    |cloud: &mut Cloud| cloud.policies.clear(),
    1,
    Told { kind: "missing", property: "", at: "6:40", restore: deploy("dumps") }
)]
#[case::no_lock(
    |cloud: &mut Cloud| cloud.others.retain(|id, _| !id.ends_with("/locks/backstay")),
    1,
    Told { kind: "missing", property: "", at: "11:9", restore: deploy_server("trains") }
)]
#[case::a_lock_that_lets_nobody_work(
    |cloud: &mut Cloud| cloud.other("/locks/backstay")["properties"]["level"] = json!("ReadOnly"),
    0,
    Told { kind: "changed", property: "/properties/level", at: "11:9", restore: deploy_server("trains") }
)]
#[case::a_lock_of_no_level(
    |cloud: &mut Cloud| cloud.other("/locks/backstay")["properties"]["level"] = json!("NotSpecified"),
    1,
    Told { kind: "weakened", property: "/properties/level", at: "11:9", restore: deploy_server("trains") }
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
