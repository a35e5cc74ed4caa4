//! Who is told: what the alerts of a location answer once they are deployed, and what is found when
//! they are changed.

use rstest::rstest;
use serde_json::{Value, json};

use super::cloud::Cloud;
use super::estate::{Estate, NORTH, SOUTH, existing_server};
use super::told::{Told, deploy, tells};

/// What was deployed, as Azure Monitor answers it: the lists that nobody filled, the members that it
/// does not know as null, ids and words in another case.
pub fn answer(resource: &Value, id: &str) -> Value {
    let kind = resource["type"].as_str().unwrap();
    let mut answer = json!({
        "id": id,
        "name": resource["name"],
        "type": kind.replace("Insights", "insights"),
        "location": resource["location"].as_str().unwrap().to_ascii_lowercase(),
        "tags": {},
        "properties": resource["properties"],
    });
    let properties = &mut answer["properties"];
    match kind.rsplit('/').next().unwrap() {
        "actionGroups" => {
            for receiver in properties["emailReceivers"].as_array_mut().unwrap() {
                receiver["status"] = json!("Enabled");
            }
            for nobody in [
                "smsReceivers",
                "webhookReceivers",
                "itsmReceivers",
                "armRoleReceivers",
            ] {
                properties[nobody] = json!([]);
            }
        }
        "activityLogAlerts" => {
            odd(&mut properties["scopes"]);
            odd(&mut properties["actions"]["actionGroups"][0]["actionGroupId"]);
            properties["actions"]["actionGroups"][0]["webhookProperties"] = json!({});
            let all_of = properties["condition"]["allOf"].as_array_mut().unwrap();
            all_of.reverse();
            for condition in all_of {
                for absent in ["anyOf", "containsAny", "equals", "field"] {
                    if condition.get(absent).is_none() {
                        condition[absent] = Value::Null;
                    }
                }
                if let Some(any_of) = condition["anyOf"].as_array_mut() {
                    any_of.reverse();
                }
            }
        }
        "actionRules" => {
            odd(&mut properties["scopes"]);
            odd(&mut properties["actions"][0]["actionGroupIds"]);
        }
        _ => {
            odd(&mut properties["scopes"]);
            odd(&mut properties["actions"][0]["actionGroupId"]);
            properties["autoMitigate"] = json!(true);
            properties["targetResourceType"] = json!("Microsoft.DBforPostgreSQL/flexibleServers");
            let criterion = &mut properties["criteria"]["allOf"][0];
            criterion["threshold"] = criterion["threshold"].as_f64().into();
            criterion["metricNamespace"] = json!("microsoft.dbforpostgresql/flexibleservers");
            criterion["dimensions"] = json!([]);
        }
    }
    answer
}

/// Ids in another case.
fn odd(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace("resourceGroups", "resourcegroups"),
        Value::Array(members) => members.iter_mut().for_each(odd),
        _ => panic!("no id: {value}"),
    }
}

const POLICY: &str = r#"version: 1
locations:
  north: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }
  south: { provider: azure, region: westeurope, subscription: 00000000-0000-0000-0000-000000000002, resource_group: Freight_RG }
vaults:
  long: { at: north, name: trains-long, redundancy: geo }
defaults:
  tier: non_critical
  alerts:
    to: ["email:dba@example.com", "email:oncall@example.com", "slack:databases"]
    events: [failed, weakened, stale, missed]
databases:
  trains:
    engine: azure_postgres
    at: north
    id: trains-prod
    rpo: 15min
    vault: long
    deletion_protection: false
    retention: { pitr: 14d, weekly: 12w }
    replicas: [{ id: trains-copy, location: westus2 }]
    provision: { version: "16", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: { size: 128GiB }, username: pgadmin }
  freight:
    engine: azure_postgres
    at: south
    id: freight-prod
    retention: { pitr: 14d }
    alerts: { to: ["email:freight@example.com"], events: [weakened] }
"#;

fn deployed() -> Estate {
    let mut estate = Estate::of(POLICY);
    let server = existing_server(SOUTH, "freight_rg", "freight-prod", "West Europe", 14);
    estate.cloud.servers.push(server);
    estate
}

#[test]
fn fresh_alerts_have_no_drift() {
    let running = deployed().start(|_| {});
    let output = running.drift(&[]).expect_code(0);
    assert_eq!(output.stdout, "");
    let asked = |kind: &str| {
        let requests = running.requests();
        let of = |url: &&String| url.to_ascii_lowercase().contains(kind);
        requests.iter().map(|(_, url)| url).filter(of).count()
    };
    // One set of receivers in the north has a rule of each kind, the south's only hears of changes.
    for (kind, count) in [
        ("/actiongroups/", 2),
        ("/activitylogalerts/", 3),
        ("/actionrules/", 1),
        ("/metricalerts/", 1),
    ] {
        assert_eq!(asked(kind), count, "{kind}");
    }
}

fn properties<'c>(cloud: &'c mut Cloud, end: &str) -> &'c mut Value {
    &mut cloud.other(end)["properties"]
}

const GROUP: &str = "/actiongroups/backstay-north";
const FAILED: &str = "/activitylogalerts/backstay-north-failed";
const WEAKENED: &str = "/activitylogalerts/backstay-north-weakened";
const VAULTS: &str = "/actionrules/backstay-north-vaults";
const LAG: &str = "/metricalerts/backstay-north-lag-trains-copy";

fn alerts() -> Option<String> {
    deploy("alerts")
}

#[rstest]
#[case::one_less_is_told(
    |cloud: &mut Cloud| {
        let receivers = &mut properties(cloud, GROUP)["emailReceivers"];
        receivers.as_array_mut().unwrap().remove(0);
    },
    1,
    Told { kind: "weakened", property: "/properties/emailReceivers/dba@example.com", at: "10:10", restore: alerts() }
)]
#[case::somebody_else_is_told(
    |cloud: &mut Cloud| properties(cloud, GROUP)["emailReceivers"][0]["emailAddress"] = json!("other@example.com"),
    1,
    Told { kind: "weakened", property: "/properties/emailReceivers/dba@example.com/emailAddress", at: "10:10", restore: alerts() }
)]
#[case::nobody_is_told(
    |cloud: &mut Cloud| properties(cloud, GROUP)["enabled"] = json!(false),
    1,
    Told { kind: "weakened", property: "/properties/enabled", at: "10:10", restore: alerts() }
)]
#[case::no_group(
    |cloud: &mut Cloud| cloud.others.retain(|path, _| !path.ends_with(GROUP)),
    1,
    Told { kind: "missing", property: "", at: "10:10", restore: alerts() }
)]
#[case::a_rule_is_off(
    |cloud: &mut Cloud| properties(cloud, FAILED)["enabled"] = json!(false),
    1,
    Told { kind: "weakened", property: "/properties/enabled", at: "11:14", restore: alerts() }
)]
#[case::the_vault_is_not_watched(
    |cloud: &mut Cloud| {
        let scopes = &mut properties(cloud, FAILED)["scopes"];
        scopes.as_array_mut().unwrap().retain(|id| !id.as_str().unwrap().contains("backupVaults"));
    },
    1,
    Told {
        kind: "weakened",
        property: "/properties/scopes/~1subscriptions~100000000-0000-0000-0000-000000000001~1resourceGroups~1trains-rg~1providers~1Microsoft.DataProtection~1backupVaults~1trains-long",
        at: "11:14",
        restore: alerts(),
    }
)]
#[case::it_wakes_nobody(
    |cloud: &mut Cloud| properties(cloud, WEAKENED)["actions"]["actionGroups"] = json!([]),
    1,
    Told { kind: "weakened", property: "/properties/actions/actionGroups/~1subscriptions~100000000-0000-0000-0000-000000000001~1resourceGroups~1trains-rg~1providers~1Microsoft.Insights~1actionGroups~1backstay-north", at: "11:22", restore: alerts() }
)]
#[case::of_other_events(
    |cloud: &mut Cloud| {
        let all_of = properties(cloud, WEAKENED)["condition"]["allOf"].as_array_mut().unwrap();
        let status = all_of.iter_mut().find(|it| it["field"] == "status").unwrap();
        status["equals"] = json!("Failed");
    },
    1,
    Told { kind: "weakened", property: "/properties/condition/allOf", at: "11:22", restore: alerts() }
)]
#[case::a_rule_is_gone(
    |cloud: &mut Cloud| cloud.others.retain(|path, _| !path.ends_with(WEAKENED)),
    1,
    Told { kind: "missing", property: "", at: "11:22", restore: alerts() }
)]
#[case::the_vaults_alerts_stay_in_the_portal(
    |cloud: &mut Cloud| properties(cloud, VAULTS)["enabled"] = json!(false),
    1,
    Told { kind: "weakened", property: "/properties/enabled", at: "11:14", restore: alerts() }
)]
#[case::they_go_nowhere(
    |cloud: &mut Cloud| properties(cloud, VAULTS)["actions"][0]["actionGroupIds"] = json!([]),
    1,
    Told { kind: "weakened", property: "/properties/actions/0/actionGroupIds/~1subscriptions~100000000-0000-0000-0000-000000000001~1resourceGroups~1trains-rg~1providers~1Microsoft.Insights~1actionGroups~1backstay-north", at: "11:14", restore: alerts() }
)]
#[case::only_some_of_them(
    |cloud: &mut Cloud| {
        let more = json!({ "field": "Severity", "operator": "Equals", "values": ["Sev0"] });
        properties(cloud, VAULTS)["conditions"].as_array_mut().unwrap().push(more);
    },
    1,
    Told { kind: "weakened", property: "/properties/conditions", at: "11:14", restore: alerts() }
)]
#[case::the_handing_on_is_gone(
    |cloud: &mut Cloud| cloud.others.retain(|path, _| !path.ends_with(VAULTS)),
    1,
    Told { kind: "missing", property: "", at: "11:14", restore: alerts() }
)]
#[case::a_longer_lag_is_borne(
    |cloud: &mut Cloud| properties(cloud, LAG)["criteria"]["allOf"][0]["threshold"] = json!(86_400.0),
    1,
    Told { kind: "weakened", property: "/properties/criteria/allOf/lag/threshold", at: "11:32", restore: alerts() }
)]
#[case::a_lag_is_not_told(
    |cloud: &mut Cloud| properties(cloud, LAG)["enabled"] = json!(false),
    1,
    Told { kind: "weakened", property: "/properties/enabled", at: "11:32", restore: alerts() }
)]
#[case::a_lag_is_told_to_nobody(
    |cloud: &mut Cloud| properties(cloud, LAG)["actions"] = json!([]),
    1,
    Told { kind: "weakened", property: "/properties/actions/~1subscriptions~100000000-0000-0000-0000-000000000001~1resourceGroups~1trains-rg~1providers~1Microsoft.Insights~1actionGroups~1backstay-north", at: "11:32", restore: alerts() }
)]
#[case::no_lag_is_looked_at(
    |cloud: &mut Cloud| cloud.others.retain(|path, _| !path.ends_with(LAG)),
    1,
    Told { kind: "missing", property: "", at: "11:32", restore: alerts() }
)]
fn a_change_of_the_alerts_is_found(
    #[case] change: fn(&mut Cloud),
    #[case] code: i32,
    #[case] expected: Told,
) {
    tells(&deployed().start(change), code, expected);
}

#[rstest]
#[case(GROUP, "action group")]
#[case(FAILED, "activity log alert")]
#[case(VAULTS, "alert processing rule")]
#[case(LAG, "metric alert")]
fn what_may_not_be_read_hides_nothing_else(#[case] end: &'static str, #[case] what: &str) {
    let running = deployed().start(|cloud| {
        cloud.refused = Some((end, 403, "AuthorizationFailed"));
        properties(cloud, WEAKENED)["enabled"] = json!(false);
    });
    let output = running.drift(&["--format", "json"]).expect_code(1);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let of = |code: &str| -> Vec<String> {
        let findings = report["findings"].as_array().unwrap().iter();
        let findings = findings.filter(|finding| finding["code"] == code);
        findings
            .map(|finding| finding["message"].as_str().unwrap().to_owned())
            .collect()
    };
    let (unreadable, weakened) = (of("unreadable"), of("weakened"));
    assert_eq!((unreadable.len(), weakened.len()), (1, 1), "{unreadable:?}");
    let reason = format!("could not be read: {what}: HTTP 403, AuthorizationFailed");
    assert!(unreadable[0].ends_with(&reason), "{unreadable:?}");
}

/// An address that comes or goes changes the group; it never makes another one.
#[test]
fn people_change_and_the_group_stays() {
    let ids = |policy: &str| -> Vec<String> {
        let estate = Estate::of(policy);
        let groups = estate.cloud.others.keys();
        groups
            .filter(|id| id.contains("/actiongroups/"))
            .cloned()
            .collect()
    };
    let of = |subscription: &str, name: &str| {
        let group = if subscription == NORTH {
            "trains-rg"
        } else {
            "freight_rg"
        };
        format!(
            "/subscriptions/{subscription}/resourcegroups/{group}/providers/microsoft.insights/actiongroups/{name}"
        )
    };
    let two = [of(NORTH, "backstay-north"), of(SOUTH, "backstay-south")];
    assert_eq!(ids(POLICY), two);
    let without = POLICY.replace("\"email:dba@example.com\", ", "");
    assert_eq!(ids(&without), two);
    // Where two sets of people are told in one location, each has a group.
    let more = "  more: { engine: azure_postgres, at: north, id: more-prod, alerts: { to: [\"email:more@example.com\"] } }\n";
    assert_eq!(
        ids(&format!("{POLICY}{more}")),
        [&two[0], &of(NORTH, "backstay-north-2"), &two[1]].map(String::clone)
    );
    // Nobody whom Azure can reach, or nothing that it could tell.
    let slack = POLICY
        .replace("email:", "slack:")
        .replace("@example.com", "");
    assert_eq!(ids(&slack), Vec::<String>::new());
    let nothing = POLICY.replace("[failed, weakened, stale, missed]", "[missed]");
    assert_eq!(ids(&nothing), two[1..]);
}
