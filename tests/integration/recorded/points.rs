//! What `status` would find of the example policies, a year after they were deployed, on a bad day.

use std::collections::BTreeMap;

use backstay::observe::{
    DrillRun, DrillState, DrillsRead, PointState, Points, PointsRead, Span, Unusable, write_points,
};
use backstay::plan::{Drill, DrillKey, Key, Pace, PointSource, Promise, promises};
use jiff::{SignedDuration, Timestamp};

use super::{holds, with_examples};

const TAKEN: &str = "2026-11-25T08:00:00Z";
const HOUR: u64 = 60;
const DAY: u64 = 24 * HOUR;

/// How long ago everything was deployed.
const AGE: u64 = 400 * DAY;

fn ago(minutes: u64) -> Timestamp {
    let taken: Timestamp = TAKEN.parse().expect("a moment");
    let back = SignedDuration::from_mins(i64::try_from(minutes).expect("some minutes"));
    taken.checked_sub(back).expect("a moment")
}

/// Every run was in time since the deployment.
fn sound(promise: &Promise) -> PointState {
    let every = match promise.pace {
        Pace::Every(every) => every,
        Pace::Continuous(_) | Pace::Unbounded => 12,
    };
    let single = |every: u64, days: u64| {
        let newest = every / 3;
        let reach = (days * DAY).min(AGE);
        let runs = reach.saturating_sub(newest) / every;
        Span {
            newest: Some(ago(newest)),
            oldest: Some(ago(newest + runs * every)),
            count: Some(runs + 1),
        }
    };
    let days = promise.keeps.map_or(0, |keeps| keeps.value.days());
    let any = matches!(
        promise.source,
        PointSource::Instance { .. } | PointSource::Replication { .. } | PointSource::Server { .. }
    );
    if promise.source == PointSource::Untold {
        return PointState::Untold;
    }
    let classes: BTreeMap<String, Span> = promise
        .classes
        .iter()
        .map(|class| {
            (
                class.name.to_owned(),
                single(class.every, class.keep.value.days()),
            )
        })
        .collect();
    let span = match (any, classes.is_empty()) {
        (true, _) => Span {
            newest: Some(ago(every / 3)),
            oldest: Some(ago(days * DAY)),
            count: None,
        },
        (false, true) => single(every, days),
        (false, false) => Span {
            newest: classes.values().filter_map(|span| span.newest).max(),
            oldest: classes.values().filter_map(|span| span.oldest).min(),
            count: Some(classes.values().filter_map(|span| span.count).sum()),
        },
    };
    PointState::Read(Box::new(PointsRead {
        span,
        classes,
        since: any.then(|| ago(AGE)),
        keeps_days: any.then_some(days),
        ..PointsRead::default()
    }))
}

fn passed(drill: &Drill) -> DrillState {
    if drill.sources.is_empty() {
        return DrillState::Untold;
    }
    let finished = ago(drill.every / 2);
    DrillState::Read(DrillsRead {
        last: Some(DrillRun {
            finished,
            passed: true,
            failed: Vec::new(),
            outcome: None,
        }),
        passed: Some(finished),
        unusable: Vec::new(),
    })
}

/// The state of one mechanism of a database of train-tracker.
fn of<'p>(points: &'p mut Points, database: &str, mechanism: &str, at: &str) -> &'p mut PointState {
    let wanted = |key: &Key| {
        key.database == format!("train-tracker-{database}")
            && key.mechanism.name() == mechanism
            && key.location == at
    };
    let mut states = points.points.iter_mut();
    let found = states.find(|(key, _)| wanted(key));
    found
        .unwrap_or_else(|| panic!("{database} {mechanism} {at}"))
        .1
}

fn read<'p>(
    points: &'p mut Points,
    database: &str,
    mechanism: &str,
    at: &str,
) -> &'p mut PointsRead {
    match of(points, database, mechanism, at) {
        PointState::Read(read) => read,
        other => panic!("{database} {mechanism}: {other:?}"),
    }
}

fn bad_day() -> Points {
    let promised = with_examples(promises);
    let points = promised.points.iter();
    let drills = promised.drills.iter();
    let mut points = Points {
        taken: ago(0),
        clocks: Vec::new(),
        points: points.map(|it| (it.key.clone(), sound(it))).collect(),
        drills: drills.map(|it| (it.key.clone(), passed(it))).collect(),
    };
    // Copies of snapshots have not arrived for two weeks.
    let copies = read(&mut points, "prod", "snapshots", "us-west");
    copies.span.newest = Some(ago(16 * DAY + 6 * HOUR));
    copies.span.count = Some(11);
    *of(&mut points, "prod", "vault_copies", "dr") = PointState::Unreadable {
        reason: "backup:ListRecoveryPointsByBackupVault: AccessDeniedException: no identity-based \
                 policy allows it"
            .to_owned(),
    };
    // Somebody turned the server's backups down and up again.
    read(&mut points, "azure", "automated", "az-east")
        .span
        .oldest = Some(ago(12 * DAY));
    // Last night's upload lost a file.
    let dumps = read(&mut points, "onprem", "dumps", "dumps-blob");
    dumps.unusable.push(Unusable {
        what: "daily/train-tracker-onprem/2026-11-25/20261125T014300Z".to_owned(),
        why: "traintracker.dir/3367.dat.gz has 0 bytes instead of 7340032".to_owned(),
        unfinished: false,
    });
    let pitr =
        |key: &&DrillKey| key.database == "train-tracker-prod" && key.drill.name() == "pitr_test";
    let pitr = points.drills.keys().find(pitr).expect("the drill").clone();
    let failed = DrillsRead {
        last: Some(DrillRun {
            finished: ago(22 * DAY),
            passed: false,
            failed: vec!["rto".to_owned()],
            outcome: None,
        }),
        passed: Some(ago(53 * DAY)),
        unusable: Vec::new(),
    };
    points.drills.insert(pitr, DrillState::Read(failed));
    points
}

#[test]
fn the_recorded_points_are_those_of_the_example_policies() {
    holds(
        "points.json",
        &write_points(&bad_day()).expect("it serialises"),
    );
}
