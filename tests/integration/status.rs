//! Recovery points against what was promised: the real program on recorded states.

mod judged;
mod reports;

use serde_json::{Value, json};

use super::support::{Output, Workspace};
pub use reports::mixed_workspace;

/// The moment at which the states of these tests were recorded.
const NOW: &str = "2026-11-25T08:00:00Z";

/// The tests know its lines and columns.
const POLICY: &str = r#"version: 1
locations:
  us: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
vaults:
  main: { at: us, name: company-backups }
stores:
  dumps: { at: us, bucket: company-dumps }
tiers:
  gold:
    rpo: 15min
    retention:
      pitr: 30d
      daily: 14d
      weekly: 12w
      monthly: 12mo
    restore_test: { every: 1mo }
databases:
  orders:
    engine: rds_postgres
    at: us
    id: orders-prod
    tier: gold
    vault: main
    copies: { replicate_pitr: west }
    snapshots: { schedule: "weekly sun 02:17", keep: 90d, copy_to: west }
    pitr_test: { schedule: "monthly 3 06:41", database: orders }
    dump: { to: [dumps], databases: [orders], schedule: "daily 01:43" }
"#;

/// A moment some days and minutes before the states were recorded.
fn ago(days: i64, minutes: i64) -> String {
    let now: jiff::Timestamp = NOW.parse().expect("a moment");
    let back = jiff::SignedDuration::from_mins(days * 24 * 60 + minutes);
    now.checked_sub(back).expect("a moment").to_string()
}

fn span(newest: String, oldest: String, count: u64) -> Value {
    json!({ "newest": newest, "oldest": oldest, "count": count })
}

/// Everything is as it should be, in a database that is 400 days old.
fn sound() -> Value {
    let created = ago(400, 0);
    let weekly = span(ago(3, 180), ago(80, 0), 12);
    let monthly = span(ago(24, 0), ago(360, 0), 12);
    let daily = span(ago(0, 377), ago(13, 377), 13);
    json!({
        "version": 1,
        "taken": NOW,
        "points": [
            { "database": "orders", "mechanism": "automated", "location": "us", "state": "read",
              "newest": ago(0, 4), "oldest": ago(30, 0), "since": created, "keeps_days": 30 },
            { "database": "orders", "mechanism": "replicated", "location": "west", "state": "read",
              "newest": ago(0, 25), "oldest": ago(29, 900), "keeps_days": 30 },
            { "database": "orders", "mechanism": "snapshots", "location": "us", "state": "read",
              "newest": ago(3, 343), "oldest": ago(87, 343), "count": 13, "since": created },
            { "database": "orders", "mechanism": "snapshots", "location": "west", "state": "read",
              "newest": ago(3, 343), "oldest": ago(87, 343), "count": 13 },
            { "database": "orders", "mechanism": "vault", "location": "main", "state": "read",
              "newest": ago(3, 180), "oldest": ago(360, 0), "count": 24, "since": created,
              "classes": { "weekly": weekly, "monthly": monthly } },
            { "database": "orders", "mechanism": "dumps", "location": "dumps", "state": "read",
              "newest": ago(0, 377), "oldest": ago(360, 377), "count": 37,
              "classes": { "daily": daily, "weekly": weekly, "monthly": monthly } },
        ],
        "drills": [
            { "database": "orders", "drill": "restore_test", "state": "read",
              "last": { "finished": ago(10, 0), "passed": true }, "passed": ago(10, 0) },
            { "database": "orders", "drill": "pitr_test", "state": "read",
              "last": { "finished": ago(22, 0), "passed": true }, "passed": ago(22, 0) },
        ],
    })
}

/// The recorded answer of one mechanism.
fn point<'s>(state: &'s mut Value, mechanism: &str, location: &str) -> &'s mut Value {
    let points = state["points"].as_array_mut().expect("a list").iter_mut();
    let mut points = points.filter(|it| it["mechanism"] == mechanism && it["location"] == location);
    points.next().expect("the mechanism")
}

fn drill<'s>(state: &'s mut Value, drill: &str) -> &'s mut Value {
    let mut drills = state["drills"].as_array_mut().expect("a list").iter_mut();
    drills.find(|it| it["drill"] == drill).expect("the drill")
}

/// Runs `backstay status` on a state.
fn status(policy: &str, state: &Value, arguments: &[&str]) -> Output {
    let workspace = Workspace::new()
        .policy("p.yaml", policy)
        .file("state.json", &state.to_string());
    let all = ["status", "--from", "state.json"].iter().chain(arguments);
    workspace.run(all)
}

/// What one run says: each finding as `severity code line:column: message`, and its exit code.
struct Said {
    report: Value,
    code: i32,
}

impl Said {
    fn of(state: &Value) -> Said {
        let output = status(POLICY, state, &["--format", "json"]);
        let report = serde_json::from_str(&output.stdout);
        Said {
            report: report.unwrap_or_else(|error| panic!("{error}: {output:?}")),
            code: output.code,
        }
    }

    fn findings(&self) -> Vec<String> {
        let findings = self.report["findings"].as_array().expect("a list");
        let said = |finding: &Value| {
            let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            let (line, column) = (&finding["place"]["line"], &finding["place"]["column"]);
            format!(
                "{} {} {line}:{column}: {}",
                text("severity"),
                text("code"),
                text("message")
            )
        };
        findings.iter().map(said).collect()
    }

    fn verdict(&self, mechanism: &str, location: &str) -> &str {
        let rows = self.report["status"]["recovery_points"].as_array();
        let mut rows = rows.expect("a list").iter();
        let row = rows.find(|it| it["mechanism"] == mechanism && it["location"] == location);
        row.expect("the mechanism")["verdict"]
            .as_str()
            .expect("a verdict")
    }

    fn drill(&self, drill: &str) -> &str {
        let mut rows = self.report["status"]["drills"]
            .as_array()
            .expect("a list")
            .iter();
        let row = rows.find(|it| it["drill"] == drill).expect("the drill");
        row["verdict"].as_str().expect("a verdict")
    }
}
