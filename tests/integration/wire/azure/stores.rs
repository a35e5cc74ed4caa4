//! Storage accounts: what was rendered is deployed and applied, and every change of it is found.

use rstest::rstest;
use serde_json::{Value, json};
use wiremock::{Request, Respond, ResponseTemplate};

use super::cloud::{Cloud, refusal};
use super::estate::{Estate, NORTH, enforced};
use super::told::{Told, deploy, tells, told};

/// Two stores in one account: one that an administrator can unlock, one that nobody can. The tests
/// know these lines by their numbers.
const POLICY: &str = r#"version: 1
locations:
  north: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }
  host: { provider: host, address: db-01.internal }
stores:
  dumps:
    at: north
    storage_account: trainstore
    container: backups
    redundancy: grs
    versioning: true
    soft_delete: 30d
    lock: { mode: unlocked, for: 7d }
  ledger:
    at: north
    storage_account: trainstore
    container: ledgers
    lock:
      mode: locked
      for: 30d
tiers:
  plain: {}
databases:
  app:
    engine: postgres
    at: host
    id: app
    tier: plain
    retention: { daily: 30d, weekly: 12w }
    dump: { to: [dumps, ledger], databases: [app], schedule: "daily 01:43" }
"#;

const SERVICE: &str = "trainstore/blobservices/default";
const CONTAINER: &str = "containers/backups";
const UNLOCKED: &str = "containers/backups/immutabilitypolicies/default";
const LOCKED: &str = "containers/ledgers/immutabilitypolicies/default";

/// The templates are deployed and the scripts have run.
fn applied() -> Estate {
    let mut estate = Estate::of(POLICY);
    let cloud = &mut estate.cloud;
    enforced(cloud, "trainstore", 30);
    let policy = json!({
        "type": "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies",
        "name": "trainstore/default/ledgers/default",
        "properties": { "immutabilityPeriodSinceCreationInDays": 30, "state": "Locked" },
    });
    cloud.put(
        NORTH,
        "trains-rg",
        &policy,
        json!({ "etag": "\"8d59f830cb130e5\"" }),
    );
    estate
}

fn set(resource: &str, pointer: &str, value: Value) -> impl FnOnce(&mut Cloud) {
    move |cloud| {
        *cloud
            .other(resource)
            .pointer_mut(pointer)
            .expect("a property") = value
    }
}

#[test]
fn what_was_deployed_and_applied_has_no_drift() {
    let running = applied().start(|_| {});
    let output = running.drift(&[]).expect_code(0);
    assert_eq!(output.stdout, "");
    assert_eq!(running.requests().len(), 6, "one a resource");
}

/// What Azure may answer for the very same accounts.
#[rstest]
#[case::words_in_other_case(|cloud: &mut Cloud| {
    cloud.other(CONTAINER)["properties"]["publicAccess"] = json!("none");
    cloud.other(LOCKED)["properties"]["state"] = json!("locked");
    let id = cloud.other(SERVICE)["id"].as_str().unwrap().to_ascii_uppercase();
    cloud.other(SERVICE)["id"] = id.into();
})]
#[case::nothing_of_defaults(|cloud: &mut Cloud| {
    cloud.other(CONTAINER)["properties"].as_object_mut().unwrap().remove("publicAccess");
    for policy in [UNLOCKED, LOCKED] {
        let properties = cloud.other(policy)["properties"].as_object_mut().unwrap();
        properties.remove("allowProtectedAppendWrites");
        properties.insert("allowProtectedAppendWritesAll".to_owned(), Value::Null);
    }
})]
#[case::days_with_a_fraction(|cloud: &mut Cloud| {
    cloud.other(SERVICE)["properties"]["deleteRetentionPolicy"]["days"] = json!(30.0);
    cloud.other(LOCKED)["properties"]["immutabilityPeriodSinceCreationInDays"] = json!(30.0);
})]
#[case::what_is_new_to_the_client(|cloud: &mut Cloud| {
    cloud.other(SERVICE)["properties"]["lastAccessTimeTrackingPolicy"] = json!({ "enable": true });
    cloud.other(CONTAINER)["properties"]["hasLegalHold"] = json!(true);
})]
fn the_same_accounts_have_no_drift(#[case] change: fn(&mut Cloud)) {
    let running = applied().start(change);
    assert_eq!(running.drift(&[]).expect_code(0).stdout, "");
}

fn update(rest: &str) -> Option<String> {
    Some(format!(
        "az storage account blob-service-properties update --subscription {NORTH} \
         --resource-group trains-rg --account-name trainstore {rest}"
    ))
}

fn lock() -> Option<String> {
    Some("bash generated/scripts/ledger-enforce.sh --apply --lock".to_owned())
}

#[rstest]
#[case::no_versions(
    (SERVICE, "/properties/isVersioningEnabled", json!(false)),
    1,
    Told { kind: "weakened", property: "/properties/isVersioningEnabled", at: "11:17", restore: update("--enable-versioning true") }
)]
#[case::deleted_blobs_go_sooner(
    (SERVICE, "/properties/deleteRetentionPolicy/days", json!(7)),
    1,
    Told { kind: "weakened", property: "/properties/deleteRetentionPolicy/days", at: "12:18", restore: update("--enable-delete-retention true --delete-retention-days 30") }
)]
#[case::deleted_containers_go_at_once(
    (SERVICE, "/properties/containerDeleteRetentionPolicy/enabled", json!(false)),
    1,
    Told { kind: "weakened", property: "/properties/containerDeleteRetentionPolicy/enabled", at: "12:18", restore: update("--enable-container-delete-retention true --container-delete-retention-days 30") }
)]
#[case::deleted_blobs_stay_longer(
    (SERVICE, "/properties/deleteRetentionPolicy/days", json!(90)),
    0,
    Told { kind: "strengthened", property: "/properties/deleteRetentionPolicy/days", at: "12:18", restore: update("--enable-delete-retention true --delete-retention-days 30") }
)]
#[case::one_place_less(
    (SERVICE, "/sku/name", json!("Standard_LRS")),
    1,
    Told { kind: "weakened", property: "/sku/name", at: "10:17", restore: None }
)]
#[case::everybody_may_read(
    (CONTAINER, "/properties/publicAccess", json!("Container")),
    1,
    Told { kind: "weakened", property: "/properties/publicAccess", at: "9:16", restore: deploy("dumps") }
)]
#[case::everybody_may_read_what_they_can_name(
    (CONTAINER, "/properties/publicAccess", json!("Blob")),
    1,
    Told { kind: "weakened", property: "/properties/publicAccess", at: "9:16", restore: deploy("dumps") }
)]
#[case::immutable_for_less_time(
    (UNLOCKED, "/properties/immutabilityPeriodSinceCreationInDays", json!(1)),
    1,
    Told { kind: "weakened", property: "/properties/immutabilityPeriodSinceCreationInDays", at: "13:34", restore: deploy("dumps") }
)]
#[case::appending_is_allowed(
    (UNLOCKED, "/properties/allowProtectedAppendWritesAll", json!(true)),
    1,
    Told { kind: "weakened", property: "/properties/allowProtectedAppendWritesAll", at: "13:19", restore: deploy("dumps") }
)]
#[case::not_locked(
    (LOCKED, "/properties/state", json!("Unlocked")),
    1,
    Told { kind: "weakened", property: "/properties/state", at: "19:13", restore: lock() }
)]
#[case::locked_for_less_time(
    (LOCKED, "/properties/immutabilityPeriodSinceCreationInDays", json!(7)),
    1,
    Told { kind: "weakened", property: "/properties/immutabilityPeriodSinceCreationInDays", at: "20:12", restore: lock() }
)]
#[case::locked_for_longer(
    (LOCKED, "/properties/immutabilityPeriodSinceCreationInDays", json!(60)),
    0,
    Told { kind: "strengthened", property: "/properties/immutabilityPeriodSinceCreationInDays", at: "20:12", restore: lock() }
)]
fn a_change_is_found(
    #[case] change: (&str, &str, Value),
    #[case] code: i32,
    #[case] expected: Told,
) {
    let (resource, pointer, value) = change;
    let running = applied().start(set(resource, pointer, value));
    tells(&running, code, expected);
}

#[rstest]
#[case::the_account(SERVICE, "8:22", None)]
#[case::a_container("containers/ledgers", "17:16", deploy("ledger"))]
#[case::a_policy(UNLOCKED, "13:19", deploy("dumps"))]
#[case::a_locked_policy(LOCKED, "19:13", lock())]
fn what_is_gone_is_missing(
    #[case] resource: &str,
    #[case] at: &'static str,
    #[case] restore: Option<String>,
) {
    let running = applied().start(|cloud| cloud.others.retain(|id, _| !id.ends_with(resource)));
    let expected = Told {
        kind: "missing",
        property: "",
        at,
        restore,
    };
    tells(&running, 1, expected);
}

/// For a while ARM still tells what was deleted, as deleted.
#[rstest]
#[case(UNLOCKED, "/properties/state", json!("Deleted"))]
#[case("containers/ledgers", "/properties/deleted", json!(true))]
fn what_is_told_as_deleted_is_missing(
    #[case] resource: &str,
    #[case] pointer: &str,
    #[case] value: Value,
) {
    let running = applied().start(set(resource, pointer, value));
    let output = running.drift(&["--format", "json"]).expect_code(1);
    let told = told(&output.stdout);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "missing");
}

/// A cloud that refuses what ends so.
struct Refusing(Cloud, &'static str, ResponseTemplate);

impl Respond for Refusing {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path().to_ascii_lowercase();
        match path.ends_with(self.1) {
            true => self.2.clone(),
            false => self.0.respond(request),
        }
    }
}

#[rstest]
#[case::service(SERVICE, "blob service")]
#[case::container(CONTAINER, "container")]
#[case::policy(UNLOCKED, "immutability policy")]
fn what_cannot_be_read_is_neither_clean_nor_drift(
    #[case] resource: &'static str,
    #[case] what: &str,
) {
    let estate = applied();
    let cloud = estate.cloud.clone();
    let answer = refusal(403, "AuthorizationFailed");
    let running = estate.answering(Refusing(cloud, resource, answer));
    let output = running.drift(&[]).expect_code(3);
    let reason = format!("{what}: HTTP 403, AuthorizationFailed");
    assert!(output.stdout.contains(&reason), "{}", output.stdout);

    let estate = applied();
    let cloud = estate.cloud.clone();
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "value": [] }));
    let running = estate.answering(Refusing(cloud, resource, answer));
    let output = running.drift(&[]).expect_code(3);
    let reason = format!("{what}: the answer has another form than documented");
    assert!(output.stdout.contains(&reason), "{}", output.stdout);
}
