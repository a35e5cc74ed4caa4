//! The snapshot script with the real AWS CLI against moto, whose clock can be turned back.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Aws, Output, Script};

const HOME: &str = "eu-west-1";
const AWAY: &str = "eu-central-1";

fn policy(account: &str, copy: &str) -> String {
    format!(
        "version: 1
locations:
  west: {{ provider: aws, region: {HOME}, account: \"{account}\" }}
  central: {{ provider: aws, region: {AWAY}, account: \"{account}\" }}
databases:
  shop_orders:
    engine: rds_postgres
    at: west
    id: Orders
    tier: non_critical
    tags: {{ team: shop it }}
    snapshots: {{ schedule: \"weekly sun 02:17\", keep: 30d{copy} }}
"
    )
}

/// An AWS with an encrypted instance, and the script that takes snapshots of it.
struct Estate {
    moto: Aws,
    script: Script,
    /// The key in the other Region.
    key: String,
}

impl Estate {
    fn new() -> Estate {
        let moto = Aws::slow_moto();
        // Its automated snapshot is old and takes over its tags.
        moto.control(&json!({ "days_ago": 300 }));
        let create = [
            ("Action", "CreateDBInstance"),
            ("DBInstanceIdentifier", "orders"),
            ("Engine", "postgres"),
            ("DBInstanceClass", "db.t4g.medium"),
            ("AllocatedStorage", "20"),
            ("MasterUsername", "root"),
            ("ManageMasterUserPassword", "true"),
            ("StorageEncrypted", "true"),
            ("CopyTagsToSnapshot", "true"),
            ("Tags.Tag.1.Key", OWN.0),
            ("Tags.Tag.1.Value", OWN.1),
        ];
        moto.query("rds", HOME, &create);
        moto.control(&json!({}));
        let key = "kms create-key --query KeyMetadata.Arn --output text --region";
        let key: Vec<_> = key.split(' ').chain([AWAY]).collect();
        let key = moto.aws(&key).trim().to_owned();
        let policy = policy("123456789012", ", copy_to: central");
        Estate {
            moto,
            script: Script::of(&policy, "scripts/shop_orders-snapshot.sh"),
            key,
        }
    }

    /// A manual snapshot, taken so many days ago, with one tag.
    fn taken(&self, days_ago: u32, id: &str, tag: (&str, &str)) {
        self.moto.control(&json!({ "days_ago": days_ago }));
        self.take(id, tag);
    }

    fn take(&self, id: &str, tag: (&str, &str)) {
        let create = [
            ("Action", "CreateDBSnapshot"),
            ("DBInstanceIdentifier", "orders"),
            ("DBSnapshotIdentifier", id),
            ("Tags.Tag.1.Key", tag.0),
            ("Tags.Tag.1.Value", tag.1),
        ];
        self.moto.query("rds", HOME, &create);
    }

    /// Copies one to the other Region, as the script did on its day.
    fn copied(&self, days_ago: u32, id: &str) {
        self.moto.control(&json!({ "days_ago": days_ago }));
        let arn = format!("arn:aws:rds:{HOME}:123456789012:snapshot:{id}");
        let copy = [
            ("Action", "CopyDBSnapshot"),
            ("SourceDBSnapshotIdentifier", &arn),
            ("TargetDBSnapshotIdentifier", id),
            ("CopyTags", "true"),
            ("KmsKeyId", &self.key),
        ];
        self.moto.query("rds", AWAY, &copy);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.script.command(arguments);
        self.moto
            .reach(&mut command)
            .env("BACKSTAY_POLL_SECONDS", "0")
            .env("BACKSTAY_COPY_KMS_KEY", &self.key);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Output::run(&mut self.command(arguments))
    }

    /// Every snapshot of a Region, by its identifier.
    fn snapshots(&self, region: &str) -> BTreeMap<String, Value> {
        let answer = self.moto.aws(&[
            "rds",
            "describe-db-snapshots",
            "--region",
            region,
            "--output",
            "json",
        ]);
        let answer: Value = serde_json::from_str(&answer).expect("the AWS CLI prints JSON");
        let list = answer["DBSnapshots"].as_array().expect("a list").clone();
        let id = |one: &Value| {
            one["DBSnapshotIdentifier"]
                .as_str()
                .expect("a text")
                .to_owned()
        };
        list.into_iter().map(|one| (id(&one), one)).collect()
    }

    /// The identifiers, with `new` for the one that the script took and `rds:` for an automated one.
    fn names(&self, region: &str) -> Vec<String> {
        let answer = self
            .moto
            .query("rds", region, &[("Action", "DescribeDBSnapshots")]);
        let ids = answer.split("<DBSnapshotIdentifier>").skip(1);
        let short = |id: &str| match id.split('<').next().unwrap_or_default() {
            id if id.starts_with("backstay-shop-orders-2") => "new".to_owned(),
            id if id.starts_with("rds:") => "rds:".to_owned(),
            id => id.to_owned(),
        };
        let mut names: Vec<_> = ids.map(short).collect();
        names.sort();
        names
    }
}

const OWN: (&str, &str) = ("backstay:policy", "shop_orders");

#[test]
fn a_snapshot_is_taken_and_copied_and_only_own_old_ones_go() {
    let estate = Estate::new();
    estate.taken(31, "own-31", OWN);
    estate.copied(31, "own-31");
    estate.taken(40, "own-40", OWN);
    estate.taken(29, "own-29", OWN);
    estate.copied(29, "own-29");
    estate.taken(99, "by-hand", ("team", "shop"));
    estate.taken(99, "of-another", ("backstay:policy", "shop"));
    // What failed is left for somebody to look at.
    let failed = json!({ "days_ago": 35, "looks": -1, "state": "failed" });
    estate.moto.control(&failed);
    estate.take("own-failed", OWN);
    // Its copy was late, but its data is old.
    estate.copied(0, "own-40");
    estate.moto.control(&json!({ "looks": 2, "busy": 1 }));
    let before = estate.names(HOME);

    let shown = estate.run(&["--dry-run"]).expect_code(0).stdout;
    let commands: Vec<_> = shown
        .lines()
        .map(|line| line.split(' ').nth(4).unwrap_or(""))
        .collect();
    let deletion = "delete-db-snapshot";
    assert_eq!(
        commands,
        [
            "create-db-snapshot",
            "copy-db-snapshot",
            deletion,
            deletion,
            deletion,
            deletion
        ]
    );
    assert_eq!(estate.names(HOME), before);

    let said = estate.run(&[]).expect_code(0).stderr;
    assert!(
        said.contains("the instance is busy: trying again"),
        "{said}"
    );
    assert!(said.contains(": creating\n"), "{said}");
    assert_eq!(
        estate.names(HOME),
        [
            "by-hand",
            "new",
            "of-another",
            "own-29",
            "own-failed",
            "rds:"
        ]
    );
    assert_eq!(estate.names(AWAY), ["new", "own-29"]);

    let tags = json!([
        { "Key": "backstay:policy", "Value": "shop_orders" },
        { "Key": "team", "Value": "shop it" },
    ]);
    for region in [HOME, AWAY] {
        let snapshots = estate.snapshots(region);
        let new = snapshots
            .iter()
            .find(|(id, _)| id.starts_with("backstay-shop-orders-2"));
        let (id, new) = new.expect("there is a new one");
        assert!(said.contains(id), "{said}");
        assert_eq!(new["TagList"], tags, "{region}");
        assert_eq!(new["SnapshotType"], "manual");
    }
    let copies = estate.snapshots(AWAY);
    assert!(
        copies
            .values()
            .all(|copy| copy["KmsKeyId"] == estate.key.as_str()),
        "{copies:?}"
    );
}

#[test]
fn the_newest_stays_when_all_are_old() {
    let estate = Estate::new();
    estate.taken(500, "own-500", OWN);
    estate.moto.control(&json!({ "days_ago": 400 }));
    estate.run(&[]).expect_code(0);
    assert_eq!(estate.names(HOME), ["new", "rds:"]);
    assert_eq!(estate.names(AWAY), ["new"]);
}

/// What is encrypted here cannot be copied under the key that it has here.
#[test]
fn copies_are_under_the_key_that_is_rendered_for_them() {
    let estate = Estate::new();
    let mut own = estate.command(&["--dry-run"]);
    own.env_remove("BACKSTAY_COPY_KMS_KEY");
    let shown = Output::run(&mut own).expect_code(0);
    let shown = format!("{}{}", shown.stdout, shown.stderr);
    let key = "--kms-key-id alias/backstay/shop_orders";
    assert!(shown.contains(key), "{shown}");
    let other = estate.run(&["--dry-run"]).expect_code(0);
    let other = format!("{}{}", other.stdout, other.stderr);
    assert!(
        other.contains(&format!("--kms-key-id {}", estate.key)),
        "{other}"
    );
}

#[test]
fn nothing_is_pruned_before_the_new_one_is_available() {
    let estate = Estate::new();
    estate.taken(99, "own-99", OWN);
    // What never ends is waited for until the limit, what has failed is not.
    for (state, message) in [
        ("creating", "was not available within 0 min"),
        ("failed", "ended as failed"),
    ] {
        estate.moto.control(&json!({ "looks": -1, "state": state }));
        let mut command = estate.command(&[]);
        let output = Output::run(command.env("BACKSTAY_WAIT_MINUTES", "0")).expect_code(1);
        assert!(output.stderr.contains(message), "{}", output.stderr);
        assert!(
            output.stderr.contains("FAILED while taking the snapshot"),
            "{}",
            output.stderr
        );
    }
    let names = estate.names(HOME);
    assert!(names.contains(&"own-99".to_owned()), "{names:?}");
    assert!(estate.names(AWAY).is_empty());
}

#[test]
fn what_cannot_end_well_is_not_begun() {
    let estate = Estate::new();
    let refused = |command: &mut Command, message: &str| {
        let output = Output::run(command).expect_code(1);
        assert!(output.stderr.contains(message), "{}", output.stderr);
        assert!(output.stderr.contains("FAILED while"), "{}", output.stderr);
        assert_eq!(estate.names(HOME), ["rds:"]);
    };
    let script = |account, path| Script::of(&policy(account, ""), path);
    let elsewhere = script("210987654321", "scripts/shop_orders-snapshot.sh");
    let mut elsewhere = elsewhere.command(&[]);
    refused(
        estate.moto.reach(&mut elsewhere),
        "these credentials belong to account 123456789012",
    );
    refused(
        &mut estate.command(&["--dryrun"]),
        "FAILED while reading the arguments",
    );

    // Another run that is active holds the script's own file.
    let path = estate.script.path();
    let held = std::fs::File::open(path).expect("the script is there");
    held.try_lock().expect("nobody else holds it");
    let second = estate.run(&[]).expect_code(75);
    assert!(
        second.stderr.contains("another run is active"),
        "{}",
        second.stderr
    );
    drop(held);
    let delete = [
        ("Action", "DeleteDBInstance"),
        ("DBInstanceIdentifier", "orders"),
        ("SkipFinalSnapshot", "true"),
    ];
    estate.moto.query("rds", HOME, &delete);
    let gone = estate.run(&[]).expect_code(1);
    assert!(
        gone.stderr.contains("DBInstanceNotFound"),
        "{}",
        gone.stderr
    );
}
