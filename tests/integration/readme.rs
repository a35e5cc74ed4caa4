//! What README.md and the policy reference show is what the program says. `BACKSTAY_BLESS=1` writes its parts anew.

use super::support::{Workspace, root as repository};

/// The lines of the README's shell blocks that start with a program, without their comments.
pub fn commands(start: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    let blocks = text.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|rest| Some(rest.split_once("\n```")?.0));
    let lines = blocks
        .flat_map(str::lines)
        .filter(|line| line.starts_with(start));
    let lines: Vec<String> = lines
        .map(|line| line.split(" # ").next().unwrap_or(line).trim().to_owned())
        .collect();
    assert!(!lines.is_empty(), "the README shows no {start}");
    lines
}

/// Its block of YAML that has a text.
pub fn yaml(part: &str) -> String {
    let text = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    let blocks = text.split("```yaml\n").skip(1);
    let mut blocks = blocks.filter_map(|rest| Some(rest.split_once("\n```")?.0));
    let found = blocks.find(|block| block.contains(part));
    found
        .unwrap_or_else(|| panic!("the README shows no {part}"))
        .to_owned()
        + "\n"
}

/// The text between two lines, the lines left out.
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start:?}"));
    let (_, rest) = rest.split_once('\n').expect("a line");
    rest.split_once(end)
        .unwrap_or_else(|| panic!("no {end:?}"))
        .0
}

fn holds(start: &str, end: &str, expected: &str) {
    holds_in("README.md", start, end, expected);
}

fn holds_in(file: &str, start: &str, end: &str, expected: &str) {
    let path = repository().join(file);
    let text = std::fs::read_to_string(&path).expect(file);
    let actual = between(&text, start, end);
    if std::env::var_os("BACKSTAY_BLESS").is_some() && actual != expected {
        let head = text.len() - text.split_once(start).expect("found").1.len();
        let line = text[head..].find('\n').expect("a line") + 1 + head;
        let rest = &text[line + actual.len()..];
        std::fs::write(&path, format!("{}{expected}{rest}", &text[..line])).expect("written");
        return;
    }
    assert_eq!(
        actual, expected,
        "run the tests with BACKSTAY_BLESS=1 and commit {file}"
    );
}

#[test]
fn the_reference_is_the_schemas() {
    let reference = backstay::policy::reference();
    let [start, end] = ["<!-- reference:", "<!-- /reference -->"];
    holds_in("policies/README.md", start, end, &reference);
}

/// What AWS tells of each word of the policy.
fn alerts() -> String {
    use backstay::cloud::aws::signals::{Job, Of};
    use backstay::resolve::alerts::{EVENTS, signals};
    let list = |words: &[&str]| match words {
        [] => "–".to_owned(),
        words => words.join(", "),
    };
    let mut table = "| event | RDS, of an instance | RDS, of snapshots | AWS Backup | alarm on |\n\
                     |---|---|---|---|---|\n"
        .to_owned();
    for event in EVENTS {
        let Some(signals) = signals(event) else {
            table += &format!("| `{event}` | – | – | – | – |\n");
            continue;
        };
        let job = |job: &Job| {
            let whose = match job.of {
                Of::Copies => " (where the copy goes)",
                Of::Own | Of::Tested | Of::Each => "",
            };
            format!("{} to {}{whose}", job.detail_type, job.values.join(" or "))
        };
        let jobs: Vec<String> = signals.jobs.iter().map(job).collect();
        let jobs: Vec<&str> = jobs.iter().map(String::as_str).collect();
        let metrics: Vec<&str> = signals.metrics.iter().map(|it| it.metric).collect();
        table += &format!(
            "| `{event}` | {} | {} | {} | {} |\n",
            list(signals.instance),
            list(signals.snapshot),
            list(&jobs),
            list(&metrics)
        );
    }
    table
}

#[test]
fn the_alerts_are_those_of_aws() {
    holds("<!-- alerts:", "<!-- /alerts -->", &alerts());
}

/// The stacks of AWS stand in the README in the order in which they are deployed.
#[test]
fn the_stacks_of_aws_are_in_their_order() {
    use backstay::plan::Purpose;
    let mut stacks = [
        (Purpose::Access, "`access.yaml`"),
        (Purpose::Alerts, "`alerts.yaml`"),
        (Purpose::BackupPlans, "`VAULT-plans.yaml`"),
        (Purpose::Copies, "`DATABASE.yaml`, where its copies go"),
        (Purpose::Database, "`DATABASE.yaml`"),
        (Purpose::Replicas, "`DATABASE-replicas.yaml`"),
        (Purpose::Store, "`STORE.yaml`"),
        (Purpose::Vault, "`VAULT.yaml`"),
    ];
    stacks.sort_by_key(|(purpose, _)| *purpose);
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    let rows = between(&readme, "## Deploying to AWS", "## Deploying to Azure").lines();
    let first = |row: &str| Some(row.strip_prefix("| `")?.split_once(" |")?.0.to_owned());
    let told: Vec<String> = rows.filter_map(first).map(|it| format!("`{it}")).collect();
    assert_eq!(told, stacks.map(|(_, row)| row.to_owned()));
}

/// What is read of AWS, by what it is read of.
fn reads() -> String {
    use backstay::cloud::aws::reads::{On, READS};
    use std::collections::BTreeMap;
    let of = |on: On| match on {
        On::Everything => "no resource: lists, and what names none",
        On::Instances => "instances",
        On::AutomatedBackups => "automated backups, in any Region",
        On::Snapshots => "snapshots",
        On::EventSubscriptions => "event subscriptions",
        On::AllStacks => "stacks",
        On::Stacks => "stacks named `backstay-…`",
        On::Buckets => "the policy's buckets",
        On::Dumps => "the policy's buckets, below the classes and `drills/`",
        On::Results => "manifests of dumps, and results of drills",
        On::Vaults => "the policy's vaults",
        On::BackupPlans => "backup plans",
        On::RestoreTests => "the policy's restore testing plans",
        On::Keys => "keys",
        On::StoreKeys => "keys of buckets, through S3 only",
        On::Topics => "the policy's topics",
        On::Rules => "rules named `backstay-…`",
        On::Alarms => "alarms",
        On::Roles => "roles named `backstay-…`",
    };
    let mut by: BTreeMap<On, Vec<String>> = BTreeMap::new();
    for read in READS {
        by.entry(read.on)
            .or_default()
            .push(format!("`{}`", read.action));
    }
    let rows = by
        .into_iter()
        .map(|(on, actions)| format!("| {} | {} |\n", of(on), actions.join(", ")));
    format!("| on | actions |\n|---|---|\n{}", rows.collect::<String>())
}

#[test]
fn the_reads_are_those_of_the_reader() {
    holds("<!-- reads:", "<!-- /reads -->", &reads());
}

/// The stack of roles of the worked example, as `render` prints how it is deployed.
#[test]
fn the_roles_are_deployed_as_render_says() {
    let text = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    let sample = between(&text, "<!-- access -->", "<!-- /access -->");
    let command = sample.lines().find(|line| line.starts_with("aws "));
    let command = command.expect("a command");
    let mut workspace = Workspace::new();
    for policy in ["train-tracker.yaml", "fleet.yaml"] {
        let path = repository().join("policies").join(policy);
        let text = std::fs::read_to_string(path).expect(policy);
        workspace = workspace.policy(policy, &text);
    }
    let output = workspace.run(["render"]).expect_code(0);
    let said = format!("{}{}", output.stdout, output.stderr);
    // It is asked before whose credentials these are: the examples have several accounts.
    assert!(said.lines().any(|line| line.ends_with(command)), "{said}");
}

#[test]
fn the_committed_schema_is_the_types() {
    let path = repository().join("policies/backstay.schema.json");
    let text = serde_json::to_string_pretty(backstay::policy::json_schema()).expect("JSON") + "\n";
    if std::env::var_os("BACKSTAY_BLESS").is_some() {
        std::fs::write(&path, &text).expect("written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "run the tests with BACKSTAY_BLESS=1 and commit the schema"
    );
}

/// The blocks of YAML of a file, without what they are indented by.
fn yaml_blocks(file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(repository().join(file)).expect(file);
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(indent) = line.strip_suffix("```yaml") else {
            continue;
        };
        let end = format!("{indent}```");
        let block = lines.by_ref().take_while(|line| **line != end);
        let block = block.flat_map(|line| [line.get(indent.len()..).unwrap_or_default(), "\n"]);
        blocks.push(block.collect());
    }
    blocks
}

/// What a part of a policy stands in here. What is accepted has to be found first.
fn framed(part: &str) -> String {
    let days = if part.contains("exceptions:") { 7 } else { 30 };
    format!(
        r#"version: 1
locations:
  us-east: {{ provider: aws, region: us-east-1, account: "123456789012" }}
tiers:
  ours: {{ rpo: 15min, rto: 4h, retention: {{ pitr: 14d }}, floor: [retention] }}
databases:
  orders: {{ engine: rds_postgres, at: us-east, id: orders, tier: ours, retention: {{ pitr: {days}d }} }}
{part}"#
    )
}

/// Each is a policy, a part of one, or another program's file that a test of its own judges.
#[test]
fn every_block_of_yaml_is_what_the_program_takes() {
    let mut parts = std::collections::BTreeSet::new();
    for file in ["README.md", "policies/README.md"] {
        for block in yaml_blocks(file) {
            let tree: serde_json::Value = serde_yaml::from_str(&block)
                .unwrap_or_else(|error| panic!("{file}: {error}: {block}"));
            let keys = tree.as_object().expect("a map").keys();
            let keys: Vec<&str> = keys.map(String::as_str).collect();
            // Days that have passed when this is run some day.
            let block = block.replace("2035-03-31", "2999-12-31");
            let (policy, worst) = match keys[..] {
                _ if keys.contains(&"version") => (block, "error"),
                ["repos"] => continue,
                _ if keys.contains(&"jobs") => continue,
                _ if keys.contains(&"assumptions") => {
                    backstay::cost::Prices::of(&block).expect(file);
                    continue;
                }
                _ => (framed(&block), "warning"),
            };
            let workspace = super::support::Workspace::new().policy("p.yaml", &policy);
            let output = workspace.run(["validate", "--fail-on", worst]);
            assert_eq!(output.code, 0, "{file}: {}\n{policy}", output.stdout);
            parts.extend(keys.into_iter().map(str::to_owned));
        }
    }
    for part in ["coverage", "databases", "exceptions", "github"] {
        assert!(parts.contains(part), "{part} in {parts:?}");
    }
}

/// A newcomer's first policy must not begin with warnings.
#[test]
fn the_small_policy_is_sound() {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    let (_, readme) = readme.split_once("this is a small one:").expect("a policy");
    let lines = between(readme, "```yaml", "   ```\n")
        .lines()
        .map(|line| line.get(3..).unwrap_or_default());
    let policy: String = lines.flat_map(|line| [line, "\n"]).collect();
    assert!(policy.starts_with("version: 1\n"), "{policy}");
    let workspace = super::support::Workspace::new().policy("orders.yaml", &policy);
    workspace.run(["validate"]).expect_code(0);
    workspace.run(["render"]).expect_code(0);
}

#[test]
fn the_sample_of_cost_is_real_output() {
    let args = ["cost", "policies/train-tracker.yaml"];
    let output = super::cli::examples().run(args).expect_code(0).stdout;
    holds("<!-- cost -->\n```text", "```\n<!-- /cost -->", &output);
}

#[test]
fn what_coverage_and_adopt_show_is_real_output() {
    let coverage = super::coverage::sample();
    holds(
        "<!-- coverage -->\n```text",
        "```\n<!-- /coverage -->",
        &coverage,
    );
    let (_, adopted) = super::adopt::sample();
    holds(
        "<!-- adopt -->\n```yaml",
        "```\n<!-- /adopt -->",
        &adopted.stdout,
    );
}

#[test]
fn the_sample_is_real_output() {
    let args = ["check", "--from", "policies/recorded/drifted.json"];
    let output = super::cli::examples().run(args).stdout;
    // The table is enough to see; the diff and the commands follow it.
    let (table, _) = output.split_once("\n---").expect("a diff behind the table");
    holds("<!-- sample -->\n```text", "```\n<!-- /sample -->", table);
}

#[test]
fn the_sample_of_status_is_real_output() {
    let state = "policies/recorded/points.json";
    let args = ["status", "policies/train-tracker.yaml", "--from", state];
    let output = super::cli::examples().run(args).stdout;
    // The table and its first finding are enough to see.
    let parts: Vec<&str> = output.split("\n\n").take(3).collect();
    let shown = parts.join("\n\n") + "\n";
    holds("<!-- status -->\n```text", "```\n<!-- /status -->", &shown);
}
