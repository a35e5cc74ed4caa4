//! One schedule in every dialect: the same moments for a year, changes of the clocks included; and the
//! units of systemd that it ends up in.

use std::io::Write;
use std::process::{Command, Stdio};

use backstay::policy::{Schedule, Unsteady};
use rstest::rstest;
use serde_json::json;

use crate::support::{Output, rendered, root, tools};

/// Two zones that change their clocks, on different days; one on the other half of the earth, by half
/// an hour; and two that do not.
const ZONES: [&str; 5] = [
    "UTC",
    "Europe/Madrid",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
];

/// Steps of hours come on no day on which clocks change by half an hour: cronsim loses a run then.
const SCHEDULES: [&str; 14] = [
    "daily 04:43",
    "daily 23:59",
    "weekly sun 05:17",
    "weekly mon 05:17",
    "weekly sat 00:07",
    "monthly 1 05:23",
    "monthly 28 06:11",
    "17 5 * * 1-5",
    "7,37 4-20/4 * * *",
    "11 0,6,12,18 * 3,10,11 *",
    "11 */6 12 3,10,11 *",
    "19 4 2 1,4,7,10 *",
    "13 5 */5 * *",
    "29 7 * * 0,3,6",
];

#[test]
fn every_dialect_means_the_same_moments() {
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
#[case("daily 01:43", "*-*-* 01:43:00 UTC")]
#[case("weekly sun 02:17", "Sun *-*-* 02:17:00 UTC")]
#[case("monthly 1 05:23", "*-*-01 05:23:00 UTC")]
#[case("17 2 * * 1-5", "Mon,Tue,Wed,Thu,Fri *-*-* 02:17:00 UTC")]
#[case("*/20 * * * *", "*-*-* *:00,20,40:00 UTC")]
#[case("5 4 1 */6 *", "*-01,07-01 04:05:00 UTC")]
fn calendars(#[case] text: &str, #[case] systemd: &str) {
    let schedule: Schedule = text.parse().expect("it is a schedule");
    assert_eq!(schedule.systemd("UTC"), systemd);
}

/// What the policy schedules once comes out in all three, and each knows its machine.
#[test]
fn one_schedule_is_rendered_for_cron_systemd_and_github() {
    let policy = "version: 1
locations:
  us: { provider: aws, region: us-east-1, account: \"123456789012\" }
  db-01: { provider: host, address: db-01.internal }
stores:
  dumps: { at: us, bucket: company-dumps }
databases:
  own:
    engine: postgres
    at: db-01
    id: own
    timezone: Europe/Madrid
    restore_test: { every: 1mo }
    dump: { to: [dumps], databases: [own], schedule: \"weekly sun 05:43\", run_by: [cron, systemd, github_actions] }
";
    let crontab = rendered(policy, "cron/db-01.crontab");
    assert!(crontab.contains("\n43 5 * * 0 bash "), "{crontab}");
    assert!(crontab.contains("\n43 8 2 * * bash "), "{crontab}");
    let workflow = rendered(policy, "github/own-dump.yml");
    let told = "- cron: \"43 5 * * 0\"\n      timezone: \"Europe/Madrid\"\n";
    assert!(workflow.contains(told), "{workflow}");
    for (unit, when) in [
        ("own-dump", "Sun *-*-* 05:43:00 Europe/Madrid"),
        ("own-restore-test", "*-*-02 08:43:00 Europe/Madrid"),
    ] {
        let timer = rendered(policy, &format!("systemd/{unit}.timer"));
        assert!(timer.contains(&format!("\nOnCalendar={when}\n")), "{timer}");
        let service = rendered(policy, &format!("systemd/{unit}.service"));
        let start = format!("\nExecStart=/bin/bash /opt/backstay/scripts/{unit}.sh\n");
        assert!(service.contains(&start), "{service}");
        assert!(
            service.contains("# For db-01 (db-01.internal)."),
            "{service}"
        );
    }
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
