//! Azure Backup: what a vault answers once it is deployed, and what is found when it is changed.

use rstest::rstest;
use serde_json::{Value, json};

use super::cloud::Cloud;
use super::estate::{Estate, NORTH};
use super::told::{Told, deploy, tells, told};

/// A child's path: the steps of its type and name alternate.
pub fn path(subscription: &str, group: &str, kind: &str, name: &str) -> String {
    let mut kinds = kind.split('/');
    let provider = kinds.next().unwrap();
    let start =
        format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/{provider}");
    let steps = kinds.zip(name.split('/'));
    steps.fold(start, |path, (kind, name)| format!("{path}/{kind}/{name}"))
}

/// What was deployed, as the service answers it: in its own case, with what it fills in.
pub fn answer(resource: &Value, path: &str) -> Value {
    let kind = resource["type"].as_str().unwrap();
    let name = resource["name"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    let mut answer = json!({
        "id": path.replace("backupVaults", "BackupVaults"),
        "name": name,
        "type": kind.replace("backupVaults", "Backupvaults"),
        "properties": resource["properties"],
    });
    let properties = &mut answer["properties"];
    match kind.rsplit('/').next().unwrap() {
        "backupVaults" => {
            properties["provisioningState"] = json!("Succeeded");
            properties["secureScore"] = json!("Adequate");
            properties["bcdrSecurityLevel"] = json!("Good");
            properties["isVaultProtectedByResourceGuard"] = json!(false);
            let days = &mut properties["securitySettings"]["softDeleteSettings"]["retentionDurationInDays"];
            *days = days.as_f64().into();
            answer["location"] = json!("eastus");
            answer["tags"] = resource["tags"].clone();
            answer["identity"] = json!({
                "type": "SystemAssigned",
                "principalId": "33333333-3333-3333-3333-333333333333",
                "tenantId": "44444444-4444-4444-4444-444444444444",
            });
        }
        "backupPolicies" => {
            let trigger = &mut properties["policyRules"][0]["trigger"];
            let criteria = trigger["taggingCriteria"].as_array_mut().unwrap();
            criteria.reverse();
            for criterion in criteria {
                let tag = criterion["tagInfo"]["tagName"].as_str().unwrap();
                criterion["tagInfo"]["id"] = json!(format!("{tag}_"));
            }
        }
        _ => {
            properties["policyInfo"]["policyVersion"] = json!("");
            properties["protectionStatus"] = json!({ "status": "ProtectionConfigured" });
            properties["currentProtectionState"] = json!("ProtectionConfigured");
            properties["provisioningState"] = json!("Succeeded");
            properties["dataSourceInfo"]["resourceUri"] = json!("");
            let id = &mut properties["dataSourceInfo"]["resourceID"];
            *id = id.as_str().unwrap().to_ascii_lowercase().into();
        }
    }
    answer
}

const POLICY: &str = r#"version: 1
locations:
  north: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }
  data: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: data-rg }
vaults:
  long: { at: north, name: trains-long, redundancy: geo, immutability: unlocked, soft_delete: 30d }
defaults:
  tier: non_critical
  tags: { team: data }
databases:
  trains:
    engine: azure_postgres
    at: data
    id: trains-prod
    vault: long
    deletion_protection: false
    retention: { pitr: 14d, weekly: 12w, monthly: 12mo, yearly: 7y }
    provision: { version: "16", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: { size: 128GiB }, username: pgadmin }
  freight:
    engine: azure_postgres
    at: data
    id: freight-prod
    vault: long
    deletion_protection: false
    retention: { pitr: 14d, weekly: 4w }
    provision: { version: "16", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: { size: 128GiB }, username: pgadmin }
"#;

const GROUPS: super::cloud::Groups = &[("north", NORTH, "trains-rg"), ("data", NORTH, "data-rg")];

fn deployed() -> Estate {
    Estate::within(POLICY, GROUPS)
}

/// The vault's template, and that of what is in it.
fn vault() -> Option<String> {
    deploy("long")
}

fn plans() -> Option<String> {
    deploy("long-plans")
}

#[test]
fn a_fresh_vault_has_no_drift() {
    let running = deployed().start(|cloud| cloud.page = Some(1));
    let output = running.drift(&[]).expect_code(0);
    assert_eq!(output.stdout, "");
    assert_eq!(
        output.stderr,
        "backstay drift: 10 resources and 134 properties compared; 0 errors, 0 warnings, 7 notes\n"
    );
    // A list of servers and one of what the vault backs up, each of two pages; the rest one by one.
    let requests = running.requests();
    let lists = requests
        .iter()
        .filter(|(_, url)| url.contains("backupInstances?") || url.contains("flexibleServers?"));
    assert_eq!((requests.len(), lists.count()), (10, 4), "{requests:?}");
}

fn properties<'c>(cloud: &'c mut Cloud, end: &str) -> &'c mut Value {
    &mut cloud.other(end)["properties"]
}

const VAULT: &str = "/backupvaults/trains-long";
const SERVER: &str = "/backupinstances/trains-prod";

fn security(cloud: &mut Cloud) -> &mut Value {
    &mut properties(cloud, VAULT)["securitySettings"]
}

/// The retention rule of a tag in the policy with years.
fn rule<'c>(cloud: &'c mut Cloud, tag: &str) -> &'c mut Value {
    let mut others = cloud.others.iter_mut();
    let (_, policy) = others.find(|(path, _)| path.contains("yearly-7y")).unwrap();
    let rules = policy["properties"]["policyRules"].as_array_mut().unwrap();
    rules.iter_mut().find(|rule| rule["name"] == tag).unwrap()
}

#[rstest]
#[case::in_one_place(
    |cloud: &mut Cloud| properties(cloud, VAULT)["storageSettings"][0]["type"] = json!("LocallyRedundant"),
    1,
    Told { kind: "weakened", property: "/properties/storageSettings/VaultStore/type", at: "6:53", restore: None }
)]
#[case::deletable(
    |cloud: &mut Cloud| security(cloud)["immutabilitySettings"]["state"] = json!("Disabled"),
    1,
    Told { kind: "weakened", property: "/properties/securitySettings/immutabilitySettings/state", at: "6:72", restore: vault() }
)]
#[case::deletable_where_nothing_is_told(
    |cloud: &mut Cloud| security(cloud)["immutabilitySettings"] = Value::Null,
    1,
    Told { kind: "weakened", property: "/properties/securitySettings/immutabilitySettings/state", at: "6:72", restore: vault() }
)]
#[case::locked_for_ever(
    |cloud: &mut Cloud| security(cloud)["immutabilitySettings"]["state"] = json!("Locked"),
    0,
    Told { kind: "strengthened", property: "/properties/securitySettings/immutabilitySettings/state", at: "6:72", restore: None }
)]
#[case::deleted_at_once(
    |cloud: &mut Cloud| security(cloud)["softDeleteSettings"]["state"] = json!("Off"),
    1,
    Told { kind: "weakened", property: "/properties/securitySettings/softDeleteSettings/state", at: "6:72", restore: vault() }
)]
#[case::had_back_for_less(
    |cloud: &mut Cloud| security(cloud)["softDeleteSettings"]["retentionDurationInDays"] = json!(14),
    1,
    Told { kind: "weakened", property: "/properties/securitySettings/softDeleteSettings/retentionDurationInDays", at: "6:95", restore: vault() }
)]
#[case::opened_by_microsoft_alone(
    |cloud: &mut Cloud| properties(cloud, VAULT)["featureSettings"] = json!({}),
    1,
    Told { kind: "weakened", property: "/properties/featureSettings/crossRegionRestoreSettings/state", at: "6:53", restore: vault() }
)]
#[case::silent(
    |cloud: &mut Cloud| properties(cloud, VAULT)["monitoringSettings"]["azureMonitorAlertSettings"]["alertsForAllJobFailures"] = json!("Disabled"),
    1,
    Told { kind: "weakened", property: "/properties/monitoringSettings/azureMonitorAlertSettings/alertsForAllJobFailures", at: "6:28", restore: vault() }
)]
#[case::without_an_identity(
    |cloud: &mut Cloud| cloud.other(VAULT)["identity"] = Value::Null,
    0,
    Told { kind: "changed", property: "/identity/type", at: "6:28", restore: vault() }
)]
#[case::years_are_shortened(
    |cloud: &mut Cloud| rule(cloud, "Yearly")["lifecycles"][0]["deleteAfter"]["duration"] = json!("P1Y"),
    1,
    Told { kind: "weakened", property: "/properties/policyRules/Yearly/lifecycles/0/deleteAfter/duration", at: "17:65", restore: None }
)]
#[case::weeks_are_longer(
    |cloud: &mut Cloud| rule(cloud, "Default")["lifecycles"][0]["deleteAfter"]["duration"] = json!("P4M"),
    0,
    Told { kind: "strengthened", property: "/properties/policyRules/Default/lifecycles/0/deleteAfter/duration", at: "17:37", restore: None }
)]
#[case::no_months_are_kept(
    |cloud: &mut Cloud| {
        let mut others = cloud.others.iter_mut();
        let (_, policy) = others.find(|(path, _)| path.contains("yearly-7y")).unwrap();
        let rules = policy["properties"]["policyRules"].as_array_mut().unwrap();
        rules.retain(|rule| rule["name"] != "Monthly");
    },
    1,
    Told { kind: "weakened", property: "/properties/policyRules/Monthly", at: "17:51", restore: None }
)]
#[case::on_another_day(
    |cloud: &mut Cloud| {
        rule(cloud, "Backups")["trigger"]["schedule"]["repeatingTimeIntervals"] = json!(["R/2026-01-05T03:00:00+00:00/P1W"]);
    },
    0,
    Told { kind: "changed", property: "/properties/policyRules/Backups/trigger/schedule/repeatingTimeIntervals", at: "15:12", restore: None }
)]
#[case::a_policy_is_gone(
    |cloud: &mut Cloud| cloud.others.retain(|path, _| !path.contains("yearly-7y")),
    1,
    Told { kind: "missing", property: "", at: "15:12", restore: plans() }
)]
#[case::a_server_is_gone(
    |cloud: &mut Cloud| cloud.others.retain(|path, _| !path.ends_with(SERVER)),
    1,
    Told { kind: "missing", property: "", at: "15:12", restore: plans() }
)]
#[case::deleted_and_not_gone_yet(
    |cloud: &mut Cloud| properties(cloud, SERVER)["currentProtectionState"] = json!("SoftDeleted"),
    1,
    Told { kind: "missing", property: "", at: "15:12", restore: plans() }
)]
#[case::in_error(
    |cloud: &mut Cloud| {
        let properties = properties(cloud, SERVER);
        properties["currentProtectionState"] = json!("ProtectionError");
        properties["protectionErrorDetails"] = json!({ "code": "UserErrorMissingRole", "message": "very-secret-password" });
    },
    1,
    Told { kind: "weakened", property: "/properties/currentProtectionState", at: "15:12", restore: None }
)]
#[case::stopped(
    |cloud: &mut Cloud| {
        let properties = properties(cloud, SERVER);
        properties["currentProtectionState"] = Value::Null;
        properties["protectionStatus"]["status"] = json!("ProtectionStopped");
    },
    1,
    Told { kind: "weakened", property: "/properties/currentProtectionState", at: "15:12", restore: None }
)]
#[case::by_another_policy(
    |cloud: &mut Cloud| {
        let id = &mut properties(cloud, SERVER)["policyInfo"]["policyId"];
        *id = id.as_str().unwrap().replace("yearly-7y", "yearly-1y").into();
    },
    0,
    Told { kind: "changed", property: "/properties/policyInfo/policyId", at: "17:37", restore: plans() }
)]
#[case::under_another_name(
    |cloud: &mut Cloud| cloud.other(SERVER)["name"] = json!("trains-prod-portal"),
    0,
    Told { kind: "changed", property: "/name", at: "15:12", restore: None }
)]
#[case::a_role_is_gone(
    |cloud: &mut Cloud| {
        cloud.others.retain(|path, _| {
            !(path.contains("flexibleservers/trains-prod") && path.contains("roleassignments"))
        });
    },
    1,
    Told {
        kind: "missing",
        property: "",
        at: "15:12",
        restore: Some(format!(
            "az deployment group create --subscription {NORTH} --resource-group data-rg --name backstay-long-access --mode Incremental --template-file generated/azure/data/long-access.json"
        )),
    }
)]
fn a_change_of_a_vault_is_found(
    #[case] change: fn(&mut Cloud),
    #[case] code: i32,
    #[case] expected: Told,
) {
    tells(&deployed().start(change), code, expected);
}

#[test]
fn what_is_being_set_up_is_not_called_an_error() {
    let running = deployed().start(|cloud| {
        properties(cloud, SERVER)["currentProtectionState"] = json!("ConfiguringProtection");
    });
    let output = running.drift(&[]).expect_code(0);
    assert_eq!(output.stdout, "");
}

/// Without the vault nothing in it is there either, and what is of the servers still is.
#[test]
fn a_vault_that_is_gone_takes_all_with_it() {
    let running = deployed().start(|cloud| {
        cloud
            .others
            .retain(|path, _| !path.contains("microsoft.dataprotection"));
    });
    let output = running.drift(&["--format", "json"]).expect_code(1);
    let told = told(&output.stdout);
    assert_eq!(told.len(), 5, "{told:?}");
    assert!(told.iter().all(|(kind, ..)| kind == "missing"), "{told:?}");
}

#[rstest]
#[case::the_vault("/backupvaults/trains-long", &["vault"])]
#[case::what_is_in_it("/backupinstances", &["backups in the vault", "backups in the vault"])]
fn what_may_not_be_read_hides_nothing_else(#[case] end: &'static str, #[case] unread: &[&str]) {
    let running = deployed().start(|cloud| {
        cloud.refused = Some((end, 403, "AuthorizationFailed"));
        rule(cloud, "Yearly")["lifecycles"][0]["deleteAfter"]["duration"] = json!("P1Y");
    });
    let output = running.drift(&["--format", "json"]).expect_code(1);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let code = |finding: &&Value| finding["code"] == "unreadable";
    let messages: Vec<&str> = findings
        .iter()
        .filter(code)
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    assert_eq!(messages.len(), unread.len(), "{messages:?}");
    for (message, what) in messages.iter().zip(unread) {
        let reason = format!("could not be read: {what}: HTTP 403, AuthorizationFailed");
        assert!(message.ends_with(&reason), "{message}");
    }
    assert!(findings.iter().any(|finding| finding["code"] == "weakened"));
}
