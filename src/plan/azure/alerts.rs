//! Who is told of what in a location: an action group for each set of receivers, and what wakes it.
//!
//! What Azure tells nobody of is `backstay status`'s to find: a backup that never started, and one that
//! is too old.

mod watch;

use std::collections::BTreeSet;

use super::super::{Body, Purpose, Resource};
use super::Group;
use crate::cloud::Owned;
use crate::cloud::azure::alerts::{
    ActionGroup, ActionGroupRef, Actions, ActivityLogAlert, AddActionGroups, Alert, AllOf,
    Condition, EmailReceiver, Filter, GLOBAL, Leaf, Processing, ProcessingRule,
};
use crate::cloud::azure::metric::{Criteria, Criterion, MetricAlert, Watch};
use crate::cloud::azure::{alerts as cloud, postgres};
use crate::policy::AlertEvent;
use crate::resolve::Estate;
use crate::source::Place;

use watch::{Kind, Told, told};

/// What a mail's sender is called: 12 characters at most.
const SENDER: &str = "backstay";

/// Operations that back up, and that nobody waits for.
const BACKUPS: [&str; 3] = [
    "Microsoft.DBforPostgreSQL/flexibleServers/backups/write",
    "Microsoft.DBforPostgreSQL/flexibleServers/startLtrBackup/action",
    "Microsoft.DataProtection/backupVaults/backupInstances/backup/action",
];

/// Operations that can take protection away. A deployment that gives more is told as well: the activity
/// log does not know the difference, and drift does.
const WEAKENING: [&str; 16] = [
    "Microsoft.Authorization/locks/delete",
    "Microsoft.DBforPostgreSQL/flexibleServers/backups/delete",
    "Microsoft.DBforPostgreSQL/flexibleServers/delete",
    "Microsoft.DBforPostgreSQL/flexibleServers/write",
    "Microsoft.DataProtection/backupVaults/backupInstances/delete",
    "Microsoft.DataProtection/backupVaults/backupInstances/stopProtection/action",
    "Microsoft.DataProtection/backupVaults/backupInstances/suspendBackups/action",
    "Microsoft.DataProtection/backupVaults/delete",
    "Microsoft.DataProtection/backupVaults/write",
    "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
    "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/delete",
    "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/write",
    "Microsoft.Storage/storageAccounts/blobServices/write",
    "Microsoft.Storage/storageAccounts/delete",
    "Microsoft.Storage/storageAccounts/managementPolicies/delete",
    "Microsoft.Storage/storageAccounts/managementPolicies/write",
];

/// Everything that tells somebody of something in Azure.
pub(in crate::plan) fn alerts(estate: &Estate<'_>) -> Vec<Resource> {
    told(estate).iter().flat_map(of).collect()
}

/// The group and the rules of one set of receivers. None where no rule would wake the group.
fn of(told: &Told<'_>) -> Vec<Resource> {
    let part = Part { told };
    let rules: Vec<Resource> = [part.failed(), part.weakened(), part.vaults()]
        .into_iter()
        .flatten()
        .chain(part.lagging())
        .collect();
    match rules.is_empty() {
        true => Vec::new(),
        false => [part.group()].into_iter().chain(rules).collect(),
    }
}

struct Part<'t, 'w> {
    told: &'t Told<'w>,
}

impl Part<'_, '_> {
    fn group(&self) -> Resource {
        let receiver = |address: &&str| EmailReceiver {
            name: (*address).to_owned(),
            email_address: (*address).to_owned(),
            use_common_alert_schema: true,
        };
        let name = &self.told.name;
        let body = ActionGroup {
            name: name.clone(),
            location: GLOBAL.to_owned(),
            properties: cloud::Group {
                group_short_name: SENDER.to_owned(),
                enabled: true,
                email_receivers: self.told.addresses.iter().map(receiver).collect(),
            },
        };
        self.resource(name, body, self.told.place)
    }

    fn group_id(&self) -> String {
        self.told.group.id(ActionGroup::TYPE, &self.told.name)
    }

    fn groups(&self) -> Vec<ActionGroupRef> {
        vec![ActionGroupRef {
            action_group_id: self.group_id(),
        }]
    }

    fn resource(&self, id: &str, body: impl Into<Body>, place: Place) -> Resource {
        let group: Group<'_> = self.told.group;
        let owner = group.template(Purpose::Alerts, "alerts");
        group.resource(group.location, id, body, owner, place)
    }

    /// The ids of what is watched for an event.
    fn ids(&self, event: AlertEvent, kinds: &[Kind]) -> BTreeSet<String> {
        let watched = self.told.watched.iter();
        let wanted = watched.filter(|it| it.event == event && kinds.contains(&it.kind));
        wanted.map(|it| it.id.clone()).collect()
    }

    fn place_of(&self, event: AlertEvent) -> Place {
        let watched = self.told.watched.iter().find(|it| it.event == event);
        watched.map_or(self.told.place, |it| it.place)
    }

    fn failed(&self) -> Option<Resource> {
        let what = "Backups that could not be made. Rendered by backstay.";
        let ids = self.ids(AlertEvent::Failed, &[Kind::Server, Kind::Vault]);
        self.activity(AlertEvent::Failed, ids, what, &BACKUPS, "Failed")
    }

    fn weakened(&self) -> Option<Resource> {
        let what = "Changes that can take protection away from backups. Rendered by backstay.";
        let ids = self.ids(AlertEvent::Weakened, &Kind::ALL);
        self.activity(AlertEvent::Weakened, ids, what, &WEAKENING, "Succeeded")
    }

    fn activity(
        &self,
        event: AlertEvent,
        scopes: BTreeSet<String>,
        description: &str,
        operations: &[&str],
        status: &str,
    ) -> Option<Resource> {
        let text = |field: &str, equals: &str| Condition::Equals {
            field: field.to_owned(),
            equals: equals.to_owned(),
        };
        let operation = |equals: &&str| Leaf {
            field: "operationName".to_owned(),
            equals: (*equals).to_owned(),
        };
        if scopes.is_empty() {
            return None;
        }
        let name = format!("{}-{event}", self.told.name);
        let body = ActivityLogAlert {
            name: name.clone(),
            location: GLOBAL.to_owned(),
            properties: Alert {
                enabled: true,
                description: description.to_owned(),
                scopes,
                condition: AllOf {
                    all_of: vec![
                        text("category", "Administrative"),
                        Condition::AnyOf {
                            any_of: operations.iter().map(operation).collect(),
                        },
                        text("status", status),
                    ],
                },
                actions: Actions {
                    action_groups: self.groups(),
                },
            },
        };
        Some(self.resource(&name, body, self.place_of(event)))
    }

    /// Azure Backup raises alerts of its own, for failed jobs and for what is deleted or turned off.
    fn vaults(&self) -> Option<Resource> {
        let events = [AlertEvent::Failed, AlertEvent::Weakened];
        let of = |event| self.ids(event, &[Kind::Vault]);
        let scopes: BTreeSet<String> = events.into_iter().flat_map(of).collect();
        let event = events.into_iter().find(|event| !of(*event).is_empty())?;
        let name = format!("{}-vaults", self.told.name);
        let body = ProcessingRule {
            name: name.clone(),
            location: GLOBAL.to_owned(),
            properties: Processing {
                enabled: true,
                description: "Hands on what Azure Backup says of its vaults. Rendered by backstay."
                    .to_owned(),
                scopes,
                // The rules above have their own way to the group.
                conditions: vec![Filter {
                    field: "MonitorService".to_owned(),
                    operator: "Equals".to_owned(),
                    values: BTreeSet::from(["Azure Backup".to_owned()]),
                }],
                actions: vec![AddActionGroups {
                    action_type: "AddActionGroups".to_owned(),
                    action_group_ids: BTreeSet::from([self.group_id()]),
                }],
            },
        };
        Some(self.resource(&name, body, self.place_of(event)))
    }

    /// One for each replica whose source has an RPO.
    fn lagging(&self) -> impl Iterator<Item = Resource> {
        let watched = self.told.watched.iter();
        watched.filter_map(|it| match (it.event, it.kind) {
            (AlertEvent::Stale, Kind::Replica { seconds }) => {
                Some(self.lag(&it.id, seconds, it.place))
            }
            _ => None,
        })
    }

    fn lag(&self, id: &str, seconds: u64, place: Place) -> Resource {
        let server = id.rsplit('/').next().unwrap_or(id);
        let name = format!("{}-lag-{server}", self.told.name);
        let body = MetricAlert {
            name: name.clone(),
            location: GLOBAL.to_owned(),
            properties: Watch {
                description:
                    "A replica is further behind than the RPO allows. Rendered by backstay."
                        .to_owned(),
                severity: 2,
                enabled: true,
                scopes: BTreeSet::from([id.to_owned()]),
                evaluation_frequency: "PT5M".to_owned(),
                window_size: "PT15M".to_owned(),
                criteria: Criteria {
                    odata_type: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
                        .to_owned(),
                    all_of: vec![Criterion {
                        criterion_type: "StaticThresholdCriterion".to_owned(),
                        name: "lag".to_owned(),
                        metric_namespace: postgres::FlexibleServer::TYPE.to_owned(),
                        metric_name: "physical_replication_delay_in_seconds".to_owned(),
                        operator: "GreaterThan".to_owned(),
                        threshold: seconds,
                        time_aggregation: "Average".to_owned(),
                    }],
                },
                actions: self.groups(),
            },
        };
        self.resource(&name, body, place)
    }
}
