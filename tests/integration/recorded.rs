//! The recorded state that the README's first command uses is what the example policies would find
//! in a cloud where a dozen things went wrong. `BACKSTAY_BLESS=1` writes it anew.

mod points;

use backstay::observe::{Found, Observations, State, write};
use backstay::plan::{Plan, plan};
use backstay::policy;
use backstay::resolve::{Estate, resolve};
use backstay::source::Sources;
use serde_json::{Value, json};

use super::support::root as repository;

/// The plan of the example policies.
fn examples() -> Plan {
    with_examples(plan)
}

fn with_examples<T>(made: impl FnOnce(&Estate<'_>) -> T) -> T {
    let mut sources = Sources::default();
    for name in ["fleet.yaml", "train-tracker.yaml"] {
        let path = repository().join("policies").join(name);
        sources.add(
            name,
            std::fs::read_to_string(path).expect("an example policy"),
        );
    }
    let (workspace, findings) = policy::parse(sources);
    assert!(findings.is_empty(), "{findings:?}");
    made(&resolve(&workspace))
}

/// A cloud that has exactly what the plan asks for.
fn clean(plan: &Plan) -> Observations {
    let states = plan.resources.iter().map(|resource| {
        let found = Found {
            live: resource.body.tree(),
            ..Found::default()
        };
        (resource.address.clone(), State::Found(Box::new(found)))
    });
    Observations(states.collect())
}

fn found<'o>(observations: &'o mut Observations, kind: &str, name: &str) -> &'o mut Found {
    let entry = observations
        .0
        .iter_mut()
        .find(|(address, _)| address.kind == kind && address.name == name);
    match entry {
        Some((_, State::Found(found))) => found,
        other => panic!("{kind} {name}: {other:?}"),
    }
}

const RDS: &str = "AWS::RDS::DBInstance";
const FLEXIBLE: &str = "Microsoft.DBforPostgreSQL/flexibleServers";
const AZURE_VAULT: &str = "Microsoft.DataProtection/backupVaults";

/// What went wrong in train-tracker.
fn drifted(plan: &Plan) -> Observations {
    let mut state = clean(plan);
    let main = found(&mut state, RDS, "train-tracker-db-prod");
    main.live["BackupRetentionPeriod"] = json!(7);
    main.live["PreferredBackupWindow"] = json!("09:00-10:00");
    main.live["DeletionProtection"] = json!(false);
    main.live["AutomaticBackupReplicationRetentionPeriod"] = json!(7);
    let replica = found(&mut state, RDS, "train-tracker-db-read-1");
    replica.live["CopyTagsToSnapshot"] = json!(false);
    let key = found(
        &mut state,
        "AWS::KMS::Key",
        "alias/backstay/train-tracker-prod",
    );
    key.live["Enabled"] = json!("pending deletion on 2026-12-14");
    key.live["EnableKeyRotation"] = json!(false);
    let server = found(&mut state, FLEXIBLE, "train-tracker-db-prod");
    server.live["properties"]["backup"]["backupRetentionDays"] = json!(35);
    server.live["properties"]["highAvailability"]["mode"] = json!("Disabled");
    let long = found(&mut state, AZURE_VAULT, "train-tracker-az");
    long.live["properties"]["securitySettings"]["immutabilitySettings"]["state"] =
        json!("Disabled");
    let bucket = found(&mut state, "AWS::S3::Bucket", "train-tracker-backups");
    if let Some(rules) = bucket.live["LifecycleConfiguration"]["Rules"].as_array_mut() {
        rules.retain(|rule| rule["Id"] != "monthly");
    }
    let lock = "/ObjectLockConfiguration/Rule/DefaultRetention/Days";
    if let Some(days) = bucket.live.pointer_mut(lock) {
        *days = json!(1);
    }
    let vault = found(&mut state, "AWS::Backup::BackupVault", "train-tracker-dr");
    vault.live["LockConfiguration"] = Value::Null;
    let plan_name = "backstay-main-train-tracker-prod";
    let backups = found(&mut state, "AWS::Backup::BackupPlan", plan_name);
    if let Some(rules) = backups.live["BackupPlan"]["BackupPlanRule"].as_array_mut() {
        rules[1]["Lifecycle"]["DeleteAfterDays"] = json!(90);
    }
    let rule = found(&mut state, "AWS::Events::Rule", "backstay-backup-failed");
    rule.live["State"] = json!("DISABLED");
    let lost = plan
        .resources
        .iter()
        .find(|resource| resource.address.name == "train-tracker-db-read-2")
        .expect("the second replica");
    state.0.insert(lost.address.clone(), State::Missing);
    state
}

pub fn holds(name: &str, text: &str) {
    let path = repository().join("policies/recorded").join(name);
    if std::env::var_os("BACKSTAY_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        std::fs::write(&path, text).expect("the recorded state");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{name} is stale: run the tests with BACKSTAY_BLESS=1 and commit it"
    );
}

#[test]
fn the_recorded_states_are_those_of_the_example_policies() {
    let plan = examples();
    holds(
        "clean.json",
        &write(&clean(&plan), &plan.resources).expect("it serialises"),
    );
    holds(
        "drifted.json",
        &write(&drifted(&plan), &plan.resources).expect("it serialises"),
    );
}

#[test]
fn a_recorded_state_keeps_nothing_that_the_policy_does_not_name() {
    let plan = examples();
    let mut state = clean(&plan);
    let main = found(&mut state, RDS, "train-tracker-db-prod");
    main.live["MasterUserPassword"] = json!("hunter2");
    main.live["Tags"]
        .as_array_mut()
        .expect("tags")
        .push(json!({ "Key": "token", "Value": "hunter2" }));
    main.deployed = Some(json!({ "MasterUserPassword": "hunter2" }));
    main.pending = Some(json!({ "MasterUserPassword": "hunter2" }));
    let text = write(&state, &plan.resources).expect("it serialises");
    assert!(!text.contains("hunter2"));
}

/// Every object of a tree, from the root on.
fn objects(tree: &Value, pointer: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match tree {
        // A value of its own.
        _ if backstay::cloud::is_reference(tree) => return,
        Value::Object(map) => {
            found.push(pointer.to_owned());
            let step = |key: &String| key.replace('~', "~0").replace('/', "~1");
            map.iter().map(|(key, value)| (step(key), value)).collect()
        }
        Value::Array(list) => (0..).map(|at: usize| at.to_string()).zip(list).collect(),
        _ => return,
    };
    for (step, value) in children {
        objects(value, &format!("{pointer}/{step}"), found);
    }
}

#[test]
fn a_replayed_run_tells_what_the_live_run_told() {
    let plan = examples();
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut told = 0;
    // In each round one more object of each resource has something beside the plan, in the cloud and
    // in every other round in its template as well.
    for round in 0.. {
        let mut state = clean(&plan);
        let mut some = false;
        for resource in &plan.resources {
            let mut pointers = Vec::new();
            objects(&resource.body.tree(), "", &mut pointers);
            let (Some(pointer), Some(State::Found(found))) =
                (pointers.get(round), state.0.get_mut(&resource.address))
            else {
                continue;
            };
            let object = found.live.pointer_mut(pointer).expect("it is there");
            object["Addition"] = json!({ "Days": 1, "Id": "addition", "password": "hunter2" });
            found.deployed = (round % 2 == 1).then(|| found.live.clone());
            some = true;
        }
        if !some {
            break;
        }
        let text = write(&state, &plan.resources).expect("it serialises");
        assert!(!text.contains("hunter2"), "round {round}");
        std::fs::write(file.path(), text).expect("written");
        let back = backstay::observe::read(file.path()).expect("it reads");
        let findings = |state: &Observations| -> Vec<String> {
            let drift = backstay::drift::compare(&plan, state, &|_, _, _| None);
            let told = drift.findings.iter();
            told.map(|it| format!("{} {} {:?}", it.code.name, it.message, it.difference))
                .collect()
        };
        let live = findings(&state);
        assert!(!live.concat().contains("hunter2"), "round {round}");
        assert!(live == findings(&back), "round {round}");
        told += live.iter().filter(|it| it.contains("Addition")).count();
    }
    assert!(told > 50, "{told}");
}

#[test]
fn what_is_written_is_what_is_read() {
    let plan = examples();
    let file = tempfile::NamedTempFile::new().expect("a file");
    let state = drifted(&plan);
    std::fs::write(
        file.path(),
        write(&state, &plan.resources).expect("it serialises"),
    )
    .expect("written");
    let back = backstay::observe::read(file.path()).expect("it reads");
    assert_eq!(back.0, state.0);
    let _: Value =
        serde_json::from_str(&write(&back, &plan.resources).expect("it serialises")).expect("JSON");
}
