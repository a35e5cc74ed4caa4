//! Buckets: lock, key and policy, from the policy file to the commands that restore them.

use backstay::drift::compare;
use backstay::finding::Kind;
use backstay::observe::{Found, Observations, State};
use backstay::plan::{Plan, Resource};
use backstay::render::restore_command;
use serde_json::{Value, json};

use super::render::{planned, rendered, text};

const POLICY: &str = r#"version: 1
locations:
  us: { provider: aws, region: us-gov-west-1, account: "123456789012" }
stores:
  locked: { at: us, bucket: some-locked, lock: { mode: governance, for: 12w }, encryption: customer_managed }
  keyed:
    at: us
    bucket: some-keyed
    encryption: "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/6c1d2f60-0000-4000-8000-2b4f5f6a7b8c"
  plain: { at: us, bucket: some-plain }
"#;

fn plan() -> Plan {
    planned(&[("p.yaml", POLICY)])
}

fn template(store: &str) -> Value {
    let artifacts = rendered(&plan());
    serde_yaml::from_str(text(&artifacts, &format!("aws/us/{store}.yaml"))).unwrap()
}

fn resource<'p>(plan: &'p Plan, kind: &str, name: &str) -> &'p Resource {
    let mut resources = plan.resources.iter();
    resources
        .find(|resource| resource.address.kind == kind && resource.address.name == name)
        .unwrap_or_else(|| panic!("no {kind} {name}"))
}

const BUCKET: &str = "AWS::S3::Bucket";
const POLICY_KIND: &str = "AWS::S3::BucketPolicy";

#[test]
fn a_locked_store_has_its_lock_and_key_in_its_stack() {
    let stack = template("locked");
    let bucket = &stack["Resources"]["Bucket"]["Properties"];
    assert_eq!(bucket["ObjectLockEnabled"], true);
    assert_eq!(
        bucket["ObjectLockConfiguration"],
        json!({ "ObjectLockEnabled": "Enabled",
            "Rule": { "DefaultRetention": { "Mode": "GOVERNANCE", "Days": 84 } } })
    );
    assert_eq!(
        bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"],
        json!([{ "BucketKeyEnabled": true, "ServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": { "Fn::GetAtt": ["StoreKey", "Arn"] } } }])
    );
    assert_eq!(stack["Resources"]["StoreKey"]["DeletionPolicy"], "Retain");
    assert_eq!(
        stack["Resources"]["StoreKeyAlias"]["Properties"]["AliasName"],
        "alias/backstay/locked"
    );
    let plain = template("plain");
    let bucket = &plain["Resources"]["Bucket"]["Properties"];
    for absent in ["ObjectLockEnabled", "ObjectLockConfiguration"] {
        assert!(bucket.get(absent).is_none(), "{absent}");
    }
    assert_eq!(
        bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"],
        json!([{ "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } }])
    );
}

#[test]
fn every_bucket_refuses_what_is_not_encrypted_on_its_way() {
    let stack = template("plain");
    let policy = &stack["Resources"]["BucketPolicy"];
    assert_eq!(policy["DependsOn"], "Bucket");
    assert_eq!(policy["DeletionPolicy"], "Retain");
    assert_eq!(policy["Properties"]["Bucket"], "some-plain");
    let statement = &policy["Properties"]["PolicyDocument"]["Statement"][0];
    assert_eq!(statement["Effect"], "Deny");
    assert_eq!(
        statement["Resource"],
        json!([
            "arn:aws-us-gov:s3:::some-plain",
            "arn:aws-us-gov:s3:::some-plain/*"
        ])
    );
    assert_eq!(
        statement["Condition"]["Bool"]["aws:SecureTransport"],
        "false"
    );
}

#[test]
fn commands_restore_lock_key_and_policy() {
    let plan = plan();
    let shown = |kind: &str, name: &str, pointer: &str| {
        let command = restore_command(resource(&plan, kind, name), pointer, &Value::Null);
        command.unwrap().to_string()
    };
    let call = |verb: &str, bucket: &str, rest: &str| {
        format!(
            "aws s3api {verb} --region us-gov-west-1 --expected-bucket-owner 123456789012 --bucket {bucket} {rest}"
        )
    };
    let lock = call(
        "put-object-lock-configuration",
        "some-locked",
        r#"--object-lock-configuration '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":84}}}'"#,
    );
    assert_eq!(shown(BUCKET, "some-locked", "/ObjectLockEnabled"), lock);
    assert_eq!(
        shown(
            BUCKET,
            "some-locked",
            "/ObjectLockConfiguration/Rule/DefaultRetention/Days"
        ),
        lock
    );
    let encryption = "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/SSEAlgorithm";
    assert_eq!(
        shown(BUCKET, "some-keyed", encryption),
        call(
            "put-bucket-encryption",
            "some-keyed",
            r#"--server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/6c1d2f60-0000-4000-8000-2b4f5f6a7b8c"},"BucketKeyEnabled":true}]}'"#
        )
    );
    // Only the stack knows the id of its own key.
    assert!(
        shown(BUCKET, "some-locked", encryption).contains("--deployment-mode REVERT_DRIFT"),
        "{}",
        shown(BUCKET, "some-locked", encryption)
    );
    assert!(
        shown(POLICY_KIND, "some-plain", "/PolicyDocument").starts_with(&call(
            "put-bucket-policy",
            "some-plain",
            r#"--policy '{"Version":"2012-10-17","Statement":[{"Sid":"EncryptedTransportOnly","#
        ))
    );
}

/// Kind, property and place of what is told when the one resource is changed.
fn told(
    kind: &str,
    name: &str,
    change: impl FnOnce(&mut Value),
) -> Vec<(Kind, String, Option<backstay::source::Place>)> {
    let plan = plan();
    let states = plan.resources.iter().map(|resource| {
        let live = resource.body.tree();
        let found = Found {
            live,
            ..Found::default()
        };
        (resource.address.clone(), State::Found(Box::new(found)))
    });
    let mut observations = Observations(states.collect());
    let address = &resource(&plan, kind, name).address;
    match observations.0.get_mut(address) {
        Some(State::Found(found)) => change(&mut found.live),
        other => panic!("{other:?}"),
    }
    let drift = compare(&plan, &observations, &|_, _, _| None);
    let differences = drift.findings.into_iter().filter_map(|finding| {
        let difference = finding.difference?;
        (difference.kind != Kind::NotCompared).then_some((
            difference.kind,
            difference.property,
            finding.place,
        ))
    });
    differences.collect()
}

#[test]
fn a_shorter_or_softer_lock_is_weaker() {
    let weaker = |change: fn(&mut Value)| {
        let told = told(BUCKET, "some-locked", change);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, Kind::Weakened);
        told[0].1.clone()
    };
    let retention = "/ObjectLockConfiguration/Rule/DefaultRetention";
    assert_eq!(
        weaker(
            |live| live["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Days"] = 7.into()
        ),
        format!("{retention}/Days")
    );
    assert_eq!(
        weaker(|live| live["ObjectLockConfiguration"]["Rule"] = Value::Null),
        "/ObjectLockConfiguration/Rule"
    );
    let mut harder = told(BUCKET, "some-locked", |live| {
        live["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"] = "COMPLIANCE".into();
    });
    assert_eq!(harder.pop().unwrap().0, Kind::Strengthened);
    let gone = told(BUCKET, "some-locked", |live| {
        live["ObjectLockEnabled"] = false.into();
        live["ObjectLockConfiguration"] = Value::Null;
    });
    let kinds: Vec<Kind> = gone.iter().map(|told| told.0).collect();
    assert_eq!(kinds, [Kind::Weakened, Kind::Weakened]);
}

#[test]
fn a_bucket_that_lost_its_key_is_weaker() {
    let told = told(BUCKET, "some-keyed", |live| {
        live["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"] =
            json!({ "SSEAlgorithm": "AES256" });
    });
    let of = "/BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault";
    let told: Vec<_> = told
        .into_iter()
        .map(|(kind, path, _)| (kind, path))
        .collect();
    assert_eq!(
        told,
        [
            (Kind::Weakened, format!("{of}/SSEAlgorithm")),
            (Kind::Weakened, format!("{of}/KMSMasterKeyID")),
        ]
    );
}

#[test]
fn a_policy_is_compared_statement_by_statement() {
    let statements = |live: &mut Value| {
        live["PolicyDocument"]["Statement"]
            .as_array_mut()
            .map(std::mem::take)
    };
    let lost = told(POLICY_KIND, "some-plain", |live| drop(statements(live)));
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!(lost[0].0, Kind::Weakened);
    assert_eq!(
        lost[0].1,
        "/PolicyDocument/Statement/EncryptedTransportOnly"
    );
    let more = told(POLICY_KIND, "some-plain", |live| {
        let more = json!({ "Sid": "Public", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject" });
        live["PolicyDocument"]["Statement"]
            .as_array_mut()
            .unwrap()
            .push(more);
    });
    assert_eq!(more.len(), 1, "{more:?}");
    assert_eq!(more[0].0, Kind::Changed);
    assert_eq!(more[0].1, "/PolicyDocument/Statement/Public");
}
