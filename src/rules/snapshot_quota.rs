//! # snapshot-quota
//! The manual snapshots that the policy keeps in one Region, copies from other Regions counted, come
//! to more than an account can have there.
//!
//! **Why.** RDS keeps 100 manual snapshots for each account and Region. The next one fails, and with it
//! the backup that the policy promises. Snapshots of AWS Backup do not count.
//!
//! **Fix.** Keep them for a shorter time, take them less often, or let a vault keep what must last
//! long. Where AWS has raised the quota for the account, accept the finding.
use std::collections::BTreeMap;

use crate::cloud::aws::limits::MANUAL_SNAPSHOTS;
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Estate, Scope};

pub static CODE: Code = Code::new(
    "snapshot-quota",
    Severity::Warning,
    include_str!("snapshot_quota.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for database in super::on_rds(estate) {
        let Some(snapshots) = &database.written.snapshots else {
            continue;
        };
        let days = snapshots.keep.days();
        let kept = snapshots.schedule.runs_within(days, MANUAL_SNAPSHOTS + 1);
        let copies = snapshots.copy_to.as_ref();
        let copies = copies.and_then(|to| estate.location(to));
        for site in [Some(database.site), copies].into_iter().flatten() {
            let Scope::Aws {
                account, region, ..
            } = site.scope
            else {
                continue;
            };
            let count = counts.entry((account, region)).or_default();
            let before = *count;
            *count += kept;
            // Once for each Region, at the first that is too many.
            if before <= MANUAL_SNAPSHOTS && *count > MANUAL_SNAPSHOTS {
                let message = format!(
                    "with this the policy keeps more than {MANUAL_SNAPSHOTS} manual snapshots in {region} of account {account}"
                );
                findings.push(
                    Finding::new(&CODE, snapshots.keep.place, message)
                        .label(snapshots.schedule.place, "how often they are taken")
                        .why(format!("RDS keeps {MANUAL_SNAPSHOTS} for each account and Region"))
                        .fix("keep them shorter or take them less often; a vault's do not count"),
                );
            }
        }
    }
}
