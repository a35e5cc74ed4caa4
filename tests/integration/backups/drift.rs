//! Vaults, plans and selections in the comparison: what is more than was asked for, and what is not
//! deployed yet.

use backstay::drift::compare;
use backstay::finding::Kind;
use backstay::observe::{Found, Observations, State};
use backstay::plan::Plan;
use serde_json::json;

use super::{HEAD, of, planned};

/// What is told of one resource after its live tree, and maybe its deployed one, was changed.
fn told(plan: &Plan, name: &str, change: impl FnOnce(&mut Found)) -> Vec<(Kind, String)> {
    let mut states: Vec<_> = plan
        .resources
        .iter()
        .map(|resource| {
            let found = Found {
                live: resource.body.tree(),
                deployed: Some(resource.body.tree()),
                ..Found::default()
            };
            (resource.address.clone(), found)
        })
        .collect();
    let (_, found) = states.iter_mut().find(|(it, _)| it.name == name).unwrap();
    change(found);
    let states = states.into_iter();
    let seen = states.map(|(address, found)| (address, State::Found(Box::new(found))));
    let drift = compare(plan, &Observations(seen.collect()), &|_, _, _| None);
    let differences = drift.findings.into_iter();
    let differences = differences.filter_map(|finding| finding.difference);
    differences
        .filter(|it| it.kind != Kind::NotCompared)
        .map(|it| (it.kind, it.property))
        .collect()
}

#[test]
fn what_somebody_added_to_a_vault_or_a_plan_is_told() {
    let plan = planned(&[("a", "tier: plain")]);
    let lock = "/LockConfiguration";
    let added = told(&plan, "dr-vault", |found| {
        found.live["LockConfiguration"]["Surprise"] = json!(1);
        found.live["LockConfiguration"]["MinRetentionDays"] = json!(30);
    });
    let expected = [
        (Kind::Strengthened, format!("{lock}/MinRetentionDays")),
        (Kind::Changed, format!("{lock}/Surprise")),
    ];
    assert_eq!(added, expected);
    let text = HEAD.replace("mode: compliance, max: 10y", "mode: governance, min: 7d");
    let text = format!(
        "{text}  a: {{ engine: rds_postgres, at: east, id: a, tier: plain, vault: main }}\n"
    );
    let added = told(&of(&text), "dr-vault", |found| {
        found.live["LockConfiguration"]["MaxRetentionDays"] = json!(90);
        found.live["LockConfiguration"]["ChangeableForDays"] = json!(3);
    });
    let expected = [
        // A limit that nobody asked for makes jobs fail; a lock that nobody can lift protects.
        (Kind::Weakened, format!("{lock}/MaxRetentionDays")),
        (Kind::Strengthened, format!("{lock}/ChangeableForDays")),
    ];
    assert_eq!(added, expected);
    let added = told(&plan, "backstay-main-plain", |found| {
        let rule = &mut found.live["BackupPlan"]["BackupPlanRule"][0];
        rule["CopyActions"] = json!([{ "DestinationBackupVaultArn": "a-stranger" }]);
    });
    let copies = "/BackupPlan/BackupPlanRule/weekly/CopyActions".to_owned();
    assert_eq!(added, [(Kind::Changed, copies)]);
}

#[test]
fn a_database_that_is_not_deployed_into_its_selection_yet_is_undeployed() {
    let plan = planned(&[("a", "tier: plain"), ("b", "tier: plain")]);
    let arn = |name: &str| format!("arn:aws:rds:us-east-1:123456789012:db:{name}");
    let pointer = |name: &str| format!("/BackupSelection/Resources/{}", arn(name));
    let name = "backstay-main-plain/databases";
    let only = |names: &[&str]| json!(names.iter().map(|it| arn(it)).collect::<Vec<_>>());
    let before = told(&plan, name, |found| {
        for tree in [Some(&mut found.live), found.deployed.as_mut()] {
            let tree = tree.unwrap();
            tree["BackupSelection"]["Resources"] = only(&["a", "gone"]);
        }
    });
    let expected = [
        (Kind::Undeployed, pointer("b")),
        (Kind::Undeployed, pointer("gone")),
    ];
    assert_eq!(before, expected);
    let by_hand = told(&plan, name, |found| {
        found.live["BackupSelection"]["Resources"] = only(&["a"]);
    });
    assert_eq!(by_hand, [(Kind::Weakened, pointer("b"))]);
}
