//! RDS and AWS Backup.

use std::sync::atomic::Ordering;

use backstay::observe::DrillState;
use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer};

use super::aws_cloud::Cloud;
use super::{DAY, Seen, ago};
use crate::wire::runtime;

pub const POLICY: &str = r#"version: 1
locations:
  us: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
vaults:
  main: { at: us, name: company-backups }
  safe: { at: west, name: company-safe }
databases:
  orders:
    engine: rds_postgres
    at: us
    id: Orders-Prod
    rpo: 15min
    vault: main
    retention: { pitr: 14d, weekly: 12w, monthly: 12mo }
    copies: { replicate_pitr: west, to: [safe] }
    restore_test: { every: 1mo }
    snapshots: { schedule: "weekly sun 02:17", keep: 60d, copy_to: west }
"#;

const ARN: &str = "arn:aws:rds:us-east-1:123456789012:db:orders-prod";

/// A recovery point of AWS Backup, made some days ago and kept for some.
fn point(of: &str, days_ago: i64, keep: Option<i64>, status: &str) -> Value {
    let made = ago(days_ago * DAY).as_second();
    let mut point = json!({
        "RecoveryPointArn": format!("arn:aws:rds:us-east-1:123456789012:snapshot:awsbackup:job-{days_ago}"),
        "ResourceArn": of, "ResourceType": "RDS", "Status": status, "CreationDate": made,
        "CalculatedLifecycle": {},
    });
    if let Some(keep) = keep {
        point["Lifecycle"] = json!({ "DeleteAfterDays": keep });
        point["CalculatedLifecycle"]["DeleteAt"] = (made + keep * 86_400).into();
    }
    point
}

fn snapshot(cloud: &mut Cloud, region: &'static str, taken: Timestamp) {
    let times = match region {
        // A copy is made later than what it is a copy of.
        "us-west-2" => vec![
            ("SnapshotCreateTime", ago(1).to_string()),
            ("OriginalSnapshotCreateTime", taken.to_string()),
        ],
        _ => vec![("SnapshotCreateTime", taken.to_string())],
    };
    cloud.snapshot(region, Some("orders"), "available", &times);
}

fn points() -> Vec<Value> {
    let mut points: Vec<Value> = (0..11)
        .map(|week| point(ARN, 3 + 7 * week, Some(84), "COMPLETED"))
        .collect();
    points.extend((0..12).map(|month| point(ARN, 20 + 30 * month, Some(366), "COMPLETED")));
    points.push(point(ARN, 0, Some(84), "PARTIAL"));
    points.push(point(
        "arn:aws:rds:us-east-1:123456789012:db:other",
        0,
        Some(84),
        "COMPLETED",
    ));
    points
}

pub fn sound() -> Cloud {
    let mut cloud = Cloud::default();
    for (name, days) in [("orders-prod", 400), ("other", 1)] {
        cloud.instance(
            "us-east-1",
            name,
            &[
                ("DBInstanceStatus", "available".to_owned()),
                ("BackupRetentionPeriod", "14".to_owned()),
                ("InstanceCreateTime", ago(days * DAY).to_string()),
                ("LatestRestorableTime", ago(5).to_string()),
            ],
        );
    }
    let own = "us-east-1:123456789012:db:orders-prod";
    let window = (ago(14 * DAY), ago(6));
    cloud.automated(
        "us-east-1",
        "us-east-1:123456789012:db:other",
        "active",
        (ago(DAY), ago(5)),
    );
    cloud.automated("us-east-1", own, "active", window);
    // What is left of an instance of that name which was deleted.
    cloud.automated("us-east-1", own, "retained", (ago(90 * DAY), ago(80 * DAY)));
    cloud.automated("us-west-2", own, "replicating", (ago(14 * DAY), ago(40)));
    for region in ["us-east-1", "us-west-2"] {
        for week in 0..8 {
            snapshot(&mut cloud, region, ago((3 + 7 * week) * DAY));
        }
        // Not yet one, somebody's own, and another policy's.
        let now = [("SnapshotCreateTime", ago(0).to_string())];
        cloud.snapshot(region, Some("orders"), "creating", &now);
        cloud.snapshot(region, None, "available", &now);
        cloud.snapshot(region, Some("other"), "available", &now);
    }
    cloud.vault("us-east-1", "company-backups", points());
    cloud.vault("us-west-2", "company-safe", points());
    cloud.restore_jobs(
        "us-east-1",
        vec![job("COMPLETED", None, 9), job("RUNNING", None, 0)],
    );
    cloud
}

/// A restore job of a testing plan that was made some days ago.
fn job(status: &str, validation: Option<&str>, days_ago: i64) -> Value {
    json!({
        "RestoreJobId": format!("job-{days_ago}"), "SourceResourceArn": ARN, "Status": status,
        "ValidationStatus": validation, "ValidationStatusMessage": validation.map(|_| "no rows in users"),
        "CreationDate": ago(days_ago * DAY + 60).as_second(), "CompletionDate": ago(days_ago * DAY).as_second(),
        "CreatedBy": { "RestoreTestingPlanArn": "arn:aws:backup:us-east-1:123456789012:restore-testing-plan:tests" },
    })
}

fn against(cloud: Cloud) -> Seen {
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(cloud).mount(&server).await;
        server
    });
    let url = server.uri();
    Seen::of(
        POLICY,
        &[
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_ACCESS_KEY_ID", "123456789012"),
            ("AWS_SECRET_ACCESS_KEY", "very-secret-key"),
        ],
    )
}

pub const ALL: [(&str, &str); 7] = [
    ("automated us", "fresh"),
    ("replicated west", "fresh"),
    ("restore_test", "fresh"),
    ("snapshots us", "fresh"),
    ("snapshots west", "fresh"),
    ("vault main", "fresh"),
    ("vault_copies safe", "fresh"),
];

/// All fresh but for these.
#[track_caller]
fn but(seen: &Seen, others: &[(&str, &str)]) {
    let mut expected: Vec<(String, String)> = Vec::new();
    for (name, verdict) in ALL {
        let other = others.iter().find(|(other, _)| *other == name);
        let verdict = other.map_or(verdict, |(_, verdict)| verdict);
        expected.push((name.to_owned(), verdict.to_owned()));
    }
    let actual: Vec<(String, String)> = seen.verdicts().into_iter().collect();
    assert_eq!(actual, expected, "{}", seen.output.stderr);
}

#[test]
fn every_mechanism_is_read() {
    let seen = against(sound());
    but(&seen, &[]);
    assert_eq!(seen.output.code, 0, "{:?}", seen.output);
    let automated = seen.read("automated", "us");
    assert_eq!(automated.keeps_days, Some(14));
    assert_eq!(automated.span.count, None);
    let copies = seen.read("snapshots", "west");
    assert_eq!(copies.span.count, Some(8));
    // As old as what they are copies of.
    assert!(copies.span.newest.unwrap() < ago(2 * DAY));
    let vault = seen.read("vault", "main");
    assert_eq!(vault.span.count, Some(23));
    assert_eq!(vault.classes["weekly"].count, Some(11));
    assert_eq!(vault.classes["monthly"].count, Some(12));
    // AWS Backup's own tests are brought as the scripts' are.
    let result = &seen.results["restore_test"];
    assert_eq!(result["database"], "orders");
    assert_eq!(result["passed"], true);
    assert_eq!(result["backup"]["what"], "recovery point");
    assert!(result["rto_seconds"].as_i64() >= Some(0), "{result}");
}

#[test]
fn half_pages_and_throttling_lose_nothing() {
    let whole = against(sound());
    let seen = against(Cloud {
        page: 3,
        throttled: 2,
        ..sound()
    });
    but(&seen, &[]);
    let count = |seen: &Seen| {
        let points = seen.points.points.values();
        let count = |state: &backstay::observe::PointState| match state {
            backstay::observe::PointState::Read(read) => read.span.count,
            _ => None,
        };
        points.map(count).collect::<Vec<_>>()
    };
    assert_eq!(count(&seen), count(&whole));
}

#[test]
fn a_vault_is_listed_by_database_where_that_takes_fewer_calls() {
    let mut cloud = sound();
    let mut many = points();
    many.extend((0..2_000).map(|_| {
        point(
            "arn:aws:rds:us-east-1:123456789012:db:other",
            0,
            Some(84),
            "COMPLETED",
        )
    }));
    cloud.vault("us-east-1", "company-backups", many);
    let asked = cloud.asked.clone();
    let seen = against(Cloud {
        page: 1_000,
        ..cloud
    });
    but(&seen, &[]);
    assert_eq!(seen.read("vault", "main").span.count, Some(23));
    // One for each list, and one for whose credentials these are.
    assert_eq!(asked.load(Ordering::SeqCst), 11);
}

#[test]
fn what_is_old_gone_or_absent_is_told() {
    let mut cloud = Cloud::default();
    cloud.instance(
        "us-east-1",
        "orders-prod",
        &[
            ("DBInstanceStatus", "available".to_owned()),
            ("BackupRetentionPeriod", "7".to_owned()),
            ("InstanceCreateTime", ago(400 * DAY).to_string()),
            ("LatestRestorableTime", ago(5).to_string()),
        ],
    );
    let own = "us-east-1:123456789012:db:orders-prod";
    cloud.automated("us-east-1", own, "active", (ago(7 * DAY), ago(5)));
    cloud.automated("us-west-2", own, "retained", (ago(14 * DAY), ago(3 * DAY)));
    snapshot(&mut cloud, "us-east-1", ago(9 * DAY));
    cloud.vault(
        "us-east-1",
        "company-backups",
        vec![point(ARN, 0, Some(84), "PARTIAL")],
    );
    cloud.restore_jobs(
        "us-east-1",
        vec![
            job("COMPLETED", None, 9),
            job("COMPLETED", Some("FAILED"), 2),
        ],
    );
    let seen = against(cloud);
    but(
        &seen,
        &[
            ("automated us", "short"),
            ("replicated west", "none"),
            ("restore_test", "failed"),
            ("snapshots us", "stale"),
            ("snapshots west", "none"),
            ("vault main", "none"),
            ("vault_copies safe", "none"),
        ],
    );
    assert_eq!(seen.output.code, 1);
    assert_eq!(
        seen.read("vault_copies", "safe").absent.as_deref(),
        Some("the vault company-safe does not exist")
    );
    let DrillState::Read(drill) = seen.drill("restore_test") else {
        panic!("{:?}", seen.output);
    };
    assert_eq!(drill.last.as_ref().unwrap().failed, ["no rows in users"]);
}

#[test]
fn jobs_that_are_forgotten_are_asked_of_the_resource() {
    let mut cloud = sound();
    cloud.restore_jobs("us-east-1", Vec::new());
    let told = json!({
        "ResourceArn": ARN, "LatestRestoreJobCreationDate": ago(20 * DAY).as_second(),
        "LatestRestoreExecutionTimeMinutes": 12,
    });
    cloud.resource("us-east-1", ARN, told);
    but(&against(cloud.clone()), &[]);
    cloud.resource("us-east-1", ARN, json!({ "ResourceArn": ARN }));
    but(&against(cloud), &[("restore_test", "none")]);
}

#[test]
fn one_answer_that_is_refused_hides_itself_only() {
    let refused = [
        (
            "DescribeDBSnapshots",
            0,
            vec!["snapshots us", "snapshots west"],
        ),
        (
            "DescribeDBInstanceAutomatedBackups",
            0,
            vec!["automated us", "replicated west"],
        ),
        ("DescribeDBInstances", 0, vec!["automated us"]),
        ("/backup-vaults", 0, vec!["vault main", "vault_copies safe"]),
        ("/restore-jobs", 0, vec!["restore_test"]),
        ("GetCallerIdentity", 0, ALL.map(|(name, _)| name).to_vec()),
        // Half a list is none: what is on its second page would be missing.
        (
            "DescribeDBSnapshots",
            1,
            vec!["snapshots us", "snapshots west"],
        ),
        (
            "/backup-vaults/company",
            1,
            vec!["vault main", "vault_copies safe"],
        ),
    ];
    for (what, from, hidden) in refused {
        let seen = against(Cloud {
            refused: Some((what, from)),
            page: 5,
            ..sound()
        });
        let hidden: Vec<(&str, &str)> = hidden.iter().map(|name| (*name, "unreadable")).collect();
        but(&seen, &hidden);
        assert_eq!(seen.output.code, 3, "{what}");
    }
    let seen = against(Cloud {
        refused: Some(("DescribeDBSnapshots", 0)),
        ..sound()
    });
    assert_eq!(
        seen.reason("snapshots", "us"),
        "rds:DescribeDBSnapshots: AccessDenied: not for you"
    );
}

#[test]
fn a_clock_that_differs_is_told_and_makes_nothing_fresh() {
    // This machine is two days behind: what it takes for fresh is not.
    let seen = against(Cloud {
        ahead: 2 * 86_400,
        ..sound()
    });
    let clock = &seen.points.clocks[0];
    assert_eq!(clock.of, "aws 123456789012");
    assert!((clock.ahead_seconds - 2 * 86_400).abs() < 30, "{clock:?}");
    but(
        &seen,
        &[("automated us", "stale"), ("replicated west", "stale")],
    );
    assert!(seen.output.stdout.contains("\"clock-skew\""));
    // A minute is nothing.
    let seen = against(Cloud {
        ahead: 60,
        ..sound()
    });
    but(&seen, &[]);
    assert_eq!(seen.points.clocks, []);
}
