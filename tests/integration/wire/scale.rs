//! Many resources: how often the clouds are asked, and what somebody sees who waits.

use std::fmt::Write;

use serde_json::json;

use super::azure::{FakeAz, cloud as azure, estate};
use super::faults::proxy::{Asked, Fault, Proxy};
use super::faults::world::World;
use super::plan;
use crate::support::{Output, Workspace, tools};

/// So many databases of RDS in two Regions, and of Azure; a bucket with a key, and long-term backups.
fn policy(databases: usize) -> String {
    let mut policy = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  north: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }
stores:
  dumps: { at: west, bucket: some-dumps, encryption: customer_managed }
vaults:
  main: { at: east, name: main-vault }
tiers:
  gold: { retention: { pitr: 7d, weekly: 12w }, restore_test: { every: 1mo } }
databases:
"#
    .to_owned();
    for n in 0..databases {
        let line = match n % 4 {
            0 => "engine: rds_postgres, at: east, tier: gold, vault: main",
            1 => "engine: rds_mysql, at: east, retention: { pitr: 14d }",
            2 => "engine: rds_postgres, at: west, retention: { pitr: 14d }",
            _ => "engine: azure_postgres, at: north, retention: { pitr: 14d }",
        };
        writeln!(policy, "  db-{n}: {{ {line}, id: db-{n} }}").unwrap();
    }
    policy
}

/// The clouds into which it is deployed.
fn world(policy: &str, databases: usize) -> World {
    let mut azure = azure::Cloud::default();
    for n in (3..databases).step_by(4) {
        azure.servers.push(json!({
            "id": azure::server_id(estate::NORTH, "trains-rg", &format!("db-{n}")),
            "name": format!("db-{n}"),
            "location": "East US",
            "properties": { "version": "17", "state": "Ready", "backup": { "backupRetentionDays": 14 } },
        }));
    }
    azure.page = Some(PAGE);
    let mut world = World::of(&plan(policy), azure);
    world.page = PAGE;
    world
}

/// What each service gives at a time.
const PAGE: usize = 20;

/// Somebody with credentials, whose clouds are behind this line.
fn workspace(policy: &str, proxy: &Proxy, az: &FakeAz) -> Workspace {
    Workspace::new()
        .policy("p.yaml", policy)
        .env("PATH", az.path())
        .env("AWS_ENDPOINT_URL", &proxy.url)
        .env("AWS_ACCESS_KEY_ID", "123456789012")
        .env("AWS_SECRET_ACCESS_KEY", "very-secret-key")
        .env("AZURE_RESOURCE_MANAGER_ENDPOINT", &proxy.url)
}

/// Calls by service, of a run that reads everything.
fn calls(databases: usize) -> impl Fn(&str) -> usize {
    let policy = policy(databases);
    let (_server, _runtime, cloud) = world(&policy, databases).serve();
    let proxy = Proxy::before(cloud, |_: &Asked| Fault::None);
    let az = FakeAz::new();
    let output = workspace(&policy, &proxy, &az).run(["drift", "--format", "json"]);
    assert!(
        !output.stdout.contains("could not be read"),
        "{}",
        output.stdout
    );
    let asked = proxy.asked();
    move |service| asked.iter().filter(|it| it.service == service).count()
}

#[test]
fn no_more_is_asked_than_pages_and_what_is_declared() {
    for databases in [40, 400] {
        let calls = calls(databases);
        let quarter = databases / 4;
        let pages = |count: usize| count.div_ceil(PAGE);
        // Each instance is on a page of its Region, and each server on one of its subscription.
        let instances = pages(2 * quarter) + pages(quarter);
        assert_eq!(calls("rds"), instances, "{databases}");
        assert_eq!(calls("arm"), pages(quarter), "{databases}");
        // Lists of vaults, plans and selections; whatever no list tells whole is asked for once.
        let declared = plan(&policy(databases)).resources;
        let declared = declared
            .iter()
            .filter(|it| it.address.kind.starts_with("AWS::Backup::"));
        let vaults = 1;
        assert_eq!(
            calls("backup"),
            3 + declared.count() - vaults,
            "{databases}"
        );
        // A list for each Region, and each of three stacks with its template and ids.
        assert_eq!(calls("cloudformation"), 2 + 3 * 2);
        // A bucket has five parts, and each of two keys three. Whose the account is, is asked once.
        assert_eq!((calls("s3"), calls("kms"), calls("sts")), (5, 6, 1));
    }
}

/// The program in a terminal: what is written there, of both streams.
fn in_a_terminal(workspace: &Workspace, arguments: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_backstay");
    let python = tools().join("venv/bin/python");
    let spawn = format!(
        "import os, pty, sys; status = pty.spawn({program:?}.split() + {arguments:?}.split()); \
         sys.exit(os.waitstatus_to_exitcode(status))"
    );
    workspace.execute(python.to_str().unwrap(), ["-c", &spawn])
}

#[test]
fn whoever_waits_at_a_terminal_sees_how_far_it_is() {
    let policy = policy(80);
    let (_server, _runtime, cloud) = world(&policy, 80).serve();
    let proxy = Proxy::before(cloud, |_: &Asked| Fault::None);
    let az = FakeAz::new();
    let workspace = workspace(&policy, &proxy, &az).env("TERM", "xterm");
    let piped = workspace.run(["drift"]);
    assert!(!piped.stderr.contains("resources read"), "{}", piped.stderr);
    let workspace = workspace.env("NO_COLOR", "1");
    let seen = in_a_terminal(&workspace, "drift");
    assert_eq!(seen.code, piped.code);
    let total = format!("/{} resources read, about ", plan(&policy).resources.len());
    assert!(seen.stdout.contains(&total), "{}", seen.stdout);
    assert!(seen.stdout.contains(" s left"), "{}", seen.stdout);
    // No colours, and the line is gone when the report begins.
    let coloured = ["\u{1b}[3", "\u{1b}[9", "\u{1b}[1m"];
    assert!(
        !coloured.iter().any(|it| seen.stdout.contains(it)),
        "{}",
        seen.stdout
    );
    let (_, report) = seen.stdout.rsplit_once("resources read").unwrap();
    let told = piped.stdout.lines().next().unwrap();
    assert!(report.contains(told), "{told}\n{report}");
}
