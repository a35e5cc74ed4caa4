//! # protected-twice
//! Two mechanisms keep the same backups of one database, and both are paid for: two plans of AWS
//! Backup of the same frequency; daily ones that are kept no longer, and no farther away, than
//! automated backups; continuous ones beside automated ones; scheduled snapshots beside a plan; a
//! replica's own backups beside its source's; two vaults of Azure Backup.
//!
//! **Why.** The second copy costs as much as the first and restores nothing that the first would not.
//! Where two set the same retention, each undoes the other.
//!
//! **Fix.** Let one of the two go. Where both are meant, record an exception with the reason.
use std::collections::{BTreeMap, BTreeSet};

use super::Seen;
use super::kinds::{place, shown};
use crate::cloud::aws::backup::{BackupPlan, Rule};
use crate::cloud::aws::cron::times_a_year;
use crate::finding::{Code, Finding, Severity};
use crate::observe::inventory::{Database, Holder, Live, plain};
use crate::plan::{Address, Scope};

pub static CODE: Code = Code::new(
    "protected-twice",
    Severity::Warning,
    include_str!("twice.rs"),
);

/// How often backups are made, as people say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Often {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

impl Often {
    fn of(times_a_year: u64) -> Often {
        match times_a_year {
            180.. => Often::Daily,
            26.. => Often::Weekly,
            6.. => Often::Monthly,
            _ => Often::Yearly,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Often::Daily => "daily",
            Often::Weekly => "weekly",
            Often::Monthly => "monthly",
            Often::Yearly => "yearly",
        }
    }
}

const MINUTES_A_YEAR: u64 = 365 * 24 * 60;

/// What is told of a cause: the message and what to do.
type Cause = (String, String);

/// What is kept twice of a database. `own` are the plans of the policy.
pub(super) fn findings(
    seen: &Seen<'_>,
    plans: &[BackupPlan],
    own: &BTreeSet<Address>,
) -> Vec<Finding> {
    let holding = holding(seen.database, plans);
    let causes = [
        in_two_plans(seen.database, &holding, own),
        within_automated(seen.database, &holding),
        snapshots(seen, &holding),
        continuous(seen),
        of_replica(seen.database),
        in_two_vaults(seen.database),
    ];
    let told = |(message, fix): Cause| {
        Finding::new(&CODE, place(seen), message)
            .why("the second copy costs as much as the first and restores nothing more")
            .fix(fix)
    };
    causes.into_iter().flatten().map(told).collect()
}

/// The rules by which plans hold a database, by the plan's name.
fn holding<'p>(database: &Database, plans: &'p [BackupPlan]) -> BTreeMap<&'p str, Vec<&'p Rule>> {
    let mut rules: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for plan in plans {
        let name = &plan.backup_plan.backup_plan_name;
        let holds = |it: &Holder| matches!(it, Holder::Plan { name: held } if held == name);
        if database.held_by.iter().any(holds) {
            let snapshots = plan.backup_plan.backup_plan_rule.iter();
            let snapshots = snapshots.filter(|rule| !rule.enable_continuous_backup);
            rules.entry(name).or_default().extend(snapshots);
        }
    }
    rules
}

fn often(rule: &Rule) -> Option<Often> {
    times_a_year(&rule.schedule_expression).map(|times| Often::of(times.into()))
}

fn in_two_plans(
    database: &Database,
    holding: &BTreeMap<&str, Vec<&Rule>>,
    own: &BTreeSet<Address>,
) -> Vec<Cause> {
    let mut by: BTreeMap<Often, BTreeSet<&str>> = BTreeMap::new();
    for (plan, rules) in holding {
        for often in rules.iter().filter_map(|rule| often(rule)) {
            by.entry(often).or_default().insert(plan);
        }
    }
    let is_own = |plan: &str| {
        own.contains(&plain(&Address {
            scope: database.address.scope.clone(),
            kind: <BackupPlan as crate::cloud::Owned>::TYPE.to_owned(),
            name: plan.to_owned(),
        }))
    };
    let several = by.into_iter().filter(|(_, plans)| plans.len() > 1);
    let cause = |(often, plans): (Often, BTreeSet<&str>)| {
        let (ours, others): (Vec<&str>, Vec<&str>) = plans.iter().partition(|plan| is_own(plan));
        let list = |plans: &[&str]| {
            let names: Vec<String> = plans.iter().map(|it| format!("`{}`", shown(it))).collect();
            names.join(", ")
        };
        let all: Vec<&str> = plans.iter().copied().collect();
        let fix = match (ours.is_empty(), others.is_empty()) {
            (false, false) => format!(
                "take it out of the selections of {}: the policy's own plan keeps it",
                list(&others)
            ),
            _ => "take it out of the selections of all of them but one".to_owned(),
        };
        let message = format!(
            "`{}` is backed up {} by {} plans of AWS Backup: {}",
            shown(&database.address.name),
            often.word(),
            all.len(),
            list(&all)
        );
        (message, fix)
    };
    several.map(cause).collect()
}

/// A daily backup in the same Region says nothing that point-in-time recovery would not, as long as
/// that reaches back as far.
fn within_automated(database: &Database, holding: &BTreeMap<&str, Vec<&Rule>>) -> Vec<Cause> {
    let days = database.automated_days();
    let mut causes = Vec::new();
    for (plan, rules) in holding {
        for rule in rules {
            let kept = rule
                .lifecycle
                .delete_after_days
                .filter(|kept| *kept <= days);
            let daily = often(rule) == Some(Often::Daily) && rule.copy_actions.is_empty();
            if let (Some(kept), true) = (kept, daily) {
                let message = format!(
                    "`{}` has automated backups for {days} days, and daily ones for {kept} by the \
                     plan `{}` of AWS Backup",
                    shown(&database.address.name),
                    shown(plan)
                );
                let fix = "keep the plan's backups longer or copy them elsewhere, or take the \
                           database out of its selections";
                causes.push((message, fix.to_owned()));
            }
        }
    }
    causes
}

/// The policy's own scheduled snapshots beside a plan of the same frequency.
fn snapshots(seen: &Seen<'_>, holding: &BTreeMap<&str, Vec<&Rule>>) -> Vec<Cause> {
    let Some(snapshots) = own(seen).and_then(|policy| policy.written.snapshots.as_ref()) else {
        return Vec::new();
    };
    let gap = snapshots.schedule.longest_gap().max(1);
    let wanted = Often::of(MINUTES_A_YEAR / gap);
    let same = |rules: &Vec<&Rule>| rules.iter().any(|rule| often(rule) == Some(wanted));
    let plans = holding.iter().filter(|(_, rules)| same(rules));
    let cause = |(plan, _): (&&str, _)| {
        let message = format!(
            "`{}` has {} snapshots by its own schedule, and by the plan `{}` of AWS Backup",
            shown(&seen.database.address.name),
            wanted.word(),
            shown(plan)
        );
        let fix = "remove `snapshots` from the policy, or take the database out of the plan's \
                   selections";
        (message, fix.to_owned())
    };
    plans.map(cause).collect()
}

/// The policy's database, where it names this one itself and not its source.
fn own<'a>(seen: &'a Seen<'_>) -> Option<&'a crate::resolve::Database<'a>> {
    let policy = seen.policy?;
    let id = &policy.written.id.value;
    id.eq_ignore_ascii_case(&seen.database.address.name)
        .then_some(policy)
}

fn continuous(seen: &Seen<'_>) -> Vec<Cause> {
    let held = seen.database.held_by.iter();
    let mut held = held.filter(|it| matches!(it, Holder::Continuous { .. }));
    let wanted = own(seen).and_then(|policy| policy.intent.retention.pitr.as_ref());
    let wanted = wanted.filter(|pitr| pitr.value.days() > 0);
    let (Some(_), Some(pitr)) = (held.next(), wanted) else {
        return Vec::new();
    };
    let message = format!(
        "`{}` has automated backups for {} by the policy, and continuous ones by AWS Backup, which \
         sets the same retention",
        shown(&seen.database.address.name),
        pitr.value
    );
    let fix = "turn the plan's continuous backups off, or leave the database to AWS Backup";
    vec![(message, fix.to_owned())]
}

fn of_replica(database: &Database) -> Vec<Cause> {
    let Live::Instance(body) = &database.live else {
        return Vec::new();
    };
    let days = body.backup_retention_period.unwrap_or_default();
    // In another Region they are a copy that is farther away.
    let near = |source: &Address| source.scope == plain(&database.address).scope;
    let (Some(source), true) = (database.source().filter(near), days > 0) else {
        return Vec::new();
    };
    let message = format!(
        "replica `{}` has automated backups of its own for {days} days, besides those of `{}`",
        shown(&database.address.name),
        shown(&source.name)
    );
    let Scope::Aws { region, .. } = &database.address.scope else {
        return Vec::new();
    };
    let name = crate::cloud::shell_word(&database.address.name);
    let fix = format!(
        "aws rds modify-db-instance --region {} --db-instance-identifier {name} \
         --backup-retention-period 0 --apply-immediately",
        crate::cloud::shell_word(region)
    );
    vec![(message, fix)]
}

fn in_two_vaults(database: &Database) -> Vec<Cause> {
    let held = database.held_by.iter().filter_map(|it| match it {
        Holder::Vault { vault, policy } => Some(format!("`{}` ({})", shown(vault), shown(policy))),
        _ => None,
    });
    let held: Vec<String> = held.collect();
    if held.len() < 2 {
        return Vec::new();
    }
    let message = format!(
        "`{}` is backed up by {} vaults of Azure Backup: {}",
        shown(&database.address.name),
        held.len(),
        held.join(", ")
    );
    let fix = "stop the protection of all of them but one, and keep what they hold";
    vec![(message, fix.to_owned())]
}
