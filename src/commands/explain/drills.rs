//! Results of drills: those beside the policy, and those that drills left on this machine.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::super::load::evidence::text;
use crate::evidence::{Outcome, OutcomeKind};
use crate::plan::{DRILLS, Proof};

/// The newest result of one kind, and the file that has it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Last {
    #[serde(flatten)]
    outcome: Outcome,
    file: String,
}

/// The newest of each kind, the newest last.
pub(super) fn newest(name: &str, proofs: &[Proof]) -> Vec<Last> {
    let mut results = here(name);
    let recorded = proofs.iter().filter_map(|proof| proof.result.as_ref());
    results.extend(recorded.map(|it| Last {
        outcome: it.outcome.clone(),
        file: it.file.clone(),
    }));
    // Of the same result in both places the one beside the policy stays.
    results.sort_by_key(|it| it.outcome.finished);
    let mut newest: Vec<Last> = Vec::new();
    for result in results {
        newest.retain(|other| other.outcome.kind != result.outcome.kind);
        newest.push(result);
    }
    newest
}

/// Every result in the folder where drills on this machine leave them.
fn here(name: &str) -> Vec<Last> {
    let folder = std::env::var_os("BACKSTAY_DUMP_DIR").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| PathBuf::from("/var/backups/backstay"));
    let entries = std::fs::read_dir(folder.join(DRILLS).join(name));
    let paths = entries.into_iter().flatten().flatten();
    let paths = paths.map(|entry| entry.path());
    let paths = paths.filter(|path| path.extension().is_some_and(|it| it == "json"));
    paths.filter_map(|path| result(&path, name)).collect()
}

fn result(path: &Path, name: &str) -> Option<Last> {
    let outcome: Outcome = serde_json::from_str(&text(path)).ok()?;
    (outcome.database == name).then(|| Last {
        outcome,
        file: path.display().to_string(),
    })
}

/// A drill's result in a line, and each check that failed in another.
pub(super) fn line(last: &Last) -> String {
    let Last { outcome, file } = last;
    let kind = match outcome.kind {
        OutcomeKind::RestoreTest => "restore test",
        OutcomeKind::PitrTest => "test of the point-in-time recovery",
        OutcomeKind::Disaster => "run of the disaster script",
    };
    let passed = match outcome.passed {
        true => "passed",
        false => "NOT passed",
    };
    let seconds = |seconds: Option<i64>, what: &str| match seconds {
        Some(seconds) => format!(", {seconds} s {what}"),
        None => String::new(),
    };
    let mut text = format!(
        "last {kind}: {}, {passed}{}{}\n  told by {file}\n",
        outcome.started,
        seconds(outcome.rto_seconds, "to restore"),
        seconds(outcome.rpo_seconds, "lost"),
    );
    for check in outcome.checks.iter().filter(|check| !check.passed) {
        let plain = |text: &str| text.replace(|c: char| c.is_control(), " ");
        text += &format!("  {}: {}\n", plain(&check.name), plain(&check.detail));
    }
    text
}
