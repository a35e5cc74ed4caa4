//! The restore test of snapshots: RDS is moto with the real AWS CLI, the rows are in a real server. A psql in
//! front of the real one leads the name of the scratch instance to that server, and no other.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::drill::Drill;
use crate::support::{Output, wait_for};

const PSQL: &str = r#"#!/bin/bash
set -eu
[[ $PGHOST == orders-restore-test-* && $PGUSER == reader ]] || { echo "no such host: $PGHOST" >&2; exit 2; }
export PGHOST=$REAL_HOST PGPORT=$REAL_PORT PGUSER=$REAL_USER PGSSLMODE=disable
exec "$REAL_PSQL" "$@"
"#;

/// A database with an odd name, and what is asked of it.
fn policy(database: &str) -> String {
    format!(
        r#"version: 1
locations:
  west: {{ provider: aws, region: eu-west-1, account: "123456789012" }}
databases:
  shop_orders:
    engine: rds_postgres
    at: west
    id: orders
    rto: 4h
    tags: {{ team: shop it }}
    restore_test: {{ every: 1mo, tables: ["\"{database}\".public.users"], rows: {{ "\"{database}\".public.\"Odd Orders\"": 3 }}, checksums: {{ "{database}": "SELECT count(*) FROM users" }} }}
"#
    )
}

fn drill(name: &str) -> Drill {
    let database = format!("snapshot test={name}");
    // Its first automated snapshot is as old as it is.
    let old = json!({ "days_ago": 30 });
    let drill = Drill::new(&policy(&database), "restore-test", PSQL, &old, database);
    let rows = "CREATE TABLE users AS SELECT generate_series(1, 7) AS id; CREATE TABLE \"Odd Orders\" AS TABLE users";
    drill.postgres.sql(&drill.database, rows);
    drill
}

fn snapshot(drill: &Drill, id: &str, days_ago: u64) {
    drill.moto.control(&json!({ "days_ago": days_ago }));
    let create = [
        ("Action", "CreateDBSnapshot"),
        ("DBInstanceIdentifier", "orders"),
        ("DBSnapshotIdentifier", id),
    ];
    drill.moto.query("rds", "eu-west-1", &create);
    drill.moto.control(&json!({}));
}

fn command(drill: &Drill, arguments: &[&str]) -> Command {
    let mut command = drill.command("reader", arguments);
    command.env("BACKSTAY_SECURITY_GROUPS", "sg-drill");
    command
}

fn run(drill: &Drill, arguments: &[&str]) -> Output {
    Output::run(&mut command(drill, arguments))
}

/// The one result that was written.
#[track_caller]
fn outcome(drill: &Drill) -> Value {
    let folder = drill.script.folder().join("drills/shop_orders");
    let entries = std::fs::read_dir(folder).expect("there are results");
    let paths: Vec<_> = entries.map(|it| it.expect("an entry").path()).collect();
    let [path] = &paths[..] else {
        panic!("{paths:?}");
    };
    let text = std::fs::read_to_string(path).expect("a result");
    std::fs::remove_file(path).expect("it can be removed");
    // What the script writes is what the policy's evidence may be.
    let outcome: Result<backstay::evidence::Outcome, _> = serde_json::from_str(&text);
    assert!(outcome.is_ok(), "{outcome:?}\n{text}");
    serde_json::from_str(&text).expect("JSON")
}

/// The checks that failed: their names, and what they say.
fn failed(result: &Value) -> Vec<(&str, &str)> {
    let checks = result["checks"].as_array().expect("a list").iter();
    let failed = checks.filter(|check| check["passed"] == json!(false));
    failed
        .filter_map(|check| Some((check["name"].as_str()?, check["detail"].as_str()?)))
        .collect()
}

#[test]
fn the_newest_snapshot_is_restored_asked_and_deleted() {
    let drill = drill("good");
    snapshot(&drill, "older", 9);
    snapshot(&drill, "newer", 3);
    let shown = run(&drill, &["--dry-run"]).expect_code(0);
    assert!(
        shown
            .stdout
            .contains("restore-db-instance-from-db-snapshot"),
        "{}",
        shown.stdout
    );
    assert!(drill.moto.calls().is_empty());
    assert!(!drill.script.folder().join("drills").exists());

    run(&drill, &[]).expect_code(0);
    let result = outcome(&drill);
    assert_eq!(result["kind"], "restore_test");
    assert_eq!(result["database"], "shop_orders");
    assert_eq!(result["passed"], true, "{result}");
    assert_eq!(result["backup"]["what"], "snapshot newer");
    let days = result["rpo_seconds"].as_u64().expect("seconds") / 86_400;
    assert_eq!(days, 3, "{result}");
    assert!(result["rto_seconds"].as_u64().is_some(), "{result}");
    let names = result["checks"].as_array().expect("a list").iter();
    let names: Vec<_> = names
        .map(|check| check["name"].as_str().expect("a name"))
        .collect();
    let database = &drill.database;
    assert_eq!(
        names,
        [
            format!("opens {database}"),
            format!("table \"{database}\".public.users"),
            format!("table \"{database}\".public.\"Odd Orders\""),
            format!("checksum {database}"),
            "rto".to_owned(),
        ]
    );
    let calls = drill.moto.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    let call = &calls[0];
    assert_eq!(call["action"], "restore_db_instance_from_db_snapshot");
    assert_eq!(call["publicly_accessible"], false);
    assert_eq!(call["deletion_protection"], false);
    assert_eq!(call["multi_az"], false);
    assert_eq!(call["vpc_security_group_ids"], json!(["sg-drill"]));
    let tags = call["tags"].to_string();
    assert!(
        tags.contains("backstay:restored") && tags.contains("shop it"),
        "{tags}"
    );
    assert_eq!(drill.instances(), 1);
}

#[test]
fn what_is_missing_in_a_snapshot_fails_and_the_instance_goes() {
    let drill = drill("lacking");
    snapshot(&drill, "newest", 1);
    let lose = "DROP TABLE users; DELETE FROM \"Odd Orders\" WHERE id > 2";
    drill.postgres.sql(&drill.database, lose);
    let said = run(&drill, &[]).expect_code(1).stderr;
    assert!(said.ends_with("FAILED: see the result\n"), "{said}");
    let result = outcome(&drill);
    let failed = failed(&result);
    let (name, detail) = failed[0];
    assert_eq!(name, format!("table \"{}\".public.users", drill.database));
    assert!(detail.contains("does not exist"), "{detail}");
    assert_eq!(failed[1].1, "2 rows, and at least 3 are expected");
    assert!(failed[2].0.starts_with("checksum "), "{failed:?}");
    assert_eq!(failed.len(), 3);
    assert_eq!(drill.instances(), 1);
}

#[test]
fn an_instance_that_fails_goes_and_an_automated_snapshot_serves_as_well() {
    let drill = drill("nothing");
    snapshot(&drill, "newest", 1);
    // One that RDS gives up.
    drill
        .moto
        .control(&json!({ "looks": -1, "state": "failed" }));
    run(&drill, &[]).expect_code(1);
    let result = outcome(&drill);
    assert_eq!(result["passed"], false);
    assert_eq!(result["rto_seconds"], Value::Null);
    assert!(
        failed(&result)[0].1.starts_with("failed while restoring"),
        "{result}"
    );
    drill.moto.control(&json!({}));
    assert_eq!(drill.instances(), 1);
    // Without a manual one it is the automated one.
    let delete = [
        ("Action", "DeleteDBSnapshot"),
        ("DBSnapshotIdentifier", "newest"),
    ];
    drill.moto.query("rds", "eu-west-1", &delete);
    run(&drill, &[]).expect_code(0);
    let result = outcome(&drill);
    let what = result["backup"]["what"].as_str().expect("a text");
    assert!(what.starts_with("snapshot rds:orders-"), "{what}");
    assert_eq!(drill.instances(), 1);
}

/// Ended while RDS still makes the instance: it goes all the same.
#[test]
fn a_test_that_is_ended_deletes_its_instance() {
    let drill = drill("ended");
    snapshot(&drill, "newest", 1);
    drill
        .moto
        .control(&json!({ "looks": 1_000_000, "state": "creating" }));
    let mut command = command(&drill, &[]);
    command.env("BACKSTAY_POLL_SECONDS", "1");
    let running = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash starts");
    wait_for("the instance", || {
        (!drill.moto.calls().is_empty()).then_some(())
    });
    let group = format!("-{}", running.id());
    let kill = Command::new("kill").args(["-TERM", "--", &group]).output();
    Output::of(kill.expect("kill starts")).expect_code(0);
    running.wait_with_output().expect("it ends");
    wait_for("the result", || {
        let folder = drill.script.folder().join("drills/shop_orders");
        let entries = std::fs::read_dir(folder).ok()?.flatten();
        let mut paths = entries.map(|entry| entry.path());
        paths.find(|path| path.extension().is_some_and(|it| it == "json"))
    });
    let result = outcome(&drill);
    assert_eq!(failed(&result)[0].0, "drill");
    assert_eq!(failed(&result).len(), 1, "{result}");
    assert_eq!(drill.instances(), 1);
}
