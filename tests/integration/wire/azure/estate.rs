//! A workspace whose rendered templates are deployed, and the program that looks at it.

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Respond};

use super::FakeAz;
use super::cloud::{Cloud, Groups, server_id};
use crate::support::{Output, Workspace};
use crate::wire::{assert_no_secret, runtime};

pub const NORTH: &str = "00000000-0000-0000-0000-000000000001";
pub const SOUTH: &str = "00000000-0000-0000-0000-000000000002";
pub const GROUPS: Groups = &[
    ("north", NORTH, "trains-rg"),
    ("south", SOUTH, "Freight_RG"),
];

/// A server and a store that are rendered, and two servers that exist already. The tests know these
/// lines by their numbers.
pub const POLICY: &str = r#"version: 1
locations:
  north: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }
  south: { provider: azure, region: westeurope, subscription: 00000000-0000-0000-0000-000000000002, resource_group: Freight_RG }
stores:
  dumps: { at: north, storage_account: trainstore, container: backups, redundancy: grs }
databases:
  trains:
    engine: azure_postgres
    at: north
    id: trains-prod
    retention: { pitr: 30d, daily: 30d, weekly: 12w }
    copies: { geo: true }
    high_availability: zone_redundant
    tags: { team: data, cost-centre: "042" }
    dump: { to: [dumps], databases: [trains], schedule: "daily 02:37" }
    provision: { version: "16", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: { size: 128GiB }, username: pgadmin }
  timetable:
    engine: azure_postgres
    at: north
    id: timetable
    retention: { pitr: 14d }
  freight:
    engine: azure_postgres
    at: south
    id: freight-prod
    retention: { pitr: 21d }
    high_availability: same_zone
defaults:
  maintenance_window: "sun:04:30-sun:05:30"
"#;

pub struct Estate {
    pub workspace: Workspace,
    pub cloud: Cloud,
    az: FakeAz,
}

impl Estate {
    /// What was rendered for the policy, and what exists beside it.
    pub fn deployed() -> Estate {
        let mut estate = Estate::of(POLICY);
        let cloud = &mut estate.cloud;
        assert_eq!((cloud.servers.len(), cloud.policies.len()), (1, 1));
        cloud.servers.extend(existing());
        enforced(cloud, "trainstore", 14);
        estate
    }

    /// The same for another policy; what exists already is not there yet.
    pub fn of(policy: &str) -> Estate {
        Estate::within(policy, GROUPS)
    }

    pub fn within(policy: &str, groups: Groups) -> Estate {
        let az = FakeAz::new();
        let workspace = Workspace::new()
            .policy("trains.yaml", policy)
            .env("PATH", az.path());
        workspace.run(["render"]).expect_code(0);
        let mut cloud = Cloud::default();
        cloud.deploy(&workspace.path().join("generated"), groups);
        Estate {
            workspace,
            cloud,
            az,
        }
    }

    /// An `az` that nobody has logged in to.
    pub fn logged_out(mut self) -> Estate {
        self.az = FakeAz::running("echo 'ERROR: Please run: az login' >&2; exit 1");
        self.workspace = self.workspace.env("PATH", self.az.path());
        self
    }

    /// Changes what is deployed, and answers from it.
    pub fn start(self, change: impl FnOnce(&mut Cloud)) -> Running {
        let mut cloud = self.cloud.clone();
        change(&mut cloud);
        self.answering(cloud)
    }

    pub fn answering(self, answers: impl Respond + 'static) -> Running {
        let runtime = runtime();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            Mock::given(any())
                .respond_with(answers)
                .mount(&server)
                .await;
            server
        });
        let workspace = self
            .workspace
            .env("AZURE_RESOURCE_MANAGER_ENDPOINT", server.uri());
        Running {
            workspace,
            server,
            runtime,
            _az: self.az,
        }
    }
}

/// The Blob service of an account in the north, as its script leaves it.
pub fn enforced(cloud: &mut Cloud, account: &str, soft_delete: u32) {
    let resource = json!({
        "type": "Microsoft.Storage/storageAccounts/blobServices",
        "name": format!("{account}/default"),
        "properties": {
            "isVersioningEnabled": true,
            "deleteRetentionPolicy": { "enabled": true, "days": soft_delete },
            "containerDeleteRetentionPolicy": { "enabled": true, "days": soft_delete },
        },
    });
    let filled_in = json!({
        "sku": { "name": "Standard_GRS", "tier": "Standard" },
        "properties": {
            "defaultServiceVersion": "2017-07-29",
            "changeFeed": { "enabled": true, "retentionInDays": 7 },
            "deleteRetentionPolicy": { "allowPermanentDelete": false },
        },
    });
    cloud.put(NORTH, "trains-rg", &resource, filled_in);
}

/// A server that nobody rendered, of which next to nothing is told.
pub fn existing_server(
    subscription: &str,
    group: &str,
    name: &str,
    location: &str,
    days: u32,
) -> Value {
    json!({
        "id": server_id(subscription, group, name),
        "name": name,
        "location": location,
        "properties": { "version": "17", "state": "Ready", "backup": { "backupRetentionDays": days } }
    })
}

/// The policy's maintenance window, as Azure tells it.
pub fn hour() -> Value {
    json!({ "customWindow": "Enabled", "dayOfWeek": 0, "startHour": 4, "startMinute": 30 })
}

/// The servers that nobody rendered: set once by hand, or by their scripts.
fn existing() -> Vec<Value> {
    vec![
        json!({
            "id": server_id(NORTH, "trains-rg", "Timetable"),
            "name": "Timetable",
            "type": "Microsoft.DBforPostgreSQL/flexibleServers",
            "location": "East US",
            "properties": {
                "version": "15",
                "state": "Ready",
                "backup": { "backupRetentionDays": 14 },
                "maintenanceWindow": hour()
            }
        }),
        json!({
            "id": server_id(SOUTH, "freight_rg", "freight-prod"),
            "name": "freight-prod",
            "location": "West Europe",
            "sku": { "name": "Standard_E8ds_v5", "tier": "MemoryOptimized" },
            "tags": { "somebody": "else" },
            "properties": {
                "version": "17",
                "state": "Ready",
                "storage": { "storageSizeGB": 1024, "autoGrow": "Enabled" },
                "backup": { "backupRetentionDays": 21, "geoRedundantBackup": "Enabled" },
                "highAvailability": { "mode": "SameZone", "state": "Healthy" },
                "maintenanceWindow": hour()
            }
        }),
    ]
}

/// The workspace with a cloud that answers.
pub struct Running {
    pub workspace: Workspace,
    server: MockServer,
    runtime: tokio::runtime::Runtime,
    _az: FakeAz,
}

impl Running {
    pub fn drift(&self, arguments: &[&str]) -> Output {
        let output = self.workspace.run([&["drift"], arguments].concat());
        assert_no_secret(&output.stdout);
        assert_no_secret(&output.stderr);
        for (method, url) in self.requests() {
            assert_eq!(method, "GET", "{url}");
        }
        output
    }

    /// Method and URL of everything that was asked so far.
    pub fn requests(&self) -> Vec<(String, String)> {
        let requests = self.runtime.block_on(self.server.received_requests());
        let line =
            |request: wiremock::Request| (request.method.to_string(), request.url.to_string());
        requests.unwrap().into_iter().map(line).collect()
    }
}
