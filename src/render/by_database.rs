//! What is run for each database, by its name: one look-up instead of a walk for each database.

use std::collections::HashMap;

use crate::plan::{Dump, Export, Job, Plan};

pub(super) struct ByDatabase<'p> {
    pub dumps: HashMap<&'p str, &'p Dump>,
    pub exports: HashMap<&'p str, Vec<&'p Export>>,
    /// Each with what it does.
    pub drills: HashMap<&'p str, Vec<(&'p Job, &'static str)>>,
}

impl<'p> ByDatabase<'p> {
    pub fn of(plan: &'p Plan) -> ByDatabase<'p> {
        let dumps = plan.dumps.iter().map(|dump| (dump.job.name.as_str(), dump));
        let mut exports: HashMap<&str, Vec<&Export>> = HashMap::new();
        for export in &plan.exports {
            exports.entry(&export.job.name).or_default().push(export);
        }
        let moments = plan.pitr_tests.iter().map(|test| &test.job);
        let moments = moments.map(|job| (job, "a moment is restored"));
        let of_dumps = plan.restore_tests.iter().map(|test| &test.dump.job);
        let of_dumps = of_dumps.map(|job| (job, "the newest dump is restored"));
        let snapshots = plan.snapshot_tests.iter().map(|test| &test.job);
        let snapshots = snapshots.map(|job| (job, "the newest snapshot is restored"));
        let mut drills: HashMap<&str, Vec<(&Job, &str)>> = HashMap::new();
        for drill in moments.chain(of_dumps).chain(snapshots) {
            drills.entry(&drill.0.name).or_default().push(drill);
        }
        ByDatabase {
            dumps: dumps.collect(),
            exports,
            drills,
        }
    }
}
