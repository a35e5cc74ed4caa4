//! Tables of recovery points and of coverage, as a person sees them in Markdown and in a browser: the
//! rows and counts that the JSON report has.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{Reports, python};
use crate::cli::examples;
use crate::support::{Output, path_variable, tools};
use crate::{coverage, status};

/// The texts of the cells of each row of each table, by Python's own reader of HTML; Markdown is
/// rendered first.
fn rows(file: &Path) -> Vec<Vec<String>> {
    let program = r#"
import json, sys
from html.parser import HTMLParser
from markdown_it import MarkdownIt
class Reader(HTMLParser):
    rows, cell = [], None
    def handle_starttag(self, tag, attributes):
        if self.cell is not None: self.cell.append(" ")
        if tag == "tr": self.rows.append([])
        if tag in ("td", "th"): self.cell = []
    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.rows[-1].append(" ".join("".join(self.cell).split()))
            self.cell = None
    def handle_data(self, data):
        if self.cell is not None: self.cell.append(data)
text = open(sys.argv[1]).read()
if sys.argv[1].endswith(".markdown"):
    text = MarkdownIt("gfm-like", {"linkify": False}).render(text)
reader = Reader()
reader.feed(text)
print(json.dumps(reader.rows))
"#;
    serde_json::from_str(&python(program, file)).expect("rows")
}

/// The rows below one head, until the next head.
fn below(rows: &[Vec<String>], head: &str) -> Vec<Vec<String>> {
    let is_head = |row: &&Vec<String>| row.iter().map(String::as_str).eq(head.split(", "));
    let width = head.split(", ").count();
    let mut found = Vec::new();
    for (at, _) in rows.iter().enumerate().filter(|(_, row)| is_head(row)) {
        let body = rows[at + 1..].iter();
        let body =
            body.take_while(|row| row.len() == width && row[0] != "database" && row[0] != "kind");
        found.extend(body.cloned());
    }
    found
}

const STATUS: &str = "database, backup, in, newest, at most, reaches, points, verdict";

#[test]
fn recovery_points_are_the_same_rows_in_every_form() {
    let state = "policies/recorded/points.json";
    let reports = Reports::of(examples(), &["status", "--from", state], 1);
    let json = reports.json("json");
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('_', " ");
    let mut expected: Vec<[String; 4]> = Vec::new();
    for point in json["status"]["recovery_points"]
        .as_array()
        .expect("a list")
    {
        expected.push(["database", "mechanism", "location", "verdict"].map(|it| text(&point[it])));
    }
    for drill in json["status"]["drills"].as_array().expect("a list") {
        expected.push(["database", "drill", "location", "verdict"].map(|it| text(&drill[it])));
    }
    // Names keep their signs; only words of the program lose theirs.
    expected.sort();
    assert!(expected.len() > 30);
    for form in ["markdown", "html"] {
        let rows = below(&rows(&reports.path(form)), STATUS);
        let mut shown: Vec<[String; 4]> = rows
            .iter()
            .map(|row| {
                // A note stands below the verdict.
                let verdict = row[7].split(' ').next().unwrap_or_default();
                [&row[0], &row[1], &row[2], verdict].map(|it| it.replace('_', " "))
            })
            .collect();
        shown.sort();
        assert_eq!(shown, expected, "{form}");
    }
    // What somebody has to look at comes first.
    let verdicts: Vec<String> = below(&rows(&reports.path("html")), STATUS)
        .iter()
        .map(|row| row[7].clone())
        .collect();
    let first_good = verdicts.iter().position(|it| it == "fresh").expect("one");
    for bad in ["stale", "failed", "short", "unreadable"] {
        let at = verdicts.iter().rposition(|it| it.starts_with(bad));
        assert!(at.expect("one") < first_good, "{bad} in {verdicts:?}");
    }
    let comment = reports.text("markdown");
    let (head, rest) = comment.split_once("<details open>").expect("a fold");
    assert!(head.contains("24 fresh, 7 growing, 3 untold, 1 short, 1 stale, 1 failed, 1 unreadable, as of 2026-11-25 08:00 UTC."), "{head}");
    assert!(
        rest.starts_with("<summary>To look at: 4</summary>"),
        "{rest}"
    );
    assert!(
        rest.contains("<details><summary>In order: 34</summary>"),
        "{rest}"
    );
}

const COVERAGE: &str =
    "location, databases, protected, unprotected, paid twice, ignored, not handled";

#[test]
fn coverage_is_the_same_numbers_in_every_form() {
    let workspace = coverage::sample_workspace();
    let reports = Reports::of(workspace, &["coverage", "--from", "inventory.json"], 1);
    super::counts(&reports, "coverage");
    let json = reports.json("json");
    let members = [
        "databases",
        "protected",
        "unprotected",
        "twice",
        "ignored",
        "not_handled",
    ];
    let table = json["coverage"].as_array().expect("a table").iter();
    let expected: Vec<Vec<String>> = table
        .map(|row| {
            let location = row["location"].as_str().expect("a name").to_owned();
            let numbers = members.map(|it| row[it].to_string());
            [location].into_iter().chain(numbers).collect()
        })
        .collect();
    assert_eq!(expected[0][1..], ["4", "1", "1", "1", "1", "1"]);
    for form in ["markdown", "html"] {
        assert_eq!(
            below(&rows(&reports.path(form)), COVERAGE),
            expected,
            "{form}"
        );
    }
    let text = reports
        .workspace
        .run(["coverage", "--from", "inventory.json"])
        .stdout;
    let (_, table) = text.split_once(" location ").expect("a table");
    let table: Vec<Vec<&str>> = table
        .lines()
        .skip(1)
        .map(|it| it.split_whitespace().collect())
        .collect();
    assert_eq!(table, expected);

    let mut metrics: BTreeMap<String, String> = BTreeMap::new();
    for metric in super::metrics(&reports.path("prometheus")) {
        let (name, value) = metric.rsplit_once(' ').expect("a value");
        metrics.insert(name.to_owned(), value.trim_end_matches(".0").to_owned());
    }
    for row in &expected {
        let location = &row[0];
        let standings = ["protected", "unprotected", "ignored", "not_handled"];
        let of = |standing: &str| {
            let name = format!("backstay_databases location={location} standing={standing}");
            metrics
                .get(&name)
                .unwrap_or_else(|| panic!("{name} in {metrics:#?}"))
                .clone()
        };
        assert_eq!(
            standings.map(of),
            [&row[2], &row[3], &row[5], &row[6]].map(String::clone)
        );
        let twice = &metrics[&format!("backstay_databases_paid_twice location={location}")];
        assert_eq!(twice, &row[4]);
    }
}

/// Rules that a comment keeps to besides: its folds are HTML, its tables are as long as their names,
/// and the marker stands before the title, of which the page around it has one.
const OFF: &str = "no-inline-html,line-length,first-line-heading";

#[test]
fn the_linter_of_markdown_finds_nothing() {
    let states = [
        (
            examples(),
            ["status", "--from", "policies/recorded/points.json"],
        ),
        (
            examples(),
            ["check", "--from", "policies/recorded/drifted.json"],
        ),
        (
            coverage::sample_workspace(),
            ["coverage", "--from", "inventory.json"],
        ),
        (
            status::mixed_workspace(),
            ["status", "--from", "state.json"],
        ),
    ];
    for (workspace, arguments) in states {
        let reports = Reports::of(workspace, &arguments, 1);
        let file = reports.workspace.path().join("out.md");
        std::fs::copy(reports.path("markdown"), &file).expect("copied");
        let output = Command::new(tools().join("venv/bin/pymarkdown"))
            .args(["--disable-rules", OFF, "scan"])
            .arg(&file)
            .current_dir(reports.workspace.path())
            .env_clear()
            .env("PATH", path_variable(&[]))
            .output()
            .expect("PyMarkdown starts");
        let told = Output::of(output);
        assert_eq!(
            told.code,
            0,
            "{}{}\n{}",
            told.stdout,
            told.stderr,
            reports.text("markdown")
        );
    }
}
