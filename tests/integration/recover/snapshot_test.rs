//! The restore test of snapshots: RDS is moto with the real AWS CLI, the rows are in a real server. A psql in
//! front of the real one leads the name of the scratch instance to that server, and no other.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Aws, Output, Postgres, Script, wait_for};

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

struct Drill {
    moto: Aws,
    postgres: Arc<Postgres>,
    script: Script,
    database: String,
}

impl Drill {
    fn new(name: &str) -> Drill {
        let moto = Aws::slow_moto();
        // Its first automated snapshot is as old as it is.
        moto.control(&json!({ "days_ago": 30 }));
        let create = [
            ("Action", "CreateDBInstance"),
            ("DBInstanceIdentifier", "orders"),
            ("Engine", "postgres"),
            ("DBInstanceClass", "db.t4g.medium"),
            ("AllocatedStorage", "20"),
            ("VpcSecurityGroupIds.VpcSecurityGroupId.1", "sg-own"),
        ];
        moto.query("rds", "eu-west-1", &create);
        let postgres = Postgres::shared();
        let database = format!("snapshot test={name}");
        postgres.create(&database);
        let rows = "CREATE TABLE users AS SELECT generate_series(1, 7) AS id; CREATE TABLE \"Odd Orders\" AS TABLE users";
        postgres.sql(&database, rows);
        let policy = policy(&database);
        let script = Script::of(&policy, "scripts/shop_orders-restore-test.sh")
            .beside(&policy, "scripts/shop_orders-recover.sh");
        let psql = script.folder().join("psql");
        std::fs::write(&psql, PSQL).expect("a program can be written");
        std::fs::set_permissions(&psql, std::fs::Permissions::from_mode(0o755))
            .expect("it can be made one");
        Drill {
            moto,
            postgres,
            script,
            database,
        }
    }

    fn snapshot(&self, id: &str, days_ago: u64) {
        self.moto.control(&json!({ "days_ago": days_ago }));
        let create = [
            ("Action", "CreateDBSnapshot"),
            ("DBInstanceIdentifier", "orders"),
            ("DBSnapshotIdentifier", id),
        ];
        self.moto.query("rds", "eu-west-1", &create);
        self.moto.control(&json!({}));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.script.command(arguments);
        let path = command
            .get_envs()
            .find_map(|(key, value)| (key == "PATH").then_some(value?.to_owned()));
        let mut folders = vec![self.script.folder().to_owned()];
        folders.extend(std::env::split_paths(&path.expect("there is a PATH")));
        self.moto
            .reach(&mut command)
            .env("PATH", std::env::join_paths(folders).expect("no colon"))
            .env("REAL_PSQL", self.postgres.bin.join("psql"))
            .env("REAL_HOST", &self.postgres.host)
            .env("REAL_PORT", &self.postgres.port)
            .env("REAL_USER", &self.postgres.user)
            .env("PGUSER", "reader")
            .env("BACKSTAY_DUMP_DIR", self.script.folder())
            .env("BACKSTAY_SECURITY_GROUPS", "sg-drill")
            .env("BACKSTAY_POLL_SECONDS", "0")
            .env("BACKSTAY_WAIT_MINUTES", "1");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Output::run(&mut self.command(arguments))
    }

    /// The one result that was written.
    #[track_caller]
    fn result(&self) -> Value {
        let folder = self.script.folder().join("drills/shop_orders");
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

    #[track_caller]
    fn only_the_database_is_there(&self) {
        let action = [("Action", "DescribeDBInstances")];
        let answer = self.moto.query("rds", "eu-west-1", &action);
        assert_eq!(
            answer.matches("<DBInstanceIdentifier>").count(),
            1,
            "{answer}"
        );
    }
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
    let drill = Drill::new("good");
    drill.snapshot("older", 9);
    drill.snapshot("newer", 3);
    let shown = drill.run(&["--dry-run"]).expect_code(0);
    assert!(
        shown
            .stdout
            .contains("restore-db-instance-from-db-snapshot"),
        "{}",
        shown.stdout
    );
    assert!(drill.moto.calls().is_empty());
    assert!(!drill.script.folder().join("drills").exists());

    drill.run(&[]).expect_code(0);
    let result = drill.result();
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
    drill.only_the_database_is_there();
}

#[test]
fn what_is_missing_in_a_snapshot_fails_and_the_instance_goes() {
    let drill = Drill::new("lacking");
    drill.snapshot("newest", 1);
    let lose = "DROP TABLE users; DELETE FROM \"Odd Orders\" WHERE id > 2";
    drill.postgres.sql(&drill.database, lose);
    let said = drill.run(&[]).expect_code(1).stderr;
    assert!(said.ends_with("FAILED: see the result\n"), "{said}");
    let result = drill.result();
    let failed = failed(&result);
    let (name, detail) = failed[0];
    assert_eq!(name, format!("table \"{}\".public.users", drill.database));
    assert!(detail.contains("does not exist"), "{detail}");
    assert_eq!(failed[1].1, "2 rows, and at least 3 are expected");
    assert!(failed[2].0.starts_with("checksum "), "{failed:?}");
    assert_eq!(failed.len(), 3);
    drill.only_the_database_is_there();
}

#[test]
fn an_instance_that_fails_goes_and_an_automated_snapshot_serves_as_well() {
    let drill = Drill::new("nothing");
    drill.snapshot("newest", 1);
    // One that RDS gives up.
    drill
        .moto
        .control(&json!({ "looks": -1, "state": "failed" }));
    drill.run(&[]).expect_code(1);
    let result = drill.result();
    assert_eq!(result["passed"], false);
    assert_eq!(result["rto_seconds"], Value::Null);
    assert!(
        failed(&result)[0].1.starts_with("failed while restoring"),
        "{result}"
    );
    drill.moto.control(&json!({}));
    drill.only_the_database_is_there();
    // Without a manual one it is the automated one.
    let delete = [
        ("Action", "DeleteDBSnapshot"),
        ("DBSnapshotIdentifier", "newest"),
    ];
    drill.moto.query("rds", "eu-west-1", &delete);
    drill.run(&[]).expect_code(0);
    let result = drill.result();
    let what = result["backup"]["what"].as_str().expect("a text");
    assert!(what.starts_with("snapshot rds:orders-"), "{what}");
    drill.only_the_database_is_there();
}

/// Ended while RDS still makes the instance: it goes all the same.
#[test]
fn a_test_that_is_ended_deletes_its_instance() {
    let drill = Drill::new("ended");
    drill.snapshot("newest", 1);
    drill
        .moto
        .control(&json!({ "looks": 1_000_000, "state": "creating" }));
    let mut command = drill.command(&[]);
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
    let result = drill.result();
    assert_eq!(failed(&result)[0].0, "drill");
    assert_eq!(failed(&result).len(), 1, "{result}");
    drill.only_the_database_is_there();
}
