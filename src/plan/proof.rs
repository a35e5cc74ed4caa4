//! What drills have shown of a database: the newest results beside the policy, against what is asked for.

use jiff::{SignedDuration, Timestamp};

use super::promise::{self, Drill};
use crate::evidence::{Outcome, OutcomeKind};
use crate::resolve::{Database, Estate};

/// One kind of drill that is asked for, or of which there is a result.
#[derive(Debug, Clone)]
pub struct Proof {
    pub kind: OutcomeKind,
    /// How often, as the policy writes it. None: nobody asks for it again and again.
    pub every: Option<String>,
    pub result: Option<Recorded>,
}

/// A result, and where it lies.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub outcome: Outcome,
    pub file: String,
    /// When the next one has to be there.
    pub due: Option<Timestamp>,
}

/// What drills have shown of a database, kind by kind.
pub fn proofs(database: &Database<'_>, estate: &Estate<'_>) -> Vec<Proof> {
    let asked = promise::drills(database, estate);
    let asked = |kind| asked.iter().find(|it| it.key.drill.outcome() == kind);
    let evidence = &estate.workspace.evidence;
    let kinds = [
        OutcomeKind::RestoreTest,
        OutcomeKind::PitrTest,
        OutcomeKind::Disaster,
    ];
    let proof = |kind| {
        let asked = asked(kind);
        let result = evidence.newest(database.name, kind).map(|it| Recorded {
            outcome: it.outcome.clone(),
            file: estate.workspace.sources.get(it.file).display_path(),
            due: asked.and_then(|drill| due(it.outcome.finished, drill)),
        });
        (asked.is_some() || result.is_some()).then(|| Proof {
            kind,
            every: asked.map(|drill| drill.written.clone()),
            result,
        })
    };
    kinds.into_iter().filter_map(proof).collect()
}

fn due(finished: Timestamp, drill: &Drill) -> Option<Timestamp> {
    let minutes = i64::try_from(drill.every).ok()?;
    finished
        .checked_add(SignedDuration::from_mins(minutes))
        .ok()
}
