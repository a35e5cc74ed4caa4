//! What is rendered, and how the output folder is kept.

mod azure;
mod flags;
mod folder;
mod workflows;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use backstay::cloud::azure::{access, blob};
use backstay::cloud::{Restore, aws};
use backstay::plan::{Body, Owner, Plan};
use backstay::policy;
use backstay::render::{
    Artifact, RenderError, Templates, deploy_commands, embedded, render, restore_command,
};
use backstay::resolve::resolve;
use backstay::source::Sources;
use proptest::prelude::*;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The plan of policy texts.
pub fn planned(files: &[(&str, &str)]) -> Plan {
    let is_result = |file: &&(&str, &str)| file.0.ends_with(".json");
    let mut sources = Sources::default();
    for (path, text) in files.iter().filter(|file| !is_result(file)) {
        sources.add(*path, *text);
    }
    let (mut workspace, mut findings) = policy::parse(sources);
    for (path, text) in files.iter().filter(is_result) {
        let file = workspace.sources.add(*path, *text);
        let source = workspace.sources.get(file);
        findings.extend(workspace.evidence.take(source, file));
    }
    assert!(findings.is_empty(), "{findings:#?}");
    backstay::plan::plan(&resolve(&workspace))
}

/// The policies of the repository and the results of drills beside them, as a user at its root names them.
fn repository() -> Plan {
    let policies = root().join("policies");
    let names = crate::support::files(&policies).into_iter();
    let read = names.filter(|name| name.ends_with(".yaml") || name.starts_with("drills/"));
    let mut files: Vec<(String, String)> = read
        .map(|name| {
            let text = fs::read_to_string(policies.join(&name)).unwrap();
            (format!("policies/{name}"), text)
        })
        .collect();
    files.sort();
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    planned(&files)
}

pub fn rendered(plan: &Plan) -> Vec<Artifact> {
    render(plan, &Templates::embedded().unwrap()).unwrap()
}

pub fn text<'a>(artifacts: &'a [Artifact], path: &str) -> &'a str {
    let found = artifacts.iter().find(|artifact| artifact.path == path);
    let paths: Vec<_> = artifacts.iter().map(|artifact| &artifact.path).collect();
    &found
        .unwrap_or_else(|| panic!("no {path} in {paths:?}"))
        .text
}

const LOCATIONS: &str = r#"version: 1
locations:
  us: { provider: aws, region: us-east-1, account: "012345678901" }
  east: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: group }
"#;

/// Both clouds, with databases that exist and databases that are rendered.
fn both(tag: &str) -> String {
    format!(
        r#"{LOCATIONS}vaults:
  main: {{ at: us, name: some-vault, lock: {{ mode: governance, min: 7d }} }}
  long: {{ at: east, name: long-vault }}
stores:
  bucket: {{ at: us, bucket: some-bucket }}
  blobs: {{ at: east, storage_account: someaccount, container: dumps }}
defaults:
  tags: {{ note: {tag} }}
  maintenance_window: "sun:04:30-sun:05:30"
databases:
  new-aws:
    engine: rds_postgres
    at: us
    id: new-aws
    tier: important
    vault: main
    size: 20GiB
    encryption: customer_managed
    high_availability: multi_az
    replicas: [{{ id: new-aws-2 }}]
    alerts: {{ to: [sns:oncall], events: [failed] }}
    provision: {{ engine_version: "16", instance_class: db.t4g.medium, storage: {{ type: gp3, size: 20GiB }}, username: root }}
  old-aws:
    engine: rds_postgres
    at: us
    id: Old-Aws
    tier: important
    vault: main
    size: 20GiB
    high_availability: multi_az
    dump: {{ to: [bucket, blobs], databases: [app], schedule: "daily 01:43" }}
  new-azure:
    engine: azure_postgres
    at: east
    id: new-azure
    tier: important
    vault: long
    size: 128GiB
    replicas: [{{ id: new-azure-2, location: westus }}]
    provision: {{ version: "16", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: {{ size: 128GiB }}, username: pgadmin }}
  old-azure:
    engine: azure_postgres
    at: east
    id: old-azure
    tier: important
    size: 128GiB
    high_availability: zone_redundant
    replicas: [{{ id: old-azure-2 }}]
"#
    )
}

#[test]
fn twice_the_same_bytes() {
    let plan = repository();
    let first = rendered(&plan);
    let plan = repository();
    assert_eq!(first, rendered(&plan));
    let paths: Vec<_> = first.iter().map(|artifact| &artifact.path).collect();
    assert!(paths.is_sorted(), "{paths:?}");
}

/// `BACKSTAY_BLESS=1` writes the folder instead.
#[test]
fn the_repository_holds_what_its_policies_render() {
    let plan = repository();
    let artifacts = rendered(&plan);
    let out = root().join("generated");
    if std::env::var_os("BACKSTAY_BLESS").is_some() {
        folder::written(&out, &artifacts).unwrap();
    }
    let changes = folder::compared(&out, &artifacts).unwrap();
    let differing: Vec<_> = [&changes.created, &changes.changed, &changes.removed]
        .into_iter()
        .flatten()
        .collect();
    assert!(
        differing.is_empty(),
        "render again with BACKSTAY_BLESS=1: {differing:?}"
    );
}

#[test]
fn every_kind_of_artifact_is_there() {
    let plan = planned(&[("p.yaml", &both("x"))]);
    let paths: Vec<_> = rendered(&plan)
        .into_iter()
        .map(|artifact| artifact.path)
        .collect();
    assert_eq!(
        paths,
        [
            "aws/us/alerts.yaml",
            "aws/us/bucket.yaml",
            "aws/us/main-plans.yaml",
            "aws/us/main.yaml",
            "aws/us/new-aws.yaml",
            "azure/east/blobs.json",
            "azure/east/long-access.json",
            "azure/east/long-plans.json",
            "azure/east/long.json",
            "azure/east/new-azure.json",
            "azure/east/new-azure.parameters.json",
            "github/old-aws-dump.yml",
            "github/old-aws-restore-test.yml",
            "iam/012345678901/backstay-drift-reader.json",
            "iam/012345678901/backstay-dump-writer.json",
            "iam/012345678901/backstay-restore-tester.json",
            "lifecycle/blobs.json",
            "lifecycle/bucket.json",
            "runbooks/new-aws.md",
            "runbooks/new-azure.md",
            "runbooks/old-aws.md",
            "runbooks/old-azure.md",
            "scripts/blobs-enforce.sh",
            "scripts/new-aws-disaster.sh",
            "scripts/new-aws-recover.sh",
            "scripts/new-azure-disaster.sh",
            "scripts/new-azure-recover.sh",
            "scripts/old-aws-disaster.sh",
            "scripts/old-aws-dump.sh",
            "scripts/old-aws-enforce.sh",
            "scripts/old-aws-recover.sh",
            "scripts/old-aws-restore-test.sh",
            "scripts/old-aws-restore.sh",
            "scripts/old-azure-disaster.sh",
            "scripts/old-azure-enforce.sh",
            "scripts/old-azure-recover.sh",
        ]
    );
}

#[test]
fn a_replica_refers_to_its_source_and_may_go() {
    let plan = planned(&[("p.yaml", &both("x"))]);
    let artifacts = rendered(&plan);
    let stack: serde_json::Value =
        serde_yaml::from_str(text(&artifacts, "aws/us/new-aws.yaml")).unwrap();
    let replica = &stack["Resources"]["ReplicaNewAws2"];
    assert_eq!(
        replica["Properties"]["SourceDBInstanceIdentifier"]["Ref"],
        "Database"
    );
    assert_eq!(replica["DeletionPolicy"], "Delete");
    let database = &stack["Resources"]["Database"];
    assert_eq!(database["DeletionPolicy"], "Snapshot");
    assert_eq!(database["UpdateReplacePolicy"], "Snapshot");
    assert_eq!(
        database["Properties"]["KmsKeyId"]["Fn::GetAtt"][0],
        "DatabaseKey"
    );
    assert_eq!(
        stack["Resources"]["DatabaseKey"]["DeletionPolicy"],
        "Retain"
    );
    assert_eq!(
        stack["Resources"]["DatabaseKey"]["Properties"]["Tags"],
        database["Properties"]["Tags"]
    );
}

#[test]
fn an_azure_replica_waits_for_its_source_and_has_no_backups_of_its_own() {
    let plan = planned(&[("p.yaml", &both("x"))]);
    let artifacts = rendered(&plan);
    let template: serde_json::Value =
        serde_json::from_str(text(&artifacts, "azure/east/new-azure.json")).unwrap();
    let (server, replica) = (&template["resources"][0], &template["resources"][1]);
    let source = &replica["properties"]["sourceServerResourceId"];
    assert_eq!(replica["dependsOn"][0], *source);
    assert!(
        source
            .as_str()
            .unwrap()
            .ends_with("/flexibleServers/new-azure")
    );
    assert_eq!(replica["sku"], server["sku"]);
    assert_eq!(replica["location"], "westus");
    assert_eq!(replica["properties"]["createMode"], "Replica");
    for foreign in [
        "backup",
        "highAvailability",
        "administratorLoginPassword",
        "version",
    ] {
        assert!(replica["properties"].get(foreign).is_none(), "{foreign}");
    }
    assert!(server.get("dependsOn").is_none());
}

/// Azure refuses a second replica while its source is busy with the first.
#[test]
fn the_replicas_of_an_azure_server_are_made_one_after_the_other() {
    let policy = r#"version: 1
locations:
  east: { provider: azure, region: eastus, subscription: 00000000-0000-0000-0000-000000000001, resource_group: rg }
databases:
  a:
    engine: azure_postgres
    at: east
    id: a-server
    replicas: [{ id: a-2 }, { id: a-1, location: westus }, { id: a-3 }]
    provision: { version: "17", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: { size: 32GiB }, username: dba }
"#;
    let artifacts = rendered(&planned(&[("p.yaml", policy)]));
    let template: serde_json::Value =
        serde_json::from_str(text(&artifacts, "azure/east/a.json")).unwrap();
    let mut before = Vec::new();
    for resource in template["resources"].as_array().unwrap() {
        if !resource["type"]
            .as_str()
            .unwrap()
            .ends_with("/flexibleServers")
        {
            continue;
        }
        let depends = resource["dependsOn"].as_array().into_iter().flatten();
        let depends: Vec<_> = depends
            .map(|id| id.as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            .collect();
        assert_eq!(depends, before, "{}", resource["name"]);
        before.push(resource["name"].as_str().unwrap().to_owned());
    }
    assert_eq!(before.len(), 4, "{before:?}");
}

#[test]
fn deletion_protection_locks_a_server_in_azure() {
    let resources = |text: &str| {
        let plan = planned(&[("p.yaml", text)]);
        let artifacts = rendered(&plan);
        let file = |path: &str| {
            let found = artifacts.iter().find(|artifact| artifact.path == path)?;
            let template: serde_json::Value = serde_json::from_str(&found.text).unwrap();
            Some(template)
        };
        (
            file("azure/east/new-azure.json"),
            file("azure/east/old-azure.json"),
        )
    };
    let (new, old) = resources(&both("x"));
    let new = new.unwrap();
    let lock = &new["resources"][2];
    assert_eq!(lock["type"], "Microsoft.Authorization/locks");
    assert_eq!(lock["properties"]["level"], "CanNotDelete");
    assert_eq!(lock["dependsOn"][0], lock["scope"]);
    // A server that exists is locked where somebody wrote it, and nothing else of it is rendered.
    assert_eq!(old, None);
    let asked = both("x").replace(
        "    high_availability: zone_redundant\n",
        "    high_availability: zone_redundant\n    deletion_protection: true\n",
    );
    let (_, old) = resources(&asked);
    let old = old.unwrap();
    assert_eq!(old["resources"].as_array().unwrap().len(), 1);
    assert!(old.get("parameters").is_none());
    let refused = asked.replace("defaults:\n", "defaults:\n  deletion_protection: false\n");
    let (new, _) = resources(&refused);
    assert_eq!(new.unwrap()["resources"].as_array().unwrap().len(), 2);
}

/// What an Azure vault keeps for a retention: its policy's name, schedule and tags with durations.
fn kept(retention: &str) -> (String, String, Vec<(String, String)>) {
    let policy = both("x").replace(
        "    vault: long\n",
        &format!("    vault: long\n    retention: {retention}\n"),
    );
    // The tier would add classes of its own.
    let policy = policy.replace(
        "    id: new-azure\n    tier: important\n",
        "    id: new-azure\n    tier: non_critical\n",
    );
    let artifacts = rendered(&planned(&[("p.yaml", &policy)]));
    let plans: serde_json::Value =
        serde_json::from_str(text(&artifacts, "azure/east/long-plans.json")).unwrap();
    let policy = &plans["resources"][0];
    let rules = policy["properties"]["policyRules"].as_array().unwrap();
    let schedule = &rules[0]["trigger"]["schedule"]["repeatingTimeIntervals"][0];
    let lengths = rules[1..].iter().map(|rule| {
        let length = &rule["lifecycles"][0]["deleteAfter"]["duration"];
        let own = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (own(&rule["name"]), own(length))
    });
    let instance = &plans["resources"][1]["properties"];
    let id = instance["policyInfo"]["policyId"].as_str().unwrap();
    let name = policy["name"].as_str().unwrap().replace("long-vault/", "");
    assert!(
        id.ends_with(&format!("/long-vault/backupPolicies/{name}")),
        "{id}"
    );
    (
        name,
        schedule.as_str().unwrap().to_owned(),
        lengths.collect(),
    )
}

#[test]
fn a_policy_of_azure_backup_is_named_after_its_content() {
    let tags = |lengths: &[(&str, &str)]| -> Vec<(String, String)> {
        let own = |(tag, length): &(&str, &str)| ((*tag).to_owned(), (*length).to_owned());
        lengths.iter().map(own).collect()
    };
    let (all, schedule, lengths) = kept("{ weekly: 12w, monthly: 12mo, yearly: 7y }");
    assert!(
        all.starts_with("weekly-12w-monthly-12mo-yearly-7y-"),
        "{all}"
    );
    assert_eq!(schedule, "R/2026-01-04T03:00:00+00:00/P1W");
    assert_eq!(
        lengths,
        tags(&[("Default", "P12W"), ("Monthly", "P12M"), ("Yearly", "P7Y")])
    );
    assert_eq!(kept("{ weekly: 12w, monthly: 12mo, yearly: 7y }").0, all);

    let (weeks, _, lengths) = kept("{ weekly: 90d }");
    assert_eq!(lengths, tags(&[("Default", "P90D")]));
    assert_ne!(weeks, all);

    // Without weeks there is a backup a month, and no backup is a week's.
    let (_, schedule, lengths) = kept("{ monthly: 12mo, yearly: 7y }");
    assert_eq!(schedule, "R/2026-01-01T03:00:00+00:00/P1M");
    assert_eq!(lengths, tags(&[("Default", "P12M"), ("Yearly", "P7Y")]));
    let (_, schedule, lengths) = kept("{ yearly: 7y }");
    assert_eq!(schedule, "R/2026-01-01T03:00:00+00:00/P1M");
    assert_eq!(lengths, tags(&[("Default", "P1M"), ("Yearly", "P7Y")]));
}

/// What others need is deployed first.
#[test]
fn a_vault_of_azure_reads_before_it_keeps() {
    let plan = planned(&[("p.yaml", &both("x"))]);
    let commands: Vec<String> = deploy_commands(&plan, |_| true)
        .iter()
        .map(ToString::to_string)
        .collect();
    let at = |name: &str| {
        let file = format!("/{name}.json");
        commands
            .iter()
            .position(|command| command.contains(&file))
            .unwrap()
    };
    let order = ["long", "new-azure", "long-access", "long-plans"].map(at);
    assert!(order.is_sorted(), "{commands:#?}");
}

/// Texts that readers of YAML 1.1, shells, CloudFormation, ARM or a template engine take for more.
const HOSTILE: [&str; 26] = [
    "no",
    "on",
    "y",
    "22:30",
    "0755",
    "1_000",
    "2024-01-01",
    "1e3",
    "~",
    "null",
    ".inf",
    "0x1f",
    "=",
    "- a",
    "#c",
    "a: b",
    "[x]",
    "[[x]",
    "[x",
    "{{ x }}",
    "{% x %}",
    "'",
    "\"",
    "\\",
    "$(reboot)",
    "%",
];

#[test]
fn hostile_texts_survive() {
    for hostile in HOSTILE {
        let tag = serde_json::Value::from(hostile).to_string();
        let plan = planned(&[("p.yaml", &both(&tag))]);
        let artifacts = rendered(&plan);
        let stack: serde_json::Value =
            serde_yaml::from_str(text(&artifacts, "aws/us/new-aws.yaml")).unwrap();
        assert_eq!(
            stack["Resources"]["Database"]["Properties"]["Tags"][0]["Value"],
            hostile
        );
    }
}

#[test]
fn arm_takes_no_owned_text_for_an_expression() {
    let value = |tag: &str| {
        let plan = planned(&[("p.yaml", &both(&serde_json::Value::from(tag).to_string()))]);
        let artifacts = rendered(&plan);
        let template: serde_json::Value =
            serde_json::from_str(text(&artifacts, "azure/east/new-azure.json")).unwrap();
        template["resources"][0]["tags"]["note"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(value("[concat('a')]"), "[[concat('a')]");
    assert_eq!(value("[[a]"), "[[[a]");
    assert_eq!(value("[a] b"), "[a] b");
}

#[test]
fn cloudformation_replaces_no_owned_text() {
    let plan = planned(&[("p.yaml", &both("'{{resolve:ssm:secret}}'"))]);
    let error = render(&plan, &Templates::embedded().unwrap()).unwrap_err();
    assert!(
        matches!(error, RenderError::DynamicReference { .. }),
        "{error}"
    );
}

#[test]
fn nothing_overwrites_its_neighbour() {
    let refused = |text: &str| {
        let plan = planned(&[("p.yaml", text)]);
        render(&plan, &Templates::embedded().unwrap()).unwrap_err()
    };
    let store = |at: &str, name: &str| {
        let text = both("x").replace(
            "  bucket: {",
            "  NAME: { at: AT, bucket: other-bucket }\n  bucket: {",
        );
        text.replace("AT,", &format!("{at},")).replace("NAME", name)
    };
    let error = refused(&store("us", "new-aws"));
    assert!(matches!(error, RenderError::SamePath { .. }), "{error}");

    // Whoever uses the program is told where, by every command that needs a plan.
    let workspace = crate::support::Workspace::new().policy("p.yaml", &store("us", "new_aws"));
    for command in ["validate", "render", "drift"] {
        let told = workspace.run([command]).expect_code(1).stdout;
        assert!(told.contains("error[name-clash]: the database"), "{told}");
    }
    assert!(!workspace.path().join("generated").exists());
}

/// The script runs as written whatever the policy's texts are.
#[cfg(unix)]
#[test]
fn hostile_texts_reach_the_command_line_whole() {
    use std::os::unix::fs::PermissionsExt as _;
    let stub = tempfile::tempdir().unwrap();
    let az = stub.path().join("az");
    // Answers nothing, and shows the tags that it is told to set.
    let answer = "#!/bin/bash\nif [[ $1 == tag ]]; then printf '<%s>' \"$@\" >&2; fi\n";
    fs::write(&az, answer).unwrap();
    fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        stub.path().display(),
        std::env::var("PATH").unwrap()
    );
    for hostile in HOSTILE {
        let tag = serde_json::Value::from(hostile).to_string();
        let artifacts = rendered(&planned(&[("p.yaml", &both(&tag))]));
        let script = stub.path().join("enforce.sh");
        fs::write(&script, text(&artifacts, "scripts/old-azure-enforce.sh")).unwrap();
        let run = std::process::Command::new("bash")
            .arg(&script)
            .arg("--apply")
            .env("PATH", &path)
            .output()
            .unwrap();
        let told = String::from_utf8(run.stderr).unwrap();
        assert!(
            told.ends_with(&format!("<--tags><note={hostile}>")),
            "{hostile}: {told}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rendering reads back what it wrote, so success is the proof.
    #[test]
    fn any_text_survives_or_is_refused(key in any::<String>(), value in any::<String>(), kms in any::<String>()) {
        let mut plan = planned(&[("p.yaml", &both("x"))]);
        for resource in &mut plan.resources {
            match &mut resource.body {
                Body::DbInstance(body) => {
                    body.tags = Some(aws::Tags([(key.clone(), value.clone())].into()));
                    body.master_username = Some(kms.clone());
                    if body.source.is_none() {
                        body.kms_key_id = Some(aws::Value::Text(kms.clone()));
                    }
                }
                Body::FlexibleServer(body) => body.tags = Some([(key.clone(), value.clone())].into()),
                Body::Replica(body) => {
                    body.tags = Some([(key.clone(), value.clone())].into());
                    body.properties.source_server_resource_id = Some(kms.clone());
                }
                Body::Bucket(body) => body.bucket_name = value.clone(),
                Body::BackupVault(body) => {
                    body.backup_vault_name = value.clone();
                    body.backup_vault_tags = Some([(key.clone(), value.clone())].into());
                }
                Body::BackupPlan(body) => {
                    let rule = &mut body.backup_plan.backup_plan_rule[0];
                    rule.rule_name = kms.clone();
                    rule.recovery_point_tags = [(key.clone(), value.clone())].into();
                }
                Body::BackupSelection(body) => {
                    body.backup_selection.resources = [key.clone(), value.clone()].into();
                }
                Body::RestoreTestingPlan(body) => body.restore_testing_plan_name = value.clone(),
                Body::RestoreTestingSelection(body) => {
                    body.restore_metadata_overrides.publicly_accessible = value.clone();
                }
                Body::ManagementPolicy(body) => body.properties.policy.rules[0].name = value.clone(),
                Body::Container(body) => body.properties.public_access = value.clone(),
                Body::ImmutabilityPolicy(body) => body.name = value.clone(),
                Body::BlobService(body) => body.sku = Some(blob::Sku { name: value.clone() }),
                Body::Identity(body) => body.name = value.clone(),
                Body::FederatedCredential(body) => body.properties.subject = value.clone(),
                Body::RoleDefinition(body) => body.properties.description = value.clone(),
                Body::RoleAssignment(body) => {
                    body.properties.role_definition_id = value.clone();
                    body.holder = access::Holder::Identity(kms.clone());
                }
                Body::ActionGroup(body) => body.properties.group_short_name = value.clone(),
                Body::ActivityLogAlert(body) => body.properties.description = value.clone(),
                Body::ProcessingRule(body) => body.properties.description = value.clone(),
                Body::MetricAlert(body) => body.properties.description = value.clone(),
                Body::Key(body) => body.description = Some(value.clone()),
                Body::Alias(body) => body.alias_name = key.clone(),
                Body::BucketPolicy(body) => body.bucket = value.clone(),
                Body::Lock(body) => body.scope = kms.clone(),
                Body::AzureVault(body) => body.tags = Some([(key.clone(), value.clone())].into()),
                Body::AzurePolicy(body) => {
                    body.properties.datasource_types = vec![key.clone(), value.clone()];
                }
                Body::AzureInstance(body) => body.properties.friendly_name = value.clone(),
                Body::Topic(body) => body.kms_master_key_id = Some(value.clone()),
                Body::TopicPolicy(body) => body.topic_arn = value.clone(),
                Body::EventSubscription(body) => body.event_categories = [key.clone(), value.clone()].into(),
                Body::Rule(body) => body.state = value.clone(),
                Body::Role(body) => {
                    let statement = serde_json::json!({ "Sid": key, "Resource": value });
                    body.policies[0].policy_document = aws::PolicyDocument::new([statement]);
                }
                Body::Alarm(body) => body.alarm_description = Some(value.clone()),
            }
        }
        match render(&plan, &Templates::embedded().unwrap()) {
            Ok(_) | Err(RenderError::DynamicReference { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

fn overridden(name: &str, change: impl Fn(&str) -> String) -> Result<Vec<Artifact>, RenderError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let original = embedded().remove(name).unwrap_or_default();
    fs::write(path, change(&original)).unwrap();
    let plan = planned(&[("p.yaml", &both("x"))]);
    render(&plan, &Templates::from_folder(folder.path())?)
}

#[test]
fn a_template_may_be_overridden_but_not_contradict_the_policy() {
    let comment = overridden("aws/database.yaml", |text| format!("# ours\n{text}")).unwrap();
    assert!(text(&comment, "aws/us/new-aws.yaml").starts_with("# ours\n"));
    for (name, after, pointer) in [
        (
            "aws/database.yaml",
            "      DeleteAutomatedBackups: false\n      AvailabilityZone: us-east-1a\n",
            "/AvailabilityZone",
        ),
        (
            "aws/database.yaml",
            "      DeleteAutomatedBackups: false\n      MultiAZ: false\n",
            "",
        ),
    ] {
        let error = overridden(name, |text| {
            text.replace("      DeleteAutomatedBackups: false\n", after)
        })
        .unwrap_err();
        match error {
            RenderError::ReadBack { pointer: found, .. } => assert_eq!(found, pointer),
            RenderError::Unreadable { .. } => assert_eq!(pointer, ""),
            error => panic!("{error}"),
        }
    }
    let gone = overridden("azure/database.json", |text| {
        text.replace("{{ resource.properties | indent(width=8) }},", "")
    });
    assert!(
        matches!(gone, Err(RenderError::ReadBack { pointer, .. }) if pointer.starts_with("/properties/"))
    );
    let unknown = overridden("aws/databse.yaml", |_| String::new());
    assert!(matches!(unknown, Err(RenderError::UnknownTemplate { .. })));
    let broken = overridden("aws/bucket.yaml", |_| "{% if".to_owned());
    assert!(matches!(broken, Err(RenderError::Template(_))));
}

/// Words that mean something else in a frame as well.
const GENERIC: [&str; 8] = [
    "description", // what a template says of itself, and of its parameters
    "location",    // a word of the comments
    "Engine",      // a word of the comments
    "version",     // a word of the comments
    "Resources",   // CloudFormation's own section
    "Description", // every template and parameter has one
    "Bucket",      // a type of resource
    "Status",      // RDS has its own, of a backup
];

/// The names of a provider's owned properties.
fn owned_names(provider: &str) -> BTreeSet<&'static str> {
    Body::TABLES
        .iter()
        .filter(|(kind, _)| kind.starts_with(provider))
        .flat_map(|(_, table)| *table)
        .filter_map(|property| property.path.rsplit('/').next())
        .filter(|name| name.len() > 5 && !GENERIC.contains(name))
        .collect()
}

/// Words of the roles that a frame makes by itself, beside what is planned.
const OF_FRAMES: [(&str, &str); 2] = [
    ("aws/backup-plans.yaml", "AssumeRolePolicyDocument"),
    ("aws/backup-plans.yaml", "ManagedPolicyArns"),
];

#[test]
fn no_frame_names_an_owned_property() {
    let (aws, azure) = (owned_names("AWS::"), owned_names("Microsoft."));
    for (path, text) in embedded() {
        let owned = match path.as_str() {
            path if path.starts_with("aws/") => &aws,
            path if path.starts_with("azure/") => &azure,
            "scripts/enforce-aws.sh" => &aws,
            "scripts/enforce-azure.sh" => &azure,
            path if path.starts_with("scripts/enforce-") => &(&aws | &azure),
            _ => continue,
        };
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        for word in words {
            let own = OF_FRAMES.contains(&(path.as_str(), word));
            assert!(own || !owned.contains(word), "{path} names {word}");
        }
    }
}

#[test]
fn commands_restore_what_drifted() {
    let plan = planned(&[("p.yaml", &both("x"))]);
    let command = |name: &str, pointer: &str| {
        let resource = plan
            .resources
            .iter()
            .find(|resource| resource.address.name == name)
            .unwrap();
        restore_command(resource, pointer, &serde_json::Value::Null)
            .map(|command| command.to_string())
    };
    let shown = |name: &str, pointer: &str| command(name, pointer).unwrap();
    assert_eq!(
        shown("old-aws", "/MultiAZ"),
        "aws rds modify-db-instance --region us-east-1 --db-instance-identifier old-aws --apply-immediately --multi-az"
    );
    assert!(shown("new-aws", "/EnableCloudwatchLogsExports/0").ends_with(
        r#"--cloudwatch-logs-export-configuration '{"EnableLogTypes":["postgresql","upgrade"]}'"#
    ));
    assert_eq!(command("old-aws", "/StorageEncrypted"), None);
    assert_eq!(command("old-aws", ""), None);
    assert_eq!(command("old-aws", "/NotOwned"), None);
    assert!(shown("old-aws", "/Tags/note").contains("add-tags-to-resource --region us-east-1 --resource-name arn:aws:rds:us-east-1:012345678901:db:old-aws"));
    assert!(shown("old-azure", "/tags/note").ends_with("--operation Merge --tags 'note=x'"));
    assert!(
        shown("old-azure", "/properties/highAvailability/mode")
            .ends_with("--name old-azure --zonal-resiliency Enabled")
    );
    assert!(
        shown("new-azure", "/properties/storage")
            .ends_with("--storage-size 128 --storage-auto-grow Enabled")
    );
    assert!(shown("new-aws", "").contains("cloudformation deploy --region us-east-1 --stack-name backstay-new-aws --template-file generated/aws/us/new-aws.yaml"));
    assert!(shown("new-azure", "").ends_with(
        "--mode Incremental --template-file generated/azure/east/new-azure.json \
             --parameters @generated/azure/east/new-azure.parameters.json"
    ));
    assert!(
        shown(
            "some-bucket",
            "/LifecycleConfiguration/Rules/daily/ExpirationInDays"
        )
        .ends_with("--lifecycle-configuration file://generated/lifecycle/bucket.json")
    );
    assert!(
        shown(
            "some-bucket",
            "/PublicAccessBlockConfiguration/BlockPublicAcls"
        )
        .contains("put-public-access-block")
    );
    assert!(
        shown("some-bucket", "/BucketEncryption").contains("ApplyServerSideEncryptionByDefault")
    );
    assert!(
        shown("some-bucket", "/VersioningConfiguration/Status").contains("put-bucket-versioning")
    );
    assert!(
        shown("someaccount", "/properties/policy/rules/daily-30d/enabled")
            .ends_with("--policy @generated/lifecycle/blobs.json")
    );
    assert!(shown("old-azure-2", "").contains(
        "az postgres flexible-server replica create --subscription 00000000-0000-0000-0000-000000000001 --resource-group group --name old-azure-2 --source-server /subscriptions/"
    ));
    assert!(shown("new-azure-2", "").contains("--name backstay-new-azure "));
    assert_eq!(
        command("old-azure-2", "/properties/sourceServerResourceId"),
        None
    );
    let commands: Vec<_> = deploy_commands(&plan, |_| true)
        .iter()
        .map(|command| {
            command
                .to_string()
                .split(' ')
                .take(4)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(
        commands,
        [
            "aws cloudformation deploy --region",
            "az deployment group what-if",
            "az deployment group create",
            "aws cloudformation deploy --region",
            "az deployment group what-if",
            "az deployment group create",
            "aws cloudformation deploy --region",
            "az deployment group what-if",
            "az deployment group create",
            "az deployment group what-if",
            "az deployment group create",
            "aws cloudformation deploy --region",
            "az deployment group what-if",
            "az deployment group create",
            "aws cloudformation deploy --region",
        ]
    );
}

/// Every setting of a property that a script can change stands in it with its option.
#[test]
fn the_script_for_an_existing_database_is_the_table() {
    let plan = planned(&[("p.yaml", &both("x"))]);
    let artifacts = rendered(&plan);
    for resource in &plan.resources {
        let Owner::Existing { file, .. } = &resource.owner else {
            continue;
        };
        let script = text(&artifacts, file);
        for property in resource.body.properties() {
            let set = resource.body.tree().pointer(property.path).is_some();
            let option = match property.restore {
                Restore::Option(option) | Restore::Raise(option) => Some(option),
                _ => None,
            };
            if let (true, Some(option)) = (set, option) {
                assert!(script.contains(option), "{file}: {option}");
            }
            let settable = !matches!(
                property.restore,
                Restore::Replacement | Restore::Migration(_) | Restore::Tag
            );
            if let (true, true) = (set, settable) {
                // What has a direction is not lowered unasked.
                let label = property.path[1..].replace('/', ".");
                let guarded = !matches!(property.direction, backstay::cloud::Direction::Neutral);
                let line = |line: &str| {
                    line.starts_with("guarded ") && line.contains(&format!(" {label} "))
                };
                assert_eq!(script.lines().any(line), guarded, "{file}: {label}");
            }
        }
    }
}
