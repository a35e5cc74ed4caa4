//! The least that each identity needs: what the documents say, and who is trusted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use backstay::cloud::Owned as _;
use backstay::cloud::aws::iam::Role;
use backstay::cloud::aws::reads::{self, GET_RESOURCE, KINDS, READS};
use backstay::plan::{Body, Plan, plan};
use backstay::policy::{self, Subjects};
use backstay::resolve::resolve;
use backstay::source::Sources;
use serde_json::{Value, json};

use super::support::{Output, root, tools};

const HEAD: &str = r#"version: 1
locations:
  us: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  host: { provider: host, address: db-01.internal }
  eu: { provider: aws, region: eu-west-1, account: "210987654321", role: "arn:aws:iam::210987654321:role/ops/reader" }
stores:
  dumps: { at: us, bucket: company-dumps }
  copies: { at: eu, bucket: company-copies }
"#;

fn planned(rest: &str) -> Plan {
    planned_at("", rest)
}

/// With more locations.
fn planned_at(locations: &str, rest: &str) -> Plan {
    let mut sources = Sources::default();
    let head = HEAD.replace("stores:\n", &format!("{locations}stores:\n"));
    sources.add("p.yaml", format!("{head}{rest}"));
    let (workspace, findings) = policy::parse(sources);
    assert!(findings.is_empty(), "{findings:#?}");
    plan(&resolve(&workspace))
}

/// The statements of a role's policy, by their names.
fn allows(plan: &Plan, account: &str, role: &str) -> BTreeMap<String, Value> {
    let mut grants = plan.grants.iter();
    let grant = grants.find(|grant| grant.account == account && grant.role == role);
    let grant = grant.unwrap_or_else(|| panic!("no {role} in {account}"));
    let document = Value::from(grant.allows.clone());
    let statements = document["Statement"].as_array().expect("statements");
    statements
        .iter()
        .map(|it| {
            (
                it["Sid"].as_str().unwrap_or_default().to_owned(),
                it.clone(),
            )
        })
        .collect()
}

fn trust(plan: &Plan, role: &str) -> Option<Value> {
    let mut grants = plan.grants.iter();
    let grant = grants.find(|grant| grant.role == role).expect("the role");
    grant.trust.clone().map(Value::from)
}

const GITHUB: &str =
    "github: { repository: acme/backups, owner_id: \"1\", repository_id: \"22\" }\n";
const ORDERS: &str = r#"databases:
  orders:
    engine: rds_postgres
    at: us
    id: Orders
    tier: non_critical
    retention: { daily: 7d }
    dump: { to: [dumps, copies], databases: [orders], schedule: "daily 01:43" }
    snapshots: { schedule: "weekly sun 02:17", keep: 90d, copy_to: west }
    export: { to: dumps, schedule: "monthly 1 05:23", keep: 1y }
"#;

#[test]
fn a_repository_is_trusted_in_both_forms_of_its_identity() {
    let subject = |github: &str| {
        let plan = planned(&format!(
            "github: {{ repository: acme/backups{github} }}\n{ORDERS}"
        ));
        let trust = trust(&plan, "backstay-dump-writer").expect("a trust");
        trust["Statement"][0]["Condition"].clone()
    };
    let issuer = "token.actions.githubusercontent.com";
    let (aud, sub) = (format!("{issuer}:aud"), format!("{issuer}:sub"));
    assert_eq!(
        subject(", owner_id: \"1\", repository_id: \"22\""),
        json!({ "StringEquals": {
            &aud: "sts.amazonaws.com",
            &sub: [
                "repo:acme/backups:ref:refs/heads/main",
                "repo:acme@1/backups@22:ref:refs/heads/main",
            ],
        } })
    );
    assert_eq!(
        subject(", branch: release/2026"),
        json!({
            "StringEquals": { &aud: "sts.amazonaws.com" },
            "StringLike": { &sub: [
                "repo:acme/backups:ref:refs/heads/release/2026",
                "repo:acme@*/backups@*:ref:refs/heads/release/2026",
            ] },
        })
    );
    assert_eq!(
        subject(", owner_id: \"1\", repository_id: \"22\", environment: production")["StringEquals"]
            [&sub],
        json!([
            "repo:acme/backups:environment:production",
            "repo:acme@1/backups@22:environment:production",
        ])
    );
}

#[test]
fn without_a_repository_there_are_documents_and_only_rds_is_trusted() {
    let plan = planned(ORDERS);
    for role in [
        "backstay-dump-writer",
        "backstay-snapshot-operator",
        "backstay-export-operator",
        "backstay-drift-reader",
    ] {
        assert_eq!(trust(&plan, role), None, "{role}");
    }
    let writer = trust(&plan, "backstay-export-writer").expect("RDS takes it");
    let statement = &writer["Statement"][0];
    assert_eq!(
        statement["Principal"],
        json!({ "Service": "export.rds.amazonaws.com" })
    );
    let roles = plan
        .resources
        .iter()
        .filter(|it| matches!(it.body, Body::Role(_)));
    let roles: Vec<&str> = roles.map(|it| it.address.name.as_str()).collect();
    assert_eq!(roles, ["backstay-export-writer"]);
}

#[test]
fn each_account_has_one_stack_and_a_role_that_exists_is_not_made() {
    let plan = planned(&format!("{GITHUB}{ORDERS}"));
    let mut stacks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for resource in &plan.resources {
        if let Body::Role(role) = &resource.body {
            stacks
                .entry(resource.owner.file())
                .or_default()
                .push(&role.role_name);
        }
    }
    assert_eq!(
        stacks,
        BTreeMap::from([
            ("aws/eu/access.yaml", vec!["backstay-dump-writer"]),
            (
                "aws/us/access.yaml",
                vec![
                    "backstay-dump-writer",
                    "backstay-snapshot-operator",
                    "backstay-export-operator",
                    "backstay-export-writer",
                    "backstay-drift-reader",
                ]
            ),
        ])
    );
    assert_eq!(trust(&plan, "reader"), None);
    let first = allows(&plan, "123456789012", "backstay-drift-reader");
    let role = "arn:aws:iam::210987654321:role/ops/reader";
    assert_eq!(first["Readers"]["Resource"], json!(role));
}

#[test]
fn what_a_crontab_alone_runs_takes_no_role() {
    let by = |runner: &str| {
        let orders = ORDERS.replace(
            "keep: 90d,",
            &format!("keep: 90d, host: host, run_by: [{runner}],"),
        );
        let plan = planned(&format!("{GITHUB}{orders}"));
        let allowed = allows(&plan, "123456789012", "backstay-snapshot-operator");
        assert!(
            allowed.contains_key("Take"),
            "whoever runs it needs as much"
        );
        trust(&plan, "backstay-snapshot-operator").is_some()
    };
    assert!(!by("cron"));
    assert!(by("cron, github_actions"));
}

#[test]
fn a_role_that_one_location_names_is_one_reader() {
    let role = "arn:aws:iam::123456789012:role/backstay-drift-reader";
    let policy = format!(
        "{GITHUB}databases:\n\
         \x20 a: {{ engine: rds_postgres, at: us, id: a, tier: non_critical }}\n\
         \x20 b: {{ engine: rds_postgres, at: named, id: b, tier: non_critical }}\n"
    );
    let plan = planned_at(
        &format!(
            "  named: {{ provider: aws, region: eu-west-1, account: \"123456789012\", role: \"{role}\" }}\n"
        ),
        &policy,
    );
    let readers = plan.grants.iter();
    let here = readers.filter(|grant| grant.account == "123456789012");
    let here: Vec<&str> = here.map(|grant| grant.role.as_str()).collect();
    assert_eq!(here, ["backstay-drift-reader"]);
    let allowed = allows(&plan, "123456789012", "backstay-drift-reader");
    assert_eq!(
        allowed["Instances"]["Resource"],
        json!([
            "arn:aws:rds:eu-west-1:123456789012:db:*",
            "arn:aws:rds:us-east-1:123456789012:db:*",
            "arn:aws:rds:us-west-2:123456789012:db:*",
        ])
    );
    // Named as it is rendered, it is rendered; and takes itself, as the location asks.
    let trust = trust(&plan, "backstay-drift-reader").expect("a trust");
    assert_eq!(trust["Statement"][0]["Sid"], "Workflows");
    assert_eq!(
        trust["Statement"][1]["Condition"],
        json!({ "ArnEquals": { "aws:PrincipalArn": role } })
    );
    let taken = allowed["Readers"]["Resource"].as_array().expect("roles");
    assert!(taken.contains(&json!(role)), "{taken:?}");
}

/// The workflows log in to one account, and its reader takes those of the others that are named so.
#[test]
fn readers_of_other_accounts_trust_the_first() {
    let role = "arn:aws:iam::310987654321:role/backstay-drift-reader";
    let policy = format!(
        "{GITHUB}databases:\n\
         \x20 a: {{ engine: rds_postgres, at: us, id: a, tier: non_critical }}\n\
         \x20 b: {{ engine: rds_postgres, at: far, id: b, tier: non_critical }}\n"
    );
    let far = |role: &str| {
        let location = "provider: aws, region: eu-west-1, account: \"310987654321\"";
        planned_at(&format!("  far: {{ {location}{role} }}\n"), &policy)
    };
    let plan = far(&format!(", role: \"{role}\""));
    let roles = plan.resources.iter().filter_map(|it| match &it.body {
        Body::Role(body) => Some((it.owner.file(), body)),
        _ => None,
    });
    let roles: BTreeMap<&str, &Box<Role>> = roles.collect();
    let files: Vec<&str> = roles.keys().copied().collect();
    assert_eq!(files, ["aws/far/access.yaml", "aws/us/access.yaml"]);
    let trust = Value::from(
        roles["aws/far/access.yaml"]
            .assume_role_policy_document
            .clone(),
    );
    assert_eq!(
        trust["Statement"],
        json!([{
            "Sid": "Reader",
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Action": "sts:AssumeRole",
            "Condition": { "ArnEquals": {
                "aws:PrincipalArn": "arn:aws:iam::123456789012:role/backstay-drift-reader",
            } },
        }])
    );
    let first = allows(&plan, "123456789012", "backstay-drift-reader");
    let taken = first["Readers"]["Resource"].as_array().expect("roles");
    assert!(taken.contains(&json!(role)), "{taken:?}");
    assert!(!allows(&plan, "310987654321", "backstay-drift-reader").contains_key("Readers"));
    // One that is named otherwise is not backstay's to make.
    let plan = far(", role: \"arn:aws:iam::310987654321:role/audit\"");
    let grant = plan.grants.iter().find(|it| it.account == "310987654321");
    let grant = grant.expect("its document");
    assert_eq!((grant.role.as_str(), &grant.trust), ("audit", &None));
    assert_eq!(grant.document, "reads-far");
}

/// A location may name any role of its account, also one that writes.
#[test]
fn documents_of_roles_that_exist_are_called_after_their_locations() {
    let role = "arn:aws:iam::123456789012:role/backstay-dump-writer-trust";
    let location = format!("region: eu-west-1, account: \"123456789012\", role: \"{role}\"");
    let odd = format!("  odd: {{ provider: aws, {location} }}\n");
    let plan = planned_at(&odd, &format!("{GITHUB}{ORDERS}"));
    let templates = backstay::render::Templates::embedded().expect("templates");
    let artifacts = backstay::render::render(&plan, &templates).expect("no two of a path");
    let documents = artifacts.iter().filter(|it| it.path.starts_with("iam/"));
    let documents: Vec<&str> = documents.map(|it| it.path.as_str()).collect();
    assert!(
        documents.contains(&"iam/123456789012/reads-odd.json"),
        "{documents:?}"
    );
    assert!(documents.contains(&"iam/123456789012/backstay-dump-writer-trust.json"));
}

/// Pull requests are reviewed as the reader alone, and as nobody where an environment says who may.
#[test]
fn only_the_reader_is_taken_for_pull_requests() {
    let subjects = |more: &str, role: &str| {
        let github = format!(
            "github: {{ repository: acme/backups, owner_id: \"1\", repository_id: \"22\"{more} }}\n"
        );
        let trust = trust(&planned(&format!("{github}{ORDERS}")), role).expect("a trust");
        let condition = &trust["Statement"][0]["Condition"]["StringEquals"];
        condition["token.actions.githubusercontent.com:sub"].clone()
    };
    assert_eq!(
        subjects("", "backstay-drift-reader"),
        json!([
            "repo:acme/backups:pull_request",
            "repo:acme/backups:ref:refs/heads/main",
            "repo:acme@1/backups@22:pull_request",
            "repo:acme@1/backups@22:ref:refs/heads/main",
        ])
    );
    let environment = ", environment: review";
    assert_eq!(
        subjects(environment, "backstay-drift-reader"),
        json!([
            "repo:acme/backups:environment:review",
            "repo:acme@1/backups@22:environment:review",
        ])
    );
    for role in [
        "backstay-dump-writer",
        "backstay-snapshot-operator",
        "backstay-export-operator",
    ] {
        assert!(!subjects("", role).to_string().contains("pull_request"));
    }
}

#[test]
fn dumps_are_added_under_their_prefixes_and_never_removed() {
    let plan = planned(ORDERS);
    for (account, bucket) in [
        ("123456789012", "company-dumps"),
        ("210987654321", "company-copies"),
    ] {
        let allowed = allows(&plan, account, "backstay-dump-writer");
        let uploads = &allowed["Uploads"];
        assert_eq!(
            uploads["Action"],
            json!(["s3:AbortMultipartUpload", "s3:PutObject"])
        );
        let objects = uploads["Resource"].as_array().expect("objects");
        assert_eq!(objects.len(), 4);
        assert_eq!(objects[0], json!(format!("arn:aws:s3:::{bucket}/daily/*")));
        let list = &allowed["Dumps"];
        assert_eq!(
            list["Condition"]["StringLike"]["s3:prefix"]
                .as_array()
                .map(Vec::len),
            Some(4)
        );
        assert_eq!(allowed.len(), 2);
    }
}

#[test]
fn snapshots_are_deleted_only_where_they_have_the_tag() {
    let plan = planned(ORDERS);
    let allowed = allows(&plan, "123456789012", "backstay-snapshot-operator");
    let own = json!([
        "arn:aws:rds:us-east-1:123456789012:snapshot:backstay-*",
        "arn:aws:rds:us-west-2:123456789012:snapshot:backstay-*",
    ]);
    let prune = &allowed["Prune"];
    assert_eq!(prune["Action"], "rds:DeleteDBSnapshot");
    assert_eq!(prune["Resource"], own);
    assert_eq!(
        prune["Condition"],
        json!({ "Null": { "aws:ResourceTag/backstay:policy": "false" } })
    );
    assert_eq!(allowed["Copy"]["Resource"], own);
    let taken = &allowed["Take"]["Resource"];
    assert_eq!(taken[0], "arn:aws:rds:us-east-1:123456789012:db:orders");
    assert_eq!(taken[1], own[0]);
    let keys = &allowed["CopyKeys"]["Condition"]["StringEquals"]["kms:ViaService"];
    assert_eq!(keys, "rds.us-west-2.amazonaws.com");
}

#[test]
fn many_instances_are_allowed_by_their_region() {
    let database = |n| {
        format!(
            "  d{n}: {{ engine: rds_postgres, at: us, id: d{n}, tier: non_critical, \
             snapshots: {{ schedule: \"weekly sun 02:17\", keep: 90d }} }}\n"
        )
    };
    let databases: String = (0..41).map(database).collect();
    let plan = planned(&format!("databases:\n{databases}"));
    let allowed = allows(&plan, "123456789012", "backstay-snapshot-operator");
    assert_eq!(
        allowed["Instances"]["Resource"],
        "arn:aws:rds:us-east-1:123456789012:db:*"
    );
}

/// What IAM takes as the inline policies of one role.
const POLICY_CHARACTERS: usize = 10_240;

#[test]
fn a_thousand_databases_fit_into_a_role() {
    let mut databases = String::new();
    for n in 0..1000 {
        databases += &format!(
            "  d{n}: {{ engine: rds_postgres, at: us, id: d{n}, tier: non_critical, retention: {{ daily: 7d }}, \
             alerts: {{ to: [sns:oncall], events: [failed] }}, \
             dump: {{ to: [dumps], databases: [a], schedule: \"daily 01:43\" }}, \
             snapshots: {{ schedule: \"weekly sun 02:17\", keep: 90d }} }}\n"
        );
    }
    let plan = planned(&format!("{GITHUB}databases:\n{databases}"));
    for grant in &plan.grants {
        let length = Value::from(grant.allows.clone()).to_string().len();
        assert!(length < POLICY_CHARACTERS, "{}: {length}", grant.role);
    }
}

#[test]
fn every_kind_on_aws_says_what_reading_it_needs() {
    let kinds = Body::TABLES.iter().map(|(kind, _)| *kind);
    let aws = kinds.filter(|kind| kind.starts_with("AWS::"));
    let known: BTreeSet<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(aws.collect::<BTreeSet<_>>(), known);
}

/// What is read is named where the list of it is, and nowhere else.
#[test]
fn the_code_names_no_action_beside_the_list() {
    let literal = |text: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric();
        text.split_once(':').is_some_and(|(service, name)| {
            service.chars().all(plain)
                && name.starts_with(|c: char| c.is_ascii_uppercase())
                && name.chars().all(plain)
        })
    };
    let mut folders = vec![root().join("src/observe")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source");
            seen += text.matches("reads::").count();
            let mut literals = text.split('"').skip(1).step_by(2);
            let named = literals.find(|it| literal(it));
            assert_eq!(named, None, "{}", path.display());
        }
    }
    assert!(seen > 40, "{seen}");
    let actions: BTreeSet<&str> = READS.iter().map(|it| it.action).collect();
    assert_eq!(actions.len(), READS.len(), "each once");
}

/// For what Cloud Control reads: the permissions of the types' own read handlers, as CloudFormation's
/// registry has them.
#[test]
fn what_the_registry_reads_needs_what_its_schemas_say() {
    let program = "import json, sys\n\
        from importlib.resources import files\n\
        schemas = files('cfnlint') / 'data' / 'schemas'\n\
        names = json.loads((schemas / 'providers' / 'us-east-1.json').read_text())\n\
        for kind in sys.argv[1:]:\n\
        \x20   schema = json.loads((schemas / 'resources' / (names[kind] + '.json')).read_text())\n\
        \x20   print(kind, *sorted(schema['handlers']['read']['permissions']))\n";
    let through = |reads: &[reads::Read]| reads.contains(&GET_RESOURCE);
    let kinds: Vec<&str> = KINDS
        .iter()
        .filter(|(_, reads)| through(reads))
        .map(|(kind, _)| *kind)
        .collect();
    assert!(kinds.contains(&Role::TYPE));
    let mut command = Command::new(tools().join("venv/bin/python"));
    command.args(["-c", program]).args(&kinds);
    let output = Output::of(command.output().expect("python starts")).expect_code(0);
    for line in output.stdout.lines() {
        let (kind, permissions) = line.split_once(' ').expect("permissions");
        // Only for a rule with a role, and ours have none.
        let wanted: BTreeSet<&str> = permissions
            .split(' ')
            .filter(|it| *it != "iam:PassRole")
            .collect();
        let listed = reads::of(kind).iter().map(|it| it.action);
        let listed: BTreeSet<&str> = listed.filter(|it| *it != GET_RESOURCE.action).collect();
        assert_eq!(listed, wanted, "{kind}");
    }
}

fn subjects(rest: &str) -> Subjects {
    let mut sources = Sources::default();
    let text = format!("version: 1\ngithub: {{ repository: acme/backups{rest} }}\n");
    sources.add("p.yaml", text);
    let (workspace, findings) = policy::parse(sources);
    assert!(findings.is_empty(), "{findings:#?}");
    resolve(&workspace).github.expect("github").subjects()
}

#[test]
fn a_repository_has_both_forms_of_its_identity() {
    let numbers = ", owner_id: \"1\", repository_id: \"22\"";
    let by_number = "repo:acme@1/backups@22:ref:refs/heads/main";
    assert_eq!(
        subjects(numbers),
        Subjects {
            by_name: "repo:acme/backups:ref:refs/heads/main".to_owned(),
            by_number: Some(by_number.to_owned()),
            pattern: by_number.to_owned(),
        }
    );
    assert_eq!(
        subjects(", owner_id: \"1\", branch: release/2026"),
        Subjects {
            by_name: "repo:acme/backups:ref:refs/heads/release/2026".to_owned(),
            by_number: None,
            pattern: "repo:acme@1/backups@*:ref:refs/heads/release/2026".to_owned(),
        }
    );
    assert_eq!(
        subjects(&format!("{numbers}, environment: production")).by_number,
        Some("repo:acme@1/backups@22:environment:production".to_owned())
    );
}

#[test]
fn a_drill_restores_what_has_its_tag_and_discards_nothing_else() {
    let plan = planned(&ORDERS.replace(
        "    dump:",
        "    pitr_test: { database: orders, schedule: \"monthly 1 05:23\", host: host, run_by: [github_actions] }\n    dump:",
    ));
    let allowed = allows(&plan, "123456789012", "backstay-recovery-operator");
    let tag = |key: &str| json!({ "Null": { format!("aws:{key}/backstay:restored"): "false" } });
    assert_eq!(allowed["RestoreMoment"]["Condition"], tag("RequestTag"));
    assert_eq!(allowed["Discard"]["Condition"], tag("ResourceTag"));
    assert_eq!(
        allowed["Results"]["Resource"],
        "arn:aws:s3:::company-dumps/drills/*"
    );
    assert!(!allowed.contains_key("RestoreSnapshot"), "{allowed:?}");
}

/// Where only snapshots are kept, their restore test is a drill as well, of the same role.
#[test]
fn a_test_of_snapshots_restores_snapshots_alone() {
    let plan = planned(
        r#"databases:
  search:
    engine: rds_postgres
    at: us
    id: search-prod
    tier: non_critical
    restore_test: { every: 6mo }
"#,
    );
    let allowed = allows(&plan, "123456789012", "backstay-recovery-operator");
    let restore = &allowed["RestoreSnapshot"];
    assert_eq!(restore["Action"], "rds:RestoreDBInstanceFromDBSnapshot");
    assert_eq!(
        restore["Condition"],
        json!({ "Null": { "aws:RequestTag/backstay:restored": "false" } })
    );
    assert!(!allowed.contains_key("RestoreMoment"), "{allowed:?}");
}

/// A workflow asks for sessions as long as its role gives.
#[test]
fn every_role_that_is_named_is_rendered() {
    let plan = planned(&format!("{GITHUB}{ORDERS}"));
    let roles = plan.resources.iter().filter_map(|it| match &it.body {
        Body::Role(role) => Some((role.role_name.as_str(), role.max_session_duration)),
        _ => None,
    });
    let roles: BTreeMap<&str, u32> = roles.collect();
    let templates = backstay::render::Templates::embedded().expect("templates");
    let artifacts = backstay::render::render(&plan, &templates).expect("rendered");
    let workflows = artifacts.iter().filter(|it| it.path.starts_with("github/"));
    let mut seen = 0;
    for artifact in workflows {
        let value = |key: &str| {
            let line = artifact
                .text
                .lines()
                .find_map(|line| line.trim().strip_prefix(key));
            line.map(|line| line.trim().trim_matches('"').to_owned())
        };
        let Some(role) = value("role-to-assume:") else {
            continue;
        };
        let name = role.rsplit('/').next().expect("a name");
        let longest = roles
            .get(name)
            .unwrap_or_else(|| panic!("nobody makes {role}"));
        let asked = value("role-duration-seconds:").map_or(3600, |it| it.parse().expect("seconds"));
        assert!(asked <= *longest, "{}: {asked}", artifact.path);
        seen += 1;
    }
    assert_eq!(seen, 6);
}

/// Whatever the examples' files call a role is rendered beside them, or named by their policies.
#[test]
fn every_role_of_the_examples_is_rendered_or_given() {
    fn texts(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => texts(&path, found),
                path => found.push((path.clone(), fs::read_to_string(&path).expect("a text"))),
            }
        }
    }
    let mut given = String::new();
    for policy in ["train-tracker.yaml", "fleet.yaml"] {
        given += &fs::read_to_string(root().join("policies").join(policy)).expect("a policy");
    }
    let mut files = Vec::new();
    for folder in ["github", "scripts", "runbooks", "cron", "systemd"] {
        texts(&root().join("generated").join(folder), &mut files);
    }
    let mut stacks = Vec::new();
    texts(&root().join("generated/aws"), &mut stacks);
    let mut named = BTreeSet::new();
    for (path, text) in &files {
        for part in text.split("arn:aws:iam::").skip(1) {
            let end = |c: char| !c.is_ascii_alphanumeric() && !":/_-$".contains(c);
            let arn = part.split(end).next().unwrap_or_default();
            let (account, role) = arn.split_once(":role/").expect("a role");
            // AWS's own, which AWS Backup makes.
            if role == "service-role/AWSBackupDefaultServiceRole" {
                continue;
            }
            let rendered = stacks.iter().any(|(_, stack)| {
                let name = format!("RoleName: \"{role}\"\n");
                stack.contains(&name) && stack.contains(&format!(":{account}:"))
            });
            let full = format!("arn:aws:iam::{account}:role/{role}");
            let known = rendered || given.contains(&full);
            assert!(known, "{}: nobody makes {full}", path.display());
            named.insert(role.to_owned());
        }
    }
    for role in [
        "drift-reader",
        "dump-writer",
        "restore-tester",
        "snapshot-operator",
        "export-operator",
        "export-writer",
        "recovery-operator",
    ] {
        assert!(
            named.contains(&format!("backstay-{role}")),
            "{role}: {named:?}"
        );
    }
}
