//! On-demand backups of flexible servers: the rendered script with a stand-in for az.

use std::process::Command;

use serde_json::{Map, Value, json};

use crate::support::{Az, Output, Script, rendered};

const ID: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/group/providers/Microsoft.DBforPostgreSQL/flexibleServers/stock";

const POLICY: &str = r#"version: 1
locations:
  east: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: group }
  db-01: { provider: host, address: db-01.internal }
databases:
  shop_stock:
    engine: azure_postgres
    at: east
    id: stock
    tier: non_critical
    retention: { pitr: 35d }
    snapshots: { schedule: "weekly sun 02:17", keep: 30d, run_by: [cron, github_actions], host: db-01 }
"#;

struct Estate {
    az: Az,
    script: Script,
}

impl Estate {
    fn new() -> Estate {
        let az = Az::new();
        az.resources(&json!({ ID: {} }));
        let estate = Estate {
            az,
            script: Script::of(POLICY, "scripts/shop_stock-snapshot.sh"),
        };
        estate.server(json!({}));
        estate
    }

    /// The server, with some members of its properties replaced.
    fn server(&self, other: Value) {
        let mut properties = json!({
            "state": "Ready",
            "storage": { "type": "", "storageSizeGB": 128 },
            "replica": { "role": "Primary" },
            "backup": { "backupRetentionDays": 35, "geoRedundantBackup": "Disabled" },
        });
        let mut sku = json!({ "name": "Standard_D2s_v3", "tier": "GeneralPurpose" });
        for (key, value) in other.as_object().into_iter().flatten() {
            match key.as_str() {
                "sku" => sku = value.clone(),
                _ => properties[key] = value.clone(),
            }
        }
        let server = json!({ "id": ID, "name": "stock", "sku": sku, "properties": properties });
        self.az.set("servers.json", &json!({ "stock": server }));
    }

    /// The backups: name, type, and days since they were completed. None: they are not.
    fn backups(&self, backups: &[(&str, &str, Option<i64>)]) {
        let one = |&(name, kind, days): &(&str, &str, Option<i64>)| {
            let completed = days.map(days_ago);
            let properties = json!({ "backupType": kind, "completedTime": completed });
            (
                name.to_owned(),
                json!({ "name": name, "properties": properties }),
            )
        };
        let backups: Map<String, Value> = backups.iter().map(one).collect();
        self.az.set("backups.json", &Value::Object(backups));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.script.command(arguments);
        self.az
            .reach(&mut command)
            .env("BACKSTAY_POLL_SECONDS", "0");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Output::run(&mut self.command(arguments))
    }

    /// The names, with `new` for the one that the script made.
    fn names(&self) -> Vec<String> {
        let kept = self.az.kept("backups.json");
        let mut names: Vec<String> = kept.as_object().into_iter().flatten().map(short).collect();
        names.sort();
        names
    }

    /// The methods of the requests that change something, and the names that they are about.
    fn orders(&self) -> Vec<(String, String)> {
        let calls = self.az.calls();
        let order = |call: &Vec<String>| {
            let value = |option: &str| {
                let at = call.iter().position(|word| word == option)?;
                call.get(at + 1).cloned()
            };
            let (method, url) = (value("--method")?, value("--url")?);
            let name = url.split(['/', '?']).rev().nth(1)?.to_owned();
            (method != "get").then_some((method, name))
        };
        calls.iter().filter_map(order).collect()
    }
}

fn short((name, _): (&String, &Value)) -> String {
    let today = days_ago(0).replace('-', "");
    match name.strip_prefix("backstay-shop-stock-") {
        Some(stamp) if stamp[..8] == today[..8] => "new".to_owned(),
        _ => name.clone(),
    }
}

fn days_ago(days: i64) -> String {
    let moment = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    moment
        .strftime("%Y-%m-%dT%H:%M:%S.123456+00:00")
        .to_string()
}

const MINE: &str = "Customer On-Demand";
const AUTOMATIC: &str = "Full";

#[test]
fn a_backup_is_made_and_only_own_old_ones_go() {
    let estate = Estate::new();
    estate.backups(&[
        ("backup_638830782181266873", AUTOMATIC, Some(34)),
        ("backstay-shop-stock-20240101t021700z", MINE, Some(31)),
        ("backstay-shop-stock-20240108t021700z", MINE, Some(29)),
        // Of somebody else, of another policy, and one that was never completed.
        ("before-migration", MINE, Some(33)),
        ("backstay-shop-stock-2-20240101t021700z", MINE, Some(33)),
        ("backstay-shop-stock-20240102t021700z", MINE, None),
    ]);
    estate.az.set("looks", &json!(2));
    estate.az.set("busy", &json!(1));

    let shown = estate.run(&["--dry-run"]).expect_code(0).stdout;
    assert_eq!(estate.orders(), []);
    let commands: Vec<_> = shown.lines().collect();
    assert_eq!(commands.len(), 2, "{shown}");
    assert!(commands[0].starts_with("would run: az rest --method put --url /subscriptions/"));
    assert!(commands[1].contains("--method delete") && commands[1].contains("-20240101t021700z"));

    let output = estate.run(&[]).expect_code(0);
    for said in [
        "the server is busy: trying again",
        ": creating\n",
        ": completed: ",
    ] {
        assert!(output.stderr.contains(said), "{}", output.stderr);
    }
    assert_eq!(
        estate.names(),
        [
            "backstay-shop-stock-2-20240101t021700z",
            "backstay-shop-stock-20240102t021700z",
            "backstay-shop-stock-20240108t021700z",
            "backup_638830782181266873",
            "before-migration",
            "new",
        ]
    );
    let orders = estate.orders();
    let methods: Vec<_> = orders.iter().map(|(method, _)| method.as_str()).collect();
    assert_eq!(methods, ["put", "put", "delete"]);
}

#[test]
fn the_newest_stays_when_all_are_old() {
    let estate = Estate::new();
    // Seven are all that there can be: what is due makes room, but for the newest of them.
    let old: Vec<String> = (1..=7)
        .map(|day| format!("backstay-shop-stock-2024010{day}t021700z"))
        .collect();
    let backups: Vec<_> = old
        .iter()
        .zip((31..38).rev())
        .map(|(name, days)| (name.as_str(), MINE, Some(days)))
        .collect();
    estate.backups(&backups);
    estate.run(&["--dry-run"]).expect_code(0);
    let output = estate.run(&[]).expect_code(0);
    assert!(output.stderr.contains("which is all that it can have"));
    // The new one is there now, so the one that was kept for it is no longer the newest.
    assert_eq!(estate.names(), ["new"]);
    let orders = estate.orders();
    let put = orders.iter().position(|(method, _)| method == "put");
    assert_eq!(put, Some(6), "{orders:?}");
    assert_eq!(orders[7], ("delete".to_owned(), old[6].clone()));
}

#[test]
fn where_nothing_is_due_a_full_server_is_left_as_it_is() {
    let estate = Estate::new();
    let names: Vec<String> = (1..=7).map(|number| format!("by-hand-{number}")).collect();
    let backups: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), MINE, Some(34)))
        .collect();
    estate.backups(&backups);
    let output = estate.run(&[]).expect_code(1);
    assert!(
        output.stderr.contains("none of them is due"),
        "{}",
        output.stderr
    );
    assert_eq!(estate.names(), names);
}

#[test]
fn nothing_is_pruned_before_the_new_one_is_completed() {
    let estate = Estate::new();
    estate.backups(&[("backstay-shop-stock-20240101t021700z", MINE, Some(34))]);
    estate.az.set("stuck", &json!(true));
    let mut command = estate.command(&[]);
    let output = Output::run(command.env("BACKSTAY_WAIT_MINUTES", "0")).expect_code(1);
    assert!(output.stderr.contains("was not completed within 0 min"));
    assert!(output.stderr.contains("FAILED while taking the backup"));
    assert_eq!(
        estate.names(),
        ["backstay-shop-stock-20240101t021700z", "new"]
    );
}

#[test]
fn servers_that_have_no_such_backups_are_told_before_anything_is_made() {
    let estate = Estate::new();
    let burstable = json!({ "sku": { "name": "Standard_B1ms", "tier": "burstable" } });
    for (server, message) in [
        (burstable, "stock is Burstable"),
        (
            json!({ "storage": { "type": "PremiumV2_LRS" } }),
            "the storage of stock is PremiumV2_LRS",
        ),
        (
            json!({ "replica": { "role": "AsyncReplica" } }),
            "stock is a replica",
        ),
        (json!({ "state": "Stopped" }), "stock is stopped"),
    ] {
        estate.server(server);
        let output = estate.run(&[]).expect_code(1);
        assert!(output.stderr.contains(message), "{}", output.stderr);
    }
    // A server that keeps its backups for a shorter time than the policy says is warned of.
    estate.server(json!({ "backup": { "backupRetentionDays": 7 } }));
    let output = estate.run(&[]).expect_code(0);
    let warning = "warning: Azure keeps backups of stock for 7 days, and the policy these for 30";
    assert!(output.stderr.contains(warning), "{}", output.stderr);

    estate.az.set("servers.json", &json!({}));
    let before = estate.names();
    let gone = estate.run(&[]).expect_code(1);
    assert!(gone.stderr.contains("ResourceNotFound"), "{}", gone.stderr);
    assert_eq!(estate.names(), before);
    let mistyped = estate.run(&["--dryrun"]).expect_code(1);
    assert!(mistyped.stderr.contains("while reading the arguments"));
}

#[test]
fn cron_and_github_start_it() {
    let crontab = rendered(POLICY, "cron/db-01.crontab");
    let entry = "17 2 * * 0 bash \"$BACKSTAY_HOME\"/scripts/shop_stock-snapshot.sh";
    assert!(crontab.contains(entry), "{crontab}");
    let workflow = rendered(POLICY, "github/shop_stock-snapshot.yml");
    for part in [
        "client-id: ${{ vars.AZURE_SNAPSHOT_OPERATOR_CLIENT_ID }}",
        "subscription-id: \"00000000-0000-0000-0000-000000000001\"",
        "bash \"$SCRIPT\"",
    ] {
        assert!(workflow.contains(part), "{workflow}");
    }
}
