//! AWS Backup's own events and failures, to the topics of the databases that it backs up.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::super::super::{Places, Resource};
use super::super::logical_id;
use super::{AT_MOST, Alerts, Topic, numbered};
use crate::cloud::aws::events::{Alarm, Dimension, EventPattern, Rule, Target};
use crate::cloud::aws::signals::{Job, Metric, Of, VaultIn};
use crate::policy::AlertEvent;
use crate::resolve::alerts::{EVENTS, signals};
use crate::source::Place;

/// Seconds between two looks at a metric: AWS Backup tells it every five minutes.
const PERIOD: u32 = 300;

/// The longest id of a target.
const TARGET_ID: usize = 64;

/// What is told to one topic.
struct Heard {
    vaults: BTreeSet<String>,
    /// Where it is asked for.
    place: Place,
}

impl Alerts<'_, '_> {
    /// One rule for each kind of event and group of vaults, with every topic that asks for it.
    pub(super) fn rules(&self) -> Vec<Resource> {
        let mut resources = Vec::new();
        for event in EVENTS {
            for job in signals(event).into_iter().flat_map(|signals| signals.jobs) {
                let mut groups: BTreeMap<BTreeSet<String>, Vec<(Topic, Place)>> = BTreeMap::new();
                for (topic, heard) in self.heard(event, job.of) {
                    let vaults = match job.vault {
                        VaultIn::Name(_) | VaultIn::Arn(_) => heard.vaults,
                        VaultIn::Untold => BTreeSet::new(),
                    };
                    groups.entry(vaults).or_default().push((topic, heard.place));
                }
                let parts = groups.iter().flat_map(|(vaults, topics)| {
                    topics.chunks(AT_MOST).map(move |topics| (vaults, topics))
                });
                for (number, (vaults, topics)) in parts.enumerate() {
                    resources.extend(self.rule(job, number, vaults, topics));
                }
            }
        }
        resources
    }

    /// Who asks for an event of AWS Backup, and about which vaults.
    fn heard(&self, event: AlertEvent, of: Of) -> BTreeMap<Topic, Heard> {
        let mut heard: BTreeMap<Topic, Heard> = BTreeMap::new();
        for route in &self.routes {
            for told in &route.told {
                let vaults = told.here.vaults(of);
                let asked = told.asked().find(|(asked, _)| *asked == event);
                let (Some((_, place)), false) = (asked, vaults.is_empty()) else {
                    continue;
                };
                let entry = heard.entry(self.topic(route)).or_insert_with(|| Heard {
                    vaults: BTreeSet::new(),
                    place,
                });
                let names = vaults.into_iter().map(|it| it.written.name.value.clone());
                entry.vaults.extend(names);
            }
        }
        heard
    }

    fn rule(
        &self,
        job: &Job,
        number: usize,
        vaults: &BTreeSet<String>,
        topics: &[(Topic, Place)],
    ) -> Option<Resource> {
        let (_, asked) = topics.first()?;
        let name = numbered(format!("backstay-{}", job.name), number);
        let target = |(topic, _): &(Topic, Place)| Target {
            id: topic.name[topic.name.len().saturating_sub(TARGET_ID)..].to_owned(),
            arn: topic.arn.clone(),
        };
        let targets: Vec<Target> = topics.iter().map(target).collect();
        let own = targets.iter().zip(topics);
        let own = own.map(|(target, (topic, _))| (format!("/Targets/{}", target.id), topic.place));
        let places: Places = own
            .map(|(pointer, place)| (pointer.into(), place))
            .collect();
        let body = Rule {
            name: name.clone(),
            state: "ENABLED".to_owned(),
            event_pattern: Some(self.pattern(job, vaults)),
            targets,
        };
        let id = logical_id("On", &numbered(job.name.to_owned(), number));
        Some(Resource {
            places,
            ..self.resource(&id, &name, body, *asked)
        })
    }

    fn pattern(&self, job: &Job, vaults: &BTreeSet<String>) -> EventPattern {
        let mut detail = json!({ job.outcome: job.values });
        match job.vault {
            VaultIn::Name(member) => detail[member] = json!(vaults),
            VaultIn::Arn(member) => {
                let arn = |vault| self.region.arn("backup", &format!("backup-vault:{vault}"));
                detail[member] = vaults.iter().map(arn).collect();
            }
            VaultIn::Untold => detail["resourceType"] = json!(["RDS"]),
        }
        EventPattern::new(json!({
            "source": ["aws.backup"],
            "detail-type": [job.detail_type],
            "detail": detail,
        }))
    }

    /// One alarm for each counted failure and vault: events are told as well as may be, counts
    /// stay.
    pub(super) fn alarms(&self) -> Vec<Resource> {
        let mut resources = Vec::new();
        for event in EVENTS {
            let metrics = signals(event).into_iter().flat_map(|it| it.metrics);
            for metric in metrics {
                let heard = self.heard(event, metric.of);
                let vaults: BTreeSet<&String> =
                    heard.values().flat_map(|heard| &heard.vaults).collect();
                for vault in vaults {
                    let of = heard
                        .iter()
                        .filter(|(_, heard)| heard.vaults.contains(vault));
                    let topics: Vec<(&Topic, Place)> =
                        of.map(|(topic, heard)| (topic, heard.place)).collect();
                    let parts = topics.chunks(AT_MOST).enumerate();
                    resources.extend(
                        parts.filter_map(|(number, part)| self.alarm(metric, vault, number, part)),
                    );
                }
            }
        }
        resources
    }

    fn alarm(
        &self,
        metric: &Metric,
        vault: &str,
        number: usize,
        topics: &[(&Topic, Place)],
    ) -> Option<Resource> {
        let (first, asked) = topics.first()?;
        let name = numbered(format!("backstay-{vault}-{}", metric.name), number);
        let text = |text: &str| Some(text.to_owned());
        let body = Alarm {
            alarm_name: name.clone(),
            alarm_description: Some(format!("{} in the vault {vault}", metric.what)),
            namespace: text("AWS/Backup"),
            metric_name: text(metric.metric),
            dimensions: BTreeSet::from([Dimension {
                name: "BackupVaultName".to_owned(),
                value: vault.to_owned(),
            }]),
            statistic: text("Sum"),
            period: Some(PERIOD),
            evaluation_periods: Some(1),
            threshold: Some(0.0),
            comparison_operator: text("GreaterThanThreshold"),
            // Nothing is counted where nothing happened.
            treat_missing_data: text("notBreaching"),
            actions_enabled: true,
            alarm_actions: topics.iter().map(|(topic, _)| topic.arn.clone()).collect(),
        };
        let id = logical_id(
            "Alarm",
            &numbered(format!("{vault}-{}", metric.name), number),
        );
        Some(Resource {
            places: vec![("/AlarmActions".into(), first.place)],
            ..self.resource(&id, &name, body, *asked)
        })
    }
}
