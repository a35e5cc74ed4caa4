//! What drills have shown, as a runbook tells it: as of the results themselves, never as of today.

use jiff::SignedDuration;
use serde::Serialize;

use crate::evidence::{Backup, Check, Outcome, OutcomeKind};
use crate::plan::{DRILLS, Objectives, Proof, Recorded, Recovery};

/// A kind of drill as a row of a table.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    what: &'static str,
    ended: String,
    result: &'static str,
    restored: String,
    lost: String,
    due: String,
}

/// A result that is there: which file tells it, what was restored, and what failed.
#[derive(Debug, Serialize)]
pub(super) struct Kept<'p> {
    what: &'static str,
    file: &'p str,
    backup: Option<String>,
    failed: Vec<Failed>,
}

/// A check that did not pass.
#[derive(Debug, Serialize)]
struct Failed {
    name: String,
    detail: String,
}

/// Failed checks that are told of one drill, and characters of each.
const TOLD: usize = 10;
const LONGEST: usize = 200;

pub(super) fn shown(recovery: &Recovery) -> Vec<Shown> {
    let row = |proof| row(proof, &recovery.objectives);
    recovery.proofs.iter().map(row).collect()
}

pub(super) fn kept<'p>(recovery: &'p Recovery) -> Vec<Kept<'p>> {
    let results = recovery.proofs.iter();
    let results = results.filter_map(|proof| Some((proof.kind, proof.result.as_ref()?)));
    let kept = |(kind, result): (OutcomeKind, &'p Recorded)| Kept {
        what: name(kind),
        file: &result.file,
        backup: result.outcome.backup.as_ref().map(backup),
        failed: failed(&result.outcome),
    };
    results.map(kept).collect()
}

fn name(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::RestoreTest => "restore test",
        OutcomeKind::PitrTest => "test of the point-in-time recovery",
        OutcomeKind::Disaster => "run of the disaster script",
    }
}

fn row(proof: &Proof, promised: &Objectives) -> Shown {
    let result = proof.result.as_ref();
    let outcome = result.map(|it| &it.outcome);
    let moment = |at: jiff::Timestamp| at.strftime("%F %R UTC").to_string();
    let asked = match &proof.every {
        Some(every) => format!("asked for: {every}"),
        None => "nobody asks for one".to_owned(),
    };
    Shown {
        what: name(proof.kind),
        ended: outcome.map_or_else(|| "never".to_owned(), |it| moment(it.finished)),
        result: match outcome {
            Some(Outcome { passed: true, .. }) => "passed",
            Some(Outcome { passed: false, .. }) => "**not passed**",
            None => "**no result is kept**",
        },
        restored: measured(outcome.and_then(|it| it.rto_seconds), promised.rto.as_ref()),
        lost: measured(outcome.and_then(|it| it.rpo_seconds), promised.rpo.as_ref()),
        due: result.and_then(|it| it.due).map_or(asked, moment),
    }
}

/// A length of time as a person says it, and what is allowed.
fn measured(seconds: Option<i64>, allowed: Option<&String>) -> String {
    let Some(seconds) = seconds else {
        return "not measured".to_owned();
    };
    // Of clocks that differ.
    let time = SignedDuration::from_secs(seconds.max(0));
    match allowed {
        Some(allowed) => format!("{time:#} of {allowed}"),
        None => format!("{time:#}"),
    }
}

fn backup(backup: &Backup) -> String {
    match &backup.when {
        Some(when) => shorten(&format!("{}, {when}", backup.what)),
        None => shorten(&backup.what),
    }
}

fn failed(outcome: &Outcome) -> Vec<Failed> {
    let failed = outcome.checks.iter().filter(|check| !check.passed);
    let told = |check: &Check| Failed {
        name: shorten(&check.name),
        detail: shorten(&check.detail),
    };
    failed.take(TOLD).map(told).collect()
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The folder that keeps the results for a policy file.
pub(super) fn folder(policy: &str) -> String {
    match policy.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{DRILLS}"),
        None => DRILLS.to_owned(),
    }
}
