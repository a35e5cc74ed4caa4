//! The drill of the point-in-time recovery: RDS is moto, the rows are in a real server. What stands in
//! for the network is a psql in front of the real one: it leads the names of the instances to two
//! databases, and copies one to the other at the moment that the drill restores, or at a wrong one.

use serde_json::{Value, json};

use super::drill::Drill;
use crate::support::Output;

const POLICY: &str = r#"version: 1
locations:
  west: { provider: aws, region: eu-west-1, account: "123456789012" }
databases:
  shop_orders:
    engine: rds_postgres
    at: west
    id: orders
    tier: non_critical
    pitr_test: { schedule: "monthly 3 06:41", database: orders, user: drill }
"#;

const PSQL: &str = r#"#!/bin/bash
set -eu
copy() { PGHOST=$REAL_HOST PGPORT=$REAL_PORT PGUSER=$REAL_USER "$REAL_PSQL" -X -q -d postgres -c "CREATE DATABASE \"$COPY\" TEMPLATE \"$OWN\"" >/dev/null; }
statement=${!#}
case $WHEN:$statement in
  right:BEGIN*) copy ;;
  early:INSERT*) copy ;;
esac
case $PGHOST in
  orders.*) PGDATABASE=$OWN ;;
  orders-pitr-*) PGDATABASE=$COPY ;;
  *) echo "no such host: $PGHOST" >&2; exit 2 ;;
esac
export PGDATABASE PGHOST=$REAL_HOST PGPORT=$REAL_PORT PGUSER=$REAL_USER
"$REAL_PSQL" "$@"
if [[ $WHEN:$statement == late:BEGIN* ]]; then PGDATABASE=postgres copy; fi
"#;

/// `name` keeps the databases of tests that run at the same time apart.
fn drill(name: &str) -> Drill {
    let behind = json!({ "lag": 2 });
    Drill::new(POLICY, "pitr-test", PSQL, &behind, format!("pitr_{name}"))
}

/// Runs the drill; the copy is made at the right moment, or before or after it.
fn run(drill: &Drill, when: &str, arguments: &[&str]) -> Output {
    let mut command = drill.command("drill", arguments);
    command
        .env("OWN", &drill.database)
        .env("COPY", format!("{}_{when}", drill.database))
        .env("WHEN", when)
        .env("PGSSLMODE", "disable");
    Output::run(&mut command)
}

/// The results so far, oldest first.
fn results(drill: &Drill) -> Vec<Value> {
    let folder = drill.script.folder().join("drills/shop_orders");
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let read = |path| std::fs::read_to_string(path).expect("a result");
    paths
        .into_iter()
        .map(|path| serde_json::from_str(&read(path)).expect("JSON"))
        .collect()
}

/// The names of the checks that passed, and of those that did not.
fn checks(result: &Value) -> (Vec<String>, Vec<String>) {
    let mut names = (Vec::new(), Vec::new());
    for check in result["checks"].as_array().expect("a list") {
        let name = check["name"].as_str().expect("a name").to_owned();
        match check["passed"] == json!(true) {
            true => names.0.push(name),
            false => names.1.push(name),
        }
    }
    names
}

#[test]
fn what_was_there_at_the_moment_is_and_nothing_that_came_later() {
    let drill = drill("right");
    run(&drill, "never", &["--dry-run"]).expect_code(0);
    assert!(results(&drill).is_empty());
    let output = run(&drill, "right", &[]).expect_code(0);
    let results = results(&drill);
    let result = &results[0];
    assert_eq!(result["version"], 1);
    assert_eq!(result["kind"], "pitr_test");
    assert_eq!(result["database"], "shop_orders");
    assert_eq!(result["passed"], true, "{result}");
    let (passed, failed) = checks(result);
    let all = [
        "opens",
        "earlier-row-is-there",
        "later-change-is-not",
        "rpo",
        "rto",
    ];
    assert_eq!(passed, all);
    assert!(failed.is_empty());
    assert!(result["rto_seconds"].as_u64().is_some(), "{result}");
    assert!(result["rpo_seconds"].as_u64() >= Some(2), "{result}");
    let calls = drill.moto.calls();
    let asked = calls[0]["restore_time"].as_str().expect("a moment");
    let moment = result["backup"]["when"].as_str().expect("a moment");
    assert_eq!(asked.replace(' ', "T")[..19], moment[..19]);
    assert_eq!(calls[0]["deletion_protection"], false);
    assert_eq!(drill.instances(), 1, "{}", output.stderr);
    // The database itself has moved on.
    let left = drill
        .postgres
        .sql(&drill.database, "SELECT mark FROM backstay.pitr_test");
    assert_eq!(left, "after\n");
}

#[test]
fn another_moment_does_not_pass_and_nothing_is_left_behind() {
    let drill = drill("wrong");
    for (when, missed) in [
        ("early", "earlier-row-is-there"),
        ("late", "earlier-row-is-there"),
    ] {
        let output = run(&drill, when, &[]).expect_code(1);
        let results = results(&drill);
        let result = results.last().expect("a result");
        assert_eq!(result["passed"], false);
        let (_, failed) = checks(result);
        assert_eq!(failed[0], missed, "{}", output.stderr);
        assert_eq!(failed.len(), if when == "late" { 2 } else { 1 });
        assert_eq!(drill.instances(), 1, "{}", output.stderr);
    }
    // What is restored and cannot be asked is deleted as well.
    drill
        .moto
        .control(&json!({ "lag": 2, "looks": -1, "state": "failed" }));
    let output = run(&drill, "right", &[]).expect_code(1);
    assert!(
        output.stderr.contains("FAILED while restoring"),
        "{}",
        output.stderr
    );
    assert_eq!(drill.instances(), 1, "{}", output.stderr);
    let results = results(&drill);
    let (_, failed) = checks(results.last().expect("a result"));
    assert_eq!(failed, ["drill"]);
}
