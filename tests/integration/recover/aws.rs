//! The script that restores an RDS database by its cloud: the real AWS CLI against moto, whose
//! automated backups, replication and AWS Backup are told by tests/stand-ins/moto_recovery.py.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use super::told;
use crate::support::{Aws, Output, Script};

const HOME: &str = "eu-west-1";
const AWAY: &str = "eu-central-1";
const ARN: &str = "arn:aws:rds:eu-west-1:123456789012:db:orders";

const POLICY: &str = r#"version: 1
locations:
  west: { provider: aws, region: eu-west-1, account: "123456789012" }
  central: { provider: aws, region: eu-central-1, account: "123456789012" }
vaults:
  safe: { at: west, name: shop-safe }
  far: { at: central, name: shop-far }
databases:
  shop_orders:
    engine: rds_postgres
    at: west
    id: Orders
    tier: important
    tags: { team: shop it }
    vault: safe
    copies: { to: [far], replicate_pitr: central }
    snapshots: { schedule: "weekly sun 02:17", keep: 30d, copy_to: central }
"#;

/// An AWS with the database, and the script.
struct Estate {
    moto: Aws,
    script: Script,
    group: String,
}

impl Estate {
    fn new() -> Estate {
        let moto = Aws::slow_moto();
        moto.control(&json!({}));
        let created = moto.query(
            "ec2",
            HOME,
            &[
                ("Action", "CreateSecurityGroup"),
                ("GroupName", "databases"),
                ("GroupDescription", "databases"),
                ("Version", "2016-11-15"),
            ],
        );
        let group = text(&created, "groupId");
        let parameters = [
            ("Action", "CreateDBParameterGroup"),
            ("DBParameterGroupName", "orders-16"),
            ("DBParameterGroupFamily", "postgres16"),
            ("Description", "own"),
        ];
        moto.query("rds", HOME, &parameters);
        let subnets = moto.query(
            "ec2",
            HOME,
            &[("Action", "DescribeSubnets"), ("Version", "2016-11-15")],
        );
        let subnets: Vec<_> = subnets
            .split("<subnetId>")
            .skip(1)
            .filter_map(|rest| rest.split('<').next())
            .collect();
        let create = [
            ("Action", "CreateDBSubnetGroup"),
            ("DBSubnetGroupName", "private"),
            ("DBSubnetGroupDescription", "private"),
            ("SubnetIds.SubnetIdentifier.1", subnets[0]),
            ("SubnetIds.SubnetIdentifier.2", subnets[1]),
        ];
        moto.query("rds", HOME, &create);
        let create = [
            ("Action", "CreateDBInstance"),
            ("DBInstanceIdentifier", "orders"),
            ("Engine", "postgres"),
            ("EngineVersion", "16.4"),
            ("DBInstanceClass", "db.r6g.large"),
            ("AllocatedStorage", "20"),
            ("MasterUsername", "root"),
            ("ManageMasterUserPassword", "true"),
            ("MultiAZ", "true"),
            ("DBSubnetGroupName", "private"),
            ("DBParameterGroupName", "orders-16"),
            ("VpcSecurityGroupIds.VpcSecurityGroupId.1", &group),
        ];
        moto.query("rds", HOME, &create);
        Estate {
            moto,
            script: Script::of(POLICY, "scripts/shop_orders-recover.sh"),
            group,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.script.command(arguments);
        self.moto
            .reach(&mut command)
            .env("BACKSTAY_POLL_SECONDS", "0");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Output::run(&mut self.command(arguments))
    }

    fn refused(&self, arguments: &[&str], message: &str) {
        let before = (self.names(HOME), self.names(AWAY));
        let output = self.run(arguments).expect_code(1);
        assert!(output.stderr.contains(message), "{}", output.stderr);
        assert_eq!((self.names(HOME), self.names(AWAY)), before);
    }

    fn names(&self, region: &str) -> Vec<String> {
        let action = [("Action", "DescribeDBInstances")];
        let answer = self.moto.query("rds", region, &action);
        let names = answer.split("<DBInstanceIdentifier>").skip(1);
        let mut names: Vec<_> = names
            .filter_map(|rest| Some(rest.split('<').next()?.to_owned()))
            .collect();
        names.sort();
        names
    }

    fn instances(&self, region: &str) -> BTreeMap<String, Value> {
        let answer = self.moto.aws(&[
            "rds",
            "describe-db-instances",
            "--region",
            region,
            "--output",
            "json",
        ]);
        let answer: Value = serde_json::from_str(&answer).expect("the AWS CLI prints JSON");
        let list = answer["DBInstances"].as_array().expect("a list").clone();
        let id = |one: &Value| {
            one["DBInstanceIdentifier"]
                .as_str()
                .expect("text")
                .to_owned()
        };
        list.into_iter().map(|one| (id(&one), one)).collect()
    }

    /// The moments that can be restored, as the script tells them.
    fn window(&self) -> (String, String) {
        let said = self.run(&["window"]).expect_code(0).stdout;
        let value = |key: &str| {
            let mut values = said.lines().filter_map(|line| line.strip_prefix(key));
            values.next().expect(key).to_owned()
        };
        (value("earliest="), value("latest="))
    }
}

fn text(answer: &str, element: &str) -> String {
    let (_, rest) = answer.split_once(&format!("<{element}>")).expect(element);
    rest.split('<').next().expect("a text").to_owned()
}

#[test]
fn the_latest_moment_comes_back_beside_the_database() {
    let estate = Estate::new();
    estate
        .moto
        .control(&json!({ "looks": 2, "state": "creating" }));
    let output = estate
        .run(&["latest", "--to", "orders-back"])
        .expect_code(0);
    assert!(
        output.stderr.contains("orders-back: creating"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("Next: "), "{}", output.stderr);
    assert_eq!(told(&output, "identifier"), "orders-back");
    assert_eq!(told(&output, "region"), HOME);
    assert!(told(&output, "endpoint").starts_with("orders-back."));
    assert!(told(&output, "secret").starts_with("arn:aws:secretsmanager:"));

    let instances = estate.instances(HOME);
    let back = &instances["orders-back"];
    assert_eq!(back["DBInstanceClass"], "db.r6g.large");
    assert_eq!(back["DBSubnetGroup"]["DBSubnetGroupName"], "private");
    assert_eq!(
        back["DBParameterGroups"][0]["DBParameterGroupName"],
        "orders-16"
    );
    assert_eq!(
        back["VpcSecurityGroups"][0]["VpcSecurityGroupId"],
        estate.group.as_str()
    );
    assert_eq!(back["DeletionProtection"], true);
    assert_eq!(back["MultiAZ"], true);
    let tags = json!([
        { "Key": "backstay:restored", "Value": "shop_orders" },
        { "Key": "team", "Value": "shop it" },
    ]);
    assert_eq!(back["TagList"], tags);
    assert_eq!(instances["orders"]["DBInstanceStatus"], "available");
    let calls = estate.moto.calls();
    assert_eq!(calls[0]["use_latest_restorable_time"], true, "{calls:?}");
    assert_eq!(calls[0]["publicly_accessible"], false);
    assert_eq!(calls.len(), 1);

    // Once more it goes on with what it began, and another one's identifier is never taken.
    let again = estate
        .run(&["latest", "--to", "orders-back"])
        .expect_code(0);
    assert!(
        again.stderr.contains("begun by an earlier run"),
        "{}",
        again.stderr
    );
    assert_eq!(estate.moto.calls().len(), 1);
    estate.refused(&["latest", "--to", "ORDERS"], "orders exists already");
}

/// Only Oracle's restores take the option: the new instance is changed once it is there.
#[test]
fn rds_keeps_the_password_of_what_comes_back_as_it_keeps_the_database_s() {
    let estate = Estate::new();
    let secret = |output: &Output| {
        let mut lines = output.stdout.lines();
        lines.any(|line| line.starts_with("secret=arn:aws:secretsmanager:"))
    };
    for way in ["latest", "snapshot"] {
        let output = estate.run(&[way, "--to", way]).expect_code(0);
        assert!(secret(&output), "{way}: {}", output.stdout);
    }
    // A run that ended before that is made up for, and a drill has a login of its own.
    let drill = ["latest", "--to", "drill", "--scratch"];
    let output = estate.run(&drill).expect_code(0);
    assert!(!secret(&output), "{}", output.stdout);
    let output = estate.run(&drill[..3]).expect_code(0);
    assert!(secret(&output), "{}", output.stdout);
    let again = estate.run(&drill[..3]).expect_code(0);
    assert!(!again.stderr.contains("from now on"), "{}", again.stderr);

    let modify = [
        ("Action", "ModifyDBInstance"),
        ("DBInstanceIdentifier", "orders"),
        ("ManageMasterUserPassword", "false"),
        ("MasterUserPassword", "something-else"),
    ];
    estate.moto.query("rds", HOME, &modify);
    let output = estate.run(&["latest", "--to", "plain"]).expect_code(0);
    assert!(!secret(&output), "{}", output.stdout);
}

#[test]
fn a_moment_that_cannot_be_restored_is_refused_with_those_that_can() {
    let estate = Estate::new();
    let (earliest, latest) = estate.window();
    assert!(
        earliest < latest && latest.ends_with('Z'),
        "{earliest} {latest}"
    );
    for moment in ["2020-01-01T00:00:00Z", "2199-01-01T00:00:00Z"] {
        let output = estate.run(&["time", moment]).expect_code(1);
        let bounds = format!("only moments from {} to ", &earliest[..15]);
        assert!(
            output.stderr.contains(&bounds[..bounds.len() - 4]),
            "{}",
            output.stderr
        );
        assert!(output.stderr.contains(&latest[..15]), "{}", output.stderr);
    }
    estate.refused(&["time", "yesterday"], "yesterday is no moment");
    estate.refused(&["time", "2026-11-25 04:00:00"], "is no moment");
    assert!(estate.moto.calls().is_empty());

    estate
        .run(&["time", &latest, "--to", "back"])
        .expect_code(0);
    let calls = estate.moto.calls();
    let asked = calls[0]["restore_time"].as_str().expect("a moment");
    assert_eq!(asked.replace(' ', "T")[..19], latest[..19]);
    assert_eq!(calls[0]["source_db_instance_identifier"], "orders");
}

#[test]
fn a_dry_run_reads_and_shows() {
    let estate = Estate::new();
    let output = estate
        .run(&["latest", "--to", "back", "--dry-run"])
        .expect_code(0);
    assert!(
        output
            .stdout
            .contains("would run: aws rds restore-db-instance-to-point-in-time --region eu-west-1"),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("--no-publicly-accessible"));
    assert!(estate.moto.calls().is_empty());
    let output = estate.run(&["snapshot", "--dry-run"]).expect_code(0);
    assert!(
        output
            .stdout
            .contains("restore-db-instance-from-db-snapshot"),
        "{}",
        output.stdout
    );
    assert_eq!(estate.names(HOME), ["orders"]);
}

#[test]
fn snapshots_come_back_the_newest_or_the_named_one_of_this_database_only() {
    let estate = Estate::new();
    let take = |instance: &str, id: &str| {
        let create = [
            ("Action", "CreateDBSnapshot"),
            ("DBInstanceIdentifier", instance),
            ("DBSnapshotIdentifier", id),
        ];
        estate.moto.query("rds", HOME, &create);
    };
    for (days, id) in [(9, "old"), (3, "new"), (6, "middle")] {
        // The automated one of its creation is older than all.
        estate.moto.control(&json!({ "days_ago": days }));
        take("orders", id);
    }
    estate.moto.control(&json!({ "days_ago": -1 }));
    take("orders", "newest");
    estate.moto.control(&json!({}));
    estate.run(&["snapshot", "--to", "one"]).expect_code(0);
    estate
        .run(&["snapshot", "old", "--to", "two", "--scratch"])
        .expect_code(0);
    let ids: Vec<_> = estate.moto.calls();
    assert_eq!(ids[0]["db_snapshot_identifier"], "newest");
    assert_eq!(ids[1]["db_snapshot_identifier"], "old");
    for (call, protected) in ids.iter().zip([true, false]) {
        assert_eq!(call["deletion_protection"], protected);
        assert_eq!(call["multi_az"], protected);
        assert_eq!(call["publicly_accessible"], false);
    }
    take("one", "of-another");
    estate.refused(
        &["snapshot", "of-another"],
        "a snapshot of one, not of orders",
    );
    estate.refused(&["snapshot", "none"], "DBSnapshotNotFound");
    estate.refused(
        &["snapshot", "--in", "us-east-1"],
        "the policy keeps no such backup",
    );
}

#[test]
fn in_another_region_networks_come_from_the_environment() {
    let estate = Estate::new();
    estate
        .moto
        .control(&json!({ "replicated": { AWAY: HOME } }));
    estate.refused(
        &["replicated"],
        "set for eu-central-1: BACKSTAY_SUBNET_GROUP BACKSTAY_SECURITY_GROUPS",
    );
    let mut command = estate.command(&["replicated", "--to", "away"]);
    let groups = estate.moto.query(
        "ec2",
        AWAY,
        &[
            ("Action", "DescribeSecurityGroups"),
            ("Version", "2016-11-15"),
        ],
    );
    let subnets = estate.moto.query(
        "ec2",
        AWAY,
        &[("Action", "DescribeSubnets"), ("Version", "2016-11-15")],
    );
    let create = [
        ("Action", "CreateDBSubnetGroup"),
        ("DBSubnetGroupName", "far"),
        ("DBSubnetGroupDescription", "far"),
        ("SubnetIds.SubnetIdentifier.1", &text(&subnets, "subnetId")),
    ];
    estate.moto.query("rds", AWAY, &create);
    let group = text(&groups, "groupId");
    command
        .env("BACKSTAY_SUBNET_GROUP", "far")
        .env("BACKSTAY_SECURITY_GROUPS", &group)
        .env("BACKSTAY_PARAMETER_GROUP", "default.postgres16");
    let output = Output::run(&mut command).expect_code(0);
    assert_eq!(told(&output, "region"), AWAY);
    let calls = estate.moto.calls();
    assert_eq!(
        calls[0]["source_db_instance_automated_backups_arn"],
        "arn:aws:rds:eu-west-1:123456789012:auto-backup:ab-orders"
    );
    let away = estate.instances(AWAY);
    assert_eq!(away["away"]["DBSubnetGroup"]["DBSubnetGroupName"], "far");
    assert_eq!(away["away"]["DBInstanceClass"], "db.r6g.large");
}

#[test]
fn a_deleted_database_comes_back_from_what_was_kept_of_it() {
    let estate = Estate::new();
    let delete = [
        ("Action", "DeleteDBInstance"),
        ("DBInstanceIdentifier", "orders"),
        ("SkipFinalSnapshot", "true"),
        ("DeleteAutomatedBackups", "false"),
    ];
    estate.moto.query("rds", HOME, &delete);
    estate.refused(&["latest"], "set for eu-west-1: BACKSTAY_INSTANCE_CLASS");
    let mut command = estate.command(&["latest", "--to", "back"]);
    command
        .env("BACKSTAY_INSTANCE_CLASS", "db.t4g.medium")
        .env("BACKSTAY_SUBNET_GROUP", "private")
        .env("BACKSTAY_SECURITY_GROUPS", &estate.group);
    let output = Output::run(&mut command).expect_code(0);
    assert!(
        output.stderr.contains("the password that orders had then"),
        "{}",
        output.stderr
    );
    let calls = estate.moto.calls();
    assert_eq!(calls[0]["source_dbi_resource_id"], "db-ORDERS");
    assert_eq!(
        estate.instances(HOME)["back"]["DBInstanceClass"],
        "db.t4g.medium"
    );
}

#[test]
fn a_recovery_point_comes_back_by_a_job_of_aws_backup() {
    let estate = Estate::new();
    let point = |id: &str, day: u32, status: &str, resource: &str| {
        json!({
            "arn": format!("arn:aws:rds:eu-west-1:123456789012:snapshot:awsbackup:job-{id}"),
            "created": 1_790_000_000 + day * 86_400, "status": status, "resource": resource,
        })
    };
    let points = json!([
        point("1", 1, "COMPLETED", ARN),
        point("3", 3, "COMPLETED", ARN),
        point("4", 4, "EXPIRED", ARN),
        point(
            "5",
            5,
            "COMPLETED",
            "arn:aws:rds:eu-west-1:123456789012:db:other"
        ),
    ]);
    estate
        .moto
        .control(&json!({ "points": { "shop-safe": points }, "looks": 1, "state": "creating" }));
    let output = estate.run(&["point", "--to", "back"]).expect_code(0);
    assert!(
        output.stderr.contains("restore job job-0: running"),
        "{}",
        output.stderr
    );
    let calls = estate.moto.calls();
    assert_eq!(
        calls[0]["RecoveryPointArn"],
        "arn:aws:rds:eu-west-1:123456789012:snapshot:awsbackup:job-3"
    );
    assert_eq!(
        calls[0]["IamRoleArn"],
        "arn:aws:iam::123456789012:role/service-role/AWSBackupDefaultServiceRole"
    );
    assert_eq!(
        calls[0]["Metadata"],
        json!({
            "DBInstanceIdentifier": "back", "DBInstanceClass": "db.r6g.large",
            "VpcSecurityGroupIds": format!("[\"{}\"]", estate.group), "DBSubnetGroupName": "private",
            "DBParameterGroupName": "orders-16", "PubliclyAccessible": "false",
            "CopyTagsToSnapshot": "true", "DeletionProtection": "true", "MultiAZ": "true",
        })
    );
    let back = &estate.instances(HOME)["back"];
    assert_eq!(back["TagList"][0]["Key"], "backstay:restored");
    assert_eq!(back["PubliclyAccessible"], false);
    estate.refused(&["point", "--vault", "far"], "set for eu-central-1");
    estate.refused(&["point", "--vault", "other"], "in no vault other");
    estate.refused(&["point", "arn:x'||true"], "is no ARN");
    let fifth = "arn:aws:rds:eu-west-1:123456789012:snapshot:awsbackup:job-5";
    estate.refused(&["point", fifth], "has no such recovery point");
}

#[test]
fn only_what_it_made_is_discarded() {
    let estate = Estate::new();
    estate.run(&["latest", "--to", "back"]).expect_code(0);
    estate.refused(&["discard", "orders", "--yes"], "is the database itself");
    estate.refused(&["discard", "back"], "say so with --yes");
    let other = [
        ("Action", "CreateDBInstance"),
        ("DBInstanceIdentifier", "other"),
        ("Engine", "postgres"),
        ("DBInstanceClass", "db.t4g.medium"),
        ("Tags.Tag.1.Key", "backstay:restored"),
        ("Tags.Tag.1.Value", "shop_other"),
    ];
    estate.moto.query("rds", HOME, &other);
    estate.refused(
        &["discard", "other", "--yes"],
        "this script did not make it",
    );
    estate
        .run(&["discard", "back", "--yes", "--dry-run"])
        .expect_code(0);
    assert_eq!(estate.names(HOME).len(), 3);
    estate.run(&["discard", "back", "--yes"]).expect_code(0);
    estate.run(&["discard", "back", "--yes"]).expect_code(0);
    assert_eq!(estate.names(HOME), ["orders", "other"]);
}

#[test]
fn what_fails_or_takes_too_long_is_said() {
    let estate = Estate::new();
    for (state, message) in [
        ("creating", "was not available within 0 min"),
        ("incompatible-restore", "ended as incompatible-restore"),
    ] {
        estate.moto.control(&json!({ "looks": -1, "state": state }));
        let mut command = estate.command(&["latest", "--to", &format!("to-{}", state.len())]);
        let output = Output::run(command.env("BACKSTAY_WAIT_MINUTES", "0")).expect_code(1);
        assert!(output.stderr.contains(message), "{}", output.stderr);
        assert!(
            output.stderr.contains("FAILED while restoring"),
            "{}",
            output.stderr
        );
        assert_eq!(output.stdout, "");
    }
    for arguments in [
        &[][..],
        &["time"],
        &["latest", "now"],
        &["--to"],
        &["latest", "--too", "x"],
    ] {
        let output = estate.run(arguments).expect_code(1);
        assert!(
            output.stderr.contains("FAILED while reading the arguments"),
            "{}",
            output.stderr
        );
    }
    estate.refused(&["latest", "--to", "1st"], "no instance can be called 1st");
}
