//! `coverage` and `adopt` on a bad line: what they tell is true, what they could not see they say, and
//! neither ends with 0 then.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::super::azure::{FakeAz, cloud as azure, estate};
use super::super::backup::cloud as aws;
use super::super::{assert_no_secret, runtime};
use super::proxy::{Asked, Fault, Proxy};
use super::{any_fault, expired, number, slow_down, world};
use crate::support::{Output, Workspace};

const REGIONS: [&str; 2] = ["us-east-1", "us-west-2"];
const ACCOUNTS: usize = 2;
/// Instances of each Region, which come two a page.
const INSTANCES: usize = 5;

/// One database of each place, and none of the others.
fn policy() -> String {
    let mut text = world::locations(ACCOUNTS);
    text += "  north: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }\n  south: { provider: azure, region: westeurope, subscription: 00000000-0000-0000-0000-000000000002, resource_group: Freight_RG }\ndatabases:\n";
    for number in 0..ACCOUNTS {
        for place in ["east", "west"] {
            text += &format!(
                "  {place}-{number}: {{ engine: rds_postgres, at: {place}-{number}, id: db-0, retention: {{ pitr: 14d }} }}\n"
            );
        }
    }
    text + "  trains: { engine: azure_postgres, at: north, id: trains-0, retention: { pitr: 14d } }\n  freight: { engine: azure_postgres, at: south, id: freight-0, retention: { pitr: 14d } }\n"
}

#[derive(Clone)]
struct Estate {
    aws: aws::Cloud,
    azure: azure::Cloud,
}

impl Estate {
    fn new() -> Estate {
        let mut aws = aws::Cloud::default();
        for (account, region) in places() {
            let here = aws.region(&account, region);
            let listed = ["nightly", "weekly"].map(
                |name| json!({ "BackupPlanId": format!("id-{name}"), "BackupPlanName": name }),
            );
            here.insert("/backup/plans".to_owned(), json!(listed));
            for (name, schedule, tag) in [
                ("nightly", "cron(0 5 ? * * *)", "daily"),
                ("weekly", "cron(0 5 ? * SUN *)", "weekly"),
            ] {
                let plan = format!("/backup/plans/id-{name}");
                let rule = json!({ "RuleName": name, "TargetBackupVaultName": "main",
                    "ScheduleExpression": schedule, "Lifecycle": { "DeleteAfterDays": 7 } });
                let told = json!({ "BackupPlan": { "BackupPlanName": name, "Rules": [rule] } });
                here.insert(plan.clone(), told);
                let listed = json!([{ "SelectionId": "s-1", "SelectionName": "tagged" }]);
                here.insert(format!("{plan}/selections"), listed);
                let taken = json!({ "BackupSelection": { "SelectionName": "tagged",
                    "IamRoleArn": "arn:aws:iam::100000000000:role/backup",
                    "ListOfTags": [{ "ConditionType": "STRINGEQUALS", "ConditionKey": "backup",
                                     "ConditionValue": tag }] } });
                here.insert(format!("{plan}/selections/s-1"), taken);
            }
            let points = [3, 4].map(|n| {
                json!({ "ResourceArn": format!("arn:aws:rds:{region}:{account}:db:db-{n}"),
                    "ResourceType": "RDS", "LastBackupTime": 1_790_000_000,
                    "LastBackupVaultArn": format!("arn:aws:backup:{region}:{account}:backup-vault:main") })
            });
            here.insert("/resources".to_owned(), json!(points));
        }
        let mut azure = azure::Cloud {
            page: Some(1),
            ..azure::Cloud::default()
        };
        for (subscription, group, region, name) in [
            (estate::NORTH, "trains-rg", "East US", "trains"),
            (estate::SOUTH, "freight_rg", "West Europe", "freight"),
        ] {
            azure.servers.extend(
                (0..3).map(|n| server(subscription, group, region, &format!("{name}-{n}"))),
            );
            for vault in ["first", "second"] {
                let path = format!(
                    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.DataProtection/backupVaults/{vault}"
                );
                let held = azure::server_id(subscription, group, &format!("{name}-2"));
                let instance = json!({ "id": format!("{path}/backupInstances/i"), "name": "i", "properties": {
                    "dataSourceInfo": { "resourceID": held },
                    "policyInfo": { "policyId": format!("{path}/backupPolicies/weekly") } } });
                let key = path.to_ascii_lowercase();
                azure
                    .others
                    .insert(format!("{key}/backupinstances/i"), instance);
                azure
                    .others
                    .insert(key, json!({ "id": path, "name": vault }));
            }
        }
        Estate { aws, azure }
    }

    fn serve(self) -> (MockServer, tokio::runtime::Runtime, SocketAddr) {
        let runtime = runtime();
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            Mock::given(any()).respond_with(self).mount(&server).await;
            server
        });
        let address = *server.address();
        (server, runtime, address)
    }
}

fn places() -> impl Iterator<Item = (String, &'static str)> {
    (0..ACCOUNTS).flat_map(|n| REGIONS.map(|region| (world::account(n), region)))
}

/// The n-th instance of a Region: named by the policy; with backups of its own; held by plans alone;
/// by nothing but what a vault has received; under a customer's key and replicated.
fn instance(account: &str, region: &str, n: usize) -> String {
    let days = [14, 7, 0, 0, 14][n];
    let tag = ["", "", "daily", "", "weekly"][n];
    let key = match n {
        4 => format!("<KmsKeyId>arn:aws:kms:{region}:{account}:key/k-4</KmsKeyId>"),
        _ => String::new(),
    };
    format!(
        "<DBInstance><DBInstanceIdentifier>db-{n}</DBInstanceIdentifier>\
         <DBInstanceStatus>available</DBInstanceStatus><Engine>postgres</Engine>\
         <EngineVersion>16.4</EngineVersion><AllocatedStorage>100</AllocatedStorage>\
         <BackupRetentionPeriod>{days}</BackupRetentionPeriod>\
         <PreferredBackupWindow>03:00-03:30</PreferredBackupWindow>\
         <PreferredMaintenanceWindow>sun:04:30-sun:05:30</PreferredMaintenanceWindow>\
         <CopyTagsToSnapshot>true</CopyTagsToSnapshot><DeletionProtection>true</DeletionProtection>\
         <MultiAZ>false</MultiAZ><StorageEncrypted>true</StorageEncrypted>{key}\
         <TagList><Tag><Key>backup</Key><Value>{tag}</Value></Tag></TagList></DBInstance>"
    )
}

fn server(subscription: &str, group: &str, region: &str, name: &str) -> Value {
    json!({
        "id": azure::server_id(subscription, group, name),
        "name": name,
        "type": "Microsoft.DBforPostgreSQL/flexibleServers",
        "location": region,
        "tags": { "team": "data" },
        "sku": { "name": "Standard_D2s_v3", "tier": "GeneralPurpose" },
        "properties": {
            "version": "16",
            "state": "Ready",
            "storage": { "type": "", "storageSizeGB": 128, "autoGrow": "Enabled" },
            "backup": { "backupRetentionDays": 14, "geoRedundantBackup": "Disabled" },
            "highAvailability": { "mode": "Disabled" },
            "dataEncryption": { "type": "SystemManaged" },
        },
    })
}

fn xml(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_owned(), "text/xml")
}

fn rds(account: &str, region: &str, body: &str) -> ResponseTemplate {
    let word = |name: &str| {
        let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    if word("Action") != Some("DescribeDBInstances") {
        return xml("<DescribeDBInstanceAutomatedBackupsResponse/>");
    }
    let start: usize = word("Marker").map_or(0, |marker| marker.parse().unwrap());
    let end = (start + 2).min(INSTANCES);
    let page: String = (start..end).map(|n| instance(account, region, n)).collect();
    let marker = match end < INSTANCES {
        true => format!("<Marker>{end}</Marker>"),
        false => String::new(),
    };
    xml(&format!(
        "<DescribeDBInstancesResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
         <DescribeDBInstancesResult><DBInstances>{page}</DBInstances>{marker}\
         </DescribeDBInstancesResult></DescribeDBInstancesResponse>"
    ))
}

impl Respond for Estate {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let signed = request.headers.get("authorization");
        let signed = signed.and_then(|it| it.to_str().ok()).unwrap_or_default();
        let Some((_, scope)) = signed.split_once("Credential=") else {
            return self.azure.respond(request);
        };
        let scope: Vec<&str> = scope.split('/').collect();
        match scope[3] {
            "rds" => rds(scope[0], scope[2], &String::from_utf8_lossy(&request.body)),
            "kms" => ResponseTemplate::new(200).set_body_json(json!({ "KeyMetadata": {
                "KeyId": "k-4", "KeyState": "Enabled", "Enabled": true, "KeyManager": "CUSTOMER",
            } })),
            _ => self.aws.respond(request),
        }
    }
}

/// A workspace of somebody of little patience, whose clouds are behind a line.
fn workspace(proxy: &Proxy, az: &FakeAz, patience: &str) -> Workspace {
    Workspace::new()
        .policy("p.yaml", &policy())
        .env("PATH", az.path())
        .env("AWS_ENDPOINT_URL", &proxy.url)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "very-secret-key")
        .env("AZURE_RESOURCE_MANAGER_ENDPOINT", &proxy.url)
        .env("BACKSTAY_PATIENCE", patience)
}

fn run(workspace: &Workspace, arguments: &[&str]) -> Output {
    let output = workspace.run(arguments);
    assert_no_secret(&output.stdout);
    assert_no_secret(&output.stderr);
    output
}

/// What one run of coverage told.
#[derive(Debug)]
struct Covered {
    code: i32,
    /// Code and message of each finding but of what could not be read.
    told: BTreeSet<(String, String)>,
    rows: BTreeMap<String, Value>,
    /// The messages of what could not be read.
    unread: Vec<String>,
}

fn cover(proxy: &Proxy, patience: &str) -> Covered {
    let az = FakeAz::new();
    let output = run(
        &workspace(proxy, &az, patience),
        &["coverage", "--format", "json"],
    );
    let report: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.map(|it| (text(&it["code"]), text(&it["message"])));
    let (unread, told): (Vec<_>, Vec<_>) = findings.partition(|(code, _)| code == "unreadable");
    let rows = report["coverage"].as_array().cloned().unwrap_or_default();
    Covered {
        code: output.code,
        told: told.into_iter().collect(),
        rows: rows
            .iter()
            .map(|row| (text(&row["location"]), row.clone()))
            .collect(),
        unread: unread.into_iter().map(|(_, message)| message).collect(),
    }
}

/// The place of a location, as what could not be read of it begins.
fn place(location: &str) -> String {
    let accounts = (0..ACCOUNTS).flat_map(|n| {
        let account = world::account(n);
        [("east", REGIONS[0]), ("west", REGIONS[1])]
            .map(|(name, region)| (format!("{name}-{n}"), format!("aws {account} {region}")))
    });
    let azure = [("north", estate::NORTH), ("south", estate::SOUTH)]
        .map(|(name, subscription)| (name.to_owned(), format!("azure {subscription}")));
    let mut all = accounts.chain(azure);
    let found = all.find(|(name, _)| name == location);
    found.unwrap_or_else(|| panic!("no location {location}")).1
}

/// Whether something of a location could not be read.
fn is_unread(unread: &[String], location: &str) -> bool {
    unread.iter().any(|it| it.starts_with(&place(location)))
}

/// What coverage keeps to, whatever its line did.
fn keeps_the_law(run: &Covered, whole: &Covered) -> Result<(), String> {
    if run.unread.is_empty() {
        let same = (&run.told, &run.rows, run.code) == (&whole.told, &whole.rows, whole.code);
        return match same {
            true => Ok(()),
            false => Err("it says that it is complete and is not".to_owned()),
        };
    }
    if ![1, 3].contains(&run.code) {
        return Err(format!("{:?} and code {}", run.unread, run.code));
    }
    if let Some(wrong) = run.told.difference(&whole.told).next() {
        return Err(format!("it tells {wrong:?}"));
    }
    for (location, row) in &whole.rows {
        let told = run.rows.get(location);
        if told != Some(row) && !is_unread(&run.unread, location) {
            return Err(format!("{location} has {told:?}"));
        }
        let ours = |(_, message): &&(String, String)| message.contains(&format!(" in {location}"));
        let missed = whole.told.difference(&run.told).find(ours);
        if let Some(missed) = missed
            && !is_unread(&run.unread, location)
        {
            return Err(format!("nothing is said of {missed:?}"));
        }
    }
    Ok(())
}

fn whole() -> &'static Covered {
    static WHOLE: LazyLock<Covered> = LazyLock::new(|| {
        let (_server, _runtime, cloud) = Estate::new().serve();
        cover(&Proxy::before(cloud, |_: &Asked| Fault::None), "1")
    });
    &WHOLE
}

#[track_caller]
fn through(patience: &str, plan: impl Fn(&Asked) -> Fault + Send + Sync + 'static) -> Covered {
    let (_server, _runtime, cloud) = Estate::new().serve();
    let run = cover(&Proxy::before(cloud, plan), patience);
    keeps_the_law(&run, whole()).unwrap_or_else(|broken| panic!("{broken}\n{:#?}", run.unread));
    run
}

#[test]
fn on_a_good_line_all_databases_are_counted() {
    let whole = whole();
    assert_eq!((whole.code, whole.unread.len()), (1, 0), "{whole:#?}");
    assert_eq!(whole.rows.len(), 2 * ACCOUNTS + 2);
    for (location, row) in &whole.rows {
        let expected = match location.as_str() {
            "north" | "south" => [3, 1, 2, 1],
            _ => [5, 1, 4, 0],
        };
        let members = ["databases", "protected", "unprotected", "twice"].map(|it| &row[it]);
        assert_eq!(members, expected, "{location}: {:#?}", whole.told);
    }
    let codes: BTreeSet<&str> = whole.told.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(
        codes.into_iter().collect::<Vec<_>>(),
        ["protected-twice", "unprotected"]
    );
}

#[test]
fn refusals_for_speed_leave_coverage_complete() {
    let run = through("0.05", |asked| match number(1, asked, asked.before) {
        0..300 => slow_down(asked),
        _ => Fault::None,
    });
    assert_eq!(run.unread, [""; 0]);
}

#[test]
fn a_region_that_is_down_hides_no_other() {
    let run = through("0.02", |asked| match asked.region == "us-west-2" {
        true => Fault::Reset,
        false => Fault::None,
    });
    for location in whole().rows.keys() {
        let down = location.starts_with("west");
        assert_eq!(is_unread(&run.unread, location), down, "{location}");
        assert_eq!(run.rows.contains_key(location), !down, "{location}");
    }
}

#[test]
fn credentials_that_end_between_two_pages_leave_no_half_list() {
    let run = through("0.1", |asked| {
        match asked.what.contains("Marker=") || asked.what.contains("skiptoken") {
            true => expired(asked),
            false => Fault::None,
        }
    });
    assert_eq!((run.code, run.rows.len()), (3, 0), "{run:#?}");
    let reason = |word: &str| run.unread.iter().filter(|it| it.contains(word)).count();
    assert_eq!(
        reason("rds:DescribeDBInstances: ExpiredToken"),
        4,
        "{run:#?}"
    );
    assert_eq!(reason("ExpiredAuthenticationToken"), 2, "{run:#?}");
}

/// What was not asked can have kept it: nothing is called unbacked then.
#[test]
fn without_aws_backup_nothing_is_told_of_what_holds_a_database() {
    let run = through("0.02", |asked| match asked.service == "backup" {
        true => Fault::Refusal(403, "AccessDenied"),
        false => Fault::None,
    });
    assert_eq!(run.unread.len(), 4, "{run:#?}");
    for (location, row) in &whole().rows {
        assert_eq!(run.rows[location]["databases"], row["databases"]);
        assert_eq!(run.rows[location]["unprotected"], row["unprotected"]);
    }
}

#[test]
fn a_service_that_never_answers_as_it_should_leaves_the_rest() {
    for service in ["arm", "backup", "kms", "rds", "sts"] {
        std::thread::scope(|scope| {
            for fault in [Fault::Cut, Fault::Empty, Fault::Html, Fault::Bare] {
                // No member of AWS's answers has to be there, so that nobody can tell.
                if fault == Fault::Bare && service != "arm" {
                    continue;
                }
                scope.spawn(move || {
                    let run = through("0.01", move |asked| match asked.service == service {
                        true => fault,
                        false => Fault::None,
                    });
                    assert!(!run.unread.is_empty(), "{service}: {fault:?}");
                });
            }
        });
    }
}

/// Faults by chance, as [`any_fault`] has them, for a run that is given the line.
fn by_chance(
    seed: u64,
    always: u64,
    at_times: u64,
) -> (MockServer, tokio::runtime::Runtime, Proxy) {
    let (server, runtime, cloud) = Estate::new().serve();
    let plan = move |asked: &Asked| any_fault(seed, always, at_times, asked);
    (server, runtime, Proxy::before(cloud, plan))
}

/// What adopt keeps to: with 0 it is what a good line gives; else 3, and what it wrote validates and
/// is so in the clouds.
fn adopts_the_truth(proxy: &Proxy) -> Result<(), String> {
    let az = FakeAz::new();
    let spoiled = workspace(proxy, &az, "0.01");
    let output = run(&spoiled, &["adopt", "--out", "policies/adopted.yaml"]);
    let path = spoiled.path().join("policies/adopted.yaml");
    let text = std::fs::read_to_string(path).ok();
    match (output.code, &text) {
        (0, Some(text)) if text == adopted() => return Ok(()),
        (3, _) => {}
        _ => return Err(format!("{}: {}\n{text:?}", output.code, output.stderr)),
    }
    if !output.stderr.contains("could not be read") {
        return Err(output.stderr);
    }
    let Some(text) = text else { return Ok(()) };
    let (_server, _runtime, cloud) = Estate::new().serve();
    let good = Proxy::before(cloud, |_: &Asked| Fault::None);
    let good = workspace(&good, &az, "1").policy("adopted.yaml", &text);
    let valid = run(&good, &["validate", "--fail-on", "error"]);
    let drift = run(
        &good,
        &[
            "drift",
            "policies/adopted.yaml",
            "policies/p.yaml",
            "--format",
            "json",
        ],
    );
    let drift: Value = serde_json::from_str(&drift.stdout).unwrap();
    let wrong = drift["findings"].as_array().unwrap().iter();
    let wrong: Vec<&Value> = wrong.filter(|it| it["code"] != "not_compared").collect();
    match valid.code == 0 && wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("{}{wrong:#?}\n{text}", valid.stdout)),
    }
}

/// What a good line gives.
fn adopted() -> &'static str {
    static ADOPTED: LazyLock<String> = LazyLock::new(|| {
        let (_server, _runtime, cloud) = Estate::new().serve();
        let proxy = Proxy::before(cloud, |_: &Asked| Fault::None);
        let az = FakeAz::new();
        let workspace = workspace(&proxy, &az, "1");
        let output = run(&workspace, &["adopt", "--out", "policies/adopted.yaml"]);
        let path = workspace.path().join("policies/adopted.yaml");
        assert_eq!(output.code, 0, "{output:?}");
        std::fs::read_to_string(path).unwrap()
    });
    &ADOPTED
}

#[test]
fn what_could_not_be_read_is_not_adopted() {
    for fault in [
        Fault::Reset,
        Fault::Half,
        Fault::Refusal(403, "AccessDenied"),
    ] {
        for service in ["rds", "kms", "backup", "arm", "sts"] {
            let (_server, _runtime, cloud) = Estate::new().serve();
            let proxy = Proxy::before(cloud, move |asked| match asked.service == service {
                true => fault,
                false => Fault::None,
            });
            adopts_the_truth(&proxy)
                .unwrap_or_else(|broken| panic!("{service} {fault:?}: {broken}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_faults_leave_coverage_right(seed: u64, always in 0_u64..150, at_times in 0_u64..300) {
        let (_server, _runtime, proxy) = by_chance(seed, always, at_times);
        let run = cover(&proxy, "0.01");
        let kept = keeps_the_law(&run, whole());
        prop_assert!(kept.is_ok(), "{}\n{:#?}", kept.unwrap_err(), run.unread);
    }

    #[test]
    fn any_faults_leave_what_is_adopted_true(seed: u64, always in 0_u64..150, at_times in 0_u64..300) {
        let (_server, _runtime, proxy) = by_chance(seed, always, at_times);
        let kept = adopts_the_truth(&proxy);
        prop_assert!(kept.is_ok(), "{}", kept.unwrap_err());
    }
}
