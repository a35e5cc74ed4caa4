//! What backups cost: against sums that are done here by hand, and laws that hold for any policy.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Output, Workspace};

const PLACES: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  az: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: rg }
  host: { provider: host, address: db-01.internal }
vaults:
  main: { at: east, name: main }
  far: { at: west, name: far }
  azure: { at: az, name: long, redundancy: zone }
stores:
  s3: { at: east, bucket: dumps }
  blob: { at: az, storage_account: someaccount, container: dumps, redundancy: lrs }
tiers:
  bare: { rpo: 24h, rto: 24h, retention: { pitr: 0d } }
databases:
"#;

/// Nothing changes, and all that has a price costs 1 a GiB.
const ONES: &str = "date: 2020-02-02
currency: XTS
assumptions: { daily_change: 0, dump_ratio: 0.5, export_ratio: 0.1 }
aws:
  any: { snapshots: 1, vault: 1, transfer: 1, export: 1, standard: 1, standard_ia: 1, glacier: 1, deep_archive: 1 }
azure:
  any: { snapshots: 1, vault: 1, hot: 1, cool: 1, cold: 1, archive: 1 }
";

fn run(databases: &str, prices: &str, more: &[&str]) -> Output {
    let workspace = Workspace::new()
        .policy("p.yaml", &format!("{PLACES}{databases}"))
        .file("prices.yaml", prices);
    let arguments = ["cost", "--prices", "prices.yaml"];
    workspace.run([&arguments[..], more].concat())
}

#[track_caller]
fn estimate(databases: &str, prices: &str) -> Value {
    let output = run(databases, prices, &["--format", "json"]).expect_code(0);
    let estimate: Value = serde_json::from_str(&output.stdout).expect("JSON");
    adds_up(&estimate);
    estimate
}

/// Items make their database, and databases the sum.
#[track_caller]
fn adds_up(estimate: &Value) {
    let cents = |value: &Value| (value.as_f64().unwrap_or_default() * 100.0).round() as i64;
    let mut sum = 0;
    for database in estimate["databases"].as_array().expect("databases") {
        let items = database["items"].as_array().expect("items").iter();
        let own: i64 = items.map(|item| cents(&item["monthly"])).sum();
        assert_eq!(own, cents(&database["monthly"]), "{database}");
        sum += own;
    }
    assert_eq!(sum, cents(&estimate["monthly"]), "{estimate}");
}

/// What is stored, free and paid of each thing, in order.
fn items(estimate: &Value) -> Vec<(String, f64, f64, f64)> {
    let databases = estimate["databases"].as_array().expect("databases");
    let items = databases.iter().flat_map(|it| it["items"].as_array());
    let number = |item: &Value, key: &str| item[key].as_f64().unwrap_or(-1.0);
    items
        .flatten()
        .map(|item| {
            let what = format!(
                "{} {}",
                item["what"].as_str().expect("what"),
                item["holder"].as_str().expect("a holder")
            );
            let stored = number(item, "stored_gib");
            let free = number(item, "free_gib");
            (what, stored, free, number(item, "monthly"))
        })
        .collect()
}

#[track_caller]
fn has(estimate: &Value, expected: &[(&str, f64, f64, f64)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(what, stored, free, monthly)| ((*what).to_owned(), *stored, *free, *monthly))
        .collect();
    assert_eq!(items(estimate), expected);
}

#[test]
fn what_never_changes_is_stored_once_and_free_up_to_the_disks() {
    let one = "  a: { engine: rds_postgres, at: east, id: a, tier: bare, size: 100GiB, retention: { pitr: 7d } }\n";
    has(
        &estimate(one, ONES),
        &[("automated east", 100.0, 100.0, 0.0)],
    );
    // A copy in another Region is beyond what its own has disks for.
    let copied = |more: &str| {
        format!(
            "  a: {{ engine: rds_postgres, at: east, id: a, tier: bare, size: 100GiB, retention: {{ pitr: 7d }}, \
             copies: {{ replicate_pitr: west }}{more} }}\n"
        )
    };
    has(
        &estimate(&copied(""), ONES),
        &[
            ("automated east", 100.0, 100.0, 0.0),
            ("replicated west", 100.0, 0.0, 100.0),
        ],
    );
    // A replica's disk there makes it free again; so does another database's.
    has(
        &estimate(&copied(", replicas: [{ id: r, at: west }]"), ONES),
        &[
            ("automated east", 100.0, 100.0, 0.0),
            ("replicated west", 100.0, 100.0, 0.0),
        ],
    );
    let other = format!(
        "{}  b: {{ engine: rds_mysql, at: west, id: b, tier: bare, size: 25GiB, retention: {{ pitr: 1d }} }}\n",
        copied("")
    );
    // 125 GiB are stored in the west, 25 are free: a fifth of each.
    has(
        &estimate(&other, ONES),
        &[
            ("automated east", 100.0, 100.0, 0.0),
            ("replicated west", 100.0, 20.0, 80.0),
            ("automated west", 25.0, 5.0, 20.0),
        ],
    );
}

#[test]
fn what_changes_is_stored_for_each_point_and_as_logs() {
    let a = "  a: { engine: rds_postgres, at: east, id: a, tier: bare, size: 100GiB, retention: { pitr: 3d }, \
             provision: { storage: { size: 40GiB } } }\n";
    let prices = ONES.replace("daily_change: 0,", "daily_change: 0.5,");
    // 100, and 50 each for two more days; logs of three days; 40 are free.
    has(
        &estimate(a, &prices),
        &[("automated east", 350.0, 40.0, 310.0)],
    );
    // Of 30 days nothing is left that is the same; weeks at the most double it.
    let vault = "  a: { engine: rds_postgres, at: east, id: a, tier: bare, size: 100GiB, vault: main, retention: { weekly: 2w } }\n";
    let week = 100.0 * (1.0 - 0.5_f64.powi(7));
    let stored = (10.0 * (100.0 + week)).round() / 10.0;
    let monthly = (100.0 * (100.0 + week)).round() / 100.0;
    has(
        &estimate(vault, &prices),
        &[("vault main", stored, 0.0, monthly)],
    );
}

#[test]
fn copies_elsewhere_are_paid_for_on_the_way_too() {
    let a = "  a: { engine: rds_postgres, at: east, id: a, tier: bare, size: 100GiB, vault: main, \
             retention: { weekly: 1w }, copies: { to: [far] } }\n";
    let prices = ONES.replace("daily_change: 0,", "daily_change: 1,");
    // All of it changes in a week, and 365.25 / 12 / 7 weeks are in a month.
    let moved = 100.0_f64 * 365.25 / 12.0 / 7.0;
    let monthly = (100.0 * (100.0 + moved)).round() / 100.0;
    has(
        &estimate(a, &prices),
        &[
            ("vault main", 100.0, 0.0, 100.0),
            ("vault_copies far", 100.0, 0.0, monthly),
        ],
    );
}

#[test]
fn snapshots_share_their_blocks_with_the_automated_backups_of_their_region() {
    let a = "  a: { engine: rds_postgres, at: east, id: a, tier: bare, size: 100GiB, retention: { pitr: 8d }, \
             snapshots: { schedule: \"weekly sun 02:17\", keep: 2w, copy_to: west } }\n";
    has(
        &estimate(a, ONES),
        &[
            ("automated east", 100.0, 100.0, 0.0),
            ("snapshots east", 0.0, 0.0, 0.0),
            ("snapshots west", 100.0, 0.0, 100.0),
        ],
    );
}

/// 12 monthly dumps of 10 GiB lie where the rendered lifecycle moves them.
#[test]
fn dumps_are_whole_and_cost_what_their_tier_does() {
    let a = |store: &str| {
        format!(
            "  a:\n    engine: postgres\n    at: host\n    id: a\n    tier: bare\n    size: 20GiB\n    \
             retention: {{ monthly: 12mo }}\n    dump: {{ to: [{store}], databases: [a], schedule: \"daily 01:43\" }}\n"
        )
    };
    let tiers = "standard: 100, standard_ia: 10, glacier: 1, deep_archive: 0.1";
    let prices = ONES.replace(
        "standard: 1, standard_ia: 1, glacier: 1, deep_archive: 1",
        tiers,
    );
    // At 0, at 31 and 62, at 93 to 155, and from 186 days on.
    let monthly = 10.0 * (100.0 + 2.0 * 10.0 + 3.0 + 6.0 * 0.1);
    has(
        &estimate(&a("s3"), &prices),
        &[("dumps s3", 120.0, 0.0, monthly)],
    );
    let tiers = "hot: 100, cool: 10, cold: 1, archive: 0.1";
    let prices = ONES.replace("hot: 1, cool: 1, cold: 1, archive: 1", tiers);
    has(
        &estimate(&a("blob"), &prices),
        &[("dumps blob", 120.0, 0.0, monthly)],
    );
    // Without a price of its own, cold blobs cost no more than cool ones.
    let prices = prices.replace(" cold: 1,", "");
    let monthly = 10.0 * (100.0 + 5.0 * 10.0 + 6.0 * 0.1);
    has(
        &estimate(&a("blob"), &prices),
        &[("dumps blob", 120.0, 0.0, monthly)],
    );
}

#[test]
fn exports_cost_their_fee_and_their_room() {
    let a = "  a: { engine: rds_postgres, at: east, id: a, tier: bare, size: 100GiB, \
             export: { to: s3, schedule: \"weekly sun 05:23\", keep: 2w } }\n";
    // A tenth each of two exports; the fee is for the whole of each snapshot.
    let fee = 100.0_f64 * 365.25 / 12.0 / 7.0;
    let monthly = (100.0 * (20.0 + fee)).round() / 100.0;
    has(&estimate(a, ONES), &[("export s3", 20.0, 0.0, monthly)]);
}

#[test]
fn a_server_of_azure_has_its_own_disk_for_nothing_and_pays_geo_twice() {
    let a = "  a: { engine: azure_postgres, at: az, id: a, tier: bare, size: 100GiB, vault: azure, \
             retention: { pitr: 7d, monthly: 3mo }, copies: { geo: true }, \
             provision: { storage: { size: 128GiB } } }\n";
    // 200 are stored, 128 free; three dumps of half the size each.
    has(
        &estimate(a, ONES),
        &[
            ("automated az", 100.0, 64.0, 36.0),
            ("geo az", 100.0, 64.0, 36.0),
            ("long_term azure", 150.0, 0.0, 150.0),
        ],
    );
}

const PLAIN: &str = "  a: { engine: rds_postgres, at: west, id: a, tier: bare, size: 100GiB, vault: far, retention: { weekly: 1w } }
  b: { engine: azure_postgres, at: az, id: b, tier: bare, vault: azure, retention: { pitr: 7d, weekly: 4w }, size: 10GiB }
  c: { engine: rds_mysql, at: east, id: c, tier: bare, retention: { pitr: 7d } }
";

#[test]
fn own_prices_lie_over_the_built_in_ones_by_region() {
    let monthly = |prices: &str| items(&estimate(PLAIN, prices))[0].3;
    assert_eq!(monthly("{}"), 9.5);
    assert_eq!(monthly("aws: { any: { vault: 0.2 } }"), 20.0);
    assert_eq!(
        monthly("aws: { us-west-2: { vault: 0.3 }, any: { vault: 0.2 } }"),
        30.0
    );
    assert_eq!(monthly("aws: { us-west-2: { transfer: 0.3 } }"), 9.5);
    assert_eq!(monthly("aws: { us-east-1: { vault: 0.3 } }"), 9.5);
    // None in another currency, but for those that are given.
    assert_eq!(monthly("currency: EUR"), -1.0);
    assert_eq!(
        monthly("{ currency: EUR, aws: { any: { vault: 0.1 } } }"),
        10.0
    );
}

#[test]
fn what_cannot_be_told_is_said() {
    let text = run(PLAIN, "{}", &[]).expect_code(0).stdout;
    for line in [
        "no price",
        "no size",
        "Not counted: 1 database without `size`, as c",
        "Not counted: 1 item without a price: give your own with --prices",
        "USD a month, at prices of 2026-11-23",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let free = estimate(PLAIN, "{}");
    assert_eq!(free["databases"][2]["size_gib"], Value::Null);
    assert_eq!(free["databases"][2]["items"], json!([]));
}

#[test]
fn a_file_that_is_no_table_of_prices_is_refused() {
    for (prices, told) in [
        ("aws: { any: { vaults: 1 } }", "vaults"),
        (
            "aws: { any: { vault: -1 } }",
            "`aws.any.vault` is -1: write a price of 0 or more",
        ),
        (
            "azure: { eastus: { hot: .nan } }",
            "`azure.eastus.hot` is NaN",
        ),
        (
            "assumptions: { dump_ratio: 25 }",
            "`assumptions.dump_ratio` is 25: write a share from 0 to 1",
        ),
        ("aws: [", "prices.yaml"),
    ] {
        let said = run(PLAIN, prices, &[]).expect_code(2);
        assert!(said.stderr.contains(told), "{told}: {}", said.stderr);
        assert_eq!(said.stdout, "");
    }
    let missing = Workspace::new().policy("p.yaml", PLACES);
    let said = missing
        .run(["cost", "--prices", "none.yaml"])
        .expect_code(2);
    assert!(
        said.stderr.contains("cannot read none.yaml"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_policy_with_errors_is_estimated_as_far_as_it_goes() {
    let broken =
        format!("{PLAIN}  d: {{ engine: rds_postgres, at: nowhere, id: d, size: 10GiB }}\n");
    let output = run(&broken, "{}", &["--format", "json"]).expect_code(2);
    assert!(
        output.stderr.contains("1 error in the policy"),
        "{}",
        output.stderr
    );
    let estimate: Value = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!(estimate["databases"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_change_is_told_against_the_policy_before_it() {
    let workspace = |now: &str| {
        Workspace::new()
            .policy("p.yaml", &format!("{PLACES}{now}"))
            .file("old/p.yaml", &format!("{PLACES}{PLAIN}"))
    };
    let run = |now: &str, format: &str| {
        let arguments = ["cost", "--baseline", "old", "--format", format];
        workspace(now).run(arguments).expect_code(0).stdout
    };
    let json: Value = serde_json::from_str(&run(PLAIN, "json")).expect("JSON");
    assert_eq!(json["changed"]["databases"], json!([]));
    assert!(run(PLAIN, "text").contains(" USD a month, as before, "));

    // One grows, one goes, and one is new.
    let changed = PLAIN
        .replace("weekly: 1w", "weekly: 2w")
        .replace("  b:", "  d:");
    let json: Value = serde_json::from_str(&run(&changed, "json")).expect("JSON");
    let before = json["changed"]["before"].as_f64().expect("a number");
    let grown = 9.5 * (1.0 - 0.98_f64.powi(7));
    let told: Vec<_> = json["changed"]["databases"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|it| {
            (
                it["database"].as_str().expect("a name"),
                it["before"].as_f64(),
                it["after"].as_f64(),
            )
        })
        .collect();
    let after = (100.0 * (9.5 + grown)).round() / 100.0;
    assert_eq!(told[0], ("a", Some(9.5), Some(after)));
    assert_eq!(told[1].0, "b");
    assert_eq!((told[1].2, told[2].1), (None, None));
    let more = json["monthly"].as_f64().expect("a number") - before;
    let markdown = run(&changed, "markdown");
    assert!(
        markdown.contains(&format!(", {more:.2} more than before")),
        "{markdown}"
    );
    assert!(markdown.contains("| d | - | "), "{markdown}");
    let text = run(&changed, "text");
    assert!(
        text.contains(&format!(", {more:.2} more than before")),
        "{text}"
    );
}

#[test]
fn the_forms_are_those_of_the_schemas() {
    let examples = super::cli::examples();
    let validator = |of: &str| {
        let schema = examples.run(["schema", of]).expect_code(0).stdout;
        let schema: Value = serde_json::from_str(&schema).expect("a schema");
        jsonschema::validator_for(&schema).expect("a valid schema")
    };
    let estimate = examples
        .run(["cost", "--format", "json"])
        .expect_code(0)
        .stdout;
    let estimate: Value = serde_json::from_str(&estimate).expect("JSON");
    adds_up(&estimate);
    let cost = validator("cost");
    assert!(
        cost.is_valid(&estimate),
        "{:?}",
        cost.iter_errors(&estimate).next()
    );
    let mut without = estimate;
    without["databases"][0]["items"][0]["monthly"] = json!("much");
    assert!(!cost.is_valid(&without));
    let prices = validator("prices");
    for (text, valid) in [
        (ONES, true),
        (include_str!("../../src/cost/prices.yaml"), true),
        ("aws: { any: { x: 1 } }", false),
    ] {
        let table: Value = serde_yaml::from_str(text).expect("YAML");
        assert_eq!(prices.is_valid(&table), valid, "{text}");
    }
}

#[test]
fn the_table_is_no_wider_than_it_has_to_be() {
    let width = |columns: &str| {
        let workspace = Workspace::new().policy("p.yaml", &format!("{PLACES}{PLAIN}"));
        let text = workspace
            .env("COLUMNS", columns)
            .run(["cost"])
            .expect_code(0)
            .stdout;
        let table = text.split("\n\n").next().expect("a table").to_owned();
        table.lines().map(|line| line.chars().count()).max()
    };
    assert!(width("60") <= Some(60), "{:?}", width("60"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Who keeps more, or has more, never pays less; and nothing is free that is not stored.
    #[test]
    fn more_never_costs_less(
        pitr in 1_u32..35, weeks in 1_u32..60, months in 1_u32..30, years in 1_u32..12,
        size in 20_u32..2_000, more in 0_usize..5, change in 0.0_f64..1.0,
    ) {
        let monthly = |pitr: u32, weeks: u32, months: u32, years: u32, size: u32| {
            let policy = format!(
                "{PLACES}  a: {{ engine: rds_postgres, at: east, id: a, size: {size}GiB, vault: main, \
                 retention: {{ pitr: {pitr}d, weekly: {weeks}w, monthly: {months}mo, yearly: {years}y }}, \
                 provision: {{ storage: {{ size: 20GiB }} }}, \
                 snapshots: {{ schedule: \"weekly sun 02:17\", keep: {weeks}w, copy_to: west }}, \
                 copies: {{ to: [far], replicate_pitr: west }} }}\n"
            );
            let mut sources = backstay::source::Sources::default();
            sources.add("p.yaml", policy);
            let (workspace, findings) = backstay::policy::parse(sources);
            assert!(findings.is_empty(), "{findings:?}");
            let prices = backstay::cost::Prices::of(&format!("assumptions: {{ daily_change: {change} }}"));
            let built_in = backstay::cost::Prices::built_in().expect("the built-in prices");
            let prices = prices.expect("prices").over(built_in);
            backstay::cost::estimate(&backstay::resolve::resolve(&workspace), &prices)
        };
        let less = monthly(pitr, weeks, months, years, size);
        let by = |part: usize| u32::from(part == more);
        let more = monthly(pitr + by(0), weeks + by(1), months + by(2), years + by(3), size + by(4));
        for item in less.databases.iter().flat_map(|database| &database.items) {
            prop_assert!(item.free_gib <= item.stored_gib && item.stored_gib >= 0.0, "{item:?}");
        }
        prop_assert!(less.monthly <= more.monthly, "{} {}", less.monthly, more.monthly);
    }
}
