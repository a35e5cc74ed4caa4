//! Results of drills beside the policy: what is read of them, what is refused, and what runbooks show.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Output, Workspace};

const POLICY: &str = r#"version: 1
locations:
  west: { provider: aws, region: eu-west-1, account: "123456789012" }
databases:
  orders:
    engine: rds_postgres
    at: west
    id: orders
    rpo: 15min
    rto: 1h
    pitr_test: { schedule: "monthly 3 06:41", database: orders }
  stock:
    engine: rds_postgres
    at: west
    id: stock
"#;

/// A result that passed.
pub fn result(database: &str, kind: &str, started: &str, finished: &str) -> String {
    format!(
        r#"{{ "version": 1, "kind": "{kind}", "database": "{database}", "started": "{started}", "finished": "{finished}",
  "backup": {{ "what": "point in time", "when": "{started}" }}, "rto_seconds": 60, "rpo_seconds": 3600, "passed": true, "checks": [] }}
"#
    )
}

fn pitr(finished: &str) -> String {
    result("orders", "pitr_test", "2026-11-03T06:41:07Z", finished)
}

fn workspace(results: &[(&str, &str)]) -> Workspace {
    let workspace = Workspace::new().policy("p.yaml", POLICY);
    let results = results.iter();
    results.fold(workspace, |workspace, (name, text)| {
        workspace.policy(&format!("drills/{name}"), text)
    })
}

fn runbook(workspace: &Workspace, database: &str) -> String {
    let path = format!("generated/runbooks/{database}.md");
    fs::read_to_string(workspace.path().join(path)).expect("a runbook")
}

#[track_caller]
fn row(runbook: &str, what: &str) -> String {
    let start = format!("| {what} |");
    let mut rows = runbook.lines().filter(|line| line.starts_with(&start));
    rows.next()
        .unwrap_or_else(|| panic!("no {what} in {runbook}"))
        .to_owned()
}

/// The findings of `validate`, as file:line:column and code.
fn findings(output: &Output) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let about = |finding: &Value| {
        let place = &finding["place"];
        let (line, column) = (&place["line"], &place["column"]);
        let at = format!("{}:{line}:{column}", text(&place["file"]));
        (at, text(&finding["code"]))
    };
    let drills = findings
        .map(about)
        .filter(|(_, code)| code.contains("drill"));
    drills.collect()
}

#[test]
fn a_runbook_shows_the_newest_result_against_the_objectives() {
    let workspace = workspace(&[
        (
            "orders/20261003t064107z.json",
            &pitr("2026-10-03T08:00:00Z"),
        ),
        (
            "orders/20261103t064107z.json",
            &pitr("2026-11-03T08:00:00Z"),
        ),
        ("any-name.json", &pitr("2026-09-03T08:00:00Z")),
    ]);
    workspace.run(["render"]).expect_code(0);
    let text = runbook(&workspace, "orders");
    assert_eq!(
        row(&text, "test of the point-in-time recovery"),
        "| test of the point-in-time recovery | 2026-11-03 08:00 UTC | passed | 1m of 1h | 1h of 15min | 2026-12-04 08:00 UTC |"
    );
    assert!(
        text.contains("`policies/drills/orders/20261103t064107z.json`, of: point in time, 2026-11-03T06:41:07Z\n"),
        "{text}"
    );
    assert!(
        text.contains("\nbackstay status --drills policies/drills\n"),
        "{text}"
    );
    let other = runbook(&workspace, "stock");
    assert!(
        other.contains("The policy asks for no drill, and no result is kept."),
        "{other}"
    );

    // A result is input as the policy is: a new one makes the runbook stale, and nothing else does.
    workspace.run(["render", "--check"]).expect_code(0);
    let newer = pitr("2026-12-03T08:00:00Z").replace("\"passed\": true", "\"passed\": false");
    let newer = newer.replace(
        "[]",
        r#"[{ "name": "rto", "passed": false, "detail": "1 | 2" }]"#,
    );
    let workspace = workspace.policy("drills/orders/newer.json", &newer);
    let stale = workspace.run(["render", "--check"]).expect_code(1);
    assert!(
        stale.stdout.contains("runbooks/orders.md differs"),
        "{}",
        stale.stdout
    );
    workspace.run(["render"]).expect_code(0);
    let text = runbook(&workspace, "orders");
    assert!(row(&text, "test of the point-in-time recovery").contains("| **not passed** |"));
    assert!(text.contains("\n  - `rto` failed: 1 &#124; 2\n"), "{text}");
    // An older one changes nothing.
    let workspace = workspace.policy("drills/older.json", &pitr("2026-10-01T08:00:00Z"));
    workspace.run(["render", "--check"]).expect_code(0);
}

#[test]
fn a_drill_that_is_asked_for_and_has_no_result_is_said() {
    let workspace = workspace(&[]);
    workspace.run(["render"]).expect_code(0);
    let row = row(
        &runbook(&workspace, "orders"),
        "test of the point-in-time recovery",
    );
    assert!(row.contains("| never | **no result is kept** |"), "{row}");
    assert!(row.ends_with("| asked for: monthly 3 06:41 |"), "{row}");
}

#[test]
fn what_is_no_result_is_a_finding_at_its_place() {
    let good = pitr("2026-11-03T08:00:00Z");
    let foreign =
        json!({ "version": 1, "taken": "2026-11-03T08:00:00Z", "points": [] }).to_string();
    let workspace = workspace(&[
        ("a-cut.json", &good[..100]),
        ("b-foreign.json", &foreign),
        ("c-kind.json", &good.replace("pitr_test", "drill")),
        (
            "d-version.json",
            &good.replacen("\"version\": 1", "\"version\": 2", 1),
        ),
        ("e-binary.json", "\u{0}\u{1}"),
        ("f-empty.json", ""),
        (
            "g-moment.json",
            &good.replace("2026-11-03T08:00:00Z", "yesterday"),
        ),
        ("h-gone.json", &good.replace("orders", "gone")),
        ("i-good.json", &good),
        ("readme.md", "# not a result"),
        (".hidden.json", "{"),
    ]);
    let validate = workspace
        .run(["validate", "--format", "json"])
        .expect_code(1);
    let found = findings(&validate);
    let bad = |file: &str, at: &str| {
        (
            format!("policies/drills/{file}:{at}"),
            "bad-drill-result".to_owned(),
        )
    };
    let expected = [
        bad("a-cut.json", "1:100"),
        bad("b-foreign.json", &format!("1:{}", foreign.len())),
        bad("c-kind.json", "1:31"),
        bad("d-version.json", "1:14"),
        bad("e-binary.json", "1:1"),
        bad("f-empty.json", "1:1"),
        bad("g-moment.json", "1:117"),
        (
            "policies/drills/h-gone.json:1:1".to_owned(),
            "unnamed-drill-result".to_owned(),
        ),
    ];
    assert_eq!(found, expected, "{}", validate.stdout);
    // They stop nothing: what is good is shown.
    workspace.run(["render"]).expect_code(1);
    let text = runbook(&workspace, "orders");
    assert!(text.contains("policies/drills/i-good.json"), "{text}");
    let said = workspace.run(["explain", "orders"]).expect_code(0).stdout;
    assert!(
        said.contains("\n  told by policies/drills/i-good.json\n"),
        "{said}"
    );
}

/// What a result says is text, whatever it says.
#[test]
fn nothing_of_a_result_escapes_into_a_runbook() {
    let nasty = "x |\n## Owned <script>alert(1)</script> [a](javascript:b) ``` $(id) \u{1b}[31m";
    let result = json!({
        "version": 1, "kind": "pitr_test", "database": "orders", "started": "2026-11-03T06:41:07Z",
        "finished": "2026-11-03T08:00:00Z", "backup": { "what": nasty, "when": nasty, "run": nasty, "from": nasty },
        "rto_seconds": i64::MAX, "rpo_seconds": -5, "passed": false,
        "checks": [{ "name": nasty, "passed": false, "detail": nasty.repeat(100) }],
    });
    let workspace = workspace(&[("orders/pitr_test.json", &result.to_string())]);
    workspace.run(["render"]).expect_code(0);
    let text = runbook(&workspace, "orders");
    assert!(
        !text.contains("\n## Owned") && !text.contains('\u{1b}'),
        "{text}"
    );
    let code = "```` x |## Owned <script>alert(1)</script> [a](javascript:b) ``` $(id) [31m ````";
    assert!(text.contains(code), "{text}");
    assert!(!text.replace(code, "").contains("<script>"), "{text}");
    assert!(text.lines().all(|line| line.len() < 1500), "{text}");
    let said = workspace.run(["explain", "orders"]).expect_code(0).stdout;
    assert!(
        !said.contains('\u{1b}') && !said.contains("\n## Owned"),
        "{said}"
    );
}
