//! Restore tests of what a vault keeps.

use super::super::Resource;
use super::backups::{Member, arns, member_places, numbered, vault_arn};
use super::{Region, logical_id};
use crate::cloud::aws::limits::{RESTORE_TEST_ARNS, RESTORE_TEST_SELECTIONS};
use crate::cloud::aws::{Value, restore_testing};
use crate::resolve::{Intent, Vault};
use crate::source::Place;

/// The role that restores, in the stack of the plans.
const ROLE: &str = "RestoreRole";

/// How a test that comes at least every so many days is scheduled, the rarest first. Long-term backups
/// begin on the first of a month or on a Sunday: the day after, the newest one is there.
const RHYTHMS: [(&str, u64, &str); 7] = [
    ("yearly", 366, "2 1 ? *"),
    ("half_yearly", 184, "2 1,7 ? *"),
    ("quarterly", 92, "2 1,4,7,10 ? *"),
    ("monthly", 31, "2 * ? *"),
    ("half_monthly", 17, "2,16 * ? *"),
    ("weekly", 7, "? * MON *"),
    ("daily", 1, "* * ? *"),
];

/// A restore reads the vault alone, so its hour is nobody's concern.
const MOMENT: &str = "17 6";

/// AWS Backup's own default.
const START_HOURS: u32 = 24;

/// Hours for which a restored database stays: where the policy names tables, somebody looks at them.
const UNSEEN_HOURS: u32 = 1;
const SEEN_HOURS: u32 = 24;

/// The longest that AWS Backup looks back for a recovery point.
const LONGEST_LOOK: u32 = 365;

/// The plans and their selections, one for each rhythm that the members ask for.
pub(super) fn tests(
    vault: &Vault<'_>,
    region: Region<'_>,
    members: &[Member<'_, '_>],
) -> Vec<Resource> {
    let mut resources = Vec::new();
    for (rhythm, _, days) in RHYTHMS {
        let tested: Vec<&Member<'_, '_>> = members
            .iter()
            .filter(|member| rhythm_of(&member.database.intent) == Some(rhythm))
            .collect();
        let whole = RESTORE_TEST_ARNS * RESTORE_TEST_SELECTIONS;
        for (part, members) in tested.chunks(whole).enumerate() {
            let test = Test {
                vault,
                region,
                name: numbered(rhythm, part, '_'),
                days,
                members,
            };
            resources.extend(test.plan());
            let selections = members.chunks(RESTORE_TEST_ARNS).enumerate();
            resources.extend(selections.map(|(part, members)| test.selection(part, members)));
        }
    }
    resources
}

/// The rarest rhythm that keeps the promise.
fn rhythm_of(intent: &Intent) -> Option<&'static str> {
    let most = intent.restore_test.every.as_ref()?.value.days();
    let kept = RHYTHMS.into_iter().find(|(_, days, _)| *days <= most);
    Some(kept.map_or("daily", |(rhythm, ..)| rhythm))
}

/// One restore testing plan of a vault.
struct Test<'t> {
    vault: &'t Vault<'t>,
    region: Region<'t>,
    name: String,
    days: &'static str,
    members: &'t [&'t Member<'t, 't>],
}

impl Test<'_> {
    /// AWS Backup takes no hyphen here.
    fn full_name(&self) -> String {
        format!("backstay_{}_{}", self.vault.name.value, self.name).replace('-', "_")
    }

    fn logical_id(&self) -> String {
        logical_id("RestoreTest", &self.name)
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

    fn plan(&self) -> Option<Resource> {
        let look = self.members.iter().map(|it| look(&it.database.intent));
        let body = restore_testing::RestoreTestingPlan {
            restore_testing_plan_name: self.full_name(),
            schedule_expression: format!("cron({MOMENT} {})", self.days),
            schedule_expression_timezone: "Etc/UTC".to_owned(),
            start_window_hours: START_HOURS,
            recovery_point_selection: restore_testing::RecoveryPoints {
                algorithm: "LATEST_WITHIN_WINDOW".to_owned(),
                include_vaults: [vault_arn(self.vault)?].into(),
                recovery_point_types: ["SNAPSHOT".to_owned()].into(),
                selection_window_days: look.max().unwrap_or(LONGEST_LOOK),
            },
        };
        let name = self.full_name();
        Some(self.resource(&name, &self.logical_id(), body, self.place(self.members)))
    }

    fn selection(&self, part: usize, members: &[&Member<'_, '_>]) -> Resource {
        let name = numbered("databases", part, '_');
        let seen =
            |member: &&Member<'_, '_>| !member.database.intent.restore_test.tables.is_empty();
        let body = restore_testing::RestoreTestingSelection {
            restore_testing_plan_name: Value::reference(&self.logical_id()),
            restore_testing_selection_name: name.clone(),
            iam_role_arn: Value::attribute(ROLE, "Arn"),
            protected_resource_type: "RDS".to_owned(),
            protected_resource_arns: arns(members),
            validation_window_hours: match members.iter().any(seen) {
                true => SEEN_HOURS,
                false => UNSEEN_HOURS,
            },
            restore_metadata_overrides: restore_testing::Overrides {
                publicly_accessible: "false".to_owned(),
            },
        };
        let id = format!("{}/{name}", self.full_name());
        let logical_id = numbered(&format!("{}Selection", self.logical_id()), part, 'N');
        Resource {
            places: member_places("/ProtectedResourceArns", members),
            ..self.resource(&id, &logical_id, body, self.place(members))
        }
    }

    /// The first line that asks for a test.
    fn place(&self, members: &[&Member<'_, '_>]) -> Place {
        let asked = |member: &&Member<'_, '_>| {
            let every = member.database.intent.restore_test.every.as_ref();
            every.and_then(|every| every.place)
        };
        let named = members.first().map_or(self.vault.name.place, |it| it.place);
        members.iter().find_map(asked).unwrap_or(named)
    }
}

/// How far to look back so that the newest backup is always within sight: twice the longest time
/// between two, since one may be late.
fn look(intent: &Intent) -> u32 {
    let kept = &intent.retention;
    match (&kept.weekly, &kept.monthly) {
        (Some(_), _) => 14,
        (None, Some(_)) => 62,
        (None, None) => LONGEST_LOOK,
    }
}
