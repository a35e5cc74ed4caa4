//! Reads recovery points and the results of drills. What cannot be read hides itself only.

mod clock;
pub(super) mod store;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::points::{DrillState, PointState, Points};
use super::{LiveError, Report, aws, azure, runtime};
use crate::plan::{Drill, DrillKey, Key, PointClass, PointSource, Promise, Promises};

pub(super) use clock::Clocks;

/// Something that is promised, and what tells of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'p> {
    Points(&'p Promise),
    Drill(&'p Drill, &'p PointSource),
}

/// What was told of it.
#[derive(Debug)]
pub(super) enum Told {
    Points(Key, PointState),
    Drill(DrillKey, DrillState),
}

impl<'p> Asked<'p> {
    pub(super) fn source(self) -> &'p PointSource {
        match self {
            Asked::Points(promise) => &promise.source,
            Asked::Drill(_, source) => source,
        }
    }

    pub(super) fn unreadable(self, reason: &str) -> Told {
        let reason = reason.to_owned();
        match self {
            Asked::Points(promise) => {
                Told::Points(promise.key.clone(), PointState::Unreadable { reason })
            }
            Asked::Drill(drill, _) => {
                Told::Drill(drill.key.clone(), DrillState::Unreadable { reason })
            }
        }
    }
}

/// Asks for everything that is promised.
///
/// # Errors
/// The runtime cannot start. What a cloud refuses is a state, not an error.
pub fn points(promises: &Promises, report: Report<'_>) -> Result<Points, LiveError> {
    let runtime = runtime()?;
    let points = promises.points.iter().map(Asked::Points);
    let drills = promises.drills.iter();
    let drills = drills.filter_map(|drill| Some(Asked::Drill(drill, drill.source.as_ref()?)));
    let asked: Vec<Asked<'_>> = points.chain(drills).collect();
    let clocks = Clocks::default();
    let (aws, azure) = runtime.block_on(async {
        futures::join!(
            aws::points(&asked, &clocks, report),
            azure::points(&asked, &clocks, report)
        )
    });
    let (taken, clocks) = clocks.judged(Timestamp::now());
    let mut seen = Points {
        taken,
        clocks,
        points: BTreeMap::new(),
        drills: BTreeMap::new(),
    };
    for told in aws.into_iter().chain(azure) {
        match told {
            Told::Points(key, state) => {
                seen.points.insert(key, state);
            }
            Told::Drill(key, state) => {
                seen.drills.insert(key, state);
            }
        }
    }
    for promise in &promises.points {
        if promise.source == PointSource::Untold {
            seen.points.insert(promise.key.clone(), PointState::Untold);
        }
    }
    for drill in promises
        .drills
        .iter()
        .filter(|drill| drill.source.is_none())
    {
        seen.drills.insert(drill.key.clone(), DrillState::Untold);
    }
    Ok(seen)
}

/// Days by which a calendar's months and years can be shorter than what the policy makes of them.
const CALENDAR_DAYS: u64 = 4;

/// The longest class that a point which lives so many days is kept for.
pub(super) fn class_of(days: u64, classes: &[PointClass]) -> Option<&PointClass> {
    let lives = days.saturating_add(CALENDAR_DAYS);
    let kept = classes
        .iter()
        .filter(|class| class.keep.value.days() <= lives);
    kept.max_by_key(|class| class.keep.value.days())
}
