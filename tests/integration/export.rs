//! The export script with the real AWS CLI against moto.

use std::process::Command;

use backstay::plan::plan;
use backstay::policy::parse;
use backstay::resolve::resolve;
use backstay::source::Sources;
use serde_json::json;

use crate::support::{Aws, Output, Script};

const HOME: &str = "eu-west-1";

fn script(database: &str) -> Script {
    let policy = format!(
        "version: 1
locations:
  west: {{ provider: aws, region: {HOME}, account: \"123456789012\" }}
stores:
  exports: {{ at: west, bucket: company-exports }}
databases:
  orders:
    engine: rds_postgres
    at: west
    id: Orders
    tier: non_critical
    export: {{ to: exports, schedule: \"monthly 1 05:23\", keep: 1y }}
    {database}
"
    );
    Script::of(&policy, "scripts/orders-export.sh")
}

struct Estate {
    moto: Aws,
    script: Script,
}

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/6c1d2f60-0000-4000-8000-2b4f5f6a7b8c";

impl Estate {
    /// An instance with its automated snapshot, a bucket, and a script that has a key.
    fn new() -> Estate {
        let moto = Aws::slow_moto();
        moto.control(&json!({ "days_ago": 20 }));
        let create = [
            ("Action", "CreateDBInstance"),
            ("DBInstanceIdentifier", "orders"),
            ("Engine", "postgres"),
            ("DBInstanceClass", "db.t4g.medium"),
            ("AllocatedStorage", "20"),
            ("MasterUsername", "root"),
            ("ManageMasterUserPassword", "true"),
            ("StorageEncrypted", "true"),
        ];
        moto.query("rds", HOME, &create);
        let bucket = [
            "s3api",
            "create-bucket",
            "--bucket",
            "company-exports",
            "--region",
            HOME,
        ];
        let place = [
            "--create-bucket-configuration",
            "LocationConstraint=eu-west-1",
        ];
        moto.aws(&[&bucket[..], &place].concat());
        let script = script(&format!("encryption: \"{KEY}\""));
        Estate { moto, script }
    }

    fn snapshot(&self, days_ago: u32, id: &str) {
        self.moto.control(&json!({ "days_ago": days_ago }));
        self.take(id);
    }

    fn take(&self, id: &str) {
        let create = [
            ("Action", "CreateDBSnapshot"),
            ("DBInstanceIdentifier", "orders"),
            ("DBSnapshotIdentifier", id),
        ];
        self.moto.query("rds", HOME, &create);
    }

    fn start(&self, id: &str) {
        let start = [
            ("Action", "StartExportTask"),
            ("ExportTaskIdentifier", id),
            (
                "SourceArn",
                "arn:aws:rds:eu-west-1:123456789012:snapshot:newest",
            ),
            ("S3BucketName", "company-exports"),
            (
                "IamRoleArn",
                "arn:aws:iam::123456789012:role/backstay-export-writer",
            ),
            ("KmsKeyId", KEY),
        ];
        self.moto.query("rds", HOME, &start);
    }

    fn run(&self, script: &Script, change: impl FnOnce(&mut Command)) -> Output {
        let mut command = script.command(&[]);
        self.moto
            .reach(&mut command)
            .env("BACKSTAY_POLL_SECONDS", "0");
        change(&mut command);
        Output::run(&mut command)
    }

    fn tasks(&self) -> String {
        self.moto
            .query("rds", HOME, &[("Action", "DescribeExportTasks")])
    }

    fn snapshots(&self) -> String {
        let snapshots = self
            .moto
            .query("rds", HOME, &[("Action", "DescribeDBSnapshots")]);
        let ids = snapshots.split("<DBSnapshotIdentifier>").skip(1);
        let ids: Vec<_> = ids.filter_map(|rest| rest.split('<').next()).collect();
        ids.join(" ")
    }
}

#[test]
fn the_newest_snapshot_is_exported_and_stays() {
    let estate = Estate::new();
    estate.snapshot(9, "older");
    estate.snapshot(1, "newest");
    estate.snapshot(5, "between");
    // One that is not there yet cannot be exported.
    estate.moto.control(&json!({ "looks": -1 }));
    estate.take("unfinished");
    let before = estate.snapshots();
    estate
        .moto
        .control(&json!({ "looks": 2, "state": "IN_PROGRESS" }));

    let mut dry = estate.script.command(&["--dry-run"]);
    let dry = Output::run(estate.moto.reach(&mut dry)).expect_code(0);
    assert!(dry.stdout.contains("start-export-task"), "{}", dry.stdout);
    assert!(!estate.tasks().contains("<ExportTaskIdentifier>"));

    let said = estate.run(&estate.script, |_| {}).expect_code(0).stderr;
    assert!(said.contains(": in_progress"), "{said}");
    assert!(said.trim_end().ends_with("it is no backup"), "{said}");
    let tasks = estate.tasks();
    for part in [
        "<ExportTaskIdentifier>backstay-orders-2",
        "<SourceArn>arn:aws:rds:eu-west-1:123456789012:snapshot:newest</SourceArn>",
        "<S3Bucket>company-exports</S3Bucket>",
        "<S3Prefix>export/orders</S3Prefix>",
        "<IamRoleArn>arn:aws:iam::123456789012:role/backstay-export-writer</IamRoleArn>",
        &format!("<KmsKeyId>{KEY}</KmsKeyId>"),
    ] {
        assert!(tasks.contains(part), "{part}\n{tasks}");
    }
    assert_eq!(estate.snapshots(), before);
}

#[test]
fn an_export_that_cannot_be_is_a_failure() {
    let estate = Estate::new();
    estate.snapshot(1, "newest");
    // What the environment says wins, and an automated snapshot would do as well.
    let failing = |script: &Script, change: fn(&mut Command), message: &str| {
        let said = estate.run(script, change).expect_code(1).stderr;
        assert!(said.contains(message), "{said}");
        assert!(said.contains("FAILED while"), "{said}");
    };
    failing(
        &script(""),
        |_| {},
        "set BACKSTAY_EXPORT_KMS_KEY to one in eu-west-1",
    );
    estate
        .moto
        .control(&json!({ "looks": -1, "state": "FAILED" }));
    failing(&estate.script, |_| {}, "ended as failed");
    estate
        .moto
        .control(&json!({ "looks": -1, "state": "STARTING" }));
    let limit = |command: &mut Command| _ = command.env("BACKSTAY_WAIT_MINUTES", "0");
    failing(&estate.script, limit, "was not complete within 0 min");

    // That one and four more are all that RDS runs at once.
    for id in ["two", "three", "four", "five"] {
        estate.start(id);
    }
    let tasks = estate.tasks().matches("<ExportTaskIdentifier>").count();
    failing(
        &estate.script,
        limit,
        "this account has its five exports already",
    );
    assert_eq!(
        estate.tasks().matches("<ExportTaskIdentifier>").count(),
        tasks
    );
}

#[test]
fn without_a_snapshot_or_a_bucket_nothing_is_exported() {
    let moto = Aws::slow_moto();
    let script = script("encryption: customer_managed");
    let key = ("BACKSTAY_EXPORT_KMS_KEY", KEY);
    let run = || {
        let mut command = script.command(&[]);
        let said = Output::run(moto.reach(&mut command).env(key.0, key.1)).expect_code(1);
        said.stderr
    };
    let said = run();
    assert!(
        said.contains("FAILED while checking the key and the bucket company-exports"),
        "{said}"
    );
    let bucket = [
        "s3api",
        "create-bucket",
        "--bucket",
        "company-exports",
        "--region",
        HOME,
    ];
    let place = [
        "--create-bucket-configuration",
        "LocationConstraint=eu-west-1",
    ];
    moto.aws(&[&bucket[..], &place].concat());
    let said = run();
    assert!(
        said.contains("FAILED while finding the newest snapshot of orders"),
        "{said}"
    );
}

/// What is exported ends when the policy says, stays readable until then, and its identifier fits.
#[test]
fn an_export_is_kept_as_long_as_the_policy_says() {
    let name = format!("a{}z", "-long_name".repeat(6));
    let policy = format!(
        "version: 1
locations:
  west: {{ provider: aws, region: {HOME}, account: \"123456789012\" }}
stores:
  exports: {{ at: west, bucket: company-exports }}
databases:
  {name}: {{ engine: rds_postgres, at: west, id: orders, tier: non_critical, export: {{ to: exports, schedule: \"monthly 1 05:23\", keep: 7y }} }}
"
    );
    let mut sources = Sources::default();
    sources.add("policies/export.yaml", policy);
    let (workspace, findings) = parse(sources);
    assert!(findings.is_empty(), "{findings:#?}");
    let plan = plan(&resolve(&workspace));
    let bucket = plan.resources.iter().find(|one| one.name == "exports");
    let tree = bucket.expect("the store has a bucket").body.tree();
    let rules = tree.pointer("/LifecycleConfiguration/Rules").cloned();
    assert_eq!(
        rules.expect("it has rules")[0],
        json!({
            "Id": "export",
            "Status": "Enabled",
            "Prefix": "export/",
            "Transitions": [{ "StorageClass": "STANDARD_IA", "TransitionInDays": 30 }],
            "ExpirationInDays": 7 * 365 + 2,
            "NoncurrentVersionExpiration": { "NoncurrentDays": 30 },
        })
    );
    let prefix = &plan.exports[0].prefix;
    assert!(prefix.starts_with("backstay-a-long-name-long"), "{prefix}");
    assert!(prefix.len() + "-20261125t021700z".len() <= 60, "{prefix}");
    assert!(!prefix.ends_with('-'), "{prefix}");
}
