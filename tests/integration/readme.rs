//! What README.md shows is what the program says. `BACKSTAY_BLESS=1` writes its parts anew.

use super::support::root as repository;

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
    let path = repository().join("README.md");
    let text = std::fs::read_to_string(&path).expect("README.md");
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
        "run the tests with BACKSTAY_BLESS=1 and commit README.md"
    );
}

#[test]
fn the_reference_is_the_schemas() {
    let reference = backstay::policy::reference();
    holds("<!-- reference:", "<!-- /reference -->", &reference);
}

/// What AWS tells of each word of the policy.
fn alerts() -> String {
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
        let job = |job: &backstay::cloud::aws::signals::Job| {
            format!("{} to {}", job.detail_type, job.values.join(" or "))
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

/// What drift asks AWS for, by the kind of resource.
fn reads() -> String {
    use backstay::cloud::aws::reads::{KINDS, REFERENCES, Read, STACKS};
    let list = |reads: &[Read]| {
        let actions: Vec<String> = reads.iter().map(|it| format!("`{}`", it.action)).collect();
        actions.join(", ")
    };
    let stacks: Vec<Read> = STACKS.iter().chain(REFERENCES).copied().collect();
    let mut table = "| for | actions |\n|---|---|\n".to_owned();
    table += &format!("| every stack | {} |\n", list(&stacks));
    for (kind, reads) in KINDS {
        table += &format!("| {kind} | {} |\n", list(reads));
    }
    table
}

#[test]
fn the_reads_are_those_of_the_code() {
    holds("<!-- reads:", "<!-- /reads -->", &reads());
}

#[test]
fn the_alerts_are_those_of_aws() {
    holds("<!-- alerts:", "<!-- /alerts -->", &alerts());
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

#[test]
fn the_sample_is_real_output() {
    let args = ["check", "--from", "policies/recorded/drifted.json"];
    let output = super::cli::examples().run(args).stdout;
    // The table is enough to see; the diff and the commands follow it.
    let (table, _) = output.split_once("\n---").expect("a diff behind the table");
    holds("<!-- sample -->\n```text", "```\n<!-- /sample -->", table);
}
