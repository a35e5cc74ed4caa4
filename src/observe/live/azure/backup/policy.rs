//! A policy of Azure Backup as ARM tells it.

use serde_json::Value;

use super::super::super::tree;
use super::super::told::{properties, spelled, text_or_nothing, texts};
use crate::cloud::azure::backup::{
    BackupParameters, BackupPolicy, Criteria, DATASOURCE, DataStore, DeleteAfter, Lifecycle,
    PolicyProperties, PolicyRule, Schedule, TagInfo, TaggingCriteria, Trigger,
};

pub(in super::super) fn live(
    planned: &BackupPolicy,
    answer: &Value,
) -> Result<Value, &'static str> {
    let told = properties(answer)?;
    let rules = told["policyRules"].as_array().ok_or("it has no rules")?;
    let rules = rules.iter().map(|told| rule(planned, told));
    let datasources = texts(&told["datasourceTypes"]);
    let live = BackupPolicy {
        // Found by this name; ARM may answer in another case.
        name: planned.name.clone(),
        properties: PolicyProperties {
            object_type: text_or_nothing(&told["objectType"]),
            datasource_types: datasources
                .map(|kind| spelled(kind, [DATASOURCE]))
                .collect(),
            policy_rules: rules.collect::<Result<_, _>>()?,
        },
    };
    Ok(tree(&live))
}

fn rule(planned: &BackupPolicy, told: &Value) -> Result<PolicyRule, &'static str> {
    let rules = planned.properties.policy_rules.iter();
    let name = told["name"].as_str().ok_or("a rule has no name")?;
    let name = spelled(name, rules.map(PolicyRule::name));
    match told["objectType"].as_str() {
        Some("AzureBackupRule") => Ok(PolicyRule::Backup {
            name,
            backup_parameters: BackupParameters {
                object_type: text_or_nothing(&told["backupParameters"]["objectType"]),
                backup_type: spelled(
                    &text_or_nothing(&told["backupParameters"]["backupType"]),
                    ["Full"],
                ),
            },
            data_store: data_store(&told["dataStore"]),
            trigger: trigger(&told["trigger"]),
        }),
        Some("AzureRetentionRule") => {
            let lifecycles = told["lifecycles"].as_array().into_iter().flatten();
            Ok(PolicyRule::Retention {
                name,
                is_default: told["isDefault"].as_bool().unwrap_or_default(),
                lifecycles: lifecycles.map(lifecycle).collect(),
            })
        }
        _ => Err("a rule is of an unknown kind"),
    }
}

fn data_store(told: &Value) -> DataStore {
    DataStore {
        object_type: text_or_nothing(&told["objectType"]),
        data_store_type: text_or_nothing(&told["dataStoreType"]),
    }
}

fn lifecycle(told: &Value) -> Lifecycle {
    Lifecycle {
        delete_after: DeleteAfter {
            object_type: text_or_nothing(&told["deleteAfter"]["objectType"]),
            duration: text_or_nothing(&told["deleteAfter"]["duration"]),
        },
        source_data_store: data_store(&told["sourceDataStore"]),
    }
}

fn trigger(told: &Value) -> Trigger {
    let schedule = &told["schedule"];
    let criteria = told["taggingCriteria"].as_array().into_iter().flatten();
    let mut tagging_criteria: Vec<TaggingCriteria> = criteria.map(tagging).collect();
    tagging_criteria.sort_by_key(|criteria| criteria.tagging_priority);
    Trigger {
        object_type: text_or_nothing(&told["objectType"]),
        schedule: Schedule {
            repeating_time_intervals: texts(&schedule["repeatingTimeIntervals"])
                .map(str::to_owned)
                .collect(),
            // Where it is not told, times have their offsets.
            time_zone: schedule["timeZone"].as_str().unwrap_or("UTC").to_owned(),
        },
        tagging_criteria,
    }
}

fn tagging(told: &Value) -> TaggingCriteria {
    let criteria = told["criteria"].as_array().into_iter().flatten();
    let priority = told["taggingPriority"].as_u64().unwrap_or_default();
    TaggingCriteria {
        is_default: told["isDefault"].as_bool().unwrap_or_default(),
        tagging_priority: u32::try_from(priority).unwrap_or(u32::MAX),
        tag_info: TagInfo {
            tag_name: text_or_nothing(&told["tagInfo"]["tagName"]),
        },
        criteria: criteria
            .map(|told| Criteria {
                object_type: text_or_nothing(&told["objectType"]),
                absolute_criteria: texts(&told["absoluteCriteria"])
                    .map(str::to_owned)
                    .collect(),
            })
            .collect(),
    }
}
