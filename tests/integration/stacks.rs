//! What holds for every stack of AWS, and for every engine of RDS.

use std::fs;

use backstay::render::deploy_commands;
use serde_json::Value;

use super::render::{planned, rendered};
use super::support::root;

/// Every rendered stack of the examples, by its path.
fn stacks() -> Vec<(String, Value)> {
    let folder = root().join("generated/aws");
    let locations = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let files = locations.flat_map(|it| fs::read_dir(it).unwrap());
    let read = |file: std::io::Result<fs::DirEntry>| {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        (
            path.display().to_string(),
            serde_yaml::from_str(&text).unwrap(),
        )
    };
    files.map(read).collect()
}

/// Whoever deletes a stack, or changes what only a new resource can have, loses no backup.
#[test]
fn what_holds_backups_outlives_its_stack() {
    let mut seen = 0;
    for (path, stack) in stacks() {
        for (id, resource) in stack["Resources"].as_object().unwrap() {
            let replica = resource["Properties"]["SourceDBInstanceIdentifier"] != Value::Null;
            let stays = match resource["Type"].as_str().unwrap() {
                "AWS::KMS::Key" | "AWS::S3::Bucket" | "AWS::Backup::BackupVault" => "Retain",
                "AWS::RDS::DBInstance" if replica => "Delete",
                "AWS::RDS::DBInstance" => "Snapshot",
                _ => continue,
            };
            seen += 1;
            for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
                assert_eq!(resource[policy], stays, "{path}: {id}");
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

/// Everything that a database of RDS can have, but for what speaks PostgreSQL itself.
const POLICY: &str = r#"version: 1
locations:
  us: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
vaults:
  main: { at: us, name: main-vault, lock: { mode: governance, min: 7d, max: 10y } }
  dr: { at: west, name: dr-vault }
stores:
  exports: { at: us, bucket: company-exports }
defaults:
  encryption: customer_managed
  alerts: { to: [sns:oncall], events: [failed, missed, restore_test_failed, weakened] }
databases:
  new:
    engine: ENGINE
    at: us
    id: new
    tier: important
    vault: main
    retention: { pitr: 14d, weekly: 8w, monthly: 12mo, yearly: 7y }
    copies: { to: [dr], replicate_pitr: west }
    high_availability: multi_az
    replicas: [{ id: new-read-1 }, { id: new-read-west, at: west }]
    snapshots: { schedule: "weekly sun 02:17", keep: 90d, copy_to: west }
    export: { to: exports, schedule: "monthly 1 05:23", keep: 1y }
    restore_test: { every: 1mo }
    provision: { engine_version: "VERSION", instance_class: db.t4g.medium, storage: { type: gp3, size: 100GiB }, username: root }
  old: { engine: ENGINE, at: us, id: old, tier: important, vault: main, replicas: [{ id: old-read }], copies: { replicate_pitr: west } }
"#;

/// The rendered files of an engine, with its own words in the words of all.
fn files(engine: &str, version: &str, [first, second]: [&str; 2]) -> Vec<(String, String)> {
    let policy = POLICY.replace("ENGINE", &format!("rds_{engine}"));
    let policy = policy.replace("VERSION", version);
    let own = [
        (format!("Engine: \"{engine}\""), "Engine: ENGINE"),
        (format!("fixed Engine {engine}\n"), "fixed Engine ENGINE\n"),
        (
            format!("EngineVersion: \"{version}\""),
            "EngineVersion: VERSION",
        ),
        (format!("- \"{first}\"\n"), "- LOG\n"),
        (format!("- \"{second}\"\n"), "- LOG\n"),
        // Where an application finds what was restored.
        ("postgresql://".to_owned(), "URL://"),
        ("mysql://".to_owned(), "URL://"),
        ("?sslmode=require\"".to_owned(), "\""),
    ];
    let words = |text: String| {
        let each = |text: String, (from, to): &(String, &str)| text.replace(from.as_str(), to);
        own.iter().fold(text, each)
    };
    let artifacts = rendered(&planned(&[("p.yaml", &policy)]));
    artifacts
        .into_iter()
        .map(|it| (it.path, words(it.text)))
        .collect()
}

#[test]
fn the_engines_of_rds_differ_in_their_words_only() {
    let postgres = files("postgres", "16", ["postgresql", "upgrade"]);
    assert!(postgres.len() > 20, "{}", postgres.len());
    for (engine, version) in [("mysql", "8.4"), ("mariadb", "11.4")] {
        let other = files(engine, version, ["error", "slowquery"]);
        for ((path, expected), (other, text)) in postgres.iter().zip(&other) {
            assert_eq!(path, other);
            assert_eq!(expected, text, "{engine}: {path}");
        }
        assert_eq!(postgres.len(), other.len());
    }
}

/// RDS refuses "read replicas for source instance … where ManageMasterUserPassword is enabled".
#[test]
fn a_database_with_replicas_has_a_password_that_rds_does_not_keep() {
    for engine in ["rds_postgres", "rds_mysql", "rds_mariadb"] {
        let policy = POLICY.replace("ENGINE", engine).replace("VERSION", "16");
        let alone = policy.replace(
            "replicas: [{ id: new-read-1 }, { id: new-read-west, at: west }]",
            "",
        );
        let stack = |policy: &str| -> Value {
            let artifacts = rendered(&planned(&[("p.yaml", policy)]));
            let mut found = artifacts.iter().filter(|it| it.path == "aws/us/new.yaml");
            serde_yaml::from_str(&found.next().unwrap().text).unwrap()
        };
        let (copied, alone) = (stack(&policy), stack(&alone));
        let database = &copied["Resources"]["Database"]["Properties"];
        assert_eq!(database["ManageMasterUserPassword"], false);
        assert_eq!(
            database["MasterUserPassword"]["Fn::Sub"],
            "{{resolve:secretsmanager:${DatabaseSecret}:SecretString:password}}"
        );
        let secret = &copied["Resources"]["DatabaseSecret"];
        assert_eq!(secret["DeletionPolicy"], "Retain");
        let made = &secret["Properties"]["GenerateSecretString"];
        assert_eq!(made["SecretStringTemplate"], r#"{"username":"root"}"#);
        assert_eq!(made["GenerateStringKey"], "password");
        // MySQL and MariaDB take 41 characters at most, and no engine takes all punctuation.
        assert!(made["PasswordLength"].as_u64().unwrap() <= 41);
        assert_eq!(made["ExcludePunctuation"], true);

        let database = &alone["Resources"]["Database"]["Properties"];
        assert_eq!(database["ManageMasterUserPassword"], true);
        assert_eq!(database["MasterUserPassword"], Value::Null);
        assert_eq!(alone["Resources"]["DatabaseSecret"], Value::Null);
    }
}

/// Stacks of two accounts share their names: one must never be deployed over the other's.
#[test]
fn with_several_accounts_each_command_asks_whose_credentials_it_has() {
    let commands = |account: &str| -> Vec<String> {
        let policy = format!(
            r#"version: 1
locations:
  us: {{ provider: aws, region: us-east-1, account: "123456789012" }}
  safe: {{ provider: aws, region: us-east-1, account: "{account}" }}
stores:
  here: {{ at: us, bucket: company-here }}
  there: {{ at: safe, bucket: company-there }}
"#
        );
        let commands = deploy_commands(&planned(&[("p.yaml", &policy)]), |_| true);
        commands.iter().map(ToString::to_string).collect()
    };
    let begin =
        |commands: &[String], with: &str| commands.iter().filter(|it| it.starts_with(with)).count();
    let one = commands("123456789012");
    assert_eq!(begin(&one, "aws cloudformation deploy "), 2, "{one:?}");
    let two = commands("210987654321");
    for account in ["123456789012", "210987654321"] {
        let asked = format!(
            "test \"$(aws sts get-caller-identity --query Account --output text)\" -eq {account} && \
             aws cloudformation deploy "
        );
        assert_eq!(begin(&two, &asked), 1, "{two:?}");
    }
}
