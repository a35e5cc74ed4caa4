//! What reaches beyond a database's own Region: keys, replicated backups, replicas.

use std::fs;

use backstay::plan::{Plan, Resource};
use backstay::render::{deploy_commands, restore_command};
use serde_json::{Value, json};

use super::render::{planned, rendered, text};
use super::support::{Output, Workspace, path_variable};

const POLICY: &str = r#"version: 1
locations:
  us: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  again: { provider: aws, region: us-west-2, account: "123456789012" }
  eu: { provider: aws, region: eu-west-1, account: "123456789012" }
defaults:
  tags: { team: data }
databases:
  orders:
    engine: rds_postgres
    at: us
    id: Orders
    tier: important
    encryption: customer_managed
    copies: { replicate_pitr: west }
    snapshots: { schedule: "weekly sun 02:17", keep: 90d, copy_to: again }
    replicas: [{ id: orders-2 }, { id: Orders-West, at: west, high_availability: multi_az }, { id: orders-eu, at: eu }, { id: orders-here, at: us }]
    provision: { engine_version: "16", instance_class: db.t4g.medium, storage: { size: 20GiB }, username: root }
  forum:
    engine: rds_mysql
    at: us
    id: forum
    tier: important
    copies: { replicate_pitr: eu }
    replicas: [{ id: forum-eu, at: eu }]
  wiki:
    engine: rds_mariadb
    at: us
    id: wiki
    tier: important
    provision: { engine_version: "10.11", instance_class: db.t4g.medium, storage: { size: 20GiB }, username: root, zone: us-east-1b }
"#;

fn plan() -> Plan {
    planned(&[("p.yaml", POLICY)])
}

fn template(path: &str) -> Value {
    let artifacts = rendered(&plan());
    serde_yaml::from_str(text(&artifacts, path)).unwrap()
}

fn resource<'p>(plan: &'p Plan, name: &str) -> &'p Resource {
    let mut resources = plan.resources.iter();
    let found = resources.find(|resource| resource.address.name == name);
    found.unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn a_database_that_leaves_its_region_has_one_key_where_its_copies_go() {
    let plan = plan();
    let files = plan
        .resources
        .iter()
        .filter(|resource| resource.address.kind == "AWS::KMS::Key")
        .map(|resource| (resource.owner.file(), resource.address.name.as_str()));
    let files: Vec<_> = files.collect();
    assert_eq!(
        files,
        [
            // Two locations are the same Region: one key.
            ("aws/west/orders.yaml", "alias/backstay/orders"),
            ("aws/us/orders.yaml", "alias/backstay/orders"),
            (
                "aws/west/orders-replicas.yaml",
                "alias/backstay/orders-replicas"
            ),
            (
                "aws/eu/orders-replicas.yaml",
                "alias/backstay/orders-replicas"
            ),
            ("aws/eu/forum.yaml", "alias/backstay/forum"),
        ]
    );
    let copies = template("aws/west/orders.yaml");
    let key = &copies["Resources"]["CopyKey"];
    assert_eq!(key["DeletionPolicy"], "Retain");
    assert_eq!(key["UpdateReplacePolicy"], "Retain");
    assert_eq!(key["Properties"]["EnableKeyRotation"], true);
    let principal = &key["Properties"]["KeyPolicy"]["Statement"][0]["Principal"];
    assert_eq!(principal["AWS"], "arn:aws:iam::123456789012:root");
    assert!(copies["Outputs"]["CopyKeyArn"].is_object());
}

#[test]
fn the_database_says_where_its_backups_go_and_takes_the_key_there() {
    let stack = template("aws/us/orders.yaml");
    let database = &stack["Resources"]["Database"]["Properties"];
    assert_eq!(database["AutomaticBackupReplicationRegion"], "us-west-2");
    assert_eq!(database["AutomaticBackupReplicationRetentionPeriod"], 14);
    assert_eq!(
        database["AutomaticBackupReplicationKmsKeyId"]["Ref"],
        "ReplicationKeyArn"
    );
    assert!(
        stack["Parameters"]["ReplicationKeyArn"]
            .get("Default")
            .is_none()
    );
    let replica = &stack["Resources"]["ReplicaOrders2"]["Properties"];
    assert!(replica.get("AutomaticBackupReplicationRegion").is_none());
}

#[test]
fn a_replica_in_another_region_names_its_source_by_arn_and_has_a_key_there() {
    let stack = template("aws/west/orders-replicas.yaml");
    let replica = &stack["Resources"]["ReplicaOrdersWest"];
    let properties = &replica["Properties"];
    assert_eq!(
        properties["SourceDBInstanceIdentifier"],
        "arn:aws:rds:us-east-1:123456789012:db:orders"
    );
    assert_eq!(properties["SourceRegion"], "us-east-1");
    assert_eq!(properties["KmsKeyId"]["Fn::GetAtt"][0], "ReplicaKey");
    assert_eq!(properties["MultiAZ"], true);
    // Its source is in no VPC of this Region.
    assert!(properties["DBSubnetGroupName"].is_object());
    for absent in [
        "StorageEncrypted",
        "BackupRetentionPeriod",
        "PreferredBackupWindow",
    ] {
        assert!(properties.get(absent).is_none(), "{absent}");
    }
    assert_eq!(replica["DeletionPolicy"], "Delete");
    // The one whose location is the database's own is in the database's stack.
    let stack = template("aws/us/orders.yaml");
    let here = &stack["Resources"]["ReplicaOrdersHere"]["Properties"];
    assert_eq!(here["SourceDBInstanceIdentifier"]["Ref"], "Database");
    assert!(here.get("SourceRegion").is_none());
}

#[test]
fn each_stack_is_deployed_behind_those_that_it_needs() {
    let commands: Vec<String> = deploy_commands(&plan(), |_| true)
        .iter()
        .map(ToString::to_string)
        .collect();
    let at = |file: &str| {
        let found = commands.iter().position(|command| command.contains(file));
        found.unwrap_or_else(|| panic!("{file} in {commands:#?}"))
    };
    let database = at("generated/aws/us/orders.yaml");
    assert!(at("generated/aws/west/orders.yaml") < database);
    assert!(database < at("generated/aws/west/orders-replicas.yaml"));
    assert!(commands[database].ends_with(
        "--parameter-overrides ReplicationKeyArn=\"$(aws kms describe-key --region us-west-2 \
         --key-id alias/backstay/orders --query KeyMetadata.Arn --output text)\""
    ));
    assert_eq!(commands.len(), 6, "{commands:#?}");
}

#[test]
fn a_lost_replication_is_started_and_another_one_stopped_before() {
    let plan = plan();
    let orders = resource(&plan, "orders");
    let shown = |property: &str, live: Value| {
        let pointer = format!("/AutomaticBackupReplication{property}");
        restore_command(orders, &pointer, &live)
            .unwrap()
            .to_string()
    };
    let start = "aws rds start-db-instance-automated-backups-replication --region us-west-2 \
         --source-db-instance-arn arn:aws:rds:us-east-1:123456789012:db:orders \
         --source-region us-east-1 --backup-retention-period 14 --kms-key-id \
         \"$(aws kms describe-key --region us-west-2 --key-id alias/backstay/orders \
         --query KeyMetadata.Arn --output text)\"";
    let stop = |region: &str| {
        format!(
            "aws rds stop-db-instance-automated-backups-replication --region {region} \
             --source-db-instance-arn arn:aws:rds:us-east-1:123456789012:db:orders && {start}"
        )
    };
    assert_eq!(shown("Region", Value::Null), start);
    assert_eq!(shown("RetentionPeriod", Value::Null), start);
    assert_eq!(shown("RetentionPeriod", json!(7)), stop("us-west-2"));
    assert_eq!(shown("Region", json!("eu-west-1")), stop("eu-west-1"));
}

#[test]
fn a_key_comes_back_by_commands_that_find_it_by_its_alias() {
    let plan = plan();
    let key = plan
        .resources
        .iter()
        .find(|resource| resource.owner.file() == "aws/us/orders.yaml")
        .unwrap();
    let shown = |property: &str, live: Value| {
        let command = restore_command(key, property, &live).unwrap().to_string();
        command.replace(
            "\"$(aws kms describe-key --region us-east-1 --key-id alias/backstay/orders \
             --query KeyMetadata.KeyId --output text)\"",
            "KEY",
        )
    };
    let call =
        |rest: &str| format!("aws kms {rest}").replace("{}", "--region us-east-1 --key-id KEY");
    assert_eq!(shown("/Enabled", json!(false)), call("enable-key {}"));
    assert_eq!(
        shown("/Enabled", json!("pending deletion on 2026-12-14")),
        format!(
            "{} && {}",
            call("cancel-key-deletion {}"),
            call("enable-key {}")
        )
    );
    assert_eq!(
        shown("/EnableKeyRotation", json!(false)),
        call("enable-key-rotation {}")
    );
    assert_eq!(
        shown("/Description", Value::Null),
        call(
            "update-key-description {} --description 'Encrypts the database orders and its backups'"
        )
    );
    assert!(shown("/KeyPolicy/Statement/Account", Value::Null).starts_with(&call(
        "put-key-policy {} --policy-name default --policy '{\"Version\":\"2012-10-17\",\"Statement\":["
    )));
    assert_eq!(
        shown("/Tags/team", Value::Null),
        call("tag-resource {} --tags '[{\"TagKey\":\"team\",\"TagValue\":\"data\"}]'")
    );
}

#[test]
fn every_engine_of_rds_has_its_own_name_and_logs() {
    let plan = plan();
    let body = |name: &str| resource(&plan, name).body.tree();
    assert_eq!(body("orders")["Engine"], "postgres");
    assert_eq!(body("forum")["Engine"], "mysql");
    let wiki = body("wiki");
    assert_eq!(wiki["Engine"], "mariadb");
    assert_eq!(
        wiki["EnableCloudwatchLogsExports"],
        json!(["error", "slowquery"])
    );
    assert_eq!(wiki["AvailabilityZone"], "us-east-1b");
}

/// Answers as RDS and KMS do: the settings of the policy, DAYS in the other Region, and KEY there.
const AWS: &str = r#"#!/bin/bash
case $1-$2 in
  sts-*) echo 123456789012 ;;
  rds-describe-db-instances)
    if [[ $* == *forum-eu* ]]; then
      printf 'arn:aws:rds:us-east-1:123456789012:db:forum\tTrue\tTrue\tTrue\tdata\n'
    else
      printf 'mysql\t14\tTrue\tTrue\tTrue\tdata\n'
    fi ;;
  rds-describe-db-instance-automated-backups)
    [[ $* == *"--region eu-west-1"* && $* == *"=='arn:aws:rds:us-east-1:123456789012:db:forum'"* ]] || exit 9
    echo "$DAYS" ;;
  kms-describe-key) if [[ $KEY ]]; then echo "$KEY"; else exit 254; fi ;;
  *) echo "called: $*" >&2 ;;
esac
"#;

fn enforce(days: &str, key: &str, arguments: &[&str]) -> Output {
    use std::os::unix::fs::PermissionsExt as _;
    let artifacts = rendered(&plan());
    let script = text(&artifacts, "scripts/forum-enforce.sh");
    let workspace = Workspace::new()
        .file("bin/aws", AWS)
        .file("enforce.sh", script)
        .env("DAYS", days)
        .env("KEY", key);
    let bin = workspace.path().join("bin");
    fs::set_permissions(bin.join("aws"), fs::Permissions::from_mode(0o755)).unwrap();
    let output = std::process::Command::new("bash")
        .arg(workspace.path().join("enforce.sh"))
        .args(arguments)
        .env_clear()
        .env("PATH", path_variable(&[&bin]))
        .envs([("DAYS", days), ("KEY", key)])
        .output()
        .unwrap();
    Output::of(output)
}

#[cfg(unix)]
#[test]
fn the_script_of_an_existing_database_replicates_its_backups() {
    let clean = enforce("14", "", &[]).expect_code(0);
    assert!(
        clean
            .stdout
            .contains("as wanted  days of backups in eu-west-1: 14"),
        "{}",
        clean.stdout
    );

    let absent = enforce("None", "arn:key", &[]).expect_code(1);
    let start = "aws rds start-db-instance-automated-backups-replication --region eu-west-1 \
         --source-db-instance-arn arn:aws:rds:us-east-1:123456789012:db:forum \
         --source-region us-east-1 --backup-retention-period 14 --kms-key-id arn:key";
    assert!(
        absent.stdout.contains(&format!("would run: {start}")),
        "{}",
        absent.stdout
    );
    assert!(!absent.stderr.contains("called:"), "{}", absent.stderr);

    let applied = enforce("None", "arn:key", &["--apply"]).expect_code(0);
    let call = start.strip_prefix("aws ").unwrap();
    assert!(applied.stderr.contains(call), "{}", applied.stderr);
    assert!(!applied.stderr.contains("stop-"), "{}", applied.stderr);

    let less = enforce("7", "arn:key", &["--apply"]).expect_code(0);
    let stop = less
        .stderr
        .find("called: rds stop-db-instance-automated-backups-replication");
    let start = less
        .stderr
        .find("called: rds start-db-instance-automated-backups-replication");
    assert!(stop.is_some() && stop < start, "{}", less.stderr);

    let more = enforce("35", "arn:key", &["--apply"]).expect_code(1);
    assert!(more.stdout.contains("left as it is"), "{}", more.stdout);
    assert!(!more.stderr.contains("called:"), "{}", more.stderr);

    let no_key = enforce("None", "", &["--apply"]).expect_code(1);
    assert!(
        no_key
            .stderr
            .contains("There is no key alias/backstay/forum in eu-west-1"),
        "{}",
        no_key.stderr
    );
}
