//! What runs the scripts: one crontab a host, one workflow a script.

use backstay::policy;
use backstay::render::{Artifact, RenderError, Templates, render};
use backstay::resolve::resolve;
use backstay::source::Sources;

fn rendered(databases: &str) -> Result<Vec<Artifact>, RenderError> {
    let mut sources = Sources::default();
    let text = format!(
        "version: 1
locations:
  us: {{ provider: aws, region: us-east-1, account: \"123456789012\" }}
  db-01: {{ provider: host, address: db-01.internal }}
  db-02: {{ provider: host, address: db-02.internal }}
stores:
  dumps: {{ at: us, bucket: company-dumps }}
databases:
{databases}"
    );
    sources.add("policies/jobs.yaml", text);
    let (workspace, findings) = policy::parse(sources);
    assert!(findings.is_empty(), "{findings:#?}");
    let plan = backstay::plan::plan(&resolve(&workspace));
    let templates = Templates::embedded().expect("the templates are whole");
    render(&plan, &templates)
}

const OWN: &str = "  own: { engine: postgres, at: db-01, id: own, dump: { to: [dumps], databases: [own], schedule: \"daily 01:43\" } }\n";

fn orders(more: &str) -> String {
    format!(
        "  orders: {{ engine: rds_postgres, at: us, id: orders{more}, snapshots: {{ schedule: \"weekly sun 02:17\", keep: 90d"
    )
}

#[test]
fn a_host_has_one_crontab_for_every_script_that_it_runs() {
    let jobs = format!(
        "{OWN}{}, host: db-01 }} }}\n{}, run_by: [cron, github_actions], host: db-02 }} }}\n",
        orders(""),
        orders("-2").replace("orders:", "other:"),
    );
    let artifacts = rendered(&jobs).expect("the policy can be rendered");
    let text = |path: &str| {
        let found = artifacts.iter().find(|artifact| artifact.path == path);
        found.map(|artifact| artifact.text.as_str())
    };
    let entries = |path: &str| -> Vec<String> {
        let lines = text(path).expect("there is a crontab").lines();
        let entry = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
        lines.filter(entry).map(str::to_owned).collect()
    };
    assert_eq!(
        entries("cron/db-01.crontab"),
        [
            "43 1 * * * bash \"$BACKSTAY_HOME\"/scripts/own-dump.sh",
            "17 2 * * 0 bash \"$BACKSTAY_HOME\"/scripts/orders-snapshot.sh",
            // As often as the built-in tier wants its backups tried.
            "43 4 2 1,4,7,10 * bash \"$BACKSTAY_HOME\"/scripts/own-restore-test.sh",
        ]
    );
    assert_eq!(
        entries("cron/db-02.crontab"),
        ["17 2 * * 0 bash \"$BACKSTAY_HOME\"/scripts/other-snapshot.sh"]
    );
    // A host that only gives commands to a cloud needs no folder for dumps.
    let other = text("cron/db-02.crontab").expect("there is a crontab");
    assert!(!other.contains("BACKSTAY_DUMP_DIR"), "{other}");
    assert!(text("github/other-snapshot.yml").is_some());
    assert_eq!(text("github/orders-snapshot.yml"), None);
    assert_eq!(text("github/own-dump.yml"), None);
}

#[test]
fn a_snapshot_is_githubs_to_start_unless_the_policy_says_otherwise() {
    let artifacts = rendered(&format!("{} }} }}\n", orders(""))).expect("it can be rendered");
    let paths: Vec<_> = artifacts.iter().map(|one| one.path.as_str()).collect();
    assert!(paths.contains(&"github/orders-snapshot.yml"), "{paths:?}");
    assert!(
        !paths.iter().any(|path| path.starts_with("cron/")),
        "{paths:?}"
    );
}

#[test]
fn one_crontab_has_one_time_zone() {
    let jobs = format!(
        "{OWN}{}, host: db-01 }} }}\n",
        orders(", timezone: Europe/Madrid")
    );
    let error = rendered(&jobs).expect_err("two time zones are refused");
    assert!(matches!(error, RenderError::TwoTimeZones { .. }), "{error}");
    let jobs = jobs.replace("host: db-01 } }", "host: db-02 } }");
    rendered(&jobs).expect("each host has its own");
}

/// macOS has bash 3.2, which knows half of what the scripts use: it is told before it reads any of that.
#[test]
fn every_script_looks_at_its_bash_before_anything_else() {
    let folder = crate::support::root().join("generated/scripts");
    let scripts = std::fs::read_dir(folder).expect("a folder").flatten();
    let mut count = 0;
    for script in scripts.map(|entry| entry.path()) {
        let text = std::fs::read_to_string(&script).expect("a script");
        let mut lines = text.lines();
        let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
        let first = first.expect("a script has commands");
        assert!(
            first.starts_with("((BASH_VERSINFO[0] >= 5)) || {"),
            "{}: {first}",
            script.display()
        );
        count += 1;
    }
    assert!(count > 30, "{count}");
}
