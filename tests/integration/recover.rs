//! The scripts that restore by the cloud's own means.

mod aws;
mod azure;
mod disaster;
mod drill;
mod host;
mod pitr_test;
mod snapshot_test;

use crate::support::{Output, rendered};

/// One value of what a script prints for programs.
#[track_caller]
fn told(output: &Output, key: &str) -> String {
    let line = output.stdout.lines().find_map(|line| {
        line.strip_prefix(key)
            .and_then(|rest| rest.strip_prefix('='))
    });
    line.unwrap_or_else(|| panic!("no {key} in {}", output.stdout))
        .to_owned()
}

#[test]
fn a_runbook_names_who_is_told() {
    let policy = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
databases:
  orders:
    engine: rds_postgres
    at: east
    id: orders
    tier: non_critical
    alerts: { to: [slack:db_alerts.x, "email:dba+x_y@example.com"], events: [failed] }
"#;
    let text = rendered(policy, "runbooks/orders.md");
    assert!(
        text.contains("- Who is told: `slack:db_alerts.x`, `email:dba+x_y@example.com`\n"),
        "{text}"
    );
    // The same policy gives the same bytes.
    assert_eq!(text, rendered(policy, "runbooks/orders.md"));
}

/// In the policy's own words, with its clock: who reads it in the night knows no cron.
#[test]
fn a_runbook_says_when_dumps_are_made() {
    let policy = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
stores:
  dumps: { at: east, bucket: some-dumps }
databases:
  orders:
    engine: rds_postgres
    at: east
    id: orders
    tier: non_critical
    timezone: Asia/Tokyo
    dump: { to: [dumps], databases: [orders], schedule: "weekly sun 02:17" }
"#;
    let text = rendered(policy, "runbooks/orders.md");
    assert!(
        text.contains("some-dumps, weekly sun 02:17 Asia/Tokyo |"),
        "{text}"
    );
}
