//! What a change of the policy proposes, told apart from what the clouds did: every way in which the
//! older policy, this one and the live cloud can agree or not.

mod program;

use backstay::drift::{Drift, compare, compare_since};
use backstay::finding::{Difference, Effect, Finding, Kind, Severity};
use backstay::observe::{Found, Observations, State};
use backstay::plan::{Plan, plan};
use backstay::policy;
use backstay::resolve::resolve;
use backstay::source::Sources;
use proptest::prelude::*;
use serde_json::{Value, json};

const HEAD: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
stores:
  dumps: { at: east, bucket: some-dumps }
databases:
"#;

/// A policy of one database with these settings, which dumps as long as they say.
fn orders(settings: &str) -> String {
    format!(
        "{HEAD}  orders: {{ engine: rds_postgres, at: east, id: orders, tier: non_critical, {settings} }}\n"
    )
}

fn parsed(text: &str) -> Plan {
    let mut sources = Sources::default();
    sources.add("p.yaml", text);
    let (workspace, findings) = policy::parse(sources);
    assert!(findings.is_empty(), "{findings:?}");
    plan(&resolve(&workspace))
}

/// A cloud as a policy asks for it.
fn cloud(plan: &Plan) -> Observations {
    let states = plan.resources.iter().map(|resource| {
        let found = Found {
            live: resource.body.tree(),
            ..Found::default()
        };
        (resource.address.clone(), State::Found(Box::new(found)))
    });
    Observations(states.collect())
}

fn since(before: &Plan, now: &Plan, live: &Observations) -> Drift {
    compare_since(Some(before), now, live, &|_, pointer, _| {
        Some(format!("restore {pointer}"))
    })
}

fn differences(drift: &Drift) -> Vec<(&Finding, &Difference)> {
    let all = drift.findings.iter();
    all.filter_map(|it| Some((it, it.difference.as_deref()?)))
        .filter(|(_, it)| it.kind != Kind::NotCompared)
        .collect()
}

/// What is told of one property where the older policy, this one and the cloud say these values.
fn told(before: &str, now: &str, live: Value, pointer: &str) -> Vec<(Finding, Difference)> {
    let (before, now) = (parsed(&orders(before)), parsed(&orders(now)));
    let mut seen = cloud(&before);
    let mut found = seen.0.values_mut().filter_map(|state| match state {
        State::Found(found) => found.live.pointer_mut(pointer),
        _ => None,
    });
    *found.next().expect("the plan owns it") = live;
    let drift = since(&before, &now, &seen);
    let all = differences(&drift);
    all.into_iter()
        .map(|(finding, it)| (finding.clone(), it.clone()))
        .collect()
}

const RETENTION: &str = "/BackupRetentionPeriod";

/// Days asked for before, asked for now, and live; the kind, the effect of a proposal, and the value
/// from before that is told.
type Row = (u32, u32, u32, Option<(Kind, Option<Effect>, Option<u32>)>);

#[rustfmt::skip]
const MATRIX: &[Row] = &[
    // Nothing changed.
    (20, 20, 20, None),
    // Only the cloud changed.
    (20, 20, 7, Some((Kind::Weakened, None, None))),
    (20, 20, 30, Some((Kind::Strengthened, None, None))),
    // Only the policy changed.
    (20, 30, 20, Some((Kind::Proposed, Some(Effect::Stronger), None))),
    (20, 7, 20, Some((Kind::Proposed, Some(Effect::Weaker), None))),
    // The policy follows the cloud.
    (20, 30, 30, None),
    // Both changed, to different values.
    (20, 30, 7, Some((Kind::Weakened, None, Some(20)))),
    (20, 7, 30, Some((Kind::Strengthened, None, Some(20)))),
];

#[test]
fn what_the_policy_changes_is_told_apart_from_what_the_cloud_changed() {
    for (before, now, live, expected) in MATRIX {
        let pitr = |days: &u32| format!("retention: {{ pitr: {days}d }}");
        let told = told(&pitr(before), &pitr(now), json!(live), RETENTION);
        let row = format!("before {before}, now {now}, live {live}: {told:?}");
        let Some((kind, effect, baseline)) = expected else {
            assert!(told.is_empty(), "{row}");
            continue;
        };
        let [(finding, difference)] = told.as_slice() else {
            panic!("{row}");
        };
        assert_eq!(difference.property, RETENTION, "{row}");
        assert_eq!(difference.kind, *kind, "{row}");
        assert_eq!(difference.effect, *effect, "{row}");
        assert_eq!(difference.baseline, baseline.map(Into::into), "{row}");
        assert_eq!(finding.severity, kind.severity(), "{row}");
        match kind {
            Kind::Proposed => {
                let words =
                    format!("this change will set BackupRetentionPeriod from {live} to {now}");
                assert!(finding.message.contains(&words), "{row}");
                // Of what exists already the deployment is this very command.
                assert_eq!(difference.restore.as_deref(), Some("restore "), "{row}");
            }
            _ => {
                let words = format!("is {live}, the policy asks for {now}");
                assert!(finding.message.contains(&words), "{row}");
                let third = "before this change it asked for 20";
                assert_eq!(finding.message.contains(third), baseline.is_some(), "{row}");
            }
        }
    }
}

#[test]
fn a_setting_that_is_new_in_the_policy_is_proposed() {
    let pointer = "/PreferredBackupWindow";
    let (before, now) = (
        parsed(&orders("")),
        parsed(&orders("window: \"03:00-04:00\"")),
    );
    let mut seen = cloud(&now);
    let first = seen.0.values_mut().next().expect("the database");
    let State::Found(found) = first else { panic!() };
    found.live[&pointer[1..]] = json!("09:00-10:00");
    let drift = since(&before, &now, &seen);
    let [(_, difference)] = differences(&drift)[..] else {
        panic!("{drift:?}");
    };
    assert_eq!(
        (difference.kind, difference.property.as_str()),
        (Kind::Proposed, pointer)
    );
}

const DUMP: &str =
    "dump: { to: [dumps], databases: [orders], schedule: \"daily 01:43\" }, retention:";

#[test]
fn a_rule_that_the_change_takes_away_is_proposed_and_one_that_somebody_added_is_drift() {
    let rules = "/LifecycleConfiguration/Rules";
    let before = parsed(&orders(&format!("{DUMP} {{ daily: 30d, weekly: 12w }}")));
    let now = parsed(&orders(&format!("{DUMP} {{ daily: 30d }}")));
    let weekly = format!("{rules}/weekly");
    let kinds = |seen: &Observations| -> Vec<(Kind, String)> {
        let drift = since(&before, &now, seen);
        let all = differences(&drift);
        all.iter()
            .map(|(_, it)| (it.kind, it.property.clone()))
            .collect()
    };
    let mut seen = cloud(&before);
    assert_eq!(kinds(&seen), [(Kind::Proposed, weekly.clone())]);

    let list = seen.0.values_mut().find_map(|state| match state {
        State::Found(found) => found.live.pointer_mut(rules)?.as_array_mut(),
        _ => None,
    });
    let list = list.expect("the bucket has rules");
    list.push(json!({ "Id": "sweep", "ExpirationInDays": 1 }));
    let sweep = format!("{rules}/sweep");
    assert_eq!(
        kinds(&seen),
        [
            (Kind::Proposed, weekly.clone()),
            (Kind::Weakened, sweep.clone())
        ]
    );

    // The rule is gone already, and what is left of the block with it.
    let all = seen.0.values_mut().find_map(|state| match state {
        State::Found(found) => found.live.get_mut("LifecycleConfiguration"),
        _ => None,
    });
    *all.expect("the bucket") = Value::Null;
    assert_eq!(
        kinds(&seen),
        [(Kind::Weakened, "/LifecycleConfiguration".to_owned())]
    );
}

#[test]
fn what_is_not_deployed_yet_or_on_its_way_stays_so() {
    let pitr = |days: u32| parsed(&orders(&format!("retention: {{ pitr: {days}d }}")));
    let (before, now) = (pitr(20), pitr(30));
    let kind = |live: u32, change: &dyn Fn(&mut Found)| {
        let mut seen = cloud(&before);
        if let Some(State::Found(found)) = seen.0.values_mut().next() {
            found.live[&RETENTION[1..]] = json!(live);
            change(found);
        }
        let drift = since(&before, &now, &seen);
        let all = differences(&drift);
        (all[0].1.kind, all[0].1.baseline.clone())
    };
    let deployed = |days: u32| {
        move |found: &mut Found| {
            found.deployed = Some(found.live.clone());
            if let Some(deployed) = &mut found.deployed {
                deployed[&RETENTION[1..]] = json!(days);
            }
        }
    };
    // What was merged before was not deployed, and now there is more to deploy.
    assert_eq!(kind(7, &deployed(7)), (Kind::Undeployed, Some(json!(20))));
    assert_eq!(kind(20, &deployed(20)), (Kind::Proposed, None));
    assert_eq!(kind(7, &deployed(20)), (Kind::Weakened, Some(json!(20))));
    let pending = |found: &mut Found| found.pending = Some(json!({ &RETENTION[1..]: 30 }));
    assert_eq!(kind(20, &pending), (Kind::Pending, Some(json!(20))));
    let busy = |found: &mut Found| found.busy = Some("modifying".to_owned());
    assert_eq!(kind(20, &busy).0, Kind::Proposed);
    assert_eq!(kind(7, &busy).0, Kind::InFlight);
    let owner = |found: &mut Found| {
        found.set_by = [(RETENTION.to_owned(), "someone".to_owned())].into();
    };
    assert_eq!(kind(20, &owner).0, Kind::SetElsewhere);
}

fn database(name: &str, at: &str) -> String {
    format!("  {name}: {{ engine: rds_postgres, at: {at}, id: {name}, tier: non_critical }}\n")
}

/// Messages of a change from one list of databases to another, in a cloud that has these.
fn messages(before: &[(&str, &str)], now: &[(&str, &str)], there: &[(&str, &str)]) -> Vec<String> {
    let plan = |of: &[(&str, &str)]| {
        let databases: String = of.iter().map(|(name, at)| database(name, at)).collect();
        match databases.is_empty() {
            true => Plan::default(),
            false => parsed(
                &format!("{HEAD}{databases}")
                    .replace("stores:\n  dumps: { at: east, bucket: some-dumps }\n", ""),
            ),
        }
    };
    let (before, now) = (plan(before), plan(now));
    let mut seen = cloud(&plan(there));
    for resource in before.resources.iter().chain(&now.resources) {
        let address = resource.address.clone();
        seen.0.entry(address).or_insert(State::Missing);
    }
    let drift = since(&before, &now, &seen);
    let all = differences(&drift);
    all.iter()
        .map(|(finding, it)| format!("{} {}", it.kind.name(), finding.message))
        .collect()
}

#[test]
fn resources_that_come_go_and_move_with_the_change_are_proposed() {
    const A: (&str, &str) = ("a", "east");
    const B: (&str, &str) = ("b", "east");
    let new = "proposed this change will create aws 123456789012 us-east-1 AWS::RDS::DBInstance b";
    let gone = "proposed this change no longer asks for aws 123456789012 us-east-1 AWS::RDS::DBInstance b, which exists";
    assert_eq!(messages(&[A], &[A, B], &[A]), [new]);
    // Somebody made it already.
    assert!(messages(&[A], &[A, B], &[A, B]).is_empty());
    assert_eq!(messages(&[A, B], &[A], &[A, B]), [gone]);
    assert!(messages(&[A, B], &[A], &[A]).is_empty());
    // What is asked for by both and is not there is no proposal.
    let lost = "missing aws 123456789012 us-east-1 AWS::RDS::DBInstance a does not exist";
    assert_eq!(messages(&[A], &[A, B], &[]), [lost, new]);

    let moved = messages(&[A], &[("a", "west")], &[A]);
    assert_eq!(
        moved,
        [
            "proposed this change will create aws 123456789012 us-west-2 AWS::RDS::DBInstance a, in place of aws 123456789012 us-east-1 AWS::RDS::DBInstance a",
            "proposed this change no longer asks for aws 123456789012 us-east-1 AWS::RDS::DBInstance a, which exists; it asks for aws 123456789012 us-west-2 AWS::RDS::DBInstance a instead",
        ]
    );
    // The first policy of all.
    let first =
        "proposed this change will create aws 123456789012 us-east-1 AWS::RDS::DBInstance a";
    assert_eq!(messages(&[], &[A], &[]), [first]);
}

#[test]
fn what_is_no_longer_asked_for_and_was_not_read_is_told_without_a_failure() {
    let (before, now) = (
        parsed(&format!(
            "{HEAD}{}{}",
            database("a", "east"),
            database("b", "east")
        )),
        parsed(&format!("{HEAD}{}", database("a", "east"))),
    );
    let drift = since(&before, &now, &cloud(&now));
    assert_eq!(drift.unreadable, 0);
    let [(finding, _)] = differences(&drift)[..] else {
        panic!("{drift:?}");
    };
    assert!(
        finding.message.ends_with("which was not read"),
        "{}",
        finding.message
    );
    assert_eq!((finding.severity, finding.place), (Severity::Info, None));
}

/// What a comparison says, in an order of its own.
fn said(drift: &Drift) -> Vec<String> {
    let finding =
        |it: &Finding| format!("{} {:?} {} {}", it.code.name, it.place, it.message, it.fix);
    drift.findings.iter().map(finding).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_change_of_nothing_proposes_nothing(days in 1u32..35, live in 0u32..35, weeks in 1u32..60, state in 0usize..4) {
        let text = orders(&format!("{DUMP} {{ pitr: {days}d, daily: 30d, weekly: {weeks}w }}"));
        let (before, now) = (parsed(&text), parsed(&text));
        let mut seen = cloud(&now);
        for (at, seen) in seen.0.values_mut().enumerate() {
            if let State::Found(found) = seen {
                found.live[&RETENTION[1..]] = json!(live);
                found.live["LifecycleConfiguration"] = Value::Null;
            }
            match (state, at) {
                (1, 0) => *seen = State::Missing,
                (2, 0) => *seen = State::Undeployed,
                (3, 0) => *seen = State::Unreadable { reason: "denied".to_owned() },
                _ => {}
            }
        }
        let restore: &dyn Fn(&_, &str, &_) -> _ = &|_, pointer, _| Some(format!("restore {pointer}"));
        let alone = compare(&now, &seen, restore);
        let both = compare_since(Some(&before), &now, &seen, restore);
        prop_assert_eq!(said(&alone), said(&both));
        prop_assert_eq!(alone.properties, both.properties);
    }

    /// An older policy changes what a difference is called, never which there are; and it is proposed
    /// just where the older policy finds nothing to say.
    #[test]
    fn only_the_kind_of_a_difference_depends_on_the_older_policy(
        before in 1u32..6, now in 1u32..6, live in 1u32..6,
        weeks_before in 4u32..8, weeks in 4u32..8, weeks_live in 4u32..8,
    ) {
        let plan = |pitr: u32, weeks: u32| {
            parsed(&orders(&format!("{DUMP} {{ pitr: {pitr}d, daily: 8d, weekly: {weeks}w }}")))
        };
        let (before, now) = (plan(before, weeks_before), plan(now, weeks));
        let seen = cloud(&plan(live, weeks_live));
        let places = |drift: &Drift, kinds: fn(Kind) -> bool| -> Vec<String> {
            let all = differences(drift);
            let all = all.iter().filter(|(_, it)| kinds(it.kind));
            all.map(|(_, it)| format!("{}{}", it.resource, it.property)).collect()
        };
        let all = |_: Kind| true;
        let both = since(&before, &now, &seen);
        let alone = places(&since(&now, &now, &seen), all);
        let older = places(&since(&before, &before, &seen), all);
        prop_assert_eq!(&places(&both, all), &alone);
        let proposed = places(&both, |kind| kind == Kind::Proposed);
        let expected: Vec<String> = alone.into_iter().filter(|it| !older.contains(it)).collect();
        prop_assert_eq!(proposed, expected);
    }
}
