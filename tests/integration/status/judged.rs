//! What each state of the points means.

use serde_json::{Value, json};

use super::{Said, ago, drill, point, sound, span};

const NO_FINDINGS: [&str; 0] = [];

#[test]
fn what_is_in_time_and_reaches_back_is_fresh() {
    let said = Said::of(&sound());
    assert_eq!(said.findings(), NO_FINDINGS);
    assert_eq!(said.code, 0);
    let rows = said.report["status"]["recovery_points"].as_array();
    for row in rows.expect("a list") {
        assert_eq!(row["verdict"], "fresh", "{row:#}");
    }
    assert_eq!(said.drill("restore_test"), "fresh");
    assert_eq!(said.drill("pitr_test"), "fresh");
}

#[test]
fn moments_are_held_against_the_rpo_and_points_against_their_schedule() {
    let mut state = sound();
    point(&mut state, "automated", "us")["newest"] = ago(0, 16).into();
    let snapshots = point(&mut state, "snapshots", "west");
    snapshots["newest"] = ago(8, 1).into();
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        [
            "error recovery-stale 11:10: `orders`, automated backups in `us`: the newest recovery point is 16min old, at most 15min are allowed",
            "error recovery-stale 26:68: `orders`, snapshots in `west`: the newest recovery point is more than 8d old, at most 8d are allowed",
        ]
    );
    assert_eq!(said.code, 1);
    assert_eq!(said.verdict("automated", "us"), "stale");
    assert_eq!(said.verdict("snapshots", "us"), "fresh");
    assert_eq!(said.verdict("snapshots", "west"), "stale");
}

#[test]
fn the_last_minute_that_is_allowed_is_fresh() {
    let mut state = sound();
    point(&mut state, "automated", "us")["newest"] = ago(0, 15).into();
    point(&mut state, "snapshots", "us")["newest"] = ago(8, 0).into();
    let said = Said::of(&state);
    assert_eq!(said.findings(), NO_FINDINGS);
}

#[test]
fn nothing_at_all_is_an_error_unless_the_first_one_is_awaited() {
    let mut state = sound();
    let nothing = json!({ "count": 0, "newest": null, "oldest": null });
    for (mechanism, location) in [("snapshots", "us"), ("snapshots", "west")] {
        let row = point(&mut state, mechanism, location);
        for (key, value) in nothing.as_object().expect("a map") {
            row[key] = value.clone();
        }
    }
    point(&mut state, "snapshots", "us")["since"] = ago(2, 0).into();
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        ["error recovery-missing 26:68: `orders`, snapshots in `west` has no recovery point"]
    );
    assert_eq!(said.verdict("snapshots", "us"), "growing");
    assert_eq!(said.verdict("snapshots", "west"), "none");
}

#[test]
fn what_holds_the_points_and_is_gone_is_told() {
    let mut state = sound();
    let row = point(&mut state, "vault", "main");
    *row = json!({
        "database": "orders", "mechanism": "vault", "location": "main", "state": "read", "count": 0,
        "since": ago(1, 0), "absent": "the vault company-backups does not exist",
    });
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        [
            "error recovery-missing 24:12: `orders`, vault `main` has no recovery point: the vault company-backups does not exist"
        ]
    );
}

#[test]
fn moments_that_should_be_there_are_missed_by_the_age_of_the_database() {
    let mut state = sound();
    point(&mut state, "automated", "us")["oldest"] = ago(12, 0).into();
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        [
            "warning recovery-short 13:13: `orders`, automated backups in `us`: it reaches back 12d, the policy asks for 30d, and what it backs up exists for 1y 35d"
        ]
    );
    let fix = said.report["findings"][0]["fix"].as_str().expect("a fix");
    assert!(
        fix.contains("backstay accept recovery-short --at databases.orders --until 2026-12-13"),
        "{fix}"
    );
    assert_eq!((said.verdict("automated", "us"), said.code), ("short", 1));
}

#[test]
fn a_database_that_is_younger_than_the_retention_is_not_short() {
    let mut state = sound();
    let row = point(&mut state, "automated", "us");
    row["oldest"] = ago(12, 0).into();
    row["since"] = ago(12, 60).into();
    let said = Said::of(&state);
    assert_eq!(said.findings(), NO_FINDINGS);
    assert_eq!((said.verdict("automated", "us"), said.code), ("growing", 0));
}

#[test]
fn a_setting_that_keeps_less_is_certain() {
    let mut state = sound();
    let row = point(&mut state, "replicated", "west");
    row["oldest"] = ago(7, 0).into();
    row["keeps_days"] = 7.into();
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        [
            "error recovery-short 13:13: `orders`, replicated backups in `west`: it reaches back 7d, the policy asks for 30d, and it is set to keep 7d"
        ]
    );
}

#[test]
fn points_of_a_class_are_missed_where_older_ones_prove_the_mechanism() {
    let mut state = sound();
    let row = point(&mut state, "dumps", "dumps");
    row["classes"]["weekly"] = span(ago(3, 0), ago(20, 0), 3);
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        [
            "error recovery-short 15:15: `orders`, dumps in `dumps`: weekly points reach back 20d, the policy asks for 12w, and it has worked for longer"
        ]
    );
    // The same in a mechanism that nobody can know to be older.
    let mut state = sound();
    let row = point(&mut state, "dumps", "dumps");
    row["oldest"] = ago(20, 0).into();
    row["classes"] = json!({
        "daily": span(ago(0, 377), ago(13, 377), 13), "weekly": span(ago(3, 0), ago(20, 0), 3),
    });
    let said = Said::of(&state);
    assert_eq!(said.findings(), NO_FINDINGS);
    assert_eq!(said.verdict("dumps", "dumps"), "growing");
}

#[test]
fn a_class_that_is_no_longer_made_is_stale_though_others_are() {
    let mut state = sound();
    let row = point(&mut state, "vault", "main");
    row["classes"]["monthly"]["newest"] = ago(33, 0).into();
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        [
            "error recovery-stale 16:16: `orders`, vault `main`: the newest monthly point is 33d old, at most 32d are allowed"
        ]
    );
    assert_eq!(said.verdict("vault", "main"), "stale");
}

#[test]
fn a_point_that_is_kept_longer_stands_in_for_one_that_is_kept_shorter() {
    let mut state = sound();
    let row = point(&mut state, "vault", "main");
    // On the first of the month only the monthly one is made.
    row["classes"]["weekly"]["newest"] = ago(10, 0).into();
    row["classes"]["monthly"]["newest"] = ago(3, 180).into();
    assert_eq!(Said::of(&state).findings(), NO_FINDINGS);
}

#[test]
fn a_point_that_is_to_come_is_never_fresh() {
    let mut state = sound();
    point(&mut state, "snapshots", "us")["newest"] = ago(0, -6).into();
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        [
            "warning unreadable 26:28: `orders`, snapshots in `us` could not be read: its newest point is still to come: clocks differ"
        ]
    );
    assert_eq!(
        (said.verdict("snapshots", "us"), said.code),
        ("unreadable", 3)
    );
    // A few minutes are what clocks differ by.
    point(&mut state, "snapshots", "us")["newest"] = ago(0, -4).into();
    assert_eq!(Said::of(&state).code, 0);
}

#[test]
fn what_could_not_be_read_is_neither_fresh_nor_stale() {
    let mut state = sound();
    let key = |row: &Value| json!({ "database": row["database"], "mechanism": row["mechanism"], "location": row["location"] });
    let row = point(&mut state, "snapshots", "us");
    let mut unread = key(row);
    unread["state"] = "unreadable".into();
    unread["reason"] = "rds:DescribeDBSnapshots: AccessDenied".into();
    *row = unread;
    // Of this one the oldest point only.
    let row = point(&mut state, "automated", "us");
    row["oldest"] = Value::Null;
    row["unread"] = "rds:DescribeDBInstanceAutomatedBackups: AccessDenied".into();
    state["drills"].as_array_mut().expect("a list").remove(0);
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        [
            "warning unreadable 13:13: `orders`, automated backups in `us` could not be read: rds:DescribeDBInstanceAutomatedBackups: AccessDenied",
            "warning unreadable 26:28: `orders`, snapshots in `us` could not be read: rds:DescribeDBSnapshots: AccessDenied",
            "warning unreadable 17:28: `orders`, restore tests: its results could not be read: they are not in the recorded state",
        ]
    );
    assert_eq!(said.code, 3);
    assert_eq!(said.report["status"]["complete"], false);
    // What is stale outweighs it.
    point(&mut state, "dumps", "dumps")["newest"] = ago(2, 0).into();
    assert_eq!(Said::of(&state).code, 1);
}

#[test]
fn a_database_that_is_stopped_writes_nothing() {
    let mut state = sound();
    let row = point(&mut state, "automated", "us");
    row["newest"] = ago(0, 300).into();
    row["paused"] = "the instance is stopped".into();
    let said = Said::of(&state);
    assert_eq!(said.findings(), NO_FINDINGS);
    assert_eq!(said.verdict("automated", "us"), "paused");
}

#[test]
fn what_looks_like_a_point_and_is_none_is_told() {
    let mut state = sound();
    point(&mut state, "dumps", "dumps")["unusable"] = json!([
        { "what": "daily/orders/2026-11-24/20261124T014300Z", "why": "it has no manifest", "unfinished": true },
        { "what": "daily/orders/2026-11-23/20261123T014300Z", "why": "orders.dump has 3 bytes instead of 9", "unfinished": false },
    ]);
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        [
            "warning recovery-unusable 28:57: `orders`, dumps in `dumps`: daily/orders/2026-11-23/20261123T014300Z does not count: orders.dump has 3 bytes instead of 9",
            "info recovery-unusable 28:57: `orders`, dumps in `dumps`: daily/orders/2026-11-24/20261124T014300Z does not count: it has no manifest",
        ]
    );
}

#[test]
fn drills_are_held_against_the_time_that_is_asked_for() {
    let mut state = sound();
    drill(&mut state, "restore_test")["passed"] = ago(32, 0).into();
    let last = &mut drill(&mut state, "pitr_test")["last"];
    last["passed"] = false.into();
    last["failed"] = json!(["later-change-is-not"]);
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        [
            "warning drill-overdue 17:28: `orders`, restore tests: the last one that passed was 32d ago, at most 31d are allowed",
            "error drill-failed 27:28: `orders`, drills of the point-in-time recovery: the last one, 22d ago, did not pass: later-change-is-not",
        ]
    );
    assert_eq!(said.drill("restore_test"), "stale");
    assert_eq!(said.drill("pitr_test"), "failed");
}

#[test]
fn clocks_that_differ_are_told() {
    let mut state = sound();
    state["clocks"] = json!([{ "of": "aws 123456789012", "ahead_seconds": 3600 }]);
    let said = Said::of(&state);
    assert_eq!(
        said.findings(),
        [
            "warning clock-skew null:null: this machine's clock is 1h behind that of aws 123456789012"
        ]
    );
    assert_eq!(said.code, 1);
}

#[test]
fn the_moment_can_be_another_one() {
    let output = super::status(super::POLICY, &sound(), &["--now", "2026-11-25T09:00:00Z"]);
    assert!(
        output
            .stdout
            .contains("the newest recovery point is 1h 4min old"),
        "{}",
        output.stdout
    );
    assert_eq!(output.code, 1);
}
