//! Azure's, with a stand-in for az that answers in the documented shapes: nothing here can play Azure.

use serde_json::{Value, json};

use super::told;
use crate::support::{Az, Output, Script};

const GROUP: &str =
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/group/providers";

const POLICY: &str = r#"version: 1
locations:
  east: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: group }
vaults:
  az: { at: east, name: shop-vault, redundancy: geo }
stores:
  blobs: { at: east, storage_account: shopdumps, container: postgres, redundancy: grs }
databases:
  shop_stock:
    engine: azure_postgres
    at: east
    id: stock
    tier: important
    vault: az
    copies: { geo: true }
    tags: { team: shop it }
    dump: { to: [blobs], databases: [stock], schedule: "daily 02:23" }
"#;

struct Estate {
    az: Az,
    script: Script,
}

impl Estate {
    fn new(network: Value) -> Estate {
        let az = Az::new();
        az.resources(&json!({ format!("{GROUP}/x"): {} }));
        az.set(
            "servers.json",
            &json!({ "stock": {
                "id": format!("{GROUP}/Microsoft.DBforPostgreSQL/flexibleServers/stock"),
                "name": "stock", "location": "East US", "state": "Ready", "tags": null,
                "fullyQualifiedDomainName": "stock.postgres.database.azure.com",
                "sku": { "name": "Standard_D2s_v3", "tier": "GeneralPurpose" },
                "backup": {
                    "backupRetentionDays": 14, "geoRedundantBackup": "Enabled",
                    "earliestRestoreDate": "2026-11-18T04:00:12.345678+00:00"
                },
                "network": network,
                "dataEncryption": {
                    "type": "AzureKeyVault", "primaryKeyURI": "https://keys.vault.azure.net/keys/k/1",
                    "primaryUserAssignedIdentityId": "/subscriptions/s/i",
                    "geoBackupKeyURI": "https://far.vault.azure.net/keys/k/1",
                    "geoBackupUserAssignedIdentityId": "/subscriptions/s/far"
                },
                "replica": { "role": "Primary" }
            } }),
        );
        Estate {
            az,
            script: Script::of(POLICY, "scripts/shop_stock-recover.sh"),
        }
    }

    fn public() -> Estate {
        Estate::new(json!({ "publicNetworkAccess": "Enabled", "delegatedSubnetResourceId": null }))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.script.command(arguments);
        self.az
            .reach(&mut command)
            .env("BACKSTAY_POLL_SECONDS", "0");
        Output::run(&mut command)
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], message: &str) {
        let before = self.az.kept("servers.json");
        let output = self.run(arguments).expect_code(1);
        assert!(output.stderr.contains(message), "{}", output.stderr);
        assert_eq!(self.az.kept("servers.json"), before);
    }

    /// The words of the first call of a command, from its options on.
    #[track_caller]
    fn call(&self, command: &str) -> Vec<String> {
        let calls = self.az.calls();
        let words: Vec<_> = command.split(' ').collect();
        let call = calls.into_iter().find(|call| {
            call.starts_with(
                &words
                    .iter()
                    .map(|word| (*word).to_owned())
                    .collect::<Vec<_>>(),
            )
        });
        let call = call.unwrap_or_else(|| panic!("no {command}"));
        call[words.len()..].to_vec()
    }
}

/// The value of an option.
fn option(call: &[String], option: &str) -> String {
    let at = call.iter().position(|word| word == option);
    call[at.unwrap_or_else(|| panic!("no {option} in {call:?}")) + 1].clone()
}

#[test]
fn a_moment_comes_back_beside_the_server_never_public() {
    let estate = Estate::public();
    estate.az.set("looks", &json!(2));
    let output = estate
        .run(&["time", "2026-11-20T10:00:00Z", "--to", "stock-back"])
        .expect_code(0);
    assert!(
        output.stderr.contains("stock-back: provisioning"),
        "{}",
        output.stderr
    );
    assert_eq!(told(&output, "identifier"), "stock-back");
    assert_eq!(
        told(&output, "endpoint"),
        "stock-back.postgres.database.azure.com"
    );
    assert_eq!(told(&output, "region"), "East US");
    let call = estate.call("postgres flexible-server restore");
    let source = format!("{GROUP}/Microsoft.DBforPostgreSQL/flexibleServers/stock");
    for (name, value) in [
        ("--source-server", source.as_str()),
        ("--restore-time", "2026-11-20T10:00:00Z"),
        ("--key", "https://keys.vault.azure.net/keys/k/1"),
        ("--identity", "/subscriptions/s/i"),
        // Only at creation can they be had.
        ("--geo-redundant-backup", "Enabled"),
        ("--backup-key", "https://far.vault.azure.net/keys/k/1"),
    ] {
        assert_eq!(option(&call, name), value);
    }
    let servers = estate.az.kept("servers.json");
    let back = &servers["stock-back"];
    assert_eq!(back["network"]["publicNetworkAccess"], "Disabled");
    assert_eq!(
        back["tags"],
        json!({ "backstay:restored": "shop_stock", "team": "shop it" })
    );
    assert_eq!(
        servers["stock"]["network"]["publicNetworkAccess"],
        "Enabled"
    );
    assert_eq!(
        estate.az.kept("locks.json").as_array().map(Vec::len),
        Some(1)
    );

    // Once more it goes on with what it began, and another one's name is never taken.
    let again = estate.run(&["latest", "--to", "stock-back"]).expect_code(0);
    assert!(
        again.stderr.contains("begun by an earlier run"),
        "{}",
        again.stderr
    );
    estate.refused(&["latest", "--to", "stock"], "stock exists already");

    estate.refused(&["discard", "stock", "--yes"], "is the server itself");
    estate.refused(&["discard", "stock-back"], "say so with --yes");
    estate
        .run(&["discard", "stock-back", "--yes", "--dry-run"])
        .expect_code(0);
    estate
        .run(&["discard", "stock-back", "--yes"])
        .expect_code(0);
    estate
        .run(&["discard", "stock-back", "--yes"])
        .expect_code(0);
    let servers = estate.az.kept("servers.json");
    assert_eq!(servers.as_object().map(serde_json::Map::len), Some(1));
}

#[test]
fn a_moment_that_cannot_be_restored_is_refused_with_those_that_can() {
    let estate = Estate::public();
    let window = estate.run(&["window"]).expect_code(0);
    assert_eq!(told(&window, "earliest"), "2026-11-18T04:00:12Z");
    let latest = told(&window, "latest");
    for moment in ["2026-11-18T04:00:11Z", "2199-01-01T00:00:00Z"] {
        let bounds = format!(
            "only moments from 2026-11-18T04:00:12Z to {}",
            &latest[..14]
        );
        estate.refused(&["time", moment], &bounds);
    }
    estate.refused(&["time", "now"], "now is no moment");
    estate.run(&["latest", "--dry-run"]).expect_code(0);
    assert_eq!(
        estate
            .az
            .kept("servers.json")
            .as_object()
            .map(serde_json::Map::len),
        Some(1)
    );
}

#[test]
fn the_paired_region_gets_the_geo_redundant_backup() {
    let estate = Estate::public();
    let output = estate
        .run(&["geo", "--to", "far", "--scratch"])
        .expect_code(0);
    assert_eq!(told(&output, "region"), "westus");
    let call = estate.call("postgres flexible-server geo-restore");
    assert_eq!(option(&call, "--location"), "westus");
    assert_eq!(
        option(&call, "--key"),
        "https://far.vault.azure.net/keys/k/1"
    );
    assert_eq!(estate.az.kept("locks.json"), Value::Null);
    assert_eq!(
        estate.az.kept("servers.json")["far"]["network"]["publicNetworkAccess"],
        "Disabled"
    );

    let private = Estate::new(json!({
        "publicNetworkAccess": "Disabled", "delegatedSubnetResourceId": "/subscriptions/s/subnet"
    }));
    private.refused(
        &["geo"],
        "set BACKSTAY_SUBNET and BACKSTAY_PRIVATE_DNS_ZONE to those in westus",
    );
}

#[test]
fn long_term_backups_come_back_as_files() {
    let estate = Estate::public();
    estate.refused(&["files"], "shop-vault has no such recovery point of stock");
    let point = |name: &str, day: u32| json!({ "name": name, "time": format!("2026-11-{day:02}T02:00:00.0000000Z") });
    let points = json!([point("p1", 1), point("p3", 22), point("p2", 15)]);
    estate.az.set("points.json", &points);
    estate.az.set("looks", &json!(1));
    estate.az.set("state", &json!("InProgress"));
    let output = estate.run(&["files", "--to", "stock-files"]).expect_code(0);
    assert!(
        output.stderr.contains("restore job 1: inprogress"),
        "{}",
        output.stderr
    );
    assert_eq!(
        told(&output, "container"),
        "https://shopdumps.blob.core.windows.net/postgres"
    );
    assert_eq!(told(&output, "prefix"), "stock-files");
    let call = estate.call("dataprotection backup-instance restore trigger");
    assert_eq!(option(&call, "--vault-name"), "shop-vault");
    let request: Value =
        serde_json::from_str(&option(&call, "--restore-request-object")).expect("JSON");
    assert_eq!(request["recoveryPointId"], "p3");
    let details = &request["restoreTargetInfo"]["targetDetails"];
    assert_eq!(details["filePrefix"], "stock-files");
    estate.run(&["files", "p1", "--dry-run"]).expect_code(0);
    estate.refused(&["files", "p9"], "no such recovery point");
    estate.az.set("state", &json!("Failed"));
    estate.refused(&["files", "p1"], "ended as failed");
}
