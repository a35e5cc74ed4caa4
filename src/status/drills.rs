//! One drill against the time that is asked for.

use jiff::Timestamp;

use super::limit::Limit;
use super::words::{age, minutes, over};
use super::{DrillRow, Verdict, about, is_ahead, kinds, since, unread};
use crate::finding::Finding;
use crate::observe::{DrillRun, DrillState, DrillsRead};
use crate::plan::{Drill, DrillKind};

pub(super) fn row(
    drill: &Drill,
    state: Option<&DrillState>,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) -> DrillRow {
    let mut row = DrillRow {
        database: drill.key.database.clone(),
        drill: drill.key.drill.name(),
        verdict: Verdict::Untold,
        last: None,
        passed: None,
        limit: limit(drill),
        note: None,
        place: drill.place,
    };
    let mut unreadable = |reason: &str, row: &mut DrillRow| {
        row.verdict = Verdict::Unreadable;
        row.note = Some(reason.to_owned());
        let what = format!("{}: its results", what(drill));
        findings.push(unread(&what, drill.place, drill.named, reason));
    };
    match state {
        None => unreadable("they are not in the recorded state", &mut row),
        Some(DrillState::Unreadable { reason }) => unreadable(reason, &mut row),
        Some(DrillState::Untold) => {
            row.note = Some("no store receives its results".to_owned());
        }
        Some(DrillState::Read(read)) => {
            row.last = read.last.as_ref().map(|last| last.finished);
            row.passed = read.passed;
            if is_ahead(now, row.last) || is_ahead(now, row.passed) {
                unreadable("the last one is still to come: clocks differ", &mut row);
            } else {
                row.verdict = judged(drill, read, now, findings);
            }
        }
    }
    row
}

/// A drill by a schedule may run a while; what is asked for as the longest time is the longest time.
fn limit(drill: &Drill) -> Limit {
    match drill.key.drill {
        DrillKind::PitrTest => Limit::every(drill.every, drill.place),
        DrillKind::RestoreTest => Limit {
            minutes: drill.every,
            because: format!("restore_test every {}", drill.written),
            place: drill.place,
        },
    }
}

fn judged(
    drill: &Drill,
    read: &DrillsRead,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) -> Verdict {
    for unusable in read.unusable.iter().take(1) {
        let message = format!(
            "{}: the result {} says nothing: {}",
            what(drill),
            unusable.what,
            unusable.why
        );
        let finding = Finding::new(&kinds::UNUSABLE, drill.place, message)
            .why("a drill of which nobody knows the result proves nothing")
            .fix("run the drill again");
        findings.push(about(finding, drill.named));
    }
    if let Some(DrillRun {
        finished,
        passed: false,
        failed,
        ..
    }) = &read.last
    {
        let failed = match failed.is_empty() {
            true => String::new(),
            false => format!(": {}", failed.join(", ")),
        };
        let message = format!(
            "{}: the last one, {} ago, did not pass{failed}",
            what(drill),
            age(now, *finished)
        );
        let finding = Finding::new(&kinds::FAILED, drill.place, message)
            .why("the next restore will go as the last one did")
            .fix("see the drill's result, put right what failed, and run it again");
        findings.push(about(finding, drill.named));
        return Verdict::Failed;
    }
    let limit = limit(drill);
    let message = match read.passed {
        Some(passed) if since(now, passed) <= limit.minutes => return Verdict::Fresh,
        Some(passed) => format!(
            "{}: the last one that passed was {} ago, at most {} are allowed",
            what(drill),
            over(now, passed, limit.minutes),
            minutes(limit.minutes)
        ),
        None => format!("{}: none has ever passed", what(drill)),
    };
    let finding = Finding::new(&kinds::OVERDUE, drill.place, message)
        .why(format!(
            "a backup that was never restored is a hope ({})",
            limit.because
        ))
        .fix("run it now, and see why it did not run by itself");
    findings.push(about(finding, drill.named));
    match read.passed {
        Some(_) => Verdict::Stale,
        None => Verdict::Missing,
    }
}

fn what(drill: &Drill) -> String {
    let kind = match drill.key.drill {
        DrillKind::RestoreTest => "restore tests",
        DrillKind::PitrTest => "drills of the point-in-time recovery",
    };
    format!("`{}`, {kind}", drill.key.database)
}
