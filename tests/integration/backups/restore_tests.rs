//! How often, and how, AWS Backup is to test what a vault keeps.

use serde_json::json;

use super::{bodies, planned};

#[test]
fn restore_tests_come_at_least_as_often_as_asked() {
    for (every, name, schedule) in [
        ("2y", "yearly", "cron(17 6 2 1 ? *)"),
        ("1y", "yearly", "cron(17 6 2 1 ? *)"),
        ("6mo", "half_yearly", "cron(17 6 2 1,7 ? *)"),
        ("3mo", "quarterly", "cron(17 6 2 1,4,7,10 ? *)"),
        ("1mo", "monthly", "cron(17 6 2 * ? *)"),
        ("30d", "half_monthly", "cron(17 6 2,16 * ? *)"),
        ("2w", "weekly", "cron(17 6 ? * MON *)"),
        ("6d", "daily", "cron(17 6 * * ? *)"),
        ("12h", "daily", "cron(17 6 * * ? *)"),
    ] {
        let settings = format!("tier: plain, restore_test: {{ every: {every} }}");
        let plan = planned(&[("a", &settings)]);
        let (called, body) = &bodies(&plan, "RestoreTestingPlan")[0];
        assert_eq!(called, &format!("backstay_main_{name}"), "{every}");
        assert_eq!(body["ScheduleExpression"], schedule, "{every}");
    }
}

#[test]
fn a_restore_test_looks_back_past_the_last_backup_and_restores_in_private() {
    let of = |retention: &str| {
        let settings =
            format!("tier: short, retention: {{ {retention} }}, restore_test: {{ every: 1mo }}");
        let plan = planned(&[("a", &settings)]);
        let (_, test) = bodies(&plan, "RestoreTestingPlan").remove(0);
        let (_, selection) = bodies(&plan, "RestoreTestingSelection").remove(0);
        let overrides = &selection["RestoreMetadataOverrides"];
        assert_eq!(overrides, &json!({ "publiclyAccessible": "false" }));
        test["RecoveryPointSelection"]["SelectionWindowDays"].clone()
    };
    assert_eq!(of("weekly: 8w, yearly: 7y"), 14);
    assert_eq!(of("monthly: 6mo"), 62);
    assert_eq!(of("yearly: 7y"), 365);
    // What is looked at stays for a day.
    let tables = "tier: plain, restore_test: { every: 1mo, tables: [users] }";
    let plan = planned(&[("a", tables)]);
    let (_, selection) = bodies(&plan, "RestoreTestingSelection").remove(0);
    assert_eq!(selection["ValidationWindowHours"], 24);
}
