//! The scripts that restore by the cloud's own means.

mod aws;
mod azure;
mod disaster;
mod pitr_test;

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
fn no_name_escapes_the_markdown_of_a_runbook() {
    let policy = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
databases:
  orders:
    engine: rds_postgres
    at: east
    id: orders
    tier: non_critical
    alerts: { to: ["slack:`x`|[y](z)"], on: [failed] }
"#;
    let text = rendered(policy, "runbooks/orders.md");
    assert!(
        text.contains("- Who is told: `` slack:`x`|[y](z) ``\n"),
        "{text}"
    );
    // The same policy gives the same bytes.
    assert_eq!(text, rendered(policy, "runbooks/orders.md"));
}
