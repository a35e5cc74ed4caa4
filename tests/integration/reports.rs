//! One run in every form: the same counts, each form judged by its own readers, and no value of the
//! policy or the clouds that gets out of its place.

mod tables;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::cli::examples;
use super::support::{Output, Workspace, path_variable, tools};

const FORMATS: [&str; 7] = [
    "json",
    "sarif",
    "junit",
    "markdown",
    "github",
    "html",
    "prometheus",
];

/// The reports of one run, by their form.
struct Reports {
    workspace: Workspace,
    stderr: String,
}

impl Reports {
    fn of(workspace: Workspace, arguments: &[&str], code: i32) -> Reports {
        let mut all = arguments.to_vec();
        let files = FORMATS.map(|format| format!("{format}=out.{format}"));
        for file in &files {
            all.extend(["--report", file]);
        }
        let output = workspace.run(all).expect_code(code);
        Reports {
            workspace,
            stderr: output.stderr,
        }
    }

    /// Drift of the example policies against the recorded state that has some.
    fn drifted() -> Reports {
        let state = "policies/recorded/drifted.json";
        Reports::of(examples(), &["check", "--from", state], 1)
    }

    fn path(&self, format: &str) -> PathBuf {
        self.workspace.path().join(format!("out.{format}"))
    }

    fn text(&self, format: &str) -> String {
        std::fs::read_to_string(self.path(format)).expect("the report was written")
    }

    fn json(&self, format: &str) -> Value {
        serde_json::from_str(&self.text(format)).expect("the report is JSON")
    }
}

/// Metrics as Prometheus' own client reads them: name, labels in their order, value.
pub fn metrics(file: &Path) -> Vec<String> {
    let program = "import sys; from prometheus_client.parser import text_string_to_metric_families as read\n\
                   for family in read(open(sys.argv[1]).read()):\n \
                     assert family.type == 'gauge' and family.documentation, family\n \
                     for s in family.samples: print(s.name, *sorted('='.join(it) for it in s.labels.items()), s.value)";
    python(program, file).lines().map(str::to_owned).collect()
}

fn python(program: &str, file: &Path) -> String {
    let output = Command::new(tools().join("venv/bin/python"))
        .args(["-X", "utf8", "-c", program])
        .arg(file)
        .output()
        .expect("python starts");
    Output::of(output).expect_code(0).stdout
}

/// What the Markdown becomes in a browser.
fn rendered(markdown: &Path) -> String {
    let program = "import sys; from markdown_it import MarkdownIt; \
                   print(MarkdownIt('gfm-like', {'linkify': False}).render(open(sys.argv[1]).read()))";
    python(program, markdown)
}

fn count(json: &Value, member: &str) -> usize {
    let count = json["summary"][member].as_u64().expect("a count");
    usize::try_from(count).expect("a small count")
}

#[test]
fn every_form_tells_the_same_counts() {
    let reports = Reports::drifted();
    let [errors, warnings, infos] = counts(&reports, "check");
    assert!(errors > 2 && warnings > 0 && infos > 0);
}

#[test]
fn every_form_of_status_tells_the_same_counts() {
    let state = "policies/recorded/points.json";
    let reports = Reports::of(examples(), &["status", "--from", state], 1);
    let [errors, warnings, _] = counts(&reports, "status");
    assert!(errors > 1 && warnings > 1);
    let json = reports.json("json");
    let verdicts = json["status"]["verdicts"].as_object().expect("verdicts");
    let metrics = metrics(&reports.path("prometheus"));
    for (verdict, count) in verdicts.iter().filter(|(name, _)| *name != "failed") {
        let drills = json["status"]["drills"].as_array().expect("a list").iter();
        let drills = drills
            .filter(|drill| drill["verdict"] == verdict.as_str())
            .count();
        let own = format!("verdict={verdict} ");
        let found = metrics
            .iter()
            .filter(|metric| metric.contains(&own))
            .count();
        assert_eq!(Some((found + drills) as u64), count.as_u64(), "{verdict}");
        let told = format!("{count} {verdict}");
        let none = count.as_u64() == Some(0);
        assert!(
            none || reports.stderr.contains(&told),
            "{told} in {}",
            reports.stderr
        );
    }
}

/// Errors, warnings and notes, the same in each form.
fn counts(reports: &Reports, command: &str) -> [usize; 3] {
    let json = reports.json("json");
    let [errors, warnings, infos] = ["errors", "warnings", "infos"].map(|name| count(&json, name));

    let all = json["findings"].as_array().expect("findings").iter();
    let unread = all.filter(|it| it["code"] == "unreadable").count();

    let totals = format!("{errors} errors, ");
    for text in [
        &reports.stderr,
        &reports.text("markdown"),
        &reports.text("html"),
    ] {
        assert!(text.contains(&totals), "{totals} in {text}");
    }

    let sarif = reports.json("sarif");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let of = |level: &str| results.iter().filter(|it| it["level"] == level).count();
    assert_eq!(
        [of("error"), of("warning"), of("note")],
        [errors, warnings - unread, infos]
    );

    let program = "import sys; from junitparser import JUnitXml; \
                   x = JUnitXml.fromfile(sys.argv[1]); x.update_statistics(); \
                   print(x.tests, x.failures, x.errors)";
    let fails = json["findings"].as_array().expect("findings").iter();
    let fails = fails.filter(|finding| finding["fails"] == true).count();
    let expected = format!("{} {fails} {unread}", errors + warnings + infos);
    assert_eq!(python(program, &reports.path("junit")).trim(), expected);

    let metrics = metrics(&reports.path("prometheus"));
    let counted = [("error", errors), ("info", infos), ("warning", warnings)];
    for (severity, count) in counted {
        let wanted = format!("backstay_findings command={command} severity={severity} {count}");
        assert!(metrics.contains(&wanted), "{wanted} in {metrics:#?}");
    }
    let complete = u8::from(unread == 0);
    let complete = format!("backstay_complete command={command} {complete}");
    assert!(
        metrics.iter().any(|it| it.starts_with(&complete)),
        "{complete} in {metrics:#?}"
    );

    let github = reports.text("github");
    let commands = |kind: &str| github.matches(&format!("::{kind} ")).count();
    // The tenth of a kind tells how many more there are.
    assert_eq!(
        [commands("error"), commands("warning")],
        [errors, warnings].map(|count| count.min(10))
    );
    [errors, warnings, infos]
}

#[test]
fn the_json_report_fits_its_published_schema() {
    let schema = Workspace::new().run(["schema", "report"]).expect_code(0);
    let schema: Value = serde_json::from_str(&schema.stdout).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    for reports in of_all_commands() {
        let report = reports.json("json");
        let problems: Vec<_> = validator
            .iter_errors(&report)
            .map(|it| it.to_string())
            .collect();
        assert!(problems.is_empty(), "{problems:?}");
        // The schema is no rubber stamp.
        let mut other = report;
        other["findings"][0]["severity"] = "grave".into();
        assert!(!validator.is_valid(&other));
    }
}

/// A run of each command that reports, with findings.
fn of_all_commands() -> [Reports; 6] {
    let coverage = ["coverage", "--from", "inventory.json"];
    let status = ["status", "--from", "policies/recorded/points.json"];
    let empty = r#"{ "version": 1, "resources": [] }"#;
    let sound = || Workspace::new().policy("p.yaml", HOSTILE);
    let wrong = HOSTILE.replace("    tags:", "    retention: { pitr: 99d }\n    tags:");
    [
        Reports::drifted(),
        Reports::of(super::coverage::sample_workspace(), &coverage, 1),
        Reports::of(examples(), &status, 1),
        Reports::of(
            sound().file("state.json", empty),
            &["drift", "--from", "state.json"],
            3,
        ),
        Reports::of(sound(), &["render", "--check"], 1),
        Reports::of(Workspace::new().policy("p.yaml", &wrong), &["validate"], 1),
    ]
}

#[test]
fn the_sarif_log_passes_its_validator() {
    // Its makers build it for each system as a package of its own; the pins have Linux's.
    if cfg!(not(target_os = "linux")) {
        return;
    }
    of_all_commands().iter().for_each(passes_the_validator);
}

fn passes_the_validator(reports: &Reports) {
    let validator = tools().join("node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool");
    let output = Command::new(validator)
        .arg("validate")
        .arg(reports.path("sarif"))
        .env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1")
        .output()
        .expect("the validator starts");
    let told = Output::of(output).expect_code(0).stdout;
    let problems: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("error ") || line.contains("warning "))
        // The product has no address yet.
        .filter(|line| !line.contains("'informationUri'"))
        .collect();
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(told.contains("Analysis completed successfully"), "{told}");
}

#[test]
fn sarif_points_at_the_characters_of_the_policy() {
    let reports = Reports::drifted();
    let sarif = reports.json("sarif");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let weakened = results
        .iter()
        .find(|it| {
            it["message"]["text"]
                .as_str()
                .is_some_and(|text| text.contains("BackupRetentionPeriod"))
        })
        .expect("the retention was weakened");
    let place = &weakened["locations"][0]["physicalLocation"];
    let file = place["artifactLocation"]["uri"].as_str().expect("a file");
    let policy = std::fs::read_to_string(reports.workspace.path().join(file)).expect("the policy");
    let at = |name: &str| place["region"][name].as_u64().expect("a number") as usize;
    let line = policy.lines().nth(at("startLine") - 1).expect("the line");
    let characters = line.chars().skip(at("startColumn") - 1);
    let shown: String = characters
        .take(at("endColumn") - at("startColumn"))
        .collect();
    assert_eq!(shown, "30d");
}

#[test]
fn what_could_not_be_read_is_no_result_and_no_pass() {
    let workspace = Workspace::new()
        .policy("p.yaml", HOSTILE)
        .file("state.json", r#"{ "version": 1, "resources": [] }"#);
    let reports = Reports::of(workspace, &["drift", "--from", "state.json"], 3);
    let run = &reports.json("sarif")["runs"][0];
    assert_eq!(run["results"].as_array().map(Vec::len), Some(0));
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    assert!(reports.text("junit").contains("errors=\"1\""));
    for form in ["markdown", "html"] {
        assert!(reports.text(form).contains("is incomplete"), "{form}");
    }
}

/// One server whose tag tries to be something else in every form.
const HOSTILE: &str = r#"version: 1
locations:
  west: { provider: azure, region: westeurope, subscription: 00000000-0000-0000-0000-000000000001, resource_group: data }
databases:
  orders:
    engine: azure_postgres
    at: west
    id: orders-prod
    tier: non_critical
    tags: { note: "</script><script>alert(1)</script> | `x` ``y`` @everyone %0A::error::z & <img src=x> [a](b)" }
"#;

/// The same, in live values.
const LIVE: &str = "]]> <b>bold</b> @team ```\n::warning::gone\r| a | b |</table><!--";

fn hostile() -> Reports {
    let workspace = Workspace::new().policy("p.yaml", HOSTILE);
    let state = serde_json::json!({ "version": 1, "resources": [{
        "provider": "azure", "subscription": "00000000-0000-0000-0000-000000000001",
        "resource_group": "data",
        "type": "Microsoft.DBforPostgreSQL/flexibleServers", "name": "orders-prod",
        "state": "found", "live": {
            "name": LIVE,
            "tags": { "note": LIVE },
            "properties": { "backup": { "backupRetentionDays": 3 } },
        },
    }]});
    let workspace = workspace.file("state.json", &state.to_string());
    Reports::of(workspace, &["drift", "--from", "state.json"], 1)
}

#[test]
fn no_value_becomes_a_workflow_command() {
    let text = hostile().text("github");
    assert!(text.contains("%0A"), "{text}");
    for line in text.lines() {
        let command = line.split([' ', ':']).nth(2).unwrap_or_default();
        assert!(["error", "warning", "notice"].contains(&command), "{line}");
        assert!(line.contains("title=backstay"), "{line}");
    }
}

#[test]
fn no_value_becomes_markup_in_a_comment() {
    let reports = hostile();
    let html = rendered(&reports.path("markdown"));
    for tag in ["<script", "<img", "<b>", "<a href"] {
        assert!(!html.contains(tag), "{tag} in {html}");
    }
    // A mention counts anywhere but in code.
    let code = regions(&html, "<code", "</code>");
    let outside = code
        .iter()
        .fold(html.clone(), |html, code| html.replace(code.as_str(), ""));
    assert!(
        !outside.contains("@team") && !outside.contains("@everyone"),
        "{outside}"
    );
    let rows = html.matches("<tr>").count();
    let cells = html.matches("<td>").count();
    let heads = html.matches("<th>").count();
    assert_eq!((cells + heads) % rows, 0, "{html}");
    assert_eq!((cells + heads) / rows, 5, "{html}");
}

#[test]
fn no_value_becomes_markup_in_the_page() {
    let html = hostile().text("html");
    assert_eq!(html.matches("<script").count(), 1);
    assert!(
        !html.contains("<img") && !html.contains("<b>bold"),
        "{html}"
    );
    assert!(html.contains("&lt;b&gt;bold"), "{html}");
}

fn regions(text: &str, start: &str, end: &str) -> Vec<String> {
    text.match_indices(start)
        .filter_map(|(at, _)| {
            let rest = &text[at..];
            Some(rest[..rest.find(end)? + end.len()].to_owned())
        })
        .collect()
}

#[test]
fn the_page_is_valid_accessible_html() {
    let status = ["status", "--from", "policies/recorded/points.json"];
    let coverage = ["coverage", "--from", "inventory.json"];
    for reports in [
        Reports::drifted(),
        hostile(),
        Reports::of(examples(), &status, 1),
        Reports::of(super::coverage::sample_workspace(), &coverage, 1),
    ] {
        let html = reports.path("html");
        let output = Command::new("node")
            .arg(tools().join("node_modules/html-validate/bin/html-validate.mjs"))
            .args(["--preset", "standard,a11y", "--formatter", "stylish"])
            .arg(html)
            .current_dir(reports.workspace.path())
            .env_clear()
            .env("PATH", path_variable(&[]))
            .output()
            .expect("node starts");
        Output::of(output).expect_code(0);
    }
}

#[test]
fn a_comment_keeps_under_githubs_limit_and_says_what_it_left_out() {
    let databases: String = (0..2_000)
        .map(|n| {
            format!("  db-{n}: {{ engine: rds_postgres, at: east, id: db-{n}, tier: non_critical, retention: {{ pitr: 99d }} }}\n")
        })
        .collect();
    let head = HOSTILE.split("databases:").next().expect("a head");
    let workspace = Workspace::new().policy("p.yaml", &format!("{head}databases:\n{databases}"));
    let reports = Reports::of(workspace, &["validate"], 1);
    let comment = reports.text("markdown");
    assert!(
        comment.chars().count() < 65_536,
        "{}",
        comment.chars().count()
    );
    assert!(
        comment.starts_with("<!-- backstay validate -->\n"),
        "{comment}"
    );
    // What fits is there, and the rest is counted.
    let shown = comment.matches("\n- **").count();
    let (_, more) = comment.rsplit_once("\n\n").expect("a last line");
    let more: usize = more
        .split(' ')
        .next()
        .and_then(|it| it.parse().ok())
        .expect("a count");
    assert!(shown > 100, "{shown}");
    let json = reports.json("json");
    assert_eq!(
        shown + more,
        count(&json, "errors") + count(&json, "warnings")
    );
    let folds = |tag: &str| comment.matches(tag).count();
    assert_eq!(folds("<details"), folds("</details>"));

    let github = reports.text("github");
    assert_eq!(github.matches("::error ").count(), 10);
    assert!(github.contains("1991 more of this kind"), "{github}");
}

#[test]
fn a_clean_run_passes_in_every_form() {
    let state = "policies/recorded/clean.json";
    let reports = Reports::of(examples(), &["drift", "--from", state], 0);
    assert!(reports.text("markdown").contains("drift passes"));
    assert!(reports.text("html").contains("passes"));
    let junit = reports.text("junit");
    assert!(
        junit.contains("failures=\"0\"") && junit.contains("<testcase"),
        "{junit}"
    );
}

/// A whole policy on one line: each finding would show all of it.
#[test]
fn a_line_that_nobody_can_read_is_named_and_not_shown() {
    let databases: Vec<String> = (0..200)
        .map(|n| {
            format!(
                "db-{n}: {{ engine: rds_postgres, at: us, id: db-{n}, retention: {{ pitr: 99d }} }}"
            )
        })
        .collect();
    let policy = format!(
        "{{ version: 1, locations: {{ us: {{ provider: aws, region: us-east-1, account: \"123456789012\" }} }}, databases: {{ {} }} }}\n",
        databases.join(", ")
    );
    let workspace = Workspace::new().policy("p.yaml", &policy);
    let told = workspace.run(["validate"]).expect_code(1).stdout;
    let column = policy.find("99d").expect("it is there") + 1;
    let link = format!("policies/p.yaml:1:{column}");
    assert!(told.contains(&link), "no {link} in {told}");
    assert!(!told.contains("engine: rds_postgres"), "{told}");
    assert!(told.len() < 200 * 2000, "{}", told.len());
}
