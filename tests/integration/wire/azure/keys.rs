//! Keys of the customer's own: as rendered, as they change, and where they are out of reach.

use rstest::rstest;
use serde_json::{Value, json};

use super::cloud::Cloud;
use super::estate::{Estate, NORTH};
use super::told::{Told, deploy_server, tells, update};

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
    encryption: customer_managed
    replicas:
      - { id: trains-near }
      - { id: trains-west, location: westus2, key: { url: https://trains-west2.vault.azure.net/keys/pg, identity: pg-west2 } }
    provision:
      version: "16"
      sku: Standard_D2s_v3
      sku_tier: GeneralPurpose
      storage: { size: 128GiB }
      username: pgadmin
      key: { url: https://trains-east.vault.azure.net/keys/pg, identity: pg-east }
      geo_key: { url: https://trains-west.vault.azure.net/keys/pg/0123456789abcdef0123456789abcdef, identity: pg-west }
"#;

fn identity(name: &str) -> String {
    format!(
        "/subscriptions/{NORTH}/resourceGroups/trains-rg/providers\
         /Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    )
}

#[test]
fn fresh_keys_have_no_drift_and_each_server_with_some_is_asked_once() {
    let running = Estate::of(POLICY).start(|_| {});
    let output = running.drift(&[]).expect_code(0);
    assert_eq!(output.stdout, "");
    assert_eq!(
        output.stderr,
        "backstay drift: 4 resources and 42 properties compared; 0 errors, 0 warnings, 4 notes\n"
    );
    let requests = running.requests();
    let asked = requests
        .iter()
        .filter(|(_, url)| url.contains("api-version=2025-08-01"));
    assert_eq!((requests.len(), asked.count()), (5, 3), "{requests:?}");
}

#[rstest]
#[case::azures_own_key(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/dataEncryption", json!({ "type": "SystemManaged" })),
    1,
    Told { kind: "weakened", property: "/properties/dataEncryption", at: "11:17", restore: None }
)]
#[case::another_key(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/dataEncryption/primaryKeyURI", json!("https://other.vault.azure.net/keys/pg")),
    0,
    Told {
        kind: "changed",
        property: "/properties/dataEncryption/primaryKeyURI",
        at: "21:19",
        restore: update(&format!("--name trains-prod --key https://trains-east.vault.azure.net/keys/pg --identity {}", identity("pg-east"))),
    }
)]
#[case::another_identity_of_the_copies(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/dataEncryption/geoBackupUserAssignedIdentityId", json!(identity("pg-east"))),
    0,
    Told {
        kind: "changed",
        property: "/properties/dataEncryption/geoBackupUserAssignedIdentityId",
        at: "22:111",
        restore: update(&format!(
            "--name trains-prod --backup-key https://trains-west.vault.azure.net/keys/pg/0123456789abcdef0123456789abcdef --backup-identity {}",
            identity("pg-west")
        )),
    }
)]
#[case::no_key_of_the_copies(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/dataEncryption/geoBackupKeyURI", json!("")),
    1,
    Told {
        kind: "weakened",
        property: "/properties/dataEncryption/geoBackupKeyURI",
        at: "22:23",
        restore: update(&format!(
            "--name trains-prod --backup-key https://trains-west.vault.azure.net/keys/pg/0123456789abcdef0123456789abcdef --backup-identity {}",
            identity("pg-west")
        )),
    }
)]
#[case::a_replica_with_another_key(
    |cloud: &mut Cloud| cloud.set("trains-west", "/properties/dataEncryption/primaryKeyURI", json!("https://other.vault.azure.net/keys/pg")),
    0,
    Told {
        kind: "changed",
        property: "/properties/dataEncryption/primaryKeyURI",
        at: "14:59",
        restore: update(&format!("--name trains-west --key https://trains-west2.vault.azure.net/keys/pg --identity {}", identity("pg-west2"))),
    }
)]
#[case::a_key_out_of_reach(
    |cloud: &mut Cloud| cloud.set("trains-prod", "/properties/dataEncryption/primaryEncryptionKeyStatus", json!("Invalid")),
    1,
    Told {
        kind: "weakened",
        property: "/properties/dataEncryption/primaryEncryptionKeyStatus",
        at: "11:17",
        restore: None,
    }
)]
#[case::a_lost_identity(
    |cloud: &mut Cloud| {
        let members = cloud.server("trains-near")["identity"]["userAssignedIdentities"].as_object_mut().unwrap();
        members.clear();
    },
    1,
    Told {
        kind: "weakened",
        property: "/identity/userAssignedIdentities/~1subscriptions~100000000-0000-0000-0000-000000000001~1resourceGroups~1trains-rg~1providers~1Microsoft.ManagedIdentity~1userAssignedIdentities~1pg-east",
        at: "21:74",
        restore: deploy_server("trains"),
    }
)]
fn a_change_of_a_key_is_found(
    #[case] change: fn(&mut Cloud),
    #[case] code: i32,
    #[case] expected: Told,
) {
    tells(&Estate::of(POLICY).start(change), code, expected);
}

/// The members of an identity are told by a server's own answer only; without it the rest is compared.
#[test]
fn an_identity_that_is_not_told_hides_nothing_else() {
    let running = Estate::of(POLICY).start(|cloud| {
        cloud.refused = Some(("/flexibleservers/trains-prod", 403, "AuthorizationFailed"));
        cloud.set(
            "trains-prod",
            "/properties/backup/backupRetentionDays",
            json!(7),
        );
    });
    let output = running.drift(&["--format", "json"]).expect_code(1);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let told: Vec<_> = findings
        .iter()
        .map(|finding| {
            (
                finding["code"].as_str().unwrap(),
                finding["place"]["line"].as_u64(),
            )
        })
        .filter(|(code, _)| *code != "not_compared")
        .collect();
    assert_eq!(told, [("unreadable", Some(21)), ("weakened", Some(9))]);
    let unread = findings
        .iter()
        .find(|finding| finding["code"] == "unreadable");
    let message = unread.unwrap()["message"].as_str().unwrap();
    assert!(
        message.ends_with("identity could not be read: identity of the flexible server: HTTP 403, AuthorizationFailed"),
        "{message}"
    );
}
