//! Azure Resource Manager, as its reference documents the answers.

mod access;
mod alerts;
mod backup;
mod changes;
pub mod cloud;
mod disks;
pub mod estate;
mod faults;
mod keys;
mod refusals;
mod replicas;
mod stores;
mod story;
mod told;

use std::os::unix::fs::PermissionsExt;

use backstay::observe::State;
use serde_json::{Value, json};
use wiremock::matchers::{any, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{Observed, observe, runtime};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

const POLICY: &str = r#"version: 1
locations:
  az: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }
databases:
  full:
    engine: azure_postgres
    at: az
    id: trains-full
    retention: { pitr: 30d }
    copies: { geo: true }
    high_availability: zone_redundant
    tags: { team: data }
    maintenance_window: "sun:04:30-sun:05:30"
    provision: { version: "16", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: { size: 128GiB }, username: pgadmin }
  bare: { engine: azure_postgres, at: az, id: trains-bare, high_availability: none, maintenance_window: provider_managed }
  gone: { engine: azure_postgres, at: az, id: trains-gone }
"#;

const STORE: &str = r#"version: 1
locations:
  az: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }
  host: { provider: host, address: db-01.internal }
stores:
  dumps: { at: az, storage_account: trainstore, container: backups, redundancy: grs }
databases:
  app:
    engine: postgres
    at: host
    id: app
    retention: { daily: 30d, weekly: 12w }
    dump: { to: [dumps], databases: [app], schedule: "daily 01:43" }
"#;

fn servers_path() -> String {
    format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.DBforPostgreSQL/flexibleServers")
}

fn policy_path() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/trains-rg/providers/Microsoft.Storage\
         /storageAccounts/trainstore/managementPolicies/default"
    )
}

/// A server's id, in the odd case that ARM likes.
fn id(group: &str, name: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers\
         /Microsoft.DBForPostgreSql/flexibleservers/{name}"
    )
}

fn full() -> Value {
    json!({
        "id": id("TRAINS-RG", "Trains-Full"),
        "name": "Trains-Full",
        "type": "Microsoft.DBForPostgreSql/flexibleservers",
        "location": "East US",
        "tags": { "team": "data", "extra": "1" },
        "sku": { "name": "Standard_D2s_v3", "tier": "GeneralPurpose" },
        "properties": {
            "version": "16",
            "minorVersion": "4",
            "state": "Updating",
            "administratorLogin": "pgadmin",
            "storage": { "type": "", "storageSizeGB": 128, "autoGrow": "Enabled", "tier": "P10" },
            "backup": {
                "backupRetentionDays": 30,
                "geoRedundantBackup": "Enabled",
                "earliestRestoreDate": "2026-10-24T01:16:00.1234567+00:00"
            },
            "highAvailability": { "mode": "ZoneRedundant", "state": "Healthy" },
            "maintenanceWindow": estate::hour(),
            "somethingNew": { "a": 1 }
        }
    })
}

/// A server of which ARM tells next to nothing, of a version that the client does not know.
fn bare() -> Value {
    json!({
        "id": id("trains-rg", "trains-bare"),
        "name": "trains-bare",
        "location": "eastus",
        "properties": { "version": "19", "state": "Ready" }
    })
}

/// An `az` that knows one token, and counts nothing else.
pub struct FakeAz(tempfile::TempDir);

impl FakeAz {
    pub fn new() -> FakeAz {
        FakeAz::running(
            "echo '{\"accessToken\":\"very-secret-token\",\
            \"expiresOn\":\"2099-01-01 00:00:00.000000\",\"expires_on\":4070908800,\
            \"tokenType\":\"Bearer\"}'",
        )
    }

    fn running(script: &str) -> FakeAz {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("az");
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        FakeAz(folder)
    }

    pub fn path(&self) -> String {
        let inherited = std::env::var("PATH").unwrap_or_default();
        format!("{}:{inherited}", self.0.path().display())
    }
}

fn against(policy: &str, server: &MockServer) -> Observed {
    let az = FakeAz::new();
    let (url, path) = (server.uri(), az.path());
    observe(
        policy,
        &[("AZURE_RESOURCE_MANAGER_ENDPOINT", &url), ("PATH", &path)],
    )
}

#[test]
fn two_pages_read_back_as_planned() {
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        let next = format!(
            "{}{}?api-version=2024-08-01&$skiptoken=2",
            server.uri(),
            servers_path()
        );
        Mock::given(path(servers_path()))
            .and(query_param("$skiptoken", "2"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "value": [bare()] })))
            .with_priority(1)
            .mount(&server)
            .await;
        let nothing = cloud::refusal(404, "ResourceNotFound");
        Mock::given(any())
            .respond_with(nothing)
            .with_priority(u8::MAX)
            .mount(&server)
            .await;
        let first = json!({ "value": [full()], "nextLink": next });
        Mock::given(method("GET"))
            .and(path(servers_path()))
            .respond_with(ResponseTemplate::new(200).set_body_json(first))
            .mount(&server)
            .await;
        server
    });
    let observed = against(POLICY, &server);
    let mut wanted = observed.wanted("trains-full");
    assert_eq!(observed.live("trains-full"), &wanted);
    let State::Found(found) = observed.state("trains-full") else {
        panic!("not found");
    };
    assert_eq!(found.busy.as_deref(), Some("Updating"));
    wanted = observed.live("trains-bare").clone();
    let maintained = &wanted["properties"]["maintenanceWindow"];
    assert_eq!(maintained, &json!({ "customWindow": "Disabled" }));
    assert_eq!(wanted["properties"]["highAvailability"]["mode"], "Disabled");
    assert_eq!(
        wanted["properties"]["backup"]["backupRetentionDays"],
        Value::Null
    );
    assert_eq!(observed.state("trains-gone"), &State::Missing);
}

fn answering(policy: &str, status: u16, code: &str) -> Observed {
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        let body = json!({ "error": { "code": code, "message": "very-secret-token" } });
        Mock::given(any())
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .mount(&server)
            .await;
        server
    });
    against(policy, &server)
}

#[rstest::rstest]
#[case("ManagementPolicyNotFound")]
#[case("ResourceNotFound")]
fn no_policy_and_no_account_are_missing(#[case] code: &str) {
    let observed = answering(STORE, 404, code);
    assert_eq!(observed.state("trainstore"), &State::Missing);
}

#[test]
fn a_management_policy_reads_back_as_planned() {
    let wanted = super::plan(STORE).resources[0].body.tree();
    // Rules in another order, and days with a fraction, as ARM answers them.
    let text = serde_json::to_string(&wanted["properties"]["policy"]).unwrap();
    let days = with_fractions(&text);
    let mut policy: Value = serde_json::from_str(&days).unwrap();
    policy["rules"].as_array_mut().unwrap().reverse();
    let answer = json!({
        "id": policy_path(),
        "name": "DefaultManagementPolicy",
        "type": "Microsoft.Storage/storageAccounts/managementPolicies",
        "properties": { "lastModifiedTime": "2026-11-01T00:00:00Z", "policy": policy }
    });
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(path(policy_path()))
            .and(query_param("api-version", "2026-04-01"))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
        server
    });
    let observed = against(STORE, &server);
    assert_eq!(observed.live("trainstore"), &wanted);
}

/// `GreaterThan":30` becomes `GreaterThan":30.0`.
fn with_fractions(text: &str) -> String {
    let mut parts = text.split("GreaterThan\":");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap();
        format!("{out}GreaterThan\":{}.0{}", &part[..end], &part[end..])
    })
}
