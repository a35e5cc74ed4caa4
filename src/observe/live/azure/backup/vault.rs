//! A vault of Azure Backup as ARM tells it.

use serde_json::Value;

use super::super::super::tree;
use super::super::server::Planned;
use super::super::told::{days, properties, spelled, text_or_nothing};
use crate::cloud::azure::backup::{
    BackupVault, FeatureSettings, Identity, JobFailures, Monitoring, SecuritySettings, SoftDelete,
    State, StorageSetting, VaultProperties,
};

/// The API's defaults for what it does not tell.
const OFF: &str = "Off";
const DISABLED: &str = "Disabled";

pub(in super::super) fn live(planned: &BackupVault, answer: &Value) -> Result<Value, &'static str> {
    let told = properties(answer)?;
    let security = &told["securitySettings"];
    let soft_delete = &security["softDeleteSettings"];
    let state = |value: &Value, default: &str| State {
        state: value["state"].as_str().unwrap_or(default).to_owned(),
    };
    let spelling = Planned::spelling(&planned.location, planned.tags.as_ref());
    let settings = told["storageSettings"].as_array();
    let storage = settings
        .into_iter()
        .flatten()
        .map(|setting| StorageSetting {
            datastore_type: spelled(&text_or_nothing(&setting["datastoreType"]), ["VaultStore"]),
            kind: text_or_nothing(&setting["type"]),
        });
    // The other kinds of store are not the policy's.
    let storage = storage.filter(|setting| setting.datastore_type == "VaultStore");
    let own = &planned.identity.kind;
    let identity = text_or_nothing(&answer["identity"]["type"]);
    // One of the user's beside the system's is somebody else's.
    let has_own = identity
        .split(',')
        .any(|kind| kind.trim().eq_ignore_ascii_case(own));
    let live = BackupVault {
        // Found by this name; ARM may answer in another case.
        name: planned.name.clone(),
        location: spelling.location(answer["location"].as_str().unwrap_or_default()),
        identity: Identity {
            kind: if has_own { own.clone() } else { identity },
        },
        tags: Some(spelling.tags(Some(&answer["tags"]))),
        properties: VaultProperties {
            storage_settings: storage.collect(),
            security_settings: SecuritySettings {
                soft_delete_settings: SoftDelete {
                    state: state(soft_delete, OFF).state,
                    retention_duration_in_days: days(&soft_delete["retentionDurationInDays"]),
                },
                immutability_settings: state(&security["immutabilitySettings"], DISABLED),
            },
            feature_settings: Some(FeatureSettings {
                cross_region_restore_settings: state(
                    &told["featureSettings"]["crossRegionRestoreSettings"],
                    DISABLED,
                ),
            }),
            monitoring_settings: Monitoring {
                azure_monitor_alert_settings: JobFailures {
                    alerts_for_all_job_failures: failures(told),
                },
            },
        },
    };
    Ok(tree(&live))
}

/// Alerts for failed jobs are on unless somebody turned them off.
fn failures(told: &Value) -> String {
    let settings = &told["monitoringSettings"]["azureMonitorAlertSettings"];
    let told = settings["alertsForAllJobFailures"].as_str();
    told.unwrap_or("Enabled").to_owned()
}
