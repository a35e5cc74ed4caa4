//! The same in simulators that no one here wrote, as far as each plays AWS Backup: ministack makes
//! vaults and plans by CloudFormation and knows no lock; moto knows locks.

use backstay::plan::{Body, Plan};
use backstay::render::{Templates, render, restore_command};

use super::*;
use crate::support::Aws;

const POLICY: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
vaults:
  main: { at: west, name: main-vault }
  dr: { at: east, name: dr-vault, LOCK }
defaults:
  tags: { owner: data }
tiers:
  gold: { retention: { pitr: 7d, weekly: 12w, yearly: 7y }, copies: { to: [dr] } }
databases:
  orders: { engine: rds_postgres, at: west, id: orders, tier: gold, vault: main }
"#;

fn policy(lock: &str) -> String {
    POLICY.replace(", LOCK", lock)
}

const PLAN: &str = "backstay-main-gold";

/// Types of the rendered stacks that the simulator refuses; the others it takes as rendered. Those are
/// held by the API's model beside this, and by CloudFormation's own schemas.
const REFUSED: [&str; 3] = [
    "AWS::Backup::BackupSelection",
    "AWS::Backup::RestoreTestingPlan",
    "AWS::Backup::RestoreTestingSelection",
];

/// A rendered template without what the simulator refuses.
fn taken(template: &str) -> String {
    let mut template: Value = serde_yaml::from_str(template).unwrap();
    let resources = template["Resources"].as_object_mut().unwrap();
    resources.retain(|_, resource| !REFUSED.iter().any(|kind| resource["Type"] == *kind));
    template.to_string()
}

/// Deploys every rendered stack, and makes by a call what no stack could.
fn deploy(aws: &Aws, plan: &Plan) {
    let folder = tempfile::tempdir().unwrap();
    let files = render(plan, &Templates::embedded().unwrap()).unwrap();
    for (stack, region, path) in [
        ("backstay-dr", EAST, "aws/east/dr.yaml"),
        ("backstay-main", WEST, "aws/west/main.yaml"),
        ("backstay-main-plans", WEST, "aws/west/main-plans.yaml"),
    ] {
        let file = files.iter().find(|file| file.path == path).unwrap();
        let to = folder.path().join("template.json");
        std::fs::write(&to, taken(&file.text)).unwrap();
        aws.aws(&[
            "cloudformation",
            "deploy",
            "--region",
            region,
            "--stack-name",
            stack,
            "--capabilities",
            "CAPABILITY_NAMED_IAM",
            "--template-file",
            to.to_str().unwrap(),
        ]);
    }
    let role = aws.aws(&[
        "cloudformation",
        "describe-stack-resource",
        "--region",
        WEST,
        "--stack-name",
        "backstay-main-plans",
        "--logical-resource-id",
        "BackupRole",
        "--query",
        "StackResourceDetail.PhysicalResourceId",
        "--output",
        "text",
    ]);
    let selections = plan.resources.iter().filter_map(|it| match &it.body {
        Body::BackupSelection(_) => Some(it.body.tree()["BackupSelection"].clone()),
        _ => None,
    });
    for mut selection in selections {
        selection["IamRoleArn"] = json!(format!("arn:aws:iam::{HOME}:role/{}", role.trim()));
        aws.aws(&[
            "backup",
            "create-backup-selection",
            "--region",
            WEST,
            "--backup-plan-id",
            &plan_id(aws),
            "--backup-selection",
            &selection.to_string(),
        ]);
    }
}

fn plan_id(aws: &Aws) -> String {
    let listed = aws.aws(&[
        "backup",
        "list-backup-plans",
        "--region",
        WEST,
        "--query",
        "BackupPlansList[0].BackupPlanId",
        "--output",
        "text",
    ]);
    listed.trim().to_owned()
}

/// What is told of AWS Backup: kind, name and pointer.
fn told(policy: &str, aws: &Aws) -> Vec<(Kind, String, String)> {
    let observed = observe(policy, &aws.environment());
    let seen = Observations(observed.seen.clone());
    let drift = compare(&observed.plan, &seen, &|_, _, _| None);
    let differences = drift.findings.into_iter();
    let mut told: Vec<_> = differences
        .filter_map(|finding| finding.difference)
        .filter(|it| it.resource.contains("AWS::Backup::") && it.kind != Kind::NotCompared)
        .map(|it| {
            let name = it.resource.rsplit(' ').next().unwrap_or_default();
            (it.kind, name.to_owned(), it.property)
        })
        .collect();
    told.sort();
    told
}

fn one(kind: Kind, name: &str, pointer: &str) -> (Kind, String, String) {
    (kind, name.to_owned(), pointer.to_owned())
}

#[test]
fn what_cloudformation_deployed_is_silent_and_changes_by_hand_are_told() {
    let policy = policy("");
    let aws = Aws::ministack();
    let planned = plan(&policy);
    deploy(&aws, &planned);
    assert_eq!(told(&policy, &aws), []);

    let id = plan_id(&aws);
    let plan = aws.aws(&[
        "backup",
        "get-backup-plan",
        "--region",
        WEST,
        "--backup-plan-id",
        &id,
        "--query",
        "BackupPlan",
    ]);
    let mut plan: Value = serde_json::from_str(&plan).unwrap();
    plan["Rules"][0]["Lifecycle"]["DeleteAfterDays"] = json!(7);
    plan["Rules"][1]["CopyActions"] = json!([]);
    aws.aws(&[
        "backup",
        "update-backup-plan",
        "--region",
        WEST,
        "--backup-plan-id",
        &id,
        "--backup-plan",
        &plan.to_string(),
    ]);
    let arn = format!("arn:aws:backup:{WEST}:{HOME}:backup-vault:main-vault");
    aws.aws(&[
        "backup",
        "untag-resource",
        "--region",
        WEST,
        "--resource-arn",
        &arn,
        "--tag-key-list",
        "owner",
    ]);
    let rule = "/BackupPlan/BackupPlanRule";
    let expected = [
        one(
            Kind::Weakened,
            PLAN,
            &format!("{rule}/weekly/Lifecycle/DeleteAfterDays"),
        ),
        one(Kind::Weakened, PLAN, &format!("{rule}/yearly/CopyActions")),
        one(Kind::Changed, "main-vault", "/BackupVaultTags/owner"),
    ];
    assert_eq!(told(&policy, &aws), expected);
    run(
        &aws,
        &restore(&planned, "main-vault", "/BackupVaultTags/owner"),
    );
    assert_eq!(told(&policy, &aws), expected[..2]);

    aws.aws(&[
        "backup",
        "delete-backup-plan",
        "--region",
        WEST,
        "--backup-plan-id",
        &id,
    ]);
    aws.aws(&[
        "backup",
        "delete-backup-vault",
        "--region",
        EAST,
        "--backup-vault-name",
        "dr-vault",
    ]);
    let gone: Vec<_> = told(&policy, &aws)
        .into_iter()
        .filter(|it| it.0 == Kind::Missing)
        .collect();
    // The template that was deployed here has no selection, so nobody deleted that.
    let expected = [PLAN, "dr-vault"].map(|name| one(Kind::Missing, name, ""));
    assert_eq!(gone, expected);
}

/// Runs a printed command as a person would.
fn run(aws: &Aws, command: &str) {
    let words = shlex::split(command).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(words[0], "aws", "{command}");
    aws.aws(&words[1..]);
}

fn restore(plan: &Plan, name: &str, pointer: &str) -> String {
    let mut all = plan.resources.iter();
    let resource = all.find(|it| it.address.name == name).unwrap();
    restore_command(resource, pointer, &Value::Null)
        .unwrap()
        .to_string()
}

#[test]
fn a_lock_reads_back_and_the_printed_command_restores_it() {
    let policy = policy(", lock: { mode: governance, min: 7d, max: 10y }");
    let aws = Aws::moto();
    let vault = ["--region", EAST, "--backup-vault-name", "dr-vault"];
    let call = |verb, more: &[&str]| aws.aws(&[&["backup", verb], &vault[..], more].concat());
    call("create-backup-vault", &[]);
    let lock = || {
        let told = told(&policy, &aws).into_iter();
        let lock = told.filter(|(_, _, pointer)| pointer.starts_with("/LockConfiguration"));
        lock.map(|(kind, _, pointer)| (kind, pointer))
            .collect::<Vec<_>>()
    };
    assert_eq!(lock(), [(Kind::Weakened, "/LockConfiguration".to_owned())]);
    let command = restore(&plan(&policy), "dr-vault", "/LockConfiguration");
    run(&aws, &command);
    assert_eq!(lock(), []);
    let bounds = ["--min-retention-days", "1", "--max-retention-days", "3653"];
    call("put-backup-vault-lock-configuration", &bounds);
    let lower = "/LockConfiguration/MinRetentionDays".to_owned();
    assert_eq!(lock(), [(Kind::Weakened, lower)]);
}
