//! `backstay status` over the wire.

mod aws;
mod aws_cloud;
mod azure;
pub mod blobs;
mod dumps;
mod faults;
mod notices;

use std::collections::BTreeMap;

use backstay::observe::{DrillState, PointState, Points, PointsRead, read_points};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::assert_no_secret;
use crate::support::{Output, Workspace};

/// One run, and what it recorded.
struct Seen {
    points: Points,
    output: Output,
    /// What it brought of drills, by kind.
    results: BTreeMap<String, Value>,
}

impl Seen {
    /// Runs the program with only this environment; what it recorded is judged alike.
    #[track_caller]
    fn of(policy: &str, environment: &[(&str, &str)]) -> Seen {
        let workspace = Workspace::new().policy("p.yaml", policy);
        let workspace = environment
            .iter()
            .fold(workspace, |workspace, (key, value)| {
                workspace.env(key, value)
            });
        let output = workspace.run([
            "status",
            "--format",
            "json",
            "--record",
            "record.json",
            "--drills",
            "policies/drills",
        ]);
        let record = workspace.path().join("record.json");
        let points = read_points(&record).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        for text in [&output.stdout, &output.stderr] {
            assert_no_secret(text);
        }
        assert_no_secret(&std::fs::read_to_string(record).unwrap());
        let replayed = workspace.run(["status", "--format", "json", "--from", "record.json"]);
        assert_eq!(replayed.stdout, output.stdout);
        assert_eq!(replayed.code, output.code);
        // What was brought is evidence: nothing that the policy's other commands find fault with.
        let validate = workspace.run(["validate", "--fail-on", "info", "--format", "json"]);
        assert!(!validate.stdout.contains("drill-result"), "{validate:?}");
        let mut results = BTreeMap::new();
        let folders = std::fs::read_dir(workspace.path().join("policies/drills"));
        for folder in folders.into_iter().flatten() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let kind = path.file_stem().unwrap().to_string_lossy().into_owned();
                let text = std::fs::read_to_string(&path).unwrap();
                results.insert(kind, serde_json::from_str(&text).unwrap());
            }
        }
        Seen {
            points,
            output,
            results,
        }
    }

    fn state(&self, mechanism: &str, location: &str) -> &PointState {
        let mut points = self.points.points.iter();
        let found =
            points.find(|(key, _)| key.mechanism.name() == mechanism && key.location == location);
        found
            .unwrap_or_else(|| panic!("{mechanism} {location}: {:?}", self.output))
            .1
    }

    #[track_caller]
    fn read(&self, mechanism: &str, location: &str) -> &PointsRead {
        match self.state(mechanism, location) {
            PointState::Read(read) => read,
            other => panic!("{mechanism}: {other:?}"),
        }
    }

    #[track_caller]
    fn reason(&self, mechanism: &str, location: &str) -> &str {
        match self.state(mechanism, location) {
            PointState::Unreadable { reason } => reason,
            other => panic!("{mechanism}: {other:?}"),
        }
    }

    fn drill(&self, name: &str) -> &DrillState {
        let mut drills = self.points.drills.iter();
        drills.find(|(key, _)| key.drill.name() == name).unwrap().1
    }

    /// Verdicts by mechanism and location, or by drill.
    fn verdicts(&self) -> BTreeMap<String, String> {
        self.verdicts_where(|_| true)
    }

    fn verdicts_of(&self, database: &str) -> BTreeMap<String, String> {
        self.verdicts_where(|row| row["database"] == database)
    }

    fn verdicts_where(&self, wanted: impl Fn(&Value) -> bool) -> BTreeMap<String, String> {
        let report: Value = serde_json::from_str(&self.output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {:?}", self.output));
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let status = &report["status"];
        let points = status["recovery_points"].as_array().unwrap().iter();
        let points = points.filter(|row| wanted(row)).map(|row| {
            let name = format!("{} {}", text(row, "mechanism"), text(row, "location"));
            (name, text(row, "verdict"))
        });
        let drills = status["drills"].as_array().unwrap().iter();
        let drills = drills.filter(|row| wanted(row));
        let drills = drills.map(|row| (text(row, "drill"), text(row, "verdict")));
        points.chain(drills).collect()
    }
}

/// Some minutes ago, to the second.
fn ago(minutes: i64) -> Timestamp {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    now.checked_sub(SignedDuration::from_mins(minutes)).unwrap()
}

const DAY: i64 = 24 * 60;
