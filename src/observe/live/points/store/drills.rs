//! The results that drills leave in a store.

use super::super::super::super::points::{DrillRun, DrillState, DrillsRead, Unusable};
use super::super::super::one_line;
use super::{Object, Refusal, Store, Text};
use crate::evidence::Outcome;
use crate::plan::{DRILLS, Drill};

/// How many results are looked through for one that passed.
const LOOKED_AT: usize = 50;

/// How many failed checks of a result are told.
const TOLD: usize = 5;

pub(super) async fn drills(store: &Store<'_>, drill: &Drill) -> DrillState {
    match read(store, drill).await {
        Ok(read) => DrillState::Read(read),
        // Where nothing can be, nothing is.
        Err(Refusal::Absent(_)) => DrillState::Read(DrillsRead::default()),
        Err(Refusal::Unreadable(reason)) => DrillState::Unreadable { reason },
    }
}

/// From the newest result back to one that passed. The scripts name each after its moment.
async fn read(store: &Store<'_>, drill: &Drill) -> Result<DrillsRead, Refusal> {
    let prefix = format!("{DRILLS}/{}/", drill.key.database);
    let mut results: Vec<Object> = store.list(&prefix).await?;
    results.retain(|object| object.name.ends_with(".json"));
    results.sort_by(|one, other| other.name.cmp(&one.name));
    let mut read = DrillsRead::default();
    for object in results.iter().take(LOOKED_AT) {
        let text = match store.get(&object.name).await? {
            Text::Here(text) => text,
            Text::Archived => break,
        };
        let outcome = match serde_json::from_slice::<Outcome>(&text) {
            Ok(outcome) if outcome.database == drill.key.database => outcome,
            _ => {
                read.unusable.push(Unusable {
                    what: one_line(&object.name),
                    why: "it is not the result of a drill of this database".to_owned(),
                    unfinished: false,
                });
                continue;
            }
        };
        if outcome.kind != drill.key.drill.outcome() {
            continue;
        }
        let failed = outcome.checks.iter().filter(|check| !check.passed);
        let run = DrillRun {
            finished: outcome.finished,
            passed: outcome.passed,
            failed: failed.take(TOLD).map(|it| one_line(&it.name)).collect(),
            outcome: Some(Box::new(outcome)),
        };
        if run.passed {
            read.passed = Some(run.finished);
        }
        let passed = run.passed;
        read.last.get_or_insert(run);
        if passed {
            break;
        }
    }
    Ok(read)
}
