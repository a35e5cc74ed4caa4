//! Azure Backup: recovery points of what a vault backs up.

use std::collections::BTreeMap;

use futures::StreamExt;
use jiff::Timestamp;
use serde_json::Value;

use super::super::super::super::points::{PointState, PointsRead, Span};
use super::super::super::points::class_of;
use super::{AT_A_TIME, Arm, Asked, Told, is_absent, moment, reason};
use crate::cloud::Owned;
use crate::cloud::azure::backup::{BackupInstance, BackupVault};
use crate::cloud::azure::reads::{RECOVERY_POINTS, list_of};
use crate::plan::{PointClass, PointSource, Promise};

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// What a vault has of a server that is no longer backed up there.
const GONE: &str = "SoftDeleted";

const COMPLETED: &str = "Completed";

/// The tag of what has no other, which is kept for the shortest time.
const DEFAULT: &str = "Default";

pub(super) async fn read(arm: &Arm, asked: &[Asked<'_>]) -> Vec<Told> {
    let mut vaults: BTreeMap<&str, Vec<(&Promise, &str)>> = BTreeMap::new();
    for one in asked {
        if let (Asked::Points(promise), PointSource::AzureVault { vault, server }) =
            (*one, one.source())
        {
            vaults.entry(vault).or_default().push((promise, server));
        }
    }
    let told: Vec<Vec<Told>> = futures::stream::iter(vaults)
        .map(|(vault, of)| in_vault(arm, vault, of))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    told.into_iter().flatten().collect()
}

async fn in_vault(arm: &Arm, vault: &str, of: Vec<(&Promise, &str)>) -> Vec<Told> {
    let list = &list_of(vault, BackupInstance::TYPE);
    let instances = match arm.list(list, version()).await {
        Ok(instances) => instances,
        Err(error) if is_absent(&error) => {
            let absent = of
                .iter()
                .map(|(promise, _)| absent(promise, "the vault does not exist"));
            return absent.collect();
        }
        Err(error) => {
            let reason = reason("backups in the vault", &error);
            let unread = of
                .iter()
                .map(|(promise, _)| Asked::Points(promise).unreadable(&reason));
            return unread.collect();
        }
    };
    let instances = &instances;
    futures::stream::iter(of)
        .map(|(promise, server)| async move {
            let Some(name) = instances.iter().find_map(|it| instance(it, server)) else {
                return absent(promise, "the vault does not back up the server");
            };
            let path = list_of(&format!("{list}/{name}"), RECOVERY_POINTS);
            let points = match arm.list(&path, version()).await {
                Ok(points) => points,
                Err(error) => {
                    let reason = reason("recovery points of the vault", &error);
                    return Asked::Points(promise).unreadable(&reason);
                }
            };
            match points_of(promise, &points) {
                Some(read) => told(promise, read),
                None => Asked::Points(promise).unreadable(
                    "recovery points of the vault: the answer has another form than documented",
                ),
            }
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

fn version() -> &'static str {
    BackupVault::API_VERSION.unwrap_or_default()
}

/// The name under which a vault backs up a server.
fn instance<'l>(listed: &'l Value, server: &str) -> Option<&'l str> {
    let properties = &listed["properties"];
    let source = properties["dataSourceInfo"]["resourceID"].as_str()?;
    let gone = properties["currentProtectionState"].as_str() == Some(GONE);
    let own = source.eq_ignore_ascii_case(server) && !gone;
    own.then(|| listed["name"].as_str())?
}

fn absent(promise: &Promise, what: &str) -> Told {
    let read = PointsRead {
        span: Span::of([]),
        absent: Some(what.to_owned()),
        ..PointsRead::default()
    };
    told(promise, read)
}

fn told(promise: &Promise, read: PointsRead) -> Told {
    Told::Points(promise.key.clone(), PointState::Read(Box::new(read)))
}

/// None: a point has no moment.
fn points_of(promise: &Promise, points: &[Value]) -> Option<PointsRead> {
    let mut all = Vec::new();
    let mut classes: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
    for point in points {
        let properties = &point["properties"];
        let state = properties["recoveryPointState"].as_str();
        if state.is_some_and(|state| !state.eq_ignore_ascii_case(COMPLETED)) {
            continue;
        }
        let at = moment(&properties["recoveryPointTime"])?;
        all.push(at);
        if let Some(class) = class(properties, at, &promise.classes) {
            classes.entry(class.name).or_default().push(at);
        }
    }
    let classes = classes.into_iter();
    Some(PointsRead {
        span: Span::of(all),
        classes: classes
            .map(|(class, moments)| (class.to_owned(), Span::of(moments)))
            .collect(),
        ..PointsRead::default()
    })
}

/// By the tag of its retention, which the policy's classes give their names to; else by its end.
fn class<'p>(
    properties: &Value,
    at: Timestamp,
    classes: &'p [PointClass],
) -> Option<&'p PointClass> {
    let tag = properties["retentionTagName"].as_str().unwrap_or_default();
    if tag.eq_ignore_ascii_case(DEFAULT) {
        return classes.iter().min_by_key(|class| class.keep.value.days());
    }
    let named = classes
        .iter()
        .find(|class| class.name.eq_ignore_ascii_case(tag));
    named.or_else(|| {
        let ends = moment(&properties["expiryTime"])?;
        let days = (ends.as_second() - at.as_second()) / DAY_SECONDS;
        class_of(u64::try_from(days).ok()?, classes)
    })
}
