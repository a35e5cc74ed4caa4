//! The whole way: rendered, deployed as rendered, and silent; then each change by hand is told with
//! its kind, the policy's line and the command that undoes it, and that command does undo it.

use std::fs;

use serde_json::{Value, json};

use super::estate::{DEPLOY_DATABASE, DEPLOY_DUMPS, Estate, MODIFY, PUT_LIFECYCLE, Told};

const PROD: &str = "train-tracker-db-prod";
const READ_1: &str = "train-tracker-db-read-1";
const READ_2: &str = "train-tracker-db-read-2";

/// Instance, what is modified, what is told and where, the exit code, and what undoes it.
#[rustfmt::skip]
const MODIFIED: &[(&str, &str, &str, &str, i32, &str)] = &[
    (PROD, "--backup-retention-period 7", "weakened /BackupRetentionPeriod", "12:24", 1,
        "--backup-retention-period 30"),
    (PROD, "--backup-retention-period 35", "strengthened /BackupRetentionPeriod", "12:24", 0,
        "--backup-retention-period 30"),
    (PROD, "--preferred-backup-window 09:00-10:00", "changed /PreferredBackupWindow", "13:13", 0,
        "--preferred-backup-window 03:00-04:00"),
    (PROD, "--no-deletion-protection", "weakened /DeletionProtection", "16:26", 1,
        "--deletion-protection"),
    (PROD, "--no-multi-az", "weakened /MultiAZ", "17:24", 1,
        "--multi-az"),
    (PROD, "--cloudwatch-logs-export-configuration DisableLogTypes=upgrade",
        "weakened /EnableCloudwatchLogsExports/upgrade", "10:9", 1,
        r#"--cloudwatch-logs-export-configuration '{"EnableLogTypes":["postgresql","upgrade"]}'"#),
    (READ_1, "--no-copy-tags-to-snapshot", "weakened /CopyTagsToSnapshot", "20:15", 1,
        "--copy-tags-to-snapshot"),
    (READ_1, "--preferred-maintenance-window mon:06:00-mon:07:00",
        "changed /PreferredMaintenanceWindow", "14:25", 0,
        "--preferred-maintenance-window sun:04:30-sun:05:30"),
    (READ_2, "--db-instance-class db.t4g.micro", "changed /DBInstanceClass", "24:23", 0,
        "--db-instance-class db.t4g.medium"),
];

fn in_database(kind: &str, instance: &str, property: &str, place: &str) -> String {
    format!("{kind} {instance}{property} policies/database.yaml:{place}")
}

#[test]
fn a_database_as_deployed_is_silent_and_each_change_of_it_is_told() {
    let estate = Estate::whole();
    estate.is_clean();
    for (instance, done, told, place, code, restore) in MODIFIED {
        let (kind, property) = told.split_once(' ').unwrap();
        estate.tells(
            &format!("{MODIFY} {instance} {done}"),
            &in_database(kind, instance, property, place),
            *code,
            &format!("{MODIFY} {instance} --apply-immediately {restore}"),
        );
    }
    let of = "--region us-east-1 \
        --resource-name arn:aws:rds:us-east-1:123456789012:db:train-tracker-db-prod";
    estate.tells(
        &format!("aws rds remove-tags-from-resource {of} --tag-keys owner"),
        &in_database("changed", PROD, "/Tags/owner", "18:20"),
        0,
        &format!(
            "aws rds add-tags-to-resource {of} --tags '{}'",
            r#"[{"Key":"owner","Value":"platform"},{"Key":"service","Value":"train-tracker"}]"#
        ),
    );
    estate.is_clean();
    what_is_not_deployed_yet_is_no_drift_of_the_cloud(&estate);
    what_is_lost_is_missing_and_what_comes_back_with_another_key_is_changed(&estate);
}

fn what_is_not_deployed_yet_is_no_drift_of_the_cloud(estate: &Estate) {
    estate.edit("database.yaml", "pitr: 30d", "pitr: 35d");
    let what = in_database("undeployed", PROD, "/BackupRetentionPeriod", "12:24");
    assert_eq!(estate.told(), (0, vec![Told::new(&what, DEPLOY_DATABASE)]));

    // Whoever lowers it meanwhile is told all the same.
    estate.shell(&format!("{MODIFY} {PROD} --backup-retention-period 7"));
    let what = in_database("weakened", PROD, "/BackupRetentionPeriod", "12:24");
    let restore = format!("{MODIFY} {PROD} --apply-immediately --backup-retention-period 35");
    assert_eq!(estate.told(), (1, vec![Told::new(&what, &restore)]));
    estate.shell(&format!("{MODIFY} {PROD} --backup-retention-period 30"));
    estate.edit("database.yaml", "pitr: 35d", "pitr: 30d");

    // A replica more in the policy: its stack is there and does not have it.
    let last = "- { id: train-tracker-db-read-2, zone: us-east-1c }\n";
    let more = "      - { id: train-tracker-db-read-3 }\n";
    estate.edit("database.yaml", last, &format!("{last}{more}"));
    let what = in_database("undeployed", "train-tracker-db-read-3", "", "22:15");
    assert_eq!(estate.told(), (0, vec![Told::new(&what, DEPLOY_DATABASE)]));
    estate.edit("database.yaml", more, "");
    estate.is_clean();
}

fn what_is_lost_is_missing_and_what_comes_back_with_another_key_is_changed(estate: &Estate) {
    estate.shell(
        "export AWS_DEFAULT_REGION=us-east-1
        key=$(aws kms create-key --query KeyMetadata.Arn --output text)
        aws rds create-db-snapshot --db-instance-identifier train-tracker-db-prod \
            --db-snapshot-identifier last
        aws rds copy-db-snapshot --source-db-snapshot-identifier last \
            --target-db-snapshot-identifier last-with-another-key --kms-key-id $key
        for instance in train-tracker-db-read-2 train-tracker-db-prod; do
            aws rds modify-db-instance --db-instance-identifier $instance --no-deletion-protection
            aws rds delete-db-instance --db-instance-identifier $instance --skip-final-snapshot
        done",
    );
    // Their stack counts them as there: deploying it again would create nothing.
    let missing = |instance, place| Told::new(&in_database("missing", instance, "", place), "");
    let told = estate.told();
    assert_eq!(
        told,
        (1, vec![missing(PROD, "10:9"), missing(READ_2, "21:15")])
    );

    estate.shell(
        "export AWS_DEFAULT_REGION=us-east-1
        aws rds restore-db-instance-from-db-snapshot \
            --db-instance-identifier train-tracker-db-prod \
            --db-snapshot-identifier last-with-another-key
        aws rds modify-db-instance --db-instance-identifier train-tracker-db-prod \
            --deletion-protection --cloudwatch-logs-export-configuration \
            EnableLogTypes=postgresql,upgrade",
    );
    let text = estate.run(&["drift"], 1).stdout;
    assert!(text.contains("policy DatabaseKey.Arn"), "{text}");
    let another_key = Told::new(&in_database("changed", PROD, "/KmsKeyId", "15:17"), "");
    assert_eq!(
        estate.told(),
        (1, vec![another_key, missing(READ_2, "21:15")])
    );
}

const BUCKET: &str = "--region us-west-2 --expected-bucket-owner 123456789012 \
    --bucket train-tracker-backups";

/// Call of S3, what is told and where, the exit code, and the call that undoes it; the bucket
/// stands for `{}`.
#[rustfmt::skip]
const SETTINGS: &[(&str, &str, i32, &str)] = &[
    ("delete-bucket-lifecycle {}", "weakened /LifecycleConfiguration 14:25", 1,
        "put-bucket-lifecycle-configuration {} --lifecycle-configuration file://generated/lifecycle/dumps.json"),
    ("put-bucket-versioning {} --versioning-configuration Status=Suspended",
        "weakened /VersioningConfiguration/Status 7:68", 1,
        r#"put-bucket-versioning {} --versioning-configuration '{"Status":"Enabled"}'"#),
    ("delete-public-access-block {}", "weakened /PublicAccessBlockConfiguration 7:33", 1,
        r#"put-public-access-block {} --public-access-block-configuration '{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}'"#),
    (r#"put-bucket-encryption {} --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"}}]}'"#,
        "strengthened /BucketEncryption/ServerSideEncryptionConfiguration/0/ServerSideEncryptionByDefault/SSEAlgorithm 7:33", 0,
        r#"put-bucket-encryption {} --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'"#),
];

fn in_dumps(kind: &str, property: &str, place: &str) -> String {
    format!("{kind} train-tracker-backups{property} policies/dumps.yaml:{place}")
}

/// The rendered lifecycle with some rule changed by hand.
fn with_rule(estate: &Estate, id: &str, change: fn(&mut Vec<Value>, usize)) -> String {
    let folder = estate.workspace.path();
    let text = fs::read_to_string(folder.join("generated/lifecycle/dumps.json")).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    let rules = document["Rules"].as_array_mut().unwrap();
    let at = rules.iter().position(|rule| rule["ID"] == id).unwrap();
    change(rules, at);
    fs::write(folder.join("by-hand.json"), document.to_string()).unwrap();
    PUT_LIFECYCLE.replace("generated/lifecycle/dumps.json", "by-hand.json")
}

#[test]
fn a_bucket_as_deployed_is_silent_and_each_change_of_it_is_told() {
    let estate = Estate::dumps();
    estate.is_clean();
    let rule = "/LifecycleConfiguration/Rules/daily";
    estate.tells(
        &with_rule(&estate, "daily", |rules, at| drop(rules.remove(at))),
        &in_dumps("weakened", rule, "14:25"),
        1,
        PUT_LIFECYCLE,
    );
    let sooner = |rules: &mut Vec<Value>, at: usize| rules[at]["Expiration"]["Days"] = json!(3);
    estate.tells(
        &with_rule(&estate, "daily", sooner),
        &in_dumps("weakened", &format!("{rule}/ExpirationInDays"), "14:25"),
        1,
        PUT_LIFECYCLE,
    );
    for (done, told, code, restore) in SETTINGS {
        let (kind, rest) = told.split_once(' ').unwrap();
        let (property, place) = rest.split_once(' ').unwrap();
        let call = |call: &str| format!("aws s3api {}", call.replace("{}", BUCKET));
        let what = in_dumps(kind, property, place);
        estate.tells(&call(done), &what, *code, &call(restore));
    }
    estate.is_clean();
    what_cloudformation_said_is_told_beside_it(&estate);

    estate.edit("dumps.yaml", "daily: 30d", "daily: 45d");
    let what = in_dumps("undeployed", &format!("{rule}/ExpirationInDays"), "14:25");
    assert_eq!(estate.told(), (0, vec![Told::new(&what, DEPLOY_DUMPS)]));
    estate.run(&["render"], 0);
    estate.shell(DEPLOY_DUMPS);
    // The simulator takes a lifecycle in a template and does not keep it.
    estate.shell(PUT_LIFECYCLE);
    estate.is_clean();

    estate.shell(&format!("aws s3api delete-bucket {BUCKET}"));
    // The bucket, and with it its policy.
    let what = in_dumps("missing", "", "7:33");
    let both = |restore| vec![Told::new(&what, restore), Told::new(&what, restore)];
    assert_eq!(estate.told(), (1, both("")));
    estate.shell("aws cloudformation delete-stack --region us-west-2 --stack-name backstay-dumps");
    assert_eq!(estate.told(), (1, both(DEPLOY_DUMPS)));
}

/// CloudFormation's own drift detection, which somebody started before.
fn what_cloudformation_said_is_told_beside_it(estate: &Estate) {
    estate.shell(&format!(
        "aws s3api put-bucket-versioning {BUCKET} --versioning-configuration Status=Suspended
        export AWS_DEFAULT_REGION=us-west-2
        id=$(aws cloudformation detect-stack-drift --stack-name backstay-dumps \
            --query StackDriftDetectionId --output text)
        status=STARTED
        until [ $status = DETECTION_COMPLETE ]; do
            status=$(aws cloudformation describe-stack-drift-detection-status \
                --stack-drift-detection-id $id --query DetectionStatus --output text)
        done"
    ));
    let text = estate.run(&["drift"], 1).stdout;
    let said = text.lines().nth(2).unwrap_or_default();
    let (words, status) = said.rsplit_once(": ").unwrap();
    assert!(
        words.starts_with("  its stack's own drift detection at 20"),
        "{text}"
    );
    assert_eq!(status, "DRIFTED", "{text}");
    let report: Value =
        serde_json::from_str(&estate.run(&["drift", "--format", "json"], 1).stdout).unwrap();
    let said = &report["findings"][0]["drift"]["stack_drift"];
    assert_eq!(said["status"], "DRIFTED");
    assert!(said["checked"].as_str().unwrap().ends_with('Z'), "{said}");
    estate.shell(&format!(
        "aws s3api put-bucket-versioning {BUCKET} --versioning-configuration Status=Enabled"
    ));
    estate.is_clean();
}
