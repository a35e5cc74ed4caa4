//! `backstay adopt` from recorded inventories: what is written validates, and drift finds nothing.

mod law;

use backstay::observe::inventory::Database;

use super::support::inventory::{Change, instance, plan, recorded, server};
use super::support::{Output, Workspace};

const FROM: [&str; 3] = ["adopt", "--from", "inventory.json"];

fn workspace(databases: Vec<Database>) -> Workspace {
    Workspace::new().file("inventory.json", &recorded(databases, Vec::new()))
}

fn adopt(databases: Vec<Database>) -> Output {
    workspace(databases).run(FROM).expect_code(0)
}

/// A small estate as it was found, and what README.md shows of it.
pub fn sample() -> (Workspace, Output) {
    let production = |name: &str| {
        instance("us-east-1", name)
            .tag("env", "production")
            .tag("team", "shop")
            .rds(|body| body.multi_az = Some(true))
    };
    let databases = vec![
        production("orders"),
        production("payments").rds(|body| {
            body.backup_retention_period = Some(30);
            body.replication_region = Some("us-west-2".to_owned());
            body.replication_retention = Some(30);
        }),
        production("catalog").rds(|body| {
            body.preferred_backup_window = "05:40-06:10".parse().ok();
            body.engine = Some("mysql".to_owned());
        }),
        instance("us-east-1", "orders-read")
            .rds(|body| {
                body.source = Some(backstay::cloud::aws::Value::Text("orders".to_owned()));
                body.backup_retention_period = Some(0);
            })
            .tag("env", "production")
            .tag("team", "shop"),
        instance("us-west-2", "orders")
            .tag("env", "dev")
            .tag("team", "shop")
            .rds(|body| {
                body.backup_retention_period = Some(1);
                body.deletion_protection = Some(false);
                body.copy_tags_to_snapshot = Some(false);
                body.storage_encrypted = Some(false);
            }),
        server("Shop-RG", "reports")
            .tag("team", "yes")
            .azure(|body| {
                body.properties.backup.geo_redundant_backup = Some("Enabled".to_owned());
            }),
        instance("us-east-1", "scratch").rds(|body| body.backup_retention_period = Some(0)),
    ];
    let record = recorded(
        databases
            .into_iter()
            .map(|it| {
                if it.address.name == "payments" {
                    it.plan("nightly")
                } else {
                    it
                }
            })
            .collect(),
        vec![plan("nightly", "cron(0 5 ? * * *)", 35)],
    );
    let workspace = Workspace::new().file("inventory.json", &record);
    let output = workspace.run(FROM).expect_code(0);
    (workspace, output)
}

#[test]
fn what_a_person_would_have_written_validates_and_is_adopted_no_more() {
    let (workspace, output) = sample();
    assert_eq!(
        output.stderr,
        "backstay adopt: 5 databases written; 1 left out, for the reasons at its top\n"
    );
    let workspace = workspace.policy("adopted.yaml", &output.stdout);
    workspace.run(["validate"]).expect_code(0);
    let again = workspace.run(FROM).expect_code(0);
    assert_eq!(again.stdout, "");
    assert!(again.stderr.contains("scratch"), "{}", again.stderr);
}

#[test]
fn the_locations_and_layers_of_the_policy_are_used() {
    let policy = r#"version: 1
locations:
  virginia: { provider: aws, region: us-east-1, account: "123456789012" }
defaults: { tags: { team: shop }, window: "03:00-04:00", deletion_protection: true }
"#;
    let other = r#"version: 1
databases:
  ledger: { engine: rds_postgres, at: virginia, id: ledger, retention: { pitr: 14d } }
coverage: { ignore: [{ name: "tmp-*", reason: "rebuilt" }] }
"#;
    let databases = vec![
        instance("us-east-1", "ledger"),
        instance("us-east-1", "tmp-1"),
        instance("us-east-1", "orders").tag("team", "shop"),
    ];
    let workspace = workspace(databases)
        .policy("shared.yaml", policy)
        .policy("ledger.yaml", other);
    let out = ["--out", "policies/new/adopted.yaml"];
    workspace.run(FROM.into_iter().chain(out)).expect_code(0);
    let written = std::fs::read_to_string(workspace.path().join("policies/new/adopted.yaml"));
    let written = written.unwrap();
    let (_, databases) = written.split_once("databases:\n").unwrap();
    assert_eq!(
        databases,
        "  orders:\n    engine: rds_postgres\n    at: virginia\n    id: orders\n    size: 100GiB\n    maintenance_window: \"sun:04:30-sun:05:30\"\n"
    );
    assert!(!written.contains("locations:"), "{written}");
    workspace
        .run(["validate", "--fail-on", "error"])
        .expect_code(0);
}

#[test]
fn nothing_is_overwritten() {
    let workspace = workspace(vec![instance("us-east-1", "orders")]).policy("mine.yaml", "mine");
    let out = ["--out", "policies/mine.yaml"];
    let output = workspace.run(FROM.into_iter().chain(out)).expect_code(2);
    assert!(
        output.stderr.contains("exists, and nothing is overwritten"),
        "{}",
        output.stderr
    );
    let kept = std::fs::read_to_string(workspace.path().join("policies/mine.yaml")).unwrap();
    assert_eq!(kept, "mine");
}

#[test]
fn names_of_several_places_do_not_collide() {
    let other = |region: &str, name: &str| {
        instance(region, name).change(|it| {
            it.address.scope = backstay::plan::Scope::Aws {
                account: "210987654321".to_owned(),
                region: region.to_owned(),
            };
        })
    };
    let databases = vec![
        instance("us-east-1", "orders"),
        instance("us-west-2", "orders"),
        other("us-east-1", "orders"),
        instance("us-east-1", "alone"),
        server("9 group", "orders"),
    ];
    let output = adopt(databases);
    let names: Vec<&str> = output
        .stdout
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.trim().split_once(':').map(|(name, _)| name))
        .collect();
    assert_eq!(
        names,
        [
            "us-east-1-123456789012",
            "us-east-1-210987654321",
            "us-west-2",
            "maintenance_window",
            "alone",
            "orders-us-east-1-123456789012",
            "orders-us-east-1-210987654321",
            "orders-us-west-2",
        ]
    );
    // No location can have such a group.
    assert!(
        output.stdout.contains("- orders in 9 group: "),
        "{}",
        output.stdout
    );
}

#[test]
fn flags_name_places_and_a_policy_is_not_needed() {
    let workspace = workspace(Vec::new());
    let output = workspace.run(["adopt"]).expect_code(2);
    assert!(
        output.stderr.contains("--aws ACCOUNT/REGION"),
        "{}",
        output.stderr
    );
    for (flag, value) in [
        ("--aws", "123/us-east-1"),
        ("--aws", "123456789012/US_EAST"),
        ("--aws", "123456789012/us-east-1=role"),
        ("--azure", "shop"),
    ] {
        workspace.run(["adopt", flag, value]).expect_code(2);
    }
    let record = recorded(vec![instance("us-east-1", "orders")], Vec::new());
    let role = "arn:aws:iam::123456789012:role/reader";
    let aws = format!("123456789012/us-east-1={role}");
    let workspace = workspace.file("inventory.json", &record);
    let output = workspace
        .run(FROM.into_iter().chain(["--aws", &aws]))
        .expect_code(0);
    assert!(
        output.stdout.contains(&format!("role: \"{role}\"")),
        "{}",
        output.stdout
    );
}
