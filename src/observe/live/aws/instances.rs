//! RDS: what a sweep says of each planned instance.

use std::collections::BTreeMap;
use std::str::FromStr;

use aws_sdk_rds::types::{DbInstance as Live, PendingModifiedValues};
use serde_json::{Map, Value as Json};

use super::super::{Found, Seen, State, tree, unreadable};
use super::Place;
use super::replications::Held;
use super::stacks::Stacks;
use super::sweep::{Sweep, lower};
use crate::cloud::aws::{Tags, Value, arn, rds};
use crate::plan::{Address, Body, Owner, Resource};

/// What only the other Region tells.
const REPLICATION: [&str; 2] = [
    "/AutomaticBackupReplicationRegion",
    "/AutomaticBackupReplicationRetentionPeriod",
];

/// What the sweep says of each planned instance.
pub(super) fn states(
    place: &Place,
    sweep: &Sweep,
    held: &BTreeMap<Address, Held>,
    stacks: &Stacks,
    resources: &[&Resource],
) -> Seen {
    let state = |resource: &&Resource| {
        let Body::DbInstance(planned) = &resource.body else {
            return None;
        };
        let state = match sweep.found.get(&resource.address.name) {
            None => State::Missing,
            Some(live) => {
                let seen = Instance {
                    place,
                    stacks,
                    siblings: resources,
                    resource,
                    planned,
                    live,
                    held: held.get(&resource.address),
                };
                match seen.found() {
                    Ok(found) => State::Found(Box::new(found)),
                    Err(reason) => unreadable(reason),
                }
            }
        };
        Some((resource.address.clone(), state))
    };
    resources.iter().filter_map(state).collect()
}

/// One instance beside its plan.
struct Instance<'a> {
    place: &'a Place,
    stacks: &'a Stacks,
    siblings: &'a [&'a Resource],
    resource: &'a Resource,
    planned: &'a rds::DbInstance,
    live: &'a Live,
    /// What the other Region holds, where the plan names one.
    held: Option<&'a Held>,
}

impl Instance<'_> {
    fn found(&self) -> Result<Found, String> {
        Ok(Found {
            live: tree(&self.body()?),
            deployed: self.stacks.deployed(self.resource),
            deployed_unread: None,
            pending: self
                .live
                .pending_modified_values()
                .and_then(|values| self.pending(values)),
            busy: self
                .live
                .db_instance_status()
                .filter(|status| !matches!(*status, "available" | "stopped"))
                .map(str::to_owned),
            stack_drift: self.stacks.drift(self.resource),
            unread: self.unread(),
            failing: BTreeMap::new(),
            set_by: self.set_by(),
        })
    }

    /// What RDS tells, in the plan's own words where both mean the same.
    fn body(&self) -> Result<rds::DbInstance, String> {
        let live = self.live;
        Ok(rds::DbInstance {
            identifier: self.resource.address.name.clone(),
            engine_version: live.engine_version().map(|version| self.version(version)),
            source: self.source(),
            kms_key_id: self.key()?,
            replication_region: self.replication_region(),
            replication_retention: match self.held {
                Some(Ok(days)) => *days,
                Some(Err(_)) | None => None,
            },
            ..told(live)
        })
    }

    /// The planned Region where that holds backups; otherwise whichever the instance names.
    fn replication_region(&self) -> Option<String> {
        match self.held? {
            Ok(Some(_)) => self.planned.replication_region.clone(),
            Ok(None) => {
                let mut others = self
                    .live
                    .db_instance_automated_backups_replications()
                    .iter();
                others.find_map(|other| {
                    let arn = other.db_instance_automated_backups_arn()?;
                    let region = arn.split(':').nth(3)?;
                    (Some(region) != self.planned.replication_region.as_deref())
                        .then(|| region.to_owned())
                })
            }
            Err(_) => None,
        }
    }

    fn unread(&self) -> BTreeMap<String, String> {
        let Some(Err(reason)) = self.held else {
            return BTreeMap::new();
        };
        REPLICATION
            .map(|pointer| (pointer.to_owned(), reason.clone()))
            .into()
    }

    /// Where AWS Backup keeps continuous backups of the instance, it sets retention and window.
    /// Source: "Continuous backups and point-in-time recovery" in the AWS Backup developer guide.
    fn set_by(&self) -> BTreeMap<String, String> {
        let Some(recovery_point) = self.live.aws_backup_recovery_point_arn() else {
            return BTreeMap::new();
        };
        let owner = format!("AWS Backup's continuous backup, {recovery_point}");
        ["/BackupRetentionPeriod", "/PreferredBackupWindow"]
            .map(|pointer| (pointer.to_owned(), owner.clone()))
            .into()
    }

    fn version(&self, live: &str) -> String {
        match &self.planned.engine_version {
            Some(planned) if is_release_of(live, planned) => planned.clone(),
            _ => live.to_owned(),
        }
    }

    /// The source of a replica: as the plan names it, where that is the same instance. RDS gives the
    /// ARN of a source in another Region, and the plain name of one in the same.
    fn source(&self) -> Option<Value> {
        let source = lower(self.live.read_replica_source_db_instance_identifier())?;
        let source = self.instance_arn(&source);
        let id = source.strip_prefix(&self.instance_arn(""));
        Some(match (&self.planned.source, id) {
            (Some(Value::Ref { logical_id }), Some(id)) if self.is_made_as(logical_id, id) => {
                Value::reference(logical_id)
            }
            (Some(Value::Text(planned)), _) if self.instance_arn(planned) == source => {
                Value::Text(planned.clone())
            }
            (_, id) => Value::Text(id.unwrap_or(&source).to_owned()),
        })
    }

    /// The ARN of an instance that is named by it, or by its name in this Region.
    fn instance_arn(&self, name: &str) -> String {
        let Place {
            account, region, ..
        } = self.place;
        match name.contains(':') {
            true => name.to_owned(),
            false => arn("rds", region, account, &format!("db:{name}")),
        }
    }

    /// Whether the stack's `logical_id` is this instance: as CloudFormation says, or, where it says
    /// nothing, as the plan does, which gives the instance its name.
    fn is_made_as(&self, logical_id: &str, id: &str) -> bool {
        if let Ok(Some(physical)) = self.stacks.physical(self.resource, logical_id) {
            return physical.eq_ignore_ascii_case(id);
        }
        let Owner::Stack { stack, .. } = &self.resource.owner else {
            return false;
        };
        self.siblings.iter().any(|sibling| {
            let Owner::Stack {
                stack: its,
                logical_id: its_id,
                ..
            } = &sibling.owner
            else {
                return false;
            };
            its == stack && its_id == logical_id && sibling.address.name == id
        })
    }

    fn key(&self) -> Result<Option<Value>, String> {
        let planned = self.planned.kms_key_id.as_ref();
        let live = self.live.kms_key_id();
        live.map(|live| self.stacks.key(self.resource, planned, live, self.place))
            .transpose()
    }

    /// Accepted and not applied yet, in the plan's words. A pending password is nobody's business.
    fn pending(&self, values: &PendingModifiedValues) -> Option<Json> {
        let text = |value: Option<String>| value.map(Json::from);
        let pending: Map<String, Json> = [
            (
                "DBInstanceIdentifier",
                text(lower(values.db_instance_identifier())),
            ),
            ("DBInstanceClass", text(lower(values.db_instance_class()))),
            ("Engine", text(lower(values.engine()))),
            (
                "EngineVersion",
                text(values.engine_version().map(|version| self.version(version))),
            ),
            (
                "AllocatedStorage",
                text(values.allocated_storage().map(|gib| gib.to_string())),
            ),
            ("StorageType", text(lower(values.storage_type()))),
            (
                "BackupRetentionPeriod",
                values
                    .backup_retention_period()
                    .and_then(whole)
                    .map(Json::from),
            ),
            ("MultiAZ", values.multi_az().map(Json::from)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
        (!pending.is_empty()).then_some(Json::Object(pending))
    }
}

/// An instance in RDS's own words. What only another Region tells is left open.
pub(super) fn told(live: &Live) -> rds::DbInstance {
    rds::DbInstance {
        identifier: lower(live.db_instance_identifier()).unwrap_or_default(),
        class: lower(live.db_instance_class()),
        engine: lower(live.engine()),
        engine_version: live.engine_version().map(str::to_owned),
        allocated_storage: live.allocated_storage().map(|gib| gib.to_string()),
        storage_type: lower(live.storage_type()),
        master_username: live.master_username().map(str::to_owned),
        manage_master_user_password: Some(live.master_user_secret().is_some()),
        source: lower(live.read_replica_source_db_instance_identifier()).map(Value::Text),
        availability_zone: live.availability_zone().map(str::to_owned),
        backup_retention_period: live.backup_retention_period().and_then(whole),
        preferred_backup_window: parsed(live.preferred_backup_window()),
        preferred_maintenance_window: parsed(live.preferred_maintenance_window()),
        copy_tags_to_snapshot: live.copy_tags_to_snapshot(),
        deletion_protection: live.deletion_protection(),
        multi_az: live.multi_az(),
        storage_encrypted: live.storage_encrypted(),
        kms_key_id: live.kms_key_id().map(|key| Value::Text(key.to_owned())),
        log_exports: Some(
            live.enabled_cloudwatch_logs_exports()
                .iter()
                .cloned()
                .collect(),
        ),
        replication_region: None,
        replication_retention: None,
        tags: Some(tags(live)),
    }
}

fn tags(live: &Live) -> Tags {
    let tags = live.tag_list().iter().filter_map(|tag| {
        let value = tag.value().unwrap_or_default();
        Some((tag.key()?.to_owned(), value.to_owned()))
    });
    Tags(tags.collect())
}

/// Whether `live` is a release of the planned version. RDS takes a major version and fills in the
/// newest minor one, and upgrades minor versions by itself: `16.4` is what `16` asked for.
fn is_release_of(live: &str, planned: &str) -> bool {
    live.strip_prefix(planned)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn parsed<T: FromStr>(text: Option<&str>) -> Option<T> {
    text.and_then(|text| text.parse().ok())
}

fn whole(number: i32) -> Option<u32> {
    u32::try_from(number).ok()
}

#[cfg(test)]
#[test]
fn a_version_is_a_prefix_up_to_a_dot() {
    let pairs = [("16.4", "16"), ("16.4", "16.4")];
    assert!(
        pairs
            .iter()
            .all(|(live, planned)| is_release_of(live, planned))
    );
    let pairs = [("16.4", "1"), ("15.8", "16"), ("16", "16.4")];
    assert!(
        pairs
            .iter()
            .all(|(live, planned)| !is_release_of(live, planned))
    );
}
