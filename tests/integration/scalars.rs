//! Values that a policy writes as text: what they mean at the edges.

use backstay::cloud::{DailyWindow, WeeklyWindow};
use backstay::policy::{Compression, Duration, Endpoint, Query, Schedule, Size, TableName};
use proptest::prelude::*;
use proptest::sample::select;
use rstest::rstest;

#[rstest]
#[case::same_time("03:00-04:00", "sun:03:00-sun:04:00", true)]
#[case::inside("03:00-06:00", "wed:04:00-wed:04:30", true)]
#[case::around("04:00-04:30", "wed:03:00-wed:06:00", true)]
#[case::one_minute("03:00-04:01", "wed:04:00-wed:05:00", true)]
#[case::touches_after("03:00-04:00", "wed:04:00-wed:05:00", false)]
#[case::touches_before("03:00-04:00", "wed:02:00-wed:03:00", false)]
#[case::daily_crosses_midnight("23:30-00:30", "wed:00:15-wed:01:00", true)]
#[case::daily_touches_after_midnight("23:30-00:30", "wed:00:30-wed:01:00", false)]
#[case::weekly_crosses_midnight("00:00-00:30", "wed:23:45-thu:00:15", true)]
#[case::weekly_touches_at_midnight("00:00-00:30", "wed:23:00-thu:00:00", false)]
#[case::end_of_week("00:00-00:30", "sun:23:45-mon:00:15", true)]
#[case::end_of_week_before("23:00-23:50", "sun:23:45-mon:00:15", true)]
#[case::end_of_week_touches("00:15-00:45", "sun:23:45-mon:00:15", false)]
#[case::both_cross_midnight("23:50-00:20", "sun:23:40-mon:00:10", true)]
#[case::monday_starts_the_week("23:45-00:30", "mon:00:00-mon:00:30", true)]
#[case::several_days("12:00-12:30", "fri:13:00-mon:11:00", true)]
#[case::almost_a_day("12:00-12:30", "fri:12:30-sat:12:00", false)]
fn windows_overlap(#[case] daily: &str, #[case] weekly: &str, #[case] expected: bool) {
    let (daily, weekly): (DailyWindow, WeeklyWindow) =
        (daily.parse().unwrap(), weekly.parse().unwrap());
    assert_eq!(daily.overlaps(weekly), expected);
}

#[rstest]
#[case("3:00-3:30", "03:00-03:30", 30)]
#[case("23:45-00:30", "23:45-00:30", 45)]
#[case("03:00-03:00", "03:00-03:00", 0)]
fn daily_windows(#[case] text: &str, #[case] printed: &str, #[case] minutes: u32) {
    let window: DailyWindow = text.parse().unwrap();
    assert_eq!(
        (window.to_string().as_str(), window.minutes()),
        (printed, minutes)
    );
}

#[rstest]
#[case("Sun:04:30-SUN:5:30", "sun:04:30-sun:05:30", 60)]
#[case("sun:23:45-mon:00:15", "sun:23:45-mon:00:15", 30)]
#[case("sat:00:00-sun:00:00", "sat:00:00-sun:00:00", 1440)]
fn weekly_windows(#[case] text: &str, #[case] printed: &str, #[case] minutes: u32) {
    let window: WeeklyWindow = text.parse().unwrap();
    assert_eq!(
        (window.to_string().as_str(), window.minutes()),
        (printed, minutes)
    );
}

#[rstest]
#[case("24:00-01:00")]
#[case("3-4")]
#[case("03:00")]
#[case("03:60-04:00")]
#[case("003:00-04:00")]
#[case("+3:00-04:00")]
fn not_daily_windows(#[case] text: &str) {
    assert!(text.parse::<DailyWindow>().is_err());
}

#[rstest]
#[case("daily 01:43", "43 1 * * *")]
#[case("weekly sun 02:17", "17 2 * * 0")]
#[case("weekly sat 2:17", "17 2 * * 6")]
#[case("monthly 28 05:23", "23 5 28 * *")]
#[case("17 2 * * 1-5", "17 2 * * 1-5")]
#[case("0 0 29 2 *", "0 0 29 2 *")]
#[case("*/20 1-5/2 * * *", "*/20 1-5/2 * * *")]
#[case("7,37  03 * 1-3,9 *", "7,37 03 * 1-3,9 *")]
fn schedules(#[case] text: &str, #[case] cron: &str) {
    assert_eq!(text.parse::<Schedule>().unwrap().cron(), cron);
}

#[rstest]
#[case::never("0 0 30 2 *")]
#[case::never_april("0 0 31 4 *")]
#[case::both_days("0 0 1 * 1")]
#[case::short_month("monthly 29 01:00")]
#[case::no_day("monthly 0 01:00")]
#[case::names("0 0 * * sun")]
#[case::last_day("0 0 L * *")]
#[case::six_fields("0 0 0 * * *")]
#[case::word("nightly")]
#[case::no_time("daily")]
#[case::late("daily 24:00")]
#[case::empty_item(",8 6 * * *")]
#[case::empty_last("8, 6 * * *")]
#[case::step_of_one("5/10 6 * * *")]
#[case::no_step("*/ 6 * * *")]
#[case::open_range("5- 6 * * *")]
#[case::wide("117 6 * * *")]
#[case::seventh_day("17 6 * * 7")]
#[case::range_to_the_seventh_day("17 6 * * 5-7")]
fn not_schedules(#[case] text: &str) {
    assert!(text.parse::<Schedule>().is_err());
}

#[rstest]
#[case("daily 01:43", 1_440)]
#[case("weekly sun 02:17", 7 * 1_440)]
#[case("monthly 1 05:23", 31 * 1_440)]
#[case("17 2 * * 1-5", 3 * 1_440)]
#[case("0 0 31 * *", 61 * 1_440)]
#[case("0 0 29 2 *", 1_461 * 1_440)]
#[case("* * * * *", 1)]
#[case("* 1-8 * * *", 16 * 60 + 1)]
#[case("*/20 1-5/2 * * *", 19 * 60 + 20)]
fn longest_gaps(#[case] text: &str, #[case] minutes: u64) {
    assert_eq!(text.parse::<Schedule>().unwrap().longest_gap(), minutes);
}

/// The longest time between two runs of two years, by a library that walks them.
fn walked(cron: &str) -> u64 {
    let cron: croner::Cron = cron.parse().unwrap();
    let start = jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0);
    let start = start.to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    let last = start.timestamp().as_second() + 2 * 366 * 24 * 60 * 60;
    let mut run = cron.find_next_occurrence(&start, true).unwrap();
    let mut gap = 0;
    while run.timestamp().as_second() < last {
        let next = cron.find_next_occurrence(&run, false).unwrap();
        gap = gap.max(next.timestamp().as_second() - run.timestamp().as_second());
        run = next;
    }
    u64::try_from(gap / 60).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_longest_gap_is_the_one_that_a_walk_finds(
        minute in select(vec!["0", "17", "59", "10,40"]),
        hour in select(vec!["0", "23", "3,15", "6-18/6"]),
        (day, weekday) in select(vec![
            ("*", "*"), ("1", "*"), ("31", "*"), ("1-7", "*"), ("*/9", "*"), ("29", "*"),
            ("*", "0"), ("*", "1-5"), ("*", "6,0"), ("*", "*/3"),
        ]),
        month in select(vec!["*", "1", "2", "1-3,9", "*/2", "12"]),
    ) {
        let cron = format!("{minute} {hour} {day} {month} {weekday}");
        // No year has its date, or none of the two.
        prop_assume!(!(month == "2" && ["31", "29"].contains(&day)));
        let schedule: Schedule = cron.parse().unwrap();
        prop_assert_eq!(schedule.longest_gap(), walked(&cron), "{}", cron);
    }
}

#[rstest]
#[case("30d", 30)]
#[case("12w", 84)]
#[case("1mo", 31)]
#[case("12mo", 366)]
#[case("7y", 2557)]
#[case("P30D", 30)]
#[case("25h", 2)]
#[case("1min", 1)]
#[case("0d", 0)]
fn durations_are_rounded_up_to_days(#[case] text: &str, #[case] days: u64) {
    assert_eq!(text.parse::<Duration>().unwrap().days(), days);
}

#[rstest]
#[case("15m")]
#[case("1.5d")]
#[case("-1d")]
#[case("d")]
#[case("101y")]
#[case("P1M2D")]
#[case("30 d")]
fn not_durations(#[case] text: &str) {
    assert!(text.parse::<Duration>().is_err());
}

#[rstest]
#[case("100GiB", Some(100))]
#[case("2TiB", Some(2048))]
#[case("0GiB", None)]
#[case("100GB", None)]
#[case("4194304TiB", None)]
fn sizes(#[case] text: &str, #[case] gib: Option<u32>) {
    assert_eq!(text.parse::<Size>().ok().map(Size::gib), gib);
}

#[rstest]
#[case("users", None, r#""public"."users""#)]
#[case("sales.orders", None, r#""sales"."orders""#)]
#[case("shop.sales.orders", Some("shop"), r#""sales"."orders""#)]
#[case(r#"sales."Odd.Name ""x""""#, None, r#""sales"."Odd.Name ""x""""#)]
#[case(r#""a b"."*"."$1""#, Some("a b"), r#""*"."$1""#)]
#[case("_größe$", None, r#""public"."_größe$""#)]
fn tables(#[case] text: &str, #[case] database: Option<&str>, #[case] sql: &str) {
    let table: TableName = text.parse().unwrap();
    assert_eq!((table.database(), table.sql().as_str()), (database, sql));
    assert_eq!(table.to_string(), text);
}

#[rstest]
#[case::capitals("Users")]
#[case::pattern("users*")]
#[case::empty("")]
#[case::empty_part("sales.")]
#[case::empty_quotes(r#""""#)]
#[case::open_quote(r#""users"#)]
#[case::behind_quote(r#""users"x"#)]
#[case::digit("1st")]
#[case::four_parts("a.b.c.d")]
#[case::space("two words")]
#[case::long("a23456789012345678901234567890123456789012345678901234567890abcd")]
fn not_tables(#[case] text: &str) {
    assert!(text.parse::<TableName>().is_err());
}

#[rstest]
#[case("zstd:22", true)]
#[case("gzip", true)]
#[case("lz4:12", true)]
#[case("none", true)]
#[case("gzip:0", false)]
#[case("gzip:10", false)]
#[case("zstd:23", false)]
#[case("none:1", false)]
#[case("xz", false)]
#[case("zstd:", false)]
fn compressions(#[case] text: &str, #[case] known: bool) {
    let read = text.parse::<Compression>().map(|it| it.to_string());
    assert_eq!(read.ok().as_deref(), known.then_some(text));
}

#[rstest]
#[case("db.example.com", "db.example.com", None)]
#[case("10.0.0.7:5433", "10.0.0.7", Some(5433))]
#[case("/var/run/postgresql", "/var/run/postgresql", None)]
#[case("/tmp/a_b:6432", "/tmp/a_b", Some(6432))]
#[case("[::1]:5432", "::1", Some(5432))]
#[case("[fe80::1]", "fe80::1", None)]
fn endpoints(#[case] text: &str, #[case] host: &str, #[case] port: Option<u16>) {
    let endpoint: Endpoint = text.parse().unwrap();
    assert_eq!((endpoint.host.as_str(), endpoint.port), (host, port));
    assert_eq!(endpoint.to_string(), text);
}

#[rstest]
#[case("")]
#[case("-db")]
#[case("db:")]
#[case("db:0")]
#[case("db:65536")]
#[case("a,b")]
#[case("db/../x")]
#[case("user@db")]
#[case("[::1")]
#[case("::1")]
#[case("db;reboot")]
fn not_endpoints(#[case] text: &str) {
    assert!(text.parse::<Endpoint>().is_err());
}

#[rstest]
#[case("SELECT count(*) FROM users", true)]
#[case("with t as (select 1) table t", true)]
#[case("table users", true)]
#[case("DELETE FROM users", false)]
#[case("SELECT 1; DROP TABLE users", false)]
#[case(r"\! reboot", false)]
#[case("selection", false)]
fn queries(#[case] text: &str, #[case] reads: bool) {
    assert_eq!(text.parse::<Query>().is_ok(), reads);
}
