//! The enforce scripts with the real AWS CLI against moto, and with a stand-in for az.

use serde_json::{Value, json};

use crate::support::{Aws, Az, Output, Script};

const SERVER: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/group/providers/Microsoft.DBforPostgreSQL/flexibleServers/server-b";

/// The script for a database that exists, with these settings.
fn script(database: &str) -> Script {
    let policy = format!(
        "version: 1
locations:
  west: {{ provider: aws, region: eu-west-1, account: \"123456789012\" }}
  east: {{ provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: group }}
databases:
  a: {{ {database}, tier: non_critical, tags: {{ team: shop }} }}
"
    );
    Script::of(&policy, "scripts/a-enforce.sh")
}

/// An instance that keeps backups for 35 days and cannot be deleted.
fn instance(moto: &Aws, retention: &str) {
    let create = [
        ("Action", "CreateDBInstance"),
        ("DBInstanceIdentifier", "orders"),
        ("Engine", "postgres"),
        ("DBInstanceClass", "db.t4g.medium"),
        ("AllocatedStorage", "20"),
        ("MasterUsername", "root"),
        ("ManageMasterUserPassword", "true"),
        ("StorageEncrypted", "true"),
        ("DeletionProtection", "true"),
        ("PreferredMaintenanceWindow", "sun:12:00-sun:13:00"),
        ("PreferredBackupWindow", "07:00-08:00"),
        ("BackupRetentionPeriod", retention),
    ];
    moto.query("rds", "eu-west-1", &create);
}

fn live(moto: &Aws) -> Value {
    let answer = moto.aws(&[
        "rds",
        "describe-db-instances",
        "--region",
        "eu-west-1",
        "--output",
        "json",
    ]);
    let answer: Value = serde_json::from_str(&answer).expect("the AWS CLI prints JSON");
    let instance = &answer["DBInstances"][0];
    json!([
        instance["BackupRetentionPeriod"],
        instance["DeletionProtection"],
        instance["PreferredBackupWindow"],
        instance["TagList"],
    ])
}

const WEAKER: &str = "engine: rds_postgres, at: west, id: orders, retention: { pitr: 30d }, window: \"01:30-02:15\", deletion_protection: false";

#[test]
fn nothing_is_lowered_without_a_second_word() {
    let moto = Aws::moto();
    instance(&moto, "35");
    let script = script(WEAKER);
    let run = |arguments: &[&str]| Output::run(moto.reach(&mut script.command(arguments)));
    let before = live(&moto);
    for arguments in [&[][..], &["--lower"]] {
        let shown = run(arguments).expect_code(1).stdout;
        let loses = "BackupRetentionPeriod: is 35, shall be 30\n             lowering it loses: automated backups that are older are deleted at once\n";
        assert!(shown.contains(loses), "{shown}");
        assert_eq!(live(&moto), before);
    }

    let applied = run(&["--apply"]).expect_code(1).stdout;
    assert!(
        applied.contains("Only --apply --lower lowers it"),
        "{applied}"
    );
    let tags = json!([{ "Key": "team", "Value": "shop" }]);
    assert_eq!(live(&moto), json!([35, true, "01:30-02:15", tags]));
    // What is left is left every time, and nothing else is done.
    let again = run(&["--apply"]).expect_code(1).stdout;
    assert!(!again.contains("running:"), "{again}");

    run(&["--apply", "--lower"]).expect_code(0);
    assert_eq!(live(&moto), json!([30, false, "01:30-02:15", tags]));
    let clean = run(&[]).expect_code(0).stdout;
    assert!(!clean.contains("differs"), "{clean}");
    run(&["--appply"]).expect_code(2);
}

#[test]
fn what_protects_less_is_raised_at_once() {
    let moto = Aws::moto();
    instance(&moto, "7");
    let script = script(WEAKER);
    Output::run(moto.reach(&mut script.command(&["--apply"]))).expect_code(1);
    assert_eq!(live(&moto)[0], 30);
    assert_eq!(live(&moto)[1], true);
}

#[test]
fn an_instance_that_is_not_there_is_a_failure() {
    let moto = Aws::moto();
    let script = script(WEAKER);
    let said = Output::run(moto.reach(&mut script.command(&["--apply"])));
    assert_ne!(said.code, 0);
    assert!(
        said.stderr.contains("DBInstanceNotFound"),
        "{}",
        said.stderr
    );
    assert!(!said.stdout.contains("running:"), "{}", said.stdout);
}

/// What the script says of a server with this retention and mode, and the options of the updates.
fn server(retention: Value, mode: &str, arguments: &[&str]) -> (Output, Vec<String>) {
    let az = Az::new();
    let server = json!({
        "id": SERVER,
        "tags": { "team": "shop" },
        "properties": {
            "backup": { "backupRetentionDays": retention, "geoRedundantBackup": "Disabled" },
            "highAvailability": { "mode": mode },
        },
    });
    az.resources(&json!({ SERVER: server }));
    let script = script(
        "engine: azure_postgres, at: east, id: server-b, retention: { pitr: 14d }, high_availability: same_zone",
    );
    let output = Output::run(az.reach(&mut script.command(arguments)));
    let mut calls = az.calls();
    calls.retain(|words| words[0] == "postgres");
    let options = |words: &Vec<String>| words[11..].join(" ");
    let calls = calls.iter().map(options).collect();
    (output, calls)
}

/// Numbers, and values that the property's own order ranks.
#[test]
fn a_server_is_lowered_only_where_the_order_says_so() {
    let retention = "--backup-retention 14";
    let mode = "--zonal-resiliency Enabled --allow-same-zone";
    let both = format!("{retention} {mode}");
    for (live, apply, lower) in [
        ((json!(14), "SameZone"), "", ""),
        ((json!(7), "Disabled"), both.as_str(), both.as_str()),
        ((json!(35), "ZoneRedundant"), "", &both),
        ((json!(35), "Disabled"), mode, &both),
        ((json!(7), "ZoneRedundant"), retention, &both),
        // As a text, nine is more than fourteen.
        ((json!(9), "samezone"), retention, retention),
        // What the order does not know may be more, what is not set is not.
        ((Value::Null, "TwoRegions"), retention, &both),
    ] {
        let left = apply != lower;
        for (arguments, code, expected) in [
            (&["--apply"][..], i32::from(left), apply),
            (&["--apply", "--lower"], 0, lower),
            (&[], i32::from(left || !apply.is_empty()), ""),
        ] {
            let (output, calls) = server(live.0.clone(), live.1, arguments);
            let output = output.expect_code(code);
            let expected: Vec<_> = [expected].into_iter().filter(|e| !e.is_empty()).collect();
            let sorted = |text: &str| {
                let mut words: Vec<_> = text
                    .split(" --")
                    .map(|w| w.trim_start_matches("--").to_owned())
                    .collect();
                words.sort();
                words
            };
            let calls: Vec<_> = calls.iter().map(|call| sorted(call)).collect();
            let expected: Vec<_> = expected.iter().map(|call| sorted(call)).collect();
            assert_eq!(calls, expected, "{live:?} {arguments:?}\n{}", output.stdout);
        }
    }
}

/// One option sets a window, and one line tells it.
#[test]
fn a_maintenance_window_is_compared_as_one_and_set_by_one_option() {
    let hour = "maintenance_window: \"sun:04:30-sun:05:30\"";
    let set =
        json!({ "customWindow": "Enabled", "dayOfWeek": 0, "startHour": 4, "startMinute": 30 });
    let other =
        json!({ "customWindow": "Enabled", "dayOfWeek": 0, "startHour": 4, "startMinute": 0 });
    let off =
        json!({ "customWindow": "Disabled", "dayOfWeek": 0, "startHour": 0, "startMinute": 0 });
    let managed = "maintenance_window: provider_managed";
    let sunday = ["--maintenance-window", "Sun:4:30"];
    let disabled = ["--maintenance-window", "Disabled"];
    for (setting, live, expected) in [
        (hour, &set, None),
        (hour, &other, Some(sunday)),
        (hour, &off, Some(sunday)),
        (hour, &Value::Null, Some(sunday)),
        (managed, &off, None),
        (managed, &set, Some(disabled)),
    ] {
        let az = Az::new();
        let server = json!({
            "id": SERVER,
            "tags": { "team": "shop" },
            "properties": {
                "backup": { "backupRetentionDays": 14, "geoRedundantBackup": "Disabled" },
                "maintenanceWindow": live,
            },
        });
        az.resources(&json!({ SERVER: server }));
        let database = format!(
            "engine: azure_postgres, at: east, id: server-b, retention: {{ pitr: 14d }}, {setting}"
        );
        let script = script(&database);
        let output = Output::run(az.reach(&mut script.command(&["--apply"]))).expect_code(0);
        let mut calls = az.calls();
        calls.retain(|words| words[0] == "postgres");
        let options: Vec<_> = calls.iter().map(|words| words[11..].to_vec()).collect();
        let expected: Vec<Vec<String>> = expected
            .iter()
            .map(|words| words.map(str::to_owned).to_vec())
            .collect();
        assert_eq!(options, expected, "{live} {}", output.stdout);
        let told = output.stdout.matches("maintenanceWindow").count();
        assert_eq!(told, 1, "{}", output.stdout);
    }
}
