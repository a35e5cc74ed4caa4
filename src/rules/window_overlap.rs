//! # window-overlap
//! The daily backup window of an RDS database shares time with its weekly maintenance window.
//! Windows that only touch are fine.
//!
//! **Why.** RDS refuses the pair when it is deployed; template checkers do not compare the two.
//!
//! **Fix.** Move one of them, so that one ends before the other starts, on the maintenance day too.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "window-overlap",
    Severity::Error,
    include_str!("window_overlap.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(super::on_rds(estate).filter_map(overlap));
}

fn overlap(database: &Database<'_>) -> Option<Finding> {
    let backup = &database.intent.window;
    let maintenance = database.intent.maintenance_window.as_ref()?;
    if !backup.value.overlaps(maintenance.value.weekly()?) {
        return None;
    }
    let message = format!(
        "the maintenance window {} overlaps the backup window {}",
        maintenance.value, backup.value
    );
    let finding = super::about(&CODE, database, maintenance, message)
        .why("RDS refuses windows that share time")
        .fix("move one of the two windows");
    Some(match backup.place {
        Some(place) => finding.label(place, "the backup window, every day"),
        None => finding.label(
            database.name.place,
            format!("its backup window is the built-in {}", backup.value),
        ),
    })
}
