//! One schedule in every dialect: the same moments for a year, changes of the clocks included; and the
//! units of systemd that it ends up in.

use std::io::Write;
use std::process::{Command, Stdio};

use backstay::policy::{Schedule, Unsteady};
use rstest::rstest;
use serde_json::json;

use crate::support::{Output, root, tools};

/// Two zones that change their clocks, on different days; one on the other half of the earth, by half
/// an hour; and two that do not.
const ZONES: [&str; 5] = [
    "UTC",
    "Europe/Madrid",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
];

const SCHEDULES: [&str; 13] = [
    "daily 04:43",
    "daily 23:59",
    "weekly sun 05:17",
    "weekly mon 05:17",
    "weekly sat 00:07",
    "monthly 1 05:23",
    "monthly 28 06:11",
    "17 5 * * 1-5",
    "7,37 4-20/4 * * *",
    "11 */6 * 3,10,11 *",
    "19 4 2 1,4,7,10 *",
    "13 5 */5 * *",
    "29 7 * * 0,3,6",
];

#[test]
fn every_dialect_means_the_same_moments() {
    let january = jiff::civil::date(2026, 1, 1);
    let mut dialects = Vec::new();
    for text in SCHEDULES {
        let schedule: Schedule = text.parse().expect("it is a schedule");
        for timezone in ZONES {
            let zone = jiff::tz::TimeZone::get(timezone).expect("it is a time zone");
            // Those that the clocks disturb are told by a rule.
            if schedule.unsteady(&zone, 2026..2027).is_some() {
                continue;
            }
            dialects.push(json!({
                "cron": schedule.cron(),
                "timezone": timezone,
                "systemd": schedule.systemd(timezone),
                "aws": schedule.aws(),
                "iso8601": schedule.iso8601(january),
            }));
        }
    }
    assert!(dialects.len() > 50, "{}", dialects.len());
    let mut reader = Command::new(tools().join("venv/bin/python"));
    let reader = reader
        .arg(root().join("tests/readers/moments.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut reader = reader.spawn().expect("the reader starts");
    let mut input = reader.stdin.take().expect("its input is a pipe");
    let text = serde_json::Value::from(dialects).to_string();
    input.write_all(text.as_bytes()).expect("it reads");
    drop(input);
    Output::of(reader.wait_with_output().expect("it ends")).expect_code(0);
}

#[rstest]
#[case("daily 01:43", "*-*-* 01:43:00 UTC", "cron(43 1 * * ? *)", Some("R/2026-01-01T01:43:00/P1D"))]
#[case("weekly sun 02:17", "Sun *-*-* 02:17:00 UTC", "cron(17 2 ? * SUN *)", Some("R/2026-01-04T02:17:00/P1W"))]
#[case("monthly 1 05:23", "*-*-01 05:23:00 UTC", "cron(23 5 1 * ? *)", Some("R/2026-01-01T05:23:00/P1M"))]
#[case("monthly 28 05:23", "*-*-28 05:23:00 UTC", "cron(23 5 28 * ? *)", Some("R/2026-01-28T05:23:00/P1M"))]
#[case("17 2 * * 1-5", "Mon,Tue,Wed,Thu,Fri *-*-* 02:17:00 UTC", "cron(17 2 ? * MON,TUE,WED,THU,FRI *)", None)]
#[case("*/20 * * * *", "*-*-* *:00,20,40:00 UTC", "cron(0,20,40 * * * ? *)", None)]
#[case("5 4 1 */6 *", "*-01,07-01 04:05:00 UTC", "cron(5 4 1 1,7 ? *)", None)]
fn dialects(
    #[case] text: &str,
    #[case] systemd: &str,
    #[case] aws: &str,
    #[case] iso8601: Option<&str>,
) {
    let schedule: Schedule = text.parse().expect("it is a schedule");
    assert_eq!(schedule.systemd("UTC"), systemd);
    assert_eq!(schedule.aws(), aws);
    let from = jiff::civil::date(2026, 1, 1);
    assert_eq!(schedule.iso8601(from).as_deref(), iso8601);
}

#[rstest]
#[case::skipped("daily 02:30", "Europe/Madrid", Some(Unsteady::Skipped(jiff::civil::date(2026, 3, 29).at(2, 30, 0, 0))))]
#[case::at_its_start("daily 02:00", "Europe/Madrid", Some(Unsteady::Skipped(jiff::civil::date(2026, 3, 29).at(2, 0, 0, 0))))]
#[case::behind_it("daily 03:00", "Europe/Madrid", None)]
#[case::before_it("daily 01:59", "Europe/Madrid", None)]
#[case::repeated("daily 01:30", "America/New_York", Some(Unsteady::Repeated(jiff::civil::date(2026, 11, 1).at(1, 30, 0, 0))))]
#[case::sunday("weekly sun 02:30", "Europe/Madrid", Some(Unsteady::Skipped(jiff::civil::date(2026, 3, 29).at(2, 30, 0, 0))))]
#[case::another_day("weekly mon 02:30", "Europe/Madrid", None)]
#[case::every_hour("30 * * * *", "Europe/Madrid", None)]
#[case::no_changes("daily 02:30", "UTC", None)]
fn hours_that_the_clocks_disturb(
    #[case] text: &str,
    #[case] zone: &str,
    #[case] expected: Option<Unsteady>,
) {
    let schedule: Schedule = text.parse().expect("it is a schedule");
    let zone = jiff::tz::TimeZone::get(zone).expect("it is a time zone");
    assert_eq!(schedule.unsteady(&zone, 2026..2027), expected);
}
