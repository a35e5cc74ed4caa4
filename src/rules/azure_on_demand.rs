//! # azure-on-demand
//! On-demand backups of a flexible server (`snapshots`) that Azure does not make or keep: for longer
//! than the server's own backups, more than seven, of a Burstable server, or copied elsewhere.
//!
//! **Why.** An on-demand backup is one more of the server's own backups. Azure deletes it when
//! `retention.pitr` ends, whatever `keep` says, has seven of them at most for a server, and refuses the
//! next one. A new one is made before the oldest goes, so a policy can keep six. Servers of the tier
//! Burstable, or with a disk of the type Premium SSD v2, have none; of a server that exists, the script looks
//! for both. None leaves the server: with it they are deleted.
//!
//! **Fix.** Keep them no longer than `pitr`, or take them less often. What must be kept longer, or
//! elsewhere, belongs in a `vault` or a `dump`.
use crate::cloud::azure::limits::ON_DEMAND;
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Engine, SkuTier, Snapshots};
use crate::resolve::{Database, Estate};

pub static CODE: Code = Code::new(
    "azure-on-demand",
    Severity::Error,
    include_str!("azure_on_demand.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in super::run_by(estate, Engine::AzurePostgres) {
        if let Some(snapshots) = &database.written.snapshots {
            findings.extend(too_long(database, snapshots));
            findings.extend(too_many(snapshots));
            findings.extend(burstable(database, snapshots));
            findings.extend(copied(snapshots));
        }
    }
}

fn too_long(database: &Database<'_>, snapshots: &Snapshots) -> Option<Finding> {
    let pitr = database.intent.retention.pitr.as_ref()?;
    (snapshots.keep.days() > pitr.value.days()).then(|| {
        let message = format!("no on-demand backup is kept for {}", snapshots.keep.value);
        let finding = Finding::new(&CODE, snapshots.keep.place, message);
        let label = format!("the server's backups are kept for {}", pitr.value);
        finding
            .label(super::place_of(database, pitr), label)
            .why("Azure deletes an on-demand backup when the server's own retention ends")
            .fix(format!(
                "write `keep: {}` or less; a `vault` or a `dump` keeps for longer",
                pitr.value
            ))
    })
}

fn too_many(snapshots: &Snapshots) -> Option<Finding> {
    let kept = snapshots
        .schedule
        .runs_within(snapshots.keep.days(), ON_DEMAND);
    (kept >= ON_DEMAND).then(|| {
        let most = ON_DEMAND - 1;
        let message = format!("this keeps more than {most} on-demand backups");
        Finding::new(&CODE, snapshots.keep.place, message)
            .label(snapshots.schedule.place, "how often they are taken")
            .why(format!("Azure has {ON_DEMAND} for a server, and the new one is made before the oldest goes"))
            .fix("keep them for a shorter time, or take them less often")
    })
}

fn burstable(database: &Database<'_>, snapshots: &Snapshots) -> Option<Finding> {
    let tier = database.written.provision.as_ref()?.sku_tier.as_ref()?;
    (tier.value == SkuTier::Burstable).then(|| {
        let message = "a Burstable server has no on-demand backups";
        Finding::new(&CODE, snapshots.schedule.place, message)
            .label(tier.place, "the compute tier is set here")
            .why("Azure makes them of GeneralPurpose and MemoryOptimized servers only")
            .fix("remove `snapshots`, or write `sku_tier: GeneralPurpose` and a size of that tier")
    })
}

fn copied(snapshots: &Snapshots) -> Option<Finding> {
    let to = snapshots.copy_to.as_ref()?;
    let message = format!("no on-demand backup can be copied to `{}`", to.value);
    Some(
        Finding::new(&CODE, to.place, message)
            .why("it stays in the backup storage of its server")
            .fix("remove `copy_to`; `copies: { geo: true }`, a geo-redundant `vault` or a `dump` lie elsewhere"),
    )
}
