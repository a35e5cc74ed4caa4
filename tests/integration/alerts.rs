//! Who is told of what: from the policy's words to what AWS is asked for.

use std::collections::BTreeMap;

use backstay::plan::{Body, Plan, plan};
use backstay::policy;
use backstay::resolve::resolve;
use backstay::source::Sources;
use serde_json::{Value, json};

const HEAD: &str = r#"version: 1
locations:
  us: { provider: aws, region: us-east-1, account: "123456789012" }
  again: { provider: aws, region: us-east-1, account: "123456789012", role: "arn:aws:iam::123456789012:role/other" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  safe: { provider: aws, region: us-east-1, account: "210987654321", role: "arn:aws:iam::210987654321:role/drift" }
  az: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: rg }
vaults:
  main: { at: us, name: main-vault }
  other: { at: us, name: other-vault }
  far: { at: west, name: far-vault }
  kept: { at: safe, name: kept-vault }
databases:
"#;

fn planned(databases: &str) -> Plan {
    let mut sources = Sources::default();
    sources.add("p.yaml", format!("{HEAD}{databases}"));
    let (workspace, findings) = policy::parse(sources);
    assert!(findings.is_empty(), "{findings:#?}");
    plan(&resolve(&workspace))
}

/// The properties of all resources of a kind in the Region of the databases, by their names.
fn of(plan: &Plan, kind: &str) -> BTreeMap<String, Value> {
    there(plan, "123456789012 us-east-1", kind)
}

/// The same in one account's Region.
fn there(plan: &Plan, at: &str, kind: &str) -> BTreeMap<String, Value> {
    let scope = format!("aws {at}");
    let resources = plan.resources.iter();
    resources
        .filter(|it| it.address.kind == kind && it.address.scope.to_string() == scope)
        .map(|resource| (resource.address.name.clone(), resource.body.tree()))
        .collect()
}

const SUBSCRIPTION: &str = "AWS::RDS::EventSubscription";
const RULE: &str = "AWS::Events::Rule";
const ALARM: &str = "AWS::CloudWatch::Alarm";
const WEST: &str = "123456789012 us-west-2";
const SAFE: &str = "210987654321 us-east-1";
const TOPIC: &str = "AWS::SNS::Topic";

fn database(name: &str, at: &str, rest: &str) -> String {
    format!(
        "  {name}: {{ engine: rds_postgres, at: {at}, id: {name}, tier: non_critical, {rest} }}\n"
    )
}

#[test]
fn databases_that_ask_for_the_same_share_a_subscription() {
    let both = "alerts: { to: [sns:oncall], events: [failed, missed] }";
    let one = "alerts: { to: [sns:oncall, slack:ops], events: [stale, failed] }";
    let plan = planned(
        &(database("a", "us", both)
            + &database("B", "us", both).replace("  B:", "  b:")
            + &database("c", "us", one)
            + &database(
                "quiet",
                "us",
                "alerts: { to: [sns:oncall], events: [stale] }",
            )),
    );
    let subscriptions = of(&plan, SUBSCRIPTION);
    let told: Vec<(&str, &Value, &Value)> = subscriptions
        .iter()
        .map(|(name, it)| (name.as_str(), &it["SourceIds"], &it["EventCategories"]))
        .collect();
    assert_eq!(
        told,
        [
            (
                "backstay-oncall-instances",
                &json!(["c"]),
                &json!(["failure"])
            ),
            (
                "backstay-oncall-instances-2",
                &json!(["a", "b"]),
                &json!(["failure", "notification"])
            ),
        ]
    );
    assert_eq!(of(&plan, TOPIC).len(), 1);
    // No vault, so nothing of AWS Backup.
    assert!(of(&plan, RULE).is_empty() && of(&plan, ALARM).is_empty());
}

#[test]
fn replicas_are_told_of_and_snapshots_where_some_are_made_by_hand() {
    let plan = planned(&database(
        "a",
        "us",
        "replicas: [{ id: A-Read }, { id: a-far, at: west }, { id: a-again, at: again }], snapshots: { schedule: \"weekly sun 02:17\", keep: 90d }, \
         alerts: { to: [sns:oncall], events: [failed] }",
    ));
    let subscriptions = of(&plan, SUBSCRIPTION);
    let instances = &subscriptions["backstay-oncall-instances"];
    assert_eq!(instances["SourceIds"], json!(["a", "a-again", "a-read"]));
    let west = there(&plan, WEST, SUBSCRIPTION);
    let replica = &west["backstay-oncall-instances"];
    assert_eq!(replica["SourceIds"], json!(["a-far"]));
    assert_eq!(west.len(), 1, "no snapshot is copied there");
    let snapshots = &subscriptions["backstay-oncall-snapshots"];
    assert_eq!(snapshots["SourceType"], "db-snapshot");
    assert_eq!(snapshots.get("SourceIds"), None);
    assert_eq!(
        snapshots["EventCategories"],
        json!(["failure", "notification"])
    );
}

/// AWS tells of a vault, a copy and a replica where they are.
#[test]
fn each_account_and_region_tells_of_what_is_there() {
    let all = "vault: main, copies: { to: [far, kept] }, \
               alerts: { to: [sns:oncall, \"email:a@x.org\"], events: [failed, missed, weakened] }";
    let plan = planned(&database("a", "us", all));
    let names = |at: &str, kind: &str| there(&plan, at, kind).into_keys().collect::<Vec<_>>();
    for (at, vault) in [
        (
            WEST,
            "arn:aws:backup:us-west-2:123456789012:backup-vault:far-vault",
        ),
        (
            SAFE,
            "arn:aws:backup:us-east-1:210987654321:backup-vault:kept-vault",
        ),
    ] {
        assert_eq!(
            names(at, RULE),
            ["backstay-incoming-copy-failed", "backstay-vault-deleted"]
        );
        let rules = there(&plan, at, RULE);
        let copies = &rules["backstay-incoming-copy-failed"];
        assert_eq!(
            copies["EventPattern"]["detail"],
            json!({ "state": ["FAILED"], "destinationBackupVaultArn": [vault] })
        );
        let deleted = &rules["backstay-vault-deleted"]["EventPattern"]["detail"];
        let name = vault.rsplit(':').next();
        assert_eq!(deleted["backupVaultName"], json!([name]));
        // Each has topics of its own, with a policy and a key of their own.
        let (account, region) = at.split_once(' ').unwrap();
        let arn = format!("arn:aws:sns:{region}:{account}:oncall");
        assert_eq!(copies["Targets"][1]["Arn"], json!(arn));
        assert_eq!(names(at, TOPIC), ["backstay-a-AT-x_org", "oncall"]);
        let policy = &there(&plan, at, "AWS::SNS::TopicInlinePolicy")["oncall"];
        assert_eq!(policy["TopicArn"], json!(arn));
        assert!(names(at, "AWS::KMS::Key").contains(&"alias/backstay/alerts".to_owned()));
        // No backup job runs there, and RDS has no instance of this policy.
        assert!(names(at, ALARM).is_empty() && names(at, SUBSCRIPTION).is_empty());
    }
    let home = names("123456789012 us-east-1", RULE);
    assert!(
        !home.contains(&"backstay-incoming-copy-failed".to_owned()),
        "{home:?}"
    );
    let roles = plan.resources.iter().filter(|it| it.location == "safe");
    assert!(roles.clone().count() > 0);
    for resource in roles {
        assert_eq!(
            resource.role.as_deref(),
            Some("arn:aws:iam::210987654321:role/drift")
        );
    }
}

#[test]
fn snapshots_are_told_of_where_they_are_copied_to() {
    let alerts = "alerts: { to: [sns:oncall], events: [failed] }";
    for copies in [
        "copies: { replicate_pitr: west }",
        "snapshots: { schedule: \"weekly sun 02:17\", keep: 90d, copy_to: west }",
    ] {
        let plan = planned(&database("a", "us", &format!("{copies}, {alerts}")));
        let there = there(&plan, WEST, SUBSCRIPTION);
        let names: Vec<&String> = there.keys().collect();
        assert_eq!(names, ["backstay-oncall-snapshots"], "{copies}");
        let snapshots = &there["backstay-oncall-snapshots"];
        assert_eq!(
            snapshots["EventCategories"],
            json!(["failure", "notification"])
        );
    }
}

#[test]
fn nothing_is_made_where_nothing_is_told() {
    let quiet = "vault: main, copies: { to: [far], replicate_pitr: west }, \
                 alerts: { to: [sns:oncall], events: [missed, restore_test_failed] }";
    let plan = planned(&database("a", "us", quiet));
    assert!(there(&plan, WEST, TOPIC).is_empty());
    // Nor where a topic that exists is in another Region.
    let elsewhere = "vault: main, copies: { to: [far] }, alerts: { events: [failed], \
                     to: [\"sns:arn:aws:sns:us-east-1:123456789012:theirs\"] }";
    let plan = planned(&database("a", "us", elsewhere));
    assert!(there(&plan, WEST, RULE).is_empty());
    assert!(of(&plan, RULE).contains_key("backstay-copy-failed"));
}

#[test]
fn one_region_is_one_stack_whatever_its_locations_are_called() {
    let alerts = "alerts: { to: [sns:oncall], events: [failed] }";
    let plan = planned(
        &(database("a", "us", alerts)
            + &database("b", "again", alerts)
            + &database("c", "west", alerts)),
    );
    let stacks: Vec<(&str, &str)> = plan
        .resources
        .iter()
        .filter(|resource| matches!(resource.body, Body::EventSubscription(_)))
        .map(|resource| (resource.owner.file(), resource.location.as_str()))
        .collect();
    assert_eq!(
        stacks,
        [
            ("aws/us/alerts.yaml", "us"),
            ("aws/west/alerts.yaml", "west")
        ]
    );
}

#[test]
fn a_topic_that_exists_is_used_and_not_made() {
    let arn = "arn:aws:sns:us-east-1:999999999999:theirs";
    let alerts = format!("vault: main, alerts: {{ to: [\"sns:{arn}\"], events: [failed] }}");
    let plan = planned(&database("a", "us", &alerts));
    assert!(of(&plan, TOPIC).is_empty() && of(&plan, "AWS::SNS::TopicInlinePolicy").is_empty());
    let rule = &of(&plan, RULE)["backstay-backup-failed"];
    assert_eq!(rule["Targets"], json!([{ "Id": "theirs", "Arn": arn }]));
    let alarm = &of(&plan, ALARM)["backstay-main-vault-backup-failed"];
    assert_eq!(alarm["AlarmActions"], json!([arn]));
}

#[test]
fn each_address_has_a_topic_of_its_own() {
    let alerts = "alerts: { to: [\"email:a.b_c+d@x-y.org\", \"email:A@x.org\"], events: [failed] }";
    let topics = of(&planned(&database("a", "us", alerts)), TOPIC);
    let names: Vec<&String> = topics.keys().collect();
    assert_eq!(
        names,
        ["backstay-a-AT-x_org", "backstay-a_bLcPd-AT-x-y_org"]
    );
    assert_eq!(
        topics["backstay-a-AT-x_org"]["Subscription"],
        json!([{ "Endpoint": "a@x.org", "Protocol": "email" }])
    );
}

#[test]
fn receivers_hear_of_their_own_vaults_only() {
    let with = |vault: &str, to: &str| {
        format!("vault: {vault}, alerts: {{ to: [sns:{to}], events: [failed, missed, weakened] }}")
    };
    let plan = planned(
        &(database("a", "us", &with("main", "pager")) + &database("b", "us", &with("other", "mail"))
            // A vault elsewhere is not heard of here.
            + &database("c", "us", &with("far", "mail"))),
    );
    let rules = of(&plan, RULE);
    let heard = |name: &str| {
        let rule = &rules[name];
        let detail = &rule["EventPattern"]["detail"];
        (
            detail["backupVaultName"].clone(),
            rule["Targets"][0]["Id"].clone(),
        )
    };
    assert_eq!(
        heard("backstay-backup-failed"),
        (json!(["main-vault"]), json!("pager"))
    );
    assert_eq!(
        heard("backstay-backup-failed-2"),
        (json!(["other-vault"]), json!("mail"))
    );
    assert!(
        there(&plan, WEST, RULE).is_empty(),
        "no backup is made there"
    );
    assert_eq!(rules.len(), 8, "{:?}", rules.keys());
    assert_eq!(of(&plan, ALARM).len(), 2);
}

#[test]
fn more_receivers_than_one_rule_takes_have_several() {
    let to: Vec<String> = (1..=7).map(|n| format!("sns:t{n}")).collect();
    let alerts = format!(
        "vault: main, restore_test: {{ every: 1mo }}, alerts: {{ to: [{}], events: [failed, restore_test_failed] }}",
        to.join(", ")
    );
    let plan = planned(&database("a", "us", &alerts));
    let (rules, alarms) = (of(&plan, RULE), of(&plan, ALARM));
    let counts = |all: &BTreeMap<String, Value>, name: &str, key: &str| {
        let second = format!("{name}-2");
        [name, &second].map(|name| all[name][key].as_array().map_or(0, Vec::len))
    };
    for rule in ["backstay-backup-failed", "backstay-restore-failed"] {
        assert_eq!(counts(&rules, rule, "Targets"), [5, 2]);
    }
    let alarm = "backstay-main-vault-backup-failed";
    assert_eq!(counts(&alarms, alarm, "AlarmActions"), [5, 2]);
    // Restore jobs do not name the vault.
    let detail = &rules["backstay-restore-failed"]["EventPattern"]["detail"];
    assert_eq!(
        detail,
        &json!({ "status": ["ABORTED", "FAILED"], "resourceType": ["RDS"] })
    );
}

#[test]
fn nothing_is_rendered_for_what_aws_does_not_tell() {
    let alerts = "alerts: { to: [sns:oncall, slack:ops], events: [stale] }";
    let azure = "  z: { engine: azure_postgres, at: az, id: server-z, tier: non_critical, \
                 alerts: { to: [\"email:a@x.org\"], events: [failed] } }\n";
    let plan = planned(&(database("a", "us", alerts) + azure));
    assert!(of(&plan, TOPIC).is_empty() && of(&plan, SUBSCRIPTION).is_empty());
}
