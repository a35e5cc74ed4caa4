//! Metrics in Prometheus' text format, as the textfile collector of the node exporter reads them.

use super::{Coverage, Report};
use crate::finding::Severity;
use crate::status::{DrillRow, Row, Status, Verdict};

/// All metrics of a run. Those of recovery points are there where they were looked at.
pub fn render(report: &Report<'_>) -> String {
    let mut page = Page::default();
    let command = [("command", report.command)];
    let severities = [
        ("error", Severity::Error),
        ("warning", Severity::Warning),
        ("info", Severity::Info),
    ];
    let findings = severities.map(|(name, severity)| {
        let labels = labels(&[("command", report.command), ("severity", name)]);
        (labels, Some(report.count(severity) as f64))
    });
    page.gauge(
        "backstay_findings",
        "Findings that no exception accepts.",
        findings,
    );
    let complete = f64::from(u8::from(report.unreadable() == 0));
    page.gauge(
        "backstay_complete",
        "Whether everything could be read.",
        [(labels(&command), Some(complete))],
    );
    if let Some(coverage) = report.coverage {
        databases(&mut page, coverage);
    }
    if let Some(status) = report.status {
        points(&mut page, status);
        classes(&mut page, status);
        drills(&mut page, status);
        page.gauge(
            "backstay_status_complete",
            "Whether every recovery point and drill could be read.",
            [(String::new(), Some(complete))],
        );
        page.gauge(
            "backstay_status_timestamp_seconds",
            "When the recovery points were looked at.",
            [(String::new(), Some(status.now.as_second() as f64))],
        );
    }
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    /// One family. What has no value has no sample, and a family without samples is left out.
    fn gauge(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (String, Option<f64>)>,
    ) {
        let samples = samples.into_iter();
        let lines: String = samples
            .filter_map(|(labels, value)| Some(format!("{name}{labels} {}\n", value?)))
            .collect();
        if !lines.is_empty() {
            self.0 += &format!("# HELP {name} {help}\n# TYPE {name} gauge\n{lines}");
        }
    }
}

fn labels(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    format!("{{{}}}", pairs.join(","))
}

fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

fn seconds(moment: Option<jiff::Timestamp>) -> Option<f64> {
    moment.map(|moment| moment.as_second() as f64)
}

/// The mechanism's labels, and more.
fn of(row: &Row, more: &[(&str, &str)]) -> String {
    let own = [
        ("database", row.database.as_str()),
        ("mechanism", row.mechanism),
        ("location", row.location.as_str()),
    ];
    labels(&[&own, more].concat())
}

/// Each database has one standing; to be paid for twice is another thing.
fn databases(page: &mut Page, coverage: &Coverage) {
    let standings = coverage.rows.iter().flat_map(|row| {
        let standings = [
            ("protected", row.protected),
            ("unprotected", row.unprotected),
            ("ignored", row.ignored),
            ("not_handled", row.not_handled),
        ];
        standings.map(|(standing, count)| {
            let labels = labels(&[("location", &row.location), ("standing", standing)]);
            (labels, Some(count as f64))
        })
    });
    page.gauge(
        "backstay_databases",
        "Databases of a location, by how they stand to the policy.",
        standings,
    );
    page.gauge(
        "backstay_databases_paid_twice",
        "Databases of a location of which two mechanisms keep the same backups.",
        coverage.rows.iter().map(|row| {
            let labels = labels(&[("location", &row.location)]);
            (labels, Some(row.twice as f64))
        }),
    );
}

fn points(page: &mut Page, status: &Status) {
    let mut gauge = |name, help, value: &dyn Fn(&Row) -> Option<f64>| {
        let samples = status.points.iter().map(|row| (of(row, &[]), value(row)));
        page.gauge(name, help, samples);
    };
    gauge(
        "backstay_recovery_point_newest_timestamp_seconds",
        "The newest recovery point.",
        &|row| seconds(row.span.newest),
    );
    gauge(
        "backstay_recovery_point_oldest_timestamp_seconds",
        "The oldest recovery point.",
        &|row| seconds(row.span.oldest),
    );
    gauge(
        "backstay_recovery_point_count",
        "Recovery points; none where any moment can be restored.",
        &|row| row.span.count.map(|count| count as f64),
    );
    gauge(
        "backstay_recovery_point_limit_seconds",
        "The longest age of the newest recovery point that is allowed.",
        &|row| Some((row.limit.as_ref()?.minutes * 60) as f64),
    );
    gauge(
        "backstay_retention_seconds",
        "How long the policy keeps the longest kept recovery point.",
        &|row| Some((row.keeps.as_ref()?.days * 24 * 60 * 60) as f64),
    );
    let verdicts = status.points.iter();
    page.gauge(
        "backstay_recovery_point_verdict",
        "1 for how the mechanism stands to the policy.",
        verdicts.map(|row| (of(row, &[("verdict", row.verdict.name())]), Some(1.0))),
    );
    let mut seen = std::collections::HashSet::new();
    let databases = status.points.iter();
    page.gauge(
        "backstay_rpo_seconds",
        "Most that the database may lose.",
        databases
            .filter(|row| seen.insert(row.database.as_str()))
            .map(|row| {
                let labels = labels(&[("database", &row.database)]);
                (labels, row.rpo.map(|minutes| (minutes * 60) as f64))
            }),
    );
}

fn classes(page: &mut Page, status: &Status) {
    let all = || {
        let rows = status.points.iter();
        rows.flat_map(|row| row.classes.iter().map(move |class| (row, class)))
    };
    page.gauge(
        "backstay_recovery_class_newest_timestamp_seconds",
        "The newest recovery point of a class.",
        all().map(|(row, class)| {
            (
                of(row, &[("class", class.name)]),
                seconds(class.span.newest),
            )
        }),
    );
    page.gauge(
        "backstay_recovery_class_oldest_timestamp_seconds",
        "The oldest recovery point of a class.",
        all().map(|(row, class)| {
            (
                of(row, &[("class", class.name)]),
                seconds(class.span.oldest),
            )
        }),
    );
}

fn drills(page: &mut Page, status: &Status) {
    let mut gauge = |name, help, value: &dyn Fn(&DrillRow) -> Option<f64>| {
        let samples = status.drills.iter().map(|row| {
            let labels = labels(&[("database", &row.database), ("drill", row.drill)]);
            (labels, value(row))
        });
        page.gauge(name, help, samples);
    };
    gauge(
        "backstay_drill_last_success_timestamp_seconds",
        "When the last drill that passed ended.",
        &|row| seconds(row.passed),
    );
    gauge(
        "backstay_drill_last_timestamp_seconds",
        "When the last drill ended, whatever came of it.",
        &|row| seconds(row.last),
    );
    gauge(
        "backstay_drill_failed",
        "Whether the last drill did not pass.",
        &|row| {
            row.last
                .map(|_| f64::from(u8::from(row.verdict == Verdict::Failed)))
        },
    );
    gauge(
        "backstay_drill_limit_seconds",
        "The longest time between two drills that is allowed.",
        &|row| Some((row.limit.minutes * 60) as f64),
    );
}
