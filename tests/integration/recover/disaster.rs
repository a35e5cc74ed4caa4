//! The disaster script against moto and the az stand-in. A `timeout` in front of the real one says
//! whether an endpoint, whose name nobody resolves here, takes connections.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Aws, Az, Output, Script};

const POLICY: &str = r#"version: 1
locations:
  west: { provider: aws, region: eu-west-1, account: "123456789012" }
  east: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: group }
databases:
  orders:
    engine: rds_postgres
    at: west
    id: orders
    tier: important
    retention: { pitr: 10d }
    replicas: [{ id: orders-read }]
  stock:
    engine: azure_postgres
    at: east
    id: stock
    tier: important
    copies: { geo: true }
    replicas: [{ id: stock-west, location: westus }]
"#;

const SECRET: &str = "postgresql://app:p%40ss%2Fw0rd@orders.old:5432/shop?sslmode=require";

fn script(name: &str) -> Script {
    let timeout = "#!/bin/bash\nif [[ $2 == bash && $3 == -c ]]; then [[ $4 == *\"$REACHED\"* ]]; else exec /usr/bin/timeout \"$@\"; fi\n";
    Script::of(POLICY, &format!("scripts/{name}-disaster.sh"))
        .beside(POLICY, &format!("scripts/{name}-recover.sh"))
        .program("timeout", timeout)
}

fn command(script: &Script, arguments: &[&str]) -> Command {
    let mut command = script.command(arguments);
    command
        .env("REACHED", "nothing")
        .env("BACKSTAY_DUMP_DIR", script.folder())
        .env("BACKSTAY_STATE_DIR", script.folder().join("state"))
        .env("BACKSTAY_POLL_SECONDS", "0")
        .env("BACKSTAY_WAIT_MINUTES", "1");
    command
}

/// The newest result of a drill.
fn result(script: &Script, name: &str) -> Value {
    let folder = script.folder().join("drills").join(name);
    let entries = std::fs::read_dir(folder).expect("there are results");
    let mut paths: Vec<_> = entries.map(|it| it.expect("an entry").path()).collect();
    paths.sort();
    let text = std::fs::read_to_string(paths.pop().expect("a result")).expect("a result");
    serde_json::from_str(&text).expect("JSON")
}

struct Rds {
    moto: Aws,
    script: Script,
}

impl Rds {
    fn new() -> Rds {
        let moto = Aws::slow_moto();
        moto.control(&json!({}));
        let create = [
            ("Action", "CreateDBInstance"),
            ("DBInstanceIdentifier", "orders"),
            ("Engine", "postgres"),
            ("DBInstanceClass", "db.t4g.medium"),
            ("AllocatedStorage", "20"),
        ];
        moto.query("rds", "eu-west-1", &create);
        let replica = [
            ("Action", "CreateDBInstanceReadReplica"),
            ("DBInstanceIdentifier", "orders-read"),
            ("SourceDBInstanceIdentifier", "orders"),
        ];
        moto.query("rds", "eu-west-1", &replica);
        Rds {
            moto,
            script: script("orders"),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(&self.script, arguments);
        self.moto.reach(&mut command);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Output::run(&mut self.command(arguments))
    }

    fn actions(&self) -> Vec<String> {
        let calls = self.moto.calls();
        calls
            .iter()
            .map(|call| call["action"].as_str().expect("text").to_owned())
            .collect()
    }
}

/// Takes one message and returns its address and, later, what it said.
fn webhook() -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!(
        "http://{}/T0/secret-hook",
        listener.local_addr().expect("an address")
    );
    let take = move || {
        let mut said = Vec::new();
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().expect("somebody comes");
            let mut text = String::new();
            let mut bytes = [0; 4096];
            while !text.contains("\"}") {
                let count = stream.read(&mut bytes).expect("a request");
                text.push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .expect("an answer");
            said.push(text);
        }
        said
    };
    (url, std::thread::spawn(take))
}

#[test]
fn a_replica_is_promoted_once_and_its_host_goes_to_the_applications() {
    let rds = Rds::new();
    let aws = |arguments: &str| {
        let words: Vec<_> = arguments.split(' ').collect();
        rds.moto
            .aws(&[&words[..], &["--region", "eu-west-1"]].concat())
    };
    aws(&format!(
        "secretsmanager create-secret --name shop/url --secret-string {SECRET}"
    ));

    // Without --go nothing happens, and what still answers is not replaced.
    let shown = rds.run(&["primary_lost"]).expect_code(0);
    assert!(
        shown
            .stdout
            .contains("would run: aws rds promote-read-replica"),
        "{}",
        shown.stdout
    );
    let mut answers = rds.command(&["primary_lost", "--go"]);
    let said = Output::run(answers.env("REACHED", "/orders.")).expect_code(3);
    assert!(
        said.stderr.contains("orders answers at orders."),
        "{}",
        said.stderr
    );
    assert!(rds.actions().is_empty());
    assert!(!rds.script.folder().join("drills").exists());

    let (url, hook) = webhook();
    rds.moto
        .control(&json!({ "looks": 4, "state": "modifying" }));
    let mut go = rds.command(&["primary_lost", "--go"]);
    go.env("REACHED", "orders-read")
        .env("BACKSTAY_WEBHOOK_URL", &url)
        .env("BACKSTAY_CONNECTION_SECRET", "secretsmanager:shop/url");
    let said = Output::run(&mut go).expect_code(0);
    assert!(
        said.stderr.contains("orders-read is modifying"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("p%40ss") && !said.stdout.contains("p%40ss"));
    assert!(!said.stderr.contains("secret-hook"));
    let told = hook.join().expect("it was told");
    assert!(
        told[0].contains(r#"{"text": "orders, primary_lost: begun, by replica:orders-read"}"#),
        "{told:?}"
    );
    assert!(told[1].contains("primary_lost: done after"), "{told:?}");
    let calls = rds.moto.calls();
    assert_eq!(rds.actions(), ["promote_read_replica"]);
    assert_eq!(calls[0]["backup_retention_period"], 10);
    let secret = aws(
        "secretsmanager get-secret-value --secret-id shop/url --query SecretString --output text",
    );
    assert!(
        secret.starts_with("postgresql://app:p%40ss%2Fw0rd@orders-read."),
        "{secret}"
    );
    assert!(
        secret.trim().ends_with(":5432/shop?sslmode=require"),
        "{secret}"
    );
    let drill = result(&rds.script, "orders");
    assert_eq!(drill["kind"], "disaster");
    assert_eq!(drill["passed"], true, "{drill}");
    assert!(drill["rto_seconds"].as_u64().is_some());

    // Once more: every step is done already.
    let again = rds.run(&["primary_lost", "--go"]).expect_code(0);
    assert!(
        again.stderr.contains("done before: promoting orders-read"),
        "{}",
        again.stderr
    );
    assert_eq!(rds.actions(), ["promote_read_replica"]);
}

#[test]
fn corrupted_data_is_kept_and_the_good_moment_restored_beside_it() {
    let rds = Rds::new();
    let without = rds.run(&["data_corrupted"]).expect_code(1);
    assert!(
        without
            .stderr
            .contains("say the last good moment with --time"),
        "{}",
        without.stderr
    );
    let time = ["data_corrupted", "--go", "--time"];
    let old = rds
        .run(&[&time[..], &["2020-01-01T00:00:00Z"]].concat())
        .expect_code(1);
    assert!(
        old.stderr.contains("cannot be restored: only moments from"),
        "{}",
        old.stderr
    );
    assert_eq!(result(&rds.script, "orders")["passed"], false);
    // It goes on: the snapshot is there already.
    let moment = std::process::Command::new("date")
        .args(["-u", "-d", "1 hour ago", "+%Y-%m-%dT%H:%M:%SZ"])
        .output()
        .expect("date runs");
    let moment = String::from_utf8(moment.stdout).expect("text");
    let good = rds.run(&[&time[..], &[moment.trim()]].concat());
    assert!(
        good.stderr
            .contains("done before: keeping the corrupted data"),
        "{}",
        good.stderr
    );
    assert!(good.stderr.contains("orders-dr-"), "{}", good.stderr);
    assert_eq!(rds.actions(), ["restore_db_instance_to_point_in_time"]);
    let snapshots = rds.moto.query(
        "rds",
        "eu-west-1",
        &[
            ("Action", "DescribeDBSnapshots"),
            ("SnapshotType", "manual"),
        ],
    );
    assert!(snapshots.contains("orders-evidence-"), "{snapshots}");
}

#[test]
fn without_means_it_says_so() {
    let rds = Rds::new();
    for scenario in ["region_lost", "backup_deleted"] {
        let said = rds.run(&[scenario, "--go"]).expect_code(4);
        assert!(
            said.stderr.contains("the policy has no means for"),
            "{}",
            said.stderr
        );
    }
    let said = rds.run(&["primary_lost", "--by", "geo"]).expect_code(1);
    assert!(
        said.stderr
            .contains("primary_lost has these ways: replica:orders-read moment"),
        "{}",
        said.stderr
    );
    rds.run(&["flood"]).expect_code(1);
    assert!(rds.actions().is_empty());
}

#[test]
fn a_secret_that_is_not_there_yet_is_made_of_its_parts() {
    let rds = Rds::new();
    let file = rds.script.folder().join("password");
    std::fs::write(&file, "p@ss/w0rd é%\n").expect("a file");
    let mut go = rds.command(&["primary_lost", "--go"]);
    go.env("BACKSTAY_CONNECTION_SECRET", "ssm:/shop/url")
        .env("BACKSTAY_PASSWORD_FILE", &file)
        .env("PGUSER", "app")
        .env("PGDATABASE", "shop db")
        .env("REACHED", "orders-read");
    let said = Output::run(&mut go).expect_code(0);
    assert!(!said.stderr.contains("p%40ss"), "{}", said.stderr);
    let kept = "ssm get-parameter --region eu-west-1 --name /shop/url --with-decryption --query Parameter.[Type,Value] --output text";
    let kept = rds.moto.aws(&kept.split(' ').collect::<Vec<_>>());
    assert!(
        kept.starts_with("SecureString\tpostgresql://app:p%40ss%2Fw0rd%20%C3%A9%25@orders-read."),
        "{kept}"
    );
    assert!(
        kept.trim().ends_with(":5432/shop%20db?sslmode=require"),
        "{kept}"
    );
}

#[test]
fn azure_promotes_in_the_other_region() {
    let az = Az::new();
    let group =
        "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/group/providers";
    az.resources(&json!({ format!("{group}/x"): {} }));
    let server = |name: &str, role: &str, state: &str| {
        json!({
            "id": format!("{group}/Microsoft.DBforPostgreSQL/flexibleServers/{name}"), "name": name,
            "location": "eastus", "state": state, "tags": null, "replica": { "role": role },
            "fullyQualifiedDomainName": format!("{name}.postgres.database.azure.com"),
            "backup": {}, "network": { "publicNetworkAccess": "Disabled" }
        })
    };
    az.set(
        "servers.json",
        &json!({ "stock": server("stock", "Primary", "Disabled"), "stock-west": server("stock-west", "AsyncReplica", "Ready") }),
    );
    az.set("looks", &json!(2));
    let script = script("stock");
    let mut go = command(&script, &["region_lost", "--go"]);
    go.env("REACHED", "stock-west")
        .env("BACKSTAY_CONNECTION_SECRET", "keyvault:shop/url")
        .env("BACKSTAY_PASSWORD_FILE", script.path())
        .env("PGUSER", "app")
        .env("PGDATABASE", "shop");
    az.reach(&mut go);
    let said = Output::run(&mut go).expect_code(0);
    assert!(
        said.stderr.contains("stock-west is Provisioning"),
        "{}",
        said.stderr
    );
    assert_eq!(
        az.kept("servers.json")["stock-west"]["replica"]["role"],
        "Primary"
    );
    let drill = result(&script, "stock");
    assert_eq!(drill["backup"]["what"], "replica");
    assert_eq!(drill["passed"], true, "{drill}");
    let calls = az.calls();
    let secret = calls
        .iter()
        .find(|call| call.starts_with(&["keyvault".into(), "secret".into(), "set".into()]));
    let secret = secret.expect("it was kept").join(" ");
    assert!(!secret.contains("postgresql://"), "{secret}");
}
