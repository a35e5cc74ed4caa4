//! The backup plans of a vault. Databases that ask for the same share one: AWS Backup has few plans in
//! an account and many databases in a plan.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::{Places, Resource};
use super::{Region, logical_id};
use crate::cloud::aws::limits::{PLAN_SELECTIONS, SELECTION_ARNS};
use crate::cloud::aws::{Value, backup};
use crate::resolve::{Database, Estate, Intent, Resolved, Vault};
use crate::source::Place;

/// The role that makes the backups, in the stack of the plans.
const ROLE: &str = "BackupRole";

/// The tag by which a recovery point tells its class.
const CLASS: &str = "backstay-class";

/// Time that a job has once it has started: AWS Backup's own default, a week.
const COMPLETION_MINUTES: u32 = 10_080;

/// A database whose long-term backups go to one vault.
pub(super) struct Member<'e, 'w> {
    pub database: &'e Database<'w>,
    pub arn: String,
    rules: Vec<backup::Rule>,
    /// Where the database names the vault.
    pub place: Place,
}

/// The databases of a vault that have something to keep there.
pub(super) fn members<'e, 'w>(
    vault: &Vault<'_>,
    region: Region<'_>,
    estate: &'e Estate<'w>,
) -> Vec<Member<'e, 'w>> {
    let member = |database: &'e Database<'w>| {
        let named = database.written.vault.as_ref()?;
        let home = Region::of(database.site)?;
        let here = (home.account, home.region) == (region.account, region.region);
        if !here {
            return None;
        }
        let rules = rules(&database.intent, vault, estate);
        let id = database.written.id.to_ascii_lowercase();
        (!rules.is_empty()).then(|| Member {
            database,
            arn: region.arn("rds", &format!("db:{id}")),
            rules,
            place: named.place,
        })
    };
    estate.kept_in(vault).filter_map(member).collect()
}

/// The plans and what each takes in.
pub(super) fn plans(
    vault: &Vault<'_>,
    region: Region<'_>,
    members: &[Member<'_, '_>],
    estate: &Estate<'_>,
) -> Vec<Resource> {
    let mut names = Names::default();
    let mut resources = Vec::new();
    for group in groups(members) {
        for members in group.chunks(PLAN_SELECTIONS * SELECTION_ARNS) {
            let plan = Plan {
                vault,
                region,
                name: names.of(members, vault, estate),
                members,
            };
            resources.push(plan.plan());
            let selections = members.chunks(SELECTION_ARNS).enumerate();
            resources.extend(selections.map(|(part, members)| plan.selection(part, members)));
        }
    }
    resources
}

/// Members with the same rules, in the order of the policy.
fn groups<'m, 'e, 'w>(members: &'m [Member<'e, 'w>]) -> Vec<Vec<&'m Member<'e, 'w>>> {
    let mut groups: Vec<Vec<&Member<'_, '_>>> = Vec::new();
    let mut known: HashMap<&[backup::Rule], usize> = HashMap::new();
    for member in members {
        let next = groups.len();
        let index = *known.entry(&member.rules).or_insert(next);
        match groups.get_mut(index) {
            Some(group) => group.push(member),
            None => groups.push(vec![member]),
        }
    }
    groups
}

/// The names of a vault's plans, each given once. What AWS calls them and what their stack calls them
/// come from the same word.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    /// The tier, where the rules are what the tier itself asks for; else the first database.
    fn of(
        &mut self,
        members: &[&Member<'_, '_>],
        vault: &Vault<'_>,
        estate: &Estate<'_>,
    ) -> String {
        let Some(first) = members.first() else {
            return String::new();
        };
        let Database { name, tier, .. } = first.database;
        let of_tier = first.database.intent.floor_intent.as_deref();
        let alike = members.iter().all(|it| it.database.tier == *tier)
            && of_tier.is_some_and(|intent| rules(intent, vault, estate) == first.rules);
        let numbers = (0..).map(|part| numbered(&name.value, part, '-'));
        let mut names = alike.then(|| tier.clone()).into_iter().chain(numbers);
        let free = names.find(|name| self.0.insert(logical_id("", name)));
        free.unwrap_or_default()
    }
}

/// The name itself for the first part, and a number behind it for the others.
pub(super) fn numbered(name: &str, part: usize, between: char) -> String {
    match part {
        0 => name.to_owned(),
        part => format!("{name}{between}{}", part + 1),
    }
}

/// One plan of a vault.
struct Plan<'p> {
    vault: &'p Vault<'p>,
    region: Region<'p>,
    name: String,
    members: &'p [&'p Member<'p, 'p>],
}

impl Plan<'_> {
    fn full_name(&self) -> String {
        format!("backstay-{}-{}", self.vault.name.value, self.name)
    }

    fn logical_id(&self) -> String {
        logical_id("Plan", &self.name)
    }

    fn resource(
        &self,
        id: &str,
        logical_id: &str,
        body: impl Into<super::Body>,
        place: Place,
    ) -> Resource {
        self.region.plans(self.vault, id, logical_id, body, place)
    }

    fn plan(&self) -> Resource {
        let first = self.members.first();
        let body = backup::BackupPlan {
            backup_plan: backup::Rules {
                backup_plan_name: self.full_name(),
                backup_plan_rule: first.map(|it| it.rules.clone()).unwrap_or_default(),
            },
        };
        let place = first.map_or(self.vault.name.place, |it| it.place);
        Resource {
            places: first.map(|it| places(it.database)).unwrap_or_default(),
            ..self.resource(&self.full_name(), &self.logical_id(), body, place)
        }
    }

    fn selection(&self, part: usize, members: &[&Member<'_, '_>]) -> Resource {
        let name = numbered("databases", part, '-');
        let body = backup::BackupSelection {
            backup_plan_id: Value::reference(&self.logical_id()),
            backup_selection: backup::Selected {
                selection_name: name.clone(),
                iam_role_arn: Value::attribute(ROLE, "Arn"),
                resources: arns(members),
            },
        };
        let id = format!("{}/{name}", self.full_name());
        let logical_id = numbered(&format!("{}Selection", self.logical_id()), part, 'N');
        let place = members.first().map_or(self.vault.name.place, |it| it.place);
        Resource {
            places: member_places("/BackupSelection/Resources", members),
            ..self.resource(&id, &logical_id, body, place)
        }
    }
}

pub(super) fn arns(members: &[&Member<'_, '_>]) -> BTreeSet<String> {
    members.iter().map(|member| member.arn.clone()).collect()
}

/// Each database of a list at its own line.
pub(super) fn member_places(list: &str, members: &[&Member<'_, '_>]) -> Places {
    let place = |member: &&Member<'_, '_>| (format!("{list}/{}", member.arn).into(), member.place);
    members.iter().map(place).collect()
}

/// Class, what AWS calls its moment, and where its length and its copies are written.
type Class<'i> = (
    &'static str,
    &'static str,
    &'i Option<Resolved<crate::policy::Duration>>,
);

fn classes(intent: &Intent) -> [Class<'_>; 3] {
    let kept = &intent.retention;
    [
        ("weekly", "? * SUN *", &kept.weekly),
        ("monthly", "1 * ? *", &kept.monthly),
        ("yearly", "1 1 ? *", &kept.yearly),
    ]
}

/// One rule for each class that is kept.
fn rules(intent: &Intent, vault: &Vault<'_>, estate: &Estate<'_>) -> Vec<backup::Rule> {
    let Some(start) = intent.long_term_start() else {
        return Vec::new();
    };
    let (hour, minute) = (start.start() / 60, start.start() % 60);
    let rule = |(class, days, kept): Class<'_>| {
        let kept = kept.as_ref()?.value.days() as u32;
        let lifecycle = backup::Lifecycle {
            delete_after_days: Some(kept),
        };
        Some(backup::Rule {
            rule_name: class.to_owned(),
            target_backup_vault: vault.written.name.value.clone(),
            schedule_expression: format!("cron({minute} {hour} {days})"),
            // RDS's windows are UTC; in another zone the two would drift apart twice a year.
            schedule_expression_timezone: "Etc/UTC".to_owned(),
            start_window_minutes: start.minutes(),
            completion_window_minutes: COMPLETION_MINUTES,
            enable_continuous_backup: false,
            copy_actions: copies(intent, vault, estate, &lifecycle),
            lifecycle,
            recovery_point_tags: BTreeMap::from([(CLASS.to_owned(), class.to_owned())]),
        })
    };
    classes(intent).into_iter().filter_map(rule).collect()
}

fn copies(
    intent: &Intent,
    vault: &Vault<'_>,
    estate: &Estate<'_>,
    lifecycle: &backup::Lifecycle,
) -> Vec<backup::CopyAction> {
    let others = intent.copies.to.iter();
    let others = others.filter(|to| to.value != vault.name.value);
    let arns: BTreeSet<String> = others
        .filter_map(|to| vault_arn(estate.vault(&to.value)?))
        .collect();
    let copy = |arn| backup::CopyAction {
        destination_backup_vault_arn: arn,
        lifecycle: lifecycle.clone(),
    };
    arns.into_iter().map(copy).collect()
}

pub(super) fn vault_arn(vault: &Vault<'_>) -> Option<String> {
    let name = &vault.written.name.value;
    Some(Region::of(vault.site)?.arn("backup", &format!("backup-vault:{name}")))
}

fn places(database: &Database<'_>) -> Places {
    let intent = &database.intent;
    let start = intent.long_term_window.as_ref().and_then(|it| it.place);
    let copies = intent.copies.to.iter().find_map(|it| it.place);
    let mut places = Places::new();
    for (class, _, kept) in classes(intent) {
        let rule = format!("/BackupPlan/BackupPlanRule/{class}");
        let length = kept.as_ref().and_then(|it| it.place);
        for (below, place) in [
            ("", length),
            ("/ScheduleExpression", start),
            ("/StartWindowMinutes", start),
            ("/CopyActions", copies),
        ] {
            places.extend(place.map(|place| (format!("{rule}{below}").into(), place)));
        }
    }
    places
}
