//! How long a server's weekly, monthly and yearly backups are kept, as a policy of Azure Backup.

use super::super::super::Places;
use crate::cloud::azure::backup::{
    BackupParameters, BackupPolicy, Criteria, DATASOURCE, DataStore, DeleteAfter, Lifecycle,
    PolicyProperties, PolicyRule, Schedule, TagInfo, TaggingCriteria, Trigger,
};
use crate::cloud::azure::guid;
use crate::policy::Duration;
use crate::resolve::{Intent, Resolved};
use crate::source::Place;

/// The tag of backups that no other tag has, and its priority: the lowest number counts first.
const DEFAULT: (&str, u32) = ("Default", 99);
const MONTHLY: (&str, u32) = ("Monthly", 15);
const YEARLY: (&str, u32) = ("Yearly", 10);

/// What a backup is kept for that nothing asks for: of a month's, where only years are kept.
const UNASKED: &str = "P1M";

/// A Sunday, and the first of a month: where repetitions are counted from.
const WEEKS: (&str, &str) = ("2026-01-04", "P1W");
const MONTHS: (&str, &str) = ("2026-01-01", "P1M");

/// A class of backups: how long each is kept, and where that is written.
type Class = Option<(Duration, Option<Place>)>;

#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    weekly: Class,
    monthly: Class,
    yearly: Class,
    /// Minutes after midnight, UTC.
    start: u32,
}

impl Kept {
    /// None: nothing is kept for long.
    pub(super) fn of(intent: &Intent) -> Option<Kept> {
        let class =
            |kept: &Option<Resolved<Duration>>| kept.as_ref().map(|kept| (kept.value, kept.place));
        let retention = &intent.retention;
        let own = intent.long_term_window.as_ref();
        let window = own.map_or(intent.window.value, |own| own.value);
        let kept = Kept {
            weekly: class(&retention.weekly),
            monthly: class(&retention.monthly),
            yearly: class(&retention.yearly),
            start: window.start(),
        };
        kept.classes().next().map(|_| kept)
    }

    fn classes(&self) -> impl Iterator<Item = (Duration, Option<Place>)> {
        let classes = [self.weekly, self.monthly, self.yearly];
        classes.into_iter().flatten()
    }

    /// The first line that asks for something.
    pub(super) fn place(&self) -> Option<Place> {
        self.classes().find_map(|(_, place)| place)
    }

    /// Where each tag's retention is written.
    pub(super) fn places(&self) -> Places {
        let first = self.weekly.or(self.monthly).or(self.yearly);
        let asked = [
            (DEFAULT, first),
            (MONTHLY, self.monthly),
            (YEARLY, self.yearly),
        ];
        let written = asked.into_iter().filter_map(|((tag, _), class)| {
            let path = format!("/properties/policyRules/{tag}");
            Some((path.into(), class?.1?))
        });
        written.collect()
    }

    /// Backups come weekly, or monthly where no week is kept; the first of a month and of a year stay
    /// longer. The name holds what the policy does, and a digest of all of it.
    pub(super) fn policy(&self, vault: &str) -> BackupPolicy {
        let properties = PolicyProperties {
            object_type: "BackupPolicy".to_owned(),
            datasource_types: vec![DATASOURCE.to_owned()],
            policy_rules: self.rules(),
        };
        // A struct of texts, numbers and lists always serialises.
        let content = serde_json::to_string(&properties).unwrap_or_default();
        let digest = guid(&[&content]);
        let digest = digest.split('-').next().unwrap_or_default();
        let classes = [
            ("weekly", self.weekly),
            ("monthly", self.monthly),
            ("yearly", self.yearly),
        ];
        let kept = classes.iter().filter_map(|(name, class)| {
            let (kept, _) = (*class)?;
            Some(format!("{name}-{kept}-"))
        });
        let kept: String = kept.collect();
        BackupPolicy {
            name: format!("{vault}/{kept}{digest}"),
            properties,
        }
    }

    fn rules(&self) -> Vec<PolicyRule> {
        let iso = |class: Class| class.map(|(kept, _)| kept.iso());
        let (weekly, monthly) = (iso(self.weekly), iso(self.monthly));
        let shortest = weekly.clone().or(monthly.clone());
        let mut rules = vec![self.backups()];
        rules.push(retention(
            DEFAULT,
            shortest.unwrap_or_else(|| UNASKED.to_owned()),
        ));
        // Where no week is kept, every backup is a month's.
        rules.extend(
            monthly
                .filter(|_| weekly.is_some())
                .map(|kept| retention(MONTHLY, kept)),
        );
        rules.extend(iso(self.yearly).map(|kept| retention(YEARLY, kept)));
        rules
    }

    fn backups(&self) -> PolicyRule {
        let (first, every) = if self.weekly.is_some() { WEEKS } else { MONTHS };
        let (hours, minutes) = (self.start / 60, self.start % 60);
        let mut tagging = Vec::new();
        tagging.extend(self.yearly.map(|_| tag(YEARLY, Some("FirstOfYear"))));
        if self.weekly.is_some() {
            tagging.extend(self.monthly.map(|_| tag(MONTHLY, Some("FirstOfMonth"))));
        }
        tagging.push(tag(DEFAULT, None));
        PolicyRule::Backup {
            name: "Backups".to_owned(),
            backup_parameters: BackupParameters {
                object_type: "AzureBackupParams".to_owned(),
                backup_type: "Full".to_owned(),
            },
            data_store: vault_store(),
            trigger: Trigger {
                object_type: "ScheduleBasedTriggerContext".to_owned(),
                schedule: Schedule {
                    repeating_time_intervals: vec![format!(
                        "R/{first}T{hours:02}:{minutes:02}:00+00:00/{every}"
                    )],
                    time_zone: "UTC".to_owned(),
                },
                tagging_criteria: tagging,
            },
        }
    }
}

fn retention((tag, _): (&str, u32), kept: String) -> PolicyRule {
    PolicyRule::Retention {
        name: tag.to_owned(),
        is_default: tag == DEFAULT.0,
        lifecycles: vec![Lifecycle {
            delete_after: DeleteAfter {
                object_type: "AbsoluteDeleteOption".to_owned(),
                duration: kept,
            },
            source_data_store: vault_store(),
        }],
    }
}

fn tag((name, priority): (&str, u32), first: Option<&str>) -> TaggingCriteria {
    let criteria = first.map(|first| Criteria {
        object_type: "ScheduleBasedBackupCriteria".to_owned(),
        absolute_criteria: vec![first.to_owned()],
    });
    TaggingCriteria {
        is_default: first.is_none(),
        tagging_priority: priority,
        tag_info: TagInfo {
            tag_name: name.to_owned(),
        },
        criteria: criteria.into_iter().collect(),
    }
}

fn vault_store() -> DataStore {
    DataStore {
        object_type: "DataStoreInfoBase".to_owned(),
        data_store_type: "VaultStore".to_owned(),
    }
}
