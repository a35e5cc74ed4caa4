//! An estate in four accounts and two subscriptions, whose clouds have it otherwise than its policy
//! says, in every way that drift knows.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use backstay::plan::{Body, Plan, Resource, Scope};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::super::azure::{cloud as azure, estate};
use super::super::backup::cloud as aws;
use super::super::{plan, runtime};

const REGIONS: [&str; 2] = ["us-east-1", "us-west-2"];
const ACCOUNTS: usize = 4;

pub fn account(number: usize) -> String {
    format!("1000000000{number:02}")
}

/// Locations of AWS: in each account both Regions, read by a role of their own.
pub fn locations(accounts: usize) -> String {
    let mut text = "version: 1\nlocations:\n".to_owned();
    for number in 0..accounts {
        let account = account(number);
        for (name, region) in ["east", "west"].iter().zip(REGIONS) {
            text += &format!(
                "  {name}-{number}: {{ provider: aws, region: {region}, account: \"{account}\", \
                 role: \"arn:aws:iam::{account}:role/reader\" }}\n"
            );
        }
    }
    text
}

/// Whole the policy; without its last words what was deployed.
fn policy(pitr: &str, replica: &str) -> String {
    let mut text = locations(ACCOUNTS);
    text += r#"  north: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }
  south: { provider: azure, region: westeurope, subscription: 00000000-0000-0000-0000-000000000002, resource_group: Freight_RG }
stores:
  dumps: { at: west-1, bucket: some-dumps, encryption: customer_managed }
  blobs: { at: north, storage_account: trainstore, container: backups, redundancy: grs }
vaults:
  main: { at: east-2, name: main-vault, lock: { mode: governance, min: 7d, max: 10y } }
defaults:
  tags: { owner: data }
databases:
"#;
    for number in 0..ACCOUNTS {
        for place in ["east", "west"] {
            for n in 0..3 {
                text += &format!(
                    "  {place}-{number}-{n}: {{ engine: rds_postgres, at: {place}-{number}, \
                     id: {place}-{number}-{n}, retention: {{ pitr: 14d }} }}\n"
                );
            }
        }
    }
    text += &format!(
        r#"  stacked:
    engine: rds_postgres
    at: east-0
    id: stacked
    retention: {{ pitr: {pitr} }}
    encryption: customer_managed
    high_availability: multi_az
    replicas: [{{ id: stacked-read-1 }}{replica}]
    provision: {{ engine_version: "16", instance_class: db.t4g.medium, storage: {{ type: gp3, size: 100GiB }}, username: postgres }}
  kept:
    engine: rds_postgres
    at: east-2
    id: kept
    vault: main
    retention: {{ pitr: 7d, weekly: 12w, monthly: 12mo }}
    restore_test: {{ every: 1mo }}
  trains:
    engine: azure_postgres
    at: north
    id: trains-prod
    retention: {{ pitr: 30d }}
    high_availability: zone_redundant
    maintenance_window: "sun:04:30-sun:05:30"
    provision: {{ version: "16", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: {{ size: 128GiB }}, username: pgadmin }}
  freight: {{ engine: azure_postgres, at: south, id: freight-prod, retention: {{ pitr: 21d }}, maintenance_window: "sat:22:00-sat:23:00" }}
  gone: {{ engine: azure_postgres, at: south, id: gone, retention: {{ pitr: 21d }} }}
"#
    );
    text
}

/// The policy of today.
pub fn today() -> String {
    policy("21d", ", { id: stacked-read-2 }")
}

/// By account and Region, or by account, Region and id.
type Instances = BTreeMap<(String, String), Vec<String>>;

#[derive(Clone)]
pub struct World {
    aws: aws::Cloud,
    azure: azure::Cloud,
    instances: Instances,
    keys: BTreeMap<String, Value>,
    pub circle: Option<Circle>,
    /// Instances on a page.
    pub page: usize,
}

/// How the pages of a list lead back.
#[derive(Debug, Clone, Copy)]
pub enum Circle {
    /// The second page leads to itself.
    Same,
    /// The second leads to the first.
    Two,
}

impl World {
    /// What an older policy deployed, and what somebody has changed since.
    pub fn drifted() -> World {
        let older = policy("14d", "");
        let mut azure = estate::Estate::of(&older).cloud;
        azure.servers.push(json!({
            "id": azure::server_id(estate::SOUTH, "freight_rg", "freight-prod"),
            "name": "freight-prod",
            "location": "West Europe",
            "properties": {
                "version": "17",
                "state": "Ready",
                "backup": { "backupRetentionDays": 7, "geoRedundantBackup": "Disabled" },
            },
        }));
        azure.set(
            "trains-prod",
            "/properties/highAvailability/mode",
            json!("Disabled"),
        );
        azure.set(
            "trains-prod",
            "/properties/maintenanceWindow/startHour",
            json!(22),
        );
        azure.page = Some(1);
        World::of(&plan(&older), azure)
    }

    /// What a plan asks for, as it is deployed, but for a few things.
    pub fn of(plan: &Plan, azure: azure::Cloud) -> World {
        let mut world = World {
            aws: aws::Cloud::of(plan),
            azure,
            instances: Instances::new(),
            keys: BTreeMap::new(),
            circle: None,
            page: 2,
        };
        plan.resources.iter().for_each(|it| world.deploy(it));
        world
    }

    fn deploy(&mut self, resource: &Resource) {
        let Scope::Aws { account, region } = &resource.address.scope else {
            return;
        };
        let place = (account.clone(), region.clone());
        let name = &resource.address.name;
        match &resource.body {
            Body::DbInstance(_) if name.ends_with("1-1") => {}
            Body::DbInstance(_) => {
                let xml = instance(&resource.body.tree(), name);
                self.instances.entry(place).or_default().push(xml);
            }
            Body::Key(_) => {
                let tree = resource.body.tree();
                self.keys.insert(name.clone(), tree);
            }
            _ => {}
        }
    }

    pub fn serve(self) -> (MockServer, tokio::runtime::Runtime, SocketAddr) {
        let runtime = runtime();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            Mock::given(any()).respond_with(self).mount(&server).await;
            server
        });
        let address = *server.address();
        (server, runtime, address)
    }

    fn rds(&self, account: &str, region: &str, body: &str) -> ResponseTemplate {
        let word = |name: &str| {
            let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        if word("Action") != Some("DescribeDBInstances") {
            return xml("<DescribeDBInstanceAutomatedBackupsResponse/>");
        }
        let place = (account.to_owned(), region.to_owned());
        let all = self.instances.get(&place).map_or(&[][..], Vec::as_slice);
        let start: usize = word("Marker").map_or(0, |marker| marker.parse().unwrap());
        let end = (start + self.page).min(all.len());
        let end = match self.circle {
            Some(Circle::Same) if start > 0 => start,
            Some(Circle::Two) if start > 0 => 0,
            _ => end,
        };
        let page = all[start..(start + self.page).min(all.len())].concat();
        let marker = match end < all.len() {
            true => format!("<Marker>{end}</Marker>"),
            false => String::new(),
        };
        xml(&format!(
            "<DescribeDBInstancesResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
             <DescribeDBInstancesResult><DBInstances>{page}</DBInstances>{marker}\
             </DescribeDBInstancesResult></DescribeDBInstancesResponse>"
        ))
    }

    /// Keys are known by their aliases.
    fn kms(&self, request: &Request) -> ResponseTemplate {
        let asked: Value = serde_json::from_slice(&request.body).unwrap();
        let id = asked["KeyId"].as_str().unwrap();
        let Some(key) = self.keys.get(id) else {
            let body = json!({ "__type": "NotFoundException", "message": "no such key" });
            return ResponseTemplate::new(400).set_body_json(body);
        };
        let target = request.headers["x-amz-target"].to_str().unwrap();
        let answer = match target.rsplit('.').next().unwrap() {
            "DescribeKey" => json!({ "KeyMetadata": {
                "KeyId": id, "KeyState": "Enabled", "Enabled": true,
                "Description": key["Description"],
            } }),
            // Somebody switched it off.
            "GetKeyRotationStatus" => json!({ "KeyRotationEnabled": false }),
            "GetKeyPolicy" => json!({ "Policy": key["KeyPolicy"].to_string() }),
            "ListResourceTags" => json!({ "Tags": [], "Truncated": false }),
            other => panic!("nobody said what KMS answers to {other}"),
        };
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

/// The form that RDS gives an instance, whose retention is not always what was asked for.
fn instance(tree: &Value, name: &str) -> String {
    let days = match name.ends_with("2-2") {
        true => json!(3),
        false => tree["BackupRetentionPeriod"].clone(),
    };
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let members = [
        ("BackupRetentionPeriod", &days),
        ("CopyTagsToSnapshot", &tree["CopyTagsToSnapshot"]),
        ("DeletionProtection", &tree["DeletionProtection"]),
        ("Engine", &tree["Engine"]),
        ("MultiAZ", &tree["MultiAZ"]),
        ("StorageEncrypted", &tree["StorageEncrypted"]),
    ];
    let members = members.into_iter().filter(|(_, value)| !value.is_null());
    let members: String = members
        .map(|(key, value)| format!("<{key}>{}</{key}>", text(value)))
        .collect();
    format!(
        "<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier>\
         <DBInstanceStatus>available</DBInstanceStatus>{members}<TagList><Tag><Key>owner</Key>\
         <Value>data</Value></Tag></TagList></DBInstance>"
    )
}

fn xml(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_owned(), "text/xml")
}

/// The one bucket; nobody has versioned it.
fn s3(request: &Request) -> ResponseTemplate {
    let error = |code: &str| {
        let body = format!("<Error><Code>{code}</Code><Message>said so</Message></Error>");
        ResponseTemplate::new(404).set_body_raw(body, "application/xml")
    };
    let parts = [
        "versioning",
        "encryption",
        "publicAccessBlock",
        "lifecycle",
        "tagging",
        "policy",
    ];
    match parts
        .into_iter()
        .find(|part| request.url.query_pairs().any(|(key, _)| key == *part))
    {
        Some("versioning") => {
            xml("<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>")
        }
        Some("encryption") => xml(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>\
             </ServerSideEncryptionConfiguration>",
        ),
        Some("publicAccessBlock") => xml(
            "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
             <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
             <RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
        ),
        Some("lifecycle") => error("NoSuchLifecycleConfiguration"),
        Some("tagging") => error("NoSuchTagSet"),
        Some("policy") => error("NoSuchBucketPolicy"),
        _ => error("NoSuchBucket"),
    }
}

impl Respond for World {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let signed = request.headers.get("authorization");
        let signed = signed.and_then(|it| it.to_str().ok()).unwrap_or_default();
        let Some((_, scope)) = signed.split_once("Credential=") else {
            return self.azure.respond(request);
        };
        let scope: Vec<&str> = scope.split('/').collect();
        let body = String::from_utf8_lossy(&request.body);
        match scope[3] {
            "rds" => self.rds(scope[0], scope[2], &body),
            "s3" => s3(request),
            "kms" => self.kms(request),
            _ => self.aws.respond(request),
        }
    }
}
