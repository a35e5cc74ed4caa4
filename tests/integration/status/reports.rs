//! The same state in every format.

use serde_json::{Value, json};

use super::{POLICY, Said, ago, point, sound, status};
use crate::reports::metrics;
use crate::support::Workspace;

/// One stale mechanism, one that could not be read, and the rest as it should be.
fn mixed() -> Value {
    let mut state = sound();
    point(&mut state, "automated", "us")["newest"] = ago(0, 16).into();
    *point(&mut state, "vault", "main") = json!({
        "database": "orders", "mechanism": "vault", "location": "main",
        "state": "unreadable", "reason": "backup:ListBackupVaults: AccessDenied: <not> for \"you\"",
    });
    state
}

/// The same as a workspace, for reports of all forms.
pub fn mixed_workspace() -> Workspace {
    let state = mixed().to_string();
    Workspace::new()
        .policy("p.yaml", POLICY)
        .file("state.json", &state)
}

const TABLE: &str = "\
as of 2026-11-25 08:00 UTC

 database  backup        in     newest    at most  reaches          points
 orders    automated     us     4min      15min    30d of 30d       any     fresh
           replicated    west   25min     1d       29d 15h of 30d   any     fresh
           snapshots     us     3d 5h     8d       87d 5h of 90d    13      fresh
           snapshots     west   3d 5h     8d       87d 5h of 90d    13      fresh
           vault         main   3d 3h     8d       360d of 12mo     24      fresh
           dumps         dumps  6h 17min  1d 6h    360d 6h of 12mo  37      fresh
           restore test         10d       31d                               fresh
           pitr test            22d       32d                               fresh

";

#[test]
fn people_get_a_table() {
    let output = status(POLICY, &sound(), &[]).expect_code(0);
    assert_eq!(output.stdout, TABLE);
    assert_eq!(
        output.stderr,
        "backstay status: 8 fresh; 0 errors, 0 warnings, 0 notes\n"
    );
}

#[test]
fn the_json_fits_its_published_schema() {
    let workspace = Workspace::new();
    let schema = workspace.run(["schema", "status"]).expect_code(0).stdout;
    let schema: Value = serde_json::from_str(&schema).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let said = Said::of(&mixed());
    let wrong: Vec<String> = validator
        .iter_errors(&said.report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The schema is no rubber stamp.
    let mut other = said.report.clone();
    other["status"]["recovery_points"][0]["verdict"] = 1.into();
    assert!(!validator.is_valid(&other));
    let mut other = said.report;
    other.as_object_mut().expect("a map").remove("status");
    assert!(!validator.is_valid(&other));
}

#[test]
fn prometheus_reads_the_points() {
    let workspace = mixed_workspace();
    let file = workspace.path().join("backstay.prom");
    let written = "prometheus=backstay.prom";
    let printed = ["status", "--from", "state.json", "--format", "prometheus"];
    let output = workspace.run(printed.iter().chain(&["--report", written]));
    assert_eq!(output.code, 1, "{output:?}");
    assert_eq!(
        output.stdout,
        std::fs::read_to_string(&file).expect("written")
    );
    let metrics = metrics(&file);
    let now: jiff::Timestamp = super::NOW.parse().expect("a moment");
    let at = |minutes: i64| (now.as_second() - minutes * 60) as f64;
    let own = "database=orders location=us mechanism=automated";
    for wanted in [
        format!(
            "backstay_recovery_point_newest_timestamp_seconds {own} {:?}",
            at(16)
        ),
        format!(
            "backstay_recovery_point_oldest_timestamp_seconds {own} {:?}",
            at(30 * 24 * 60)
        ),
        format!("backstay_recovery_point_verdict {own} verdict=stale 1.0"),
        format!("backstay_recovery_point_limit_seconds {own} 900.0"),
        format!("backstay_retention_seconds {own} 2592000.0"),
        "backstay_recovery_point_count database=orders location=us mechanism=snapshots 13.0"
            .to_owned(),
        "backstay_rpo_seconds database=orders 900.0".to_owned(),
        format!(
            "backstay_recovery_class_newest_timestamp_seconds class=monthly database=orders location=dumps mechanism=dumps {:?}",
            at(24 * 24 * 60)
        ),
        format!(
            "backstay_drill_last_success_timestamp_seconds database=orders drill=restore_test {:?}",
            at(10 * 24 * 60)
        ),
        "backstay_drill_failed database=orders drill=pitr_test 0.0".to_owned(),
        "backstay_status_complete 0.0".to_owned(),
        "backstay_complete command=status 0.0".to_owned(),
        format!("backstay_status_timestamp_seconds {:?}", at(0)),
        "backstay_findings command=status severity=error 1.0".to_owned(),
        "backstay_findings command=status severity=warning 1.0".to_owned(),
    ] {
        // Python and Rust write large numbers alike but for their exponents.
        let found = metrics.iter().any(|metric| alike(metric, &wanted));
        assert!(found, "{wanted} in {metrics:#?}");
    }
    // What could not be read has no time, and says so.
    let unread = |metric: &&String| metric.contains("mechanism=vault ");
    let unread: Vec<&String> = metrics.iter().filter(unread).collect();
    assert!(
        unread.iter().all(|metric| !metric.contains("_timestamp_")),
        "{unread:#?}"
    );
    assert!(
        unread
            .iter()
            .any(|metric| metric.contains("verdict=unreadable"))
    );
}

fn alike(one: &str, other: &str) -> bool {
    let parts = |text: &str| {
        let (name, value) = text.rsplit_once(' ').expect("a value");
        (name.to_owned(), value.parse::<f64>().expect("a number"))
    };
    parts(one) == parts(other)
}

#[test]
fn a_recorded_state_of_another_kind_is_refused() {
    let state = json!({ "version": 1, "resources": [] });
    let output = status(POLICY, &state, &[]).expect_code(2);
    assert!(
        output.stderr.contains("is not a recorded state"),
        "{output:?}"
    );
    let mut state = sound();
    state["version"] = 2.into();
    let output = status(POLICY, &state, &[]).expect_code(2);
    assert!(output.stderr.contains("version 2"), "{output:?}");
}

#[test]
fn an_exception_covers_a_database_and_is_told_where_nothing_needs_it() {
    let exception = "exceptions:\n  - { at: databases.orders, allow: recovery-stale, until: 2099-01-01, reason: moved, owner: dba }\n";
    let policy = format!("{POLICY}{exception}");
    let mut state = sound();
    point(&mut state, "automated", "us")["newest"] = ago(0, 16).into();
    status(&policy, &state, &[]).expect_code(0);
    status(&policy, &state, &["--no-exceptions"]).expect_code(1);
    let output = status(&policy, &sound(), &[]).expect_code(1);
    assert!(output.stdout.contains("exception-unused"), "{output:?}");
}
