//! Any live state → adopt → parses, validates, and is what is live.

use std::collections::BTreeMap;

use backstay::adopt::{Adopted, Wanted, adopt};
use backstay::cloud::azure::postgres::MaintenanceWindow;
use backstay::coverage::unnamed;
use backstay::drift;
use backstay::finding::{Finding, Kind, Severity};
use backstay::observe::inventory::{Database, Inventory, KeyOwner, Listing, Live, plain};
use backstay::observe::{Found, Observations, State};
use backstay::plan::{Plan, plan};
use backstay::policy::parse;
use backstay::resolve::resolve;
use backstay::source::Sources;
use proptest::prelude::*;

use crate::support::inventory::{Change, instance, inventory, server};

const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 25);

fn adopted(inventory: &Inventory) -> Adopted {
    let (workspace, _) = parse(Sources::default());
    let estate = resolve(&workspace);
    let roles = BTreeMap::new();
    adopt(&Wanted {
        estate: &estate,
        inventory,
        unnamed: unnamed(&estate, &Plan::default(), inventory, TODAY),
        roles: &roles,
        path: "adopted.yaml",
    })
}

/// The plan of a text, and what is found of it.
fn planned(text: &str) -> (Plan, Vec<Finding>) {
    let mut sources = Sources::default();
    sources.add("adopted.yaml", text);
    let (workspace, mut findings) = parse(sources);
    let estate = resolve(&workspace);
    findings.extend(backstay::rules::check(&estate));
    (plan(&estate), findings)
}

fn databases(inventory: &Inventory) -> Vec<&Database> {
    let listings = inventory.places().filter_map(|(_, listing)| match listing {
        Listing::Read(contents) => Some(&contents.databases),
        Listing::Unreadable { .. } => None,
    });
    listings.flatten().collect()
}

/// What drift sees of an inventory.
fn observations(plan: &Plan, inventory: &Inventory) -> Observations {
    let live: BTreeMap<_, _> = databases(inventory)
        .into_iter()
        .map(|it| (it.key(), it))
        .collect();
    let state = |resource: &backstay::plan::Resource| {
        let state = match live.get(&plain(&resource.address)) {
            None => State::Missing,
            Some(database) => State::Found(Box::new(Found {
                live: match &database.live {
                    Live::Instance(body) => serde_json::to_value(body).unwrap(),
                    Live::Server(body) => serde_json::to_value(body).unwrap(),
                    Live::Replica(body) => serde_json::to_value(body).unwrap(),
                },
                ..Found::default()
            })),
        };
        (resource.address.clone(), state)
    };
    Observations(plan.resources.iter().map(state).collect())
}

fn keeps_the_law(inventory: &Inventory) -> Adopted {
    let adopted = adopted(inventory);
    let text = adopted
        .text
        .clone()
        .unwrap_or_else(|| "version: 1\n".to_owned());
    let (plan, findings) = planned(&text);
    let errors: Vec<_> = findings
        .iter()
        .filter(|it| it.severity >= Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{text}\n{errors:#?}");
    let drift = drift::compare(&plan, &observations(&plan, inventory), &|_, _, _| None);
    let told = drift
        .findings
        .iter()
        .filter(|it| it.kind() != Some(Kind::NotCompared));
    let told: Vec<&str> = told.map(|it| it.message.as_str()).collect();
    assert!(told.is_empty(), "{text}\n{told:#?}");
    // Everything is written, or told why not.
    let written = plan.resources.len() + adopted.left_out.len();
    assert!(
        written >= databases(inventory).len(),
        "{text}\n{:#?}",
        adopted.left_out
    );
    // The same on every run.
    assert_eq!(self::adopted(inventory).text, adopted.text);
    adopted
}

fn window(start: u32) -> String {
    let time = |minutes: u32| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    format!("{}-{}", time(start), time(start + 30))
}

/// Names and tags that somebody who means harm, or nothing, may have written.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,20}",
        prop::sample::select(vec![
            "yes",
            "No",
            "on",
            "~",
            "null",
            "0123",
            "22:30",
            "1_000",
            "- x",
            "a: b",
            "# no",
            "\"",
            "'",
            "x\ny: z",
            "{{resolve:secretsmanager:x}}",
            "${{ secrets.X }}",
            "!!python/object",
            "&a",
            "*a",
            "\u{2028}",
            "\u{202e}x",
            "[concat('x')]",
            "@file",
            "-x",
            "=",
            "aws:x",
            "prod",
            "dev",
            "é",
            "",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ]
}

fn tags() -> impl Strategy<Value = BTreeMap<String, String>> {
    let common = prop::sample::select(vec!["env", "team", "Env", "criticality"]);
    let common = common.prop_map(str::to_owned);
    prop::collection::btree_map(prop_oneof![3 => common, 1 => text()], text(), 0..5)
}

fn an_instance() -> impl Strategy<Value = Database> {
    let shape = (
        prop::sample::select(vec!["us-east-1", "us-west-2", "eu-west-1"]),
        "[a-z][a-z0-9]{0,3}",
        prop::sample::select(vec!["postgres", "mysql", "mariadb", "oracle-ee"]),
        0..=35u32,
        0..48u32,
        prop::option::of(0..7usize),
        tags(),
    );
    let flags = (
        any::<[bool; 4]>(),
        prop::option::of(prop::sample::select(vec![
            KeyOwner::Provider,
            KeyOwner::Customer,
        ])),
        0..4u8,
        0..6u8,
    );
    (shape, flags).prop_map(
        |((region, name, engine, days, half, day, tags), (on, key, copied, of))| {
            let mut database = instance(region, &name).rds(|body| {
                body.engine = Some(engine.to_owned());
                body.backup_retention_period = Some(days);
                body.preferred_backup_window = window(half * 30).parse().ok();
                // Away from the backup window, as RDS asks for.
                let start = (half * 30 + 12 * 60) % (24 * 60);
                let weekly = day.map(|day| {
                    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
                    let (from, to) = (window(start), (start + 30) / (24 * 60));
                    let (from, end) = from.split_once('-').unwrap();
                    let last = names[(day + to as usize) % 7];
                    format!("{}:{from}-{last}:{end}", names[day])
                });
                body.preferred_maintenance_window = weekly.and_then(|it| it.parse().ok());
                body.multi_az = Some(on[0]);
                body.deletion_protection = Some(on[1]);
                body.copy_tags_to_snapshot = Some(on[2]);
                body.storage_encrypted = Some(on[3]);
                if copied == 0 {
                    body.replication_region = Some("us-west-2".to_owned());
                    body.replication_retention = Some(days);
                }
                if of == 0 {
                    body.source = Some(backstay::cloud::aws::Value::Text("a".to_owned()));
                }
            });
            database.key = key;
            tags.into_iter()
                .fold(database, |it, (key, value)| it.tag(&key, &value))
        },
    )
}

fn a_server() -> impl Strategy<Value = Database> {
    let shape = (
        prop::sample::select(vec!["shop", "Shop-RG", "x y", "-odd"]),
        "[a-z][a-z0-9]{2,4}",
        prop::sample::select(vec!["eastus", "westus2", "nowhere"]),
        5..=36u32,
        prop::sample::select(vec!["Disabled", "SameZone", "ZoneRedundant", "Odd"]),
        any::<bool>(),
        (any::<bool>(), 0..8u32, 0..25u32, 0..61u32),
        tags(),
    );
    shape.prop_map(|(group, name, region, days, mode, geo, window, tags)| {
        let database = server(group, &name).azure(|body| {
            body.location = Some(region.to_owned());
            body.properties.backup.backup_retention_days = Some(days);
            let geo = if geo { "Enabled" } else { "Disabled" };
            body.properties.backup.geo_redundant_backup = Some(geo.to_owned());
            body.properties.high_availability.as_mut().unwrap().mode = mode.to_owned();
            let (custom, day, hour, minute) = window;
            if custom {
                body.properties.maintenance_window = Some(MaintenanceWindow {
                    custom_window: "Enabled".to_owned(),
                    day_of_week: Some(day),
                    start_hour: Some(hour),
                    start_minute: Some(minute),
                });
            }
        });
        tags.into_iter()
            .fold(database, |it, (key, value)| it.tag(&key, &value))
    })
}

fn a_database() -> impl Strategy<Value = Database> {
    prop_oneof![2 => an_instance(), 1 => a_server()]
}

/// Each address once, as in a cloud.
fn estate() -> impl Strategy<Value = Vec<Database>> {
    prop::collection::vec(a_database(), 0..16).prop_map(|databases| {
        let by: BTreeMap<_, _> = databases.into_iter().map(|it| (it.key(), it)).collect();
        by.into_values().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_live_state_becomes_a_policy_that_says_so(databases in estate()) {
        keeps_the_law(&inventory(databases, Vec::new()));
    }
}
