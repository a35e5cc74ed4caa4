//! The comparison on its own: every kind, its place and its command.

use backstay::drift::{Drift, compare};
use backstay::finding::Kind;
use backstay::observe::{Found, Observations, StackDrift, State};
use backstay::plan::{Plan, plan};
use backstay::policy;
use backstay::resolve::resolve;
use backstay::source::Sources;
use serde_json::{Value, json};

const POLICY: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  group: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: rg }
stores:
  dumps: { at: east, bucket: some-dumps }
databases:
  orders:
    engine: rds_postgres
    at: east
    id: Orders-Prod
    retention: { pitr: 30d, daily: 30d, weekly: 12w }
    window: "03:00-04:00"
    tags: { owner: platform }
    dump: { to: [dumps], databases: [orders], schedule: "daily 01:43" }
  ledger:
    engine: azure_postgres
    at: group
    id: ledger
    retention: { pitr: 14d }
    copies: { geo: true }
"#;

/// The policy, its plan, and a cloud that agrees with it until the test says otherwise.
struct Case {
    workspace: policy::Workspace,
    plan: Plan,
    observations: Observations,
}

impl Case {
    fn new() -> Case {
        let mut sources = Sources::default();
        sources.add("p.yaml", POLICY);
        let (workspace, findings) = policy::parse(sources);
        assert!(findings.is_empty(), "{findings:?}");
        let plan = plan(&resolve(&workspace));
        let found = |live| Found {
            live,
            ..Found::default()
        };
        let states = plan.resources.iter().map(|resource| {
            let state = State::Found(Box::new(found(resource.body.tree())));
            (resource.address.clone(), state)
        });
        let observations = Observations(states.collect());
        Case {
            workspace,
            plan,
            observations,
        }
    }

    fn change(mut self, name: &str, change: impl FnOnce(&mut State)) -> Case {
        let (_, state) = self
            .observations
            .0
            .iter_mut()
            .find(|(address, _)| address.name == name)
            .expect("the plan has it");
        change(state);
        self
    }

    fn found(self, name: &str, change: impl FnOnce(&mut Found)) -> Case {
        self.change(name, |state| match state {
            State::Found(found) => change(found),
            other => panic!("{other:?}"),
        })
    }

    fn live(self, name: &str, pointer: &str, value: Value) -> Case {
        self.found(name, |found| {
            *found.live.pointer_mut(pointer).expect("the plan owns it") = value;
        })
    }

    fn drift(&self) -> Drift {
        compare(&self.plan, &self.observations, &|_, pointer, _| {
            Some(format!("restore {pointer}"))
        })
    }

    /// Kind, property, and line:column of each difference that a person is shown.
    fn shown(&self) -> Vec<(Kind, String, String)> {
        self.drift()
            .findings
            .iter()
            .filter_map(|finding| {
                let difference = finding.difference.as_ref()?;
                let place = self.workspace.sources.position(finding.place?);
                (difference.kind != Kind::NotCompared).then(|| {
                    (
                        difference.kind,
                        difference.property.clone(),
                        place.to_string(),
                    )
                })
            })
            .collect()
    }

    fn only(&self, kind: Kind, property: &str, place: &str) {
        let expected = vec![(kind, property.to_owned(), place.to_owned())];
        assert_eq!(self.shown(), expected);
    }
}

#[test]
fn agreement_says_nothing() {
    let drift = Case::new().drift();
    assert!(Case::new().shown().is_empty());
    assert_eq!((drift.resources, drift.unreadable), (4, 0));
    assert!(drift.properties > 15, "{}", drift.properties);
}

#[test]
fn less_retention_is_weakened_at_the_line_that_asked() {
    let case = Case::new().live("orders-prod", "/BackupRetentionPeriod", json!(7));
    case.only(Kind::Weakened, "/BackupRetentionPeriod", "12:24");
    let finding = &case.drift().findings[0];
    assert_eq!(finding.fix, "restore /BackupRetentionPeriod");
    assert!(
        finding.message.contains("is 7, the policy asks for 30"),
        "{}",
        finding.message
    );
}

#[test]
fn more_retention_is_strengthened() {
    let case = Case::new().live(
        "ledger",
        "/properties/backup/backupRetentionDays",
        json!(35),
    );
    case.only(
        Kind::Strengthened,
        "/properties/backup/backupRetentionDays",
        "20:24",
    );
}

#[test]
fn a_moved_window_is_changed() {
    let case = Case::new().live(
        "orders-prod",
        "/PreferredBackupWindow",
        json!("05:00-06:00"),
    );
    case.only(Kind::Changed, "/PreferredBackupWindow", "13:13");
}

#[test]
fn switches_and_ranks_know_their_weak_side() {
    Case::new()
        .live("orders-prod", "/StorageEncrypted", json!(false))
        .only(Kind::Weakened, "/StorageEncrypted", "11:9");
    Case::new()
        .live(
            "ledger",
            "/properties/backup/geoRedundantBackup",
            json!("Disabled"),
        )
        .only(
            Kind::Weakened,
            "/properties/backup/geoRedundantBackup",
            "21:20",
        );
}

#[test]
fn a_value_that_is_on_its_way_is_pending() {
    Case::new()
        .live("orders-prod", "/BackupRetentionPeriod", json!(7))
        .found("orders-prod", |found| {
            found.pending = Some(json!({ "BackupRetentionPeriod": 30 }))
        })
        .only(Kind::Pending, "/BackupRetentionPeriod", "12:24");
}

#[test]
fn another_pending_value_excuses_nothing() {
    Case::new()
        .live("orders-prod", "/BackupRetentionPeriod", json!(7))
        .found("orders-prod", |found| {
            found.pending = Some(json!({ "BackupRetentionPeriod": 3 }))
        })
        .only(Kind::Weakened, "/BackupRetentionPeriod", "12:24");
}

#[test]
fn a_resource_in_motion_is_in_flight() {
    Case::new()
        .live("orders-prod", "/BackupRetentionPeriod", json!(7))
        .found("orders-prod", |found| found.busy = Some("modifying".into()))
        .only(Kind::InFlight, "/BackupRetentionPeriod", "12:24");
}

#[test]
fn the_deployed_template_tells_undeployed_from_weakened() {
    let deployed = |days: u32| {
        move |found: &mut Found| {
            let mut tree = found.live.clone();
            tree["BackupRetentionPeriod"] = json!(days);
            found.deployed = Some(tree);
        }
    };
    // Policy 30, template 7, live 7: the policy changed.
    Case::new()
        .live("orders-prod", "/BackupRetentionPeriod", json!(7))
        .found("orders-prod", deployed(7))
        .only(Kind::Undeployed, "/BackupRetentionPeriod", "12:24");
    // Policy 30, template 30, live 7: somebody changed the cloud.
    Case::new()
        .live("orders-prod", "/BackupRetentionPeriod", json!(7))
        .found("orders-prod", deployed(30))
        .only(Kind::Weakened, "/BackupRetentionPeriod", "12:24");
    // Policy 30, template 14, live 7: both.
    let both = Case::new()
        .live("orders-prod", "/BackupRetentionPeriod", json!(7))
        .found("orders-prod", deployed(14));
    both.only(Kind::Weakened, "/BackupRetentionPeriod", "12:24");
    let finding = &both.drift().findings[0];
    assert!(
        finding.message.ends_with("the deployed template says 14"),
        "{}",
        finding.message
    );
    let difference = finding.difference.as_ref().expect("it is drift");
    assert_eq!(difference.deployed, Some(json!(14)));
}

#[test]
fn what_another_service_sets_is_not_called_weakened() {
    Case::new()
        .live("orders-prod", "/BackupRetentionPeriod", json!(7))
        .found("orders-prod", |found| {
            let owner = ("/BackupRetentionPeriod".to_owned(), "someone".to_owned());
            found.set_by = [owner].into();
        })
        .only(Kind::SetElsewhere, "/BackupRetentionPeriod", "12:24");
}

#[test]
fn a_property_that_could_not_be_read_leaves_the_rest_compared() {
    let case = Case::new()
        .live("some-dumps", "/LifecycleConfiguration", Value::Null)
        .live("some-dumps", "/VersioningConfiguration", Value::Null)
        .found("some-dumps", |found| {
            let unread = ("/LifecycleConfiguration".to_owned(), "denied".to_owned());
            found.unread = [unread].into();
        });
    let drift = case.drift();
    assert_eq!((drift.resources, drift.unreadable), (4, 1));
    let unread = &drift.findings[0];
    assert_eq!(unread.code.name, "unreadable");
    assert!(
        unread
            .message
            .contains("some-dumps LifecycleConfiguration could not be read: denied"),
        "{}",
        unread.message
    );
    case.only(Kind::Weakened, "/VersioningConfiguration", "6:30");
}

#[test]
fn lifecycle_rules_are_matched_by_their_id_in_any_order() {
    let rules = "/LifecycleConfiguration/Rules";
    let reversed = |found: &mut Found| {
        let list = found.live.pointer_mut(rules).and_then(Value::as_array_mut);
        list.expect("rules").reverse();
    };
    assert!(Case::new().found("some-dumps", reversed).shown().is_empty());

    Case::new()
        .found("some-dumps", |found| {
            let list = found.live.pointer_mut(rules).and_then(Value::as_array_mut);
            list.expect("rules").retain(|rule| rule["Id"] != "weekly");
        })
        .only(
            Kind::Weakened,
            "/LifecycleConfiguration/Rules/weekly",
            "12:49",
        );
}

#[test]
fn a_rule_more_is_weaker_where_it_deletes() {
    let more = |rule: Value| {
        Case::new().found("some-dumps", |found| {
            let rules = "/LifecycleConfiguration/Rules";
            let list = found.live.pointer_mut(rules).and_then(Value::as_array_mut);
            list.expect("rules").push(rule);
        })
    };
    let sweep = "/LifecycleConfiguration/Rules/sweep";
    more(json!({ "Id": "sweep", "ExpirationInDays": 1 })).only(Kind::Weakened, sweep, "12:36");
    more(json!({ "Id": "sweep", "NoncurrentVersionExpiration": { "NoncurrentDays": 1 } })).only(
        Kind::Weakened,
        sweep,
        "12:36",
    );
    more(json!({ "Id": "sweep", "Transitions": [] })).only(Kind::Changed, sweep, "12:36");
}

#[test]
fn a_document_is_owned_whole() {
    let daily = "/LifecycleConfiguration/Rules/daily";
    let more = |name: &str, value: Value| {
        Case::new().found("some-dumps", |found| {
            let rules = "/LifecycleConfiguration/Rules";
            let list = found.live.pointer_mut(rules).and_then(Value::as_array_mut);
            let mut rules = list.expect("rules").iter_mut();
            let rule = rules.find(|rule| rule["Id"] == "daily").expect("the rule");
            rule[name] = value;
        })
    };
    let transition = json!([{ "StorageClass": "GLACIER", "TransitionInDays": 1 }]);
    more("Transitions", transition).only(Kind::Changed, &format!("{daily}/Transitions"), "12:36");
    assert!(more("Transitions", Value::Null).shown().is_empty());
    // Elsewhere the plan owns what it names.
    let other = Case::new().found("orders-prod", |found| found.live["Else"] = json!(1));
    assert!(other.shown().is_empty());
}

#[test]
fn a_lost_block_is_weakened() {
    Case::new()
        .live("some-dumps", "/LifecycleConfiguration", Value::Null)
        .only(Kind::Weakened, "/LifecycleConfiguration", "12:36");
}

#[test]
fn other_tags_are_not_drift_and_a_lost_one_is() {
    let case = Case::new().found("orders-prod", |found| {
        let tags = found.live["Tags"].as_array_mut().expect("tags");
        tags.push(json!({ "Key": "aws:cloudformation:stack-name", "Value": "x" }));
    });
    assert!(case.shown().is_empty());
    Case::new()
        .live("orders-prod", "/Tags", json!([]))
        .only(Kind::Changed, "/Tags/owner", "14:20");
}

#[test]
fn missing_is_missing_and_unreadable_is_neither() {
    Case::new()
        .change("orders-prod", |state| *state = State::Missing)
        .only(Kind::Missing, "", "11:9");
    let deleted = Case::new().change("orders-prod", |state| *state = State::Deleted);
    deleted.only(Kind::Missing, "", "11:9");
    assert!(deleted.drift().findings[0].fix.contains("newest backup"));
    let case = Case::new().change("ledger", |state| {
        *state = State::Unreadable {
            reason: "401".into(),
        }
    });
    let drift = case.drift();
    assert!(case.shown().is_empty());
    assert_eq!((drift.resources, drift.unreadable), (3, 1));
    assert_eq!(drift.findings[0].code.name, "unreadable");
}

#[test]
fn what_no_deployed_template_has_is_undeployed() {
    let case = Case::new().change("orders-prod", |state| *state = State::Undeployed);
    case.only(Kind::Undeployed, "", "11:9");
    let drift = case.drift();
    assert_eq!((drift.resources, drift.unreadable), (4, 0));
    let finding = &drift.findings[0];
    assert!(
        finding.message.ends_with("orders-prod is not deployed yet"),
        "{}",
        finding.message
    );
    assert_eq!(finding.fix, "restore ");
}

#[test]
fn the_clouds_own_verdict_stands_beside_each_difference_of_its_stack() {
    let case = Case::new()
        .live("some-dumps", "/LifecycleConfiguration", Value::Null)
        .found("some-dumps", |found| {
            found.stack_drift = Some(StackDrift {
                status: "IN_SYNC".to_owned(),
                checked: None,
            });
        });
    let drift = case.drift();
    let difference = drift.findings[0].difference.as_ref().expect("it is drift");
    let verdict = difference.stack_drift.as_ref().expect("there is a verdict");
    assert_eq!(verdict.status, "IN_SYNC");
}

#[test]
fn a_reference_is_said_as_people_write_it() {
    let brief = backstay::drift::brief;
    assert_eq!(brief(&json!({ "Fn::GetAtt": ["Key", "Arn"] })), "Key.Arn");
    assert_eq!(brief(&json!({ "Ref": "Database" })), "Database");
    assert_eq!(brief(&json!({ "Ref": 1 })), r#"{"Ref":1}"#);
}

#[test]
fn a_resource_that_was_never_recorded_is_unreadable() {
    let mut case = Case::new();
    case.observations.0.clear();
    assert_eq!(case.drift().unreadable, 4);
}

#[test]
fn every_property_of_the_plan_has_a_direction_or_is_neutral_by_name() {
    for resource in &Case::new().plan.resources {
        let tree = resource.body.tree();
        let known = resource.body.properties();
        for key in tree.as_object().expect("a struct").keys() {
            let prefix = format!("/{key}");
            assert!(
                known
                    .iter()
                    .any(|property| property.path.starts_with(&prefix)),
                "{prefix} is owned and stands in no table"
            );
        }
    }
}
