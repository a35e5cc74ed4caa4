//! AWS Backup: recovery points in vaults.

use std::collections::BTreeMap;

use aws_sdk_backup::Client;
use aws_sdk_backup::types::{
    BackupVaultListMember, RecoveryPointByBackupVault as Live, RecoveryPointStatus,
};
use futures::StreamExt;
use jiff::Timestamp;

use super::super::super::super::points::{PointState, PointsRead, Span};
use super::super::super::points::class_of;
use super::super::super::{AT_A_TIME, Turned};
use super::super::clients::Clients;
use super::{Asked, Told, moment, reason};
use crate::cloud::aws::reads;
use crate::plan::{PointClass, PointSource, Promise};

/// The most that AWS Backup gives in one page.
const PAGE: i32 = 1_000;

const LIST: &str = reads::LIST_RECOVERY_POINTS.action;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Points by the ARN of what they are of.
type Points = BTreeMap<String, Vec<Live>>;

/// A promise, with its vault and the ARN of its database.
struct Of<'p> {
    promise: &'p Promise,
    vault: &'p str,
    arn: &'p str,
}

pub(super) async fn read(
    clients: &Clients,
    since: &BTreeMap<String, Timestamp>,
    asked: &[Asked<'_>],
) -> Vec<Told> {
    let mut vaults: BTreeMap<&str, Vec<Of<'_>>> = BTreeMap::new();
    for one in asked {
        if let (
            Asked::Points(promise),
            PointSource::AwsVault {
                vault,
                resource_arn: arn,
                ..
            },
        ) = (*one, one.source())
        {
            let of = Of {
                promise,
                vault,
                arn,
            };
            vaults.entry(vault).or_default().push(of);
        }
    }
    if vaults.is_empty() {
        return Vec::new();
    }
    let client = &clients.backup();
    let known = match list_vaults(client).await {
        Ok(known) => known,
        Err(reason) => return asked.iter().map(|one| one.unreadable(&reason)).collect(),
    };
    let known = &known;
    let told: Vec<Vec<Told>> = futures::stream::iter(vaults)
        .map(|(name, of)| async move {
            match known.get(name) {
                Some(vault) => vault_points(client, vault, &of, since).await,
                None => of.iter().map(|of| absent(of)).collect(),
            }
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    told.into_iter().flatten().collect()
}

fn absent(of: &Of<'_>) -> Told {
    let read = PointsRead {
        span: Span::of([]),
        absent: Some(format!("the vault {} does not exist", of.vault)),
        ..PointsRead::default()
    };
    told(of, read)
}

fn told(of: &Of<'_>, read: PointsRead) -> Told {
    Told::Points(of.promise.key.clone(), PointState::Read(Box::new(read)))
}

/// Vaults by listing them: of one that does not exist AWS Backup says only that access is denied.
async fn list_vaults(client: &Client) -> Result<BTreeMap<String, BackupVaultListMember>, String> {
    let request = client.list_backup_vaults();
    let action = reads::LIST_VAULTS.action;
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let (mut known, mut turned) = (BTreeMap::new(), Turned::of(action));
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(action, &error))?;
        turned.to(page.next_token())?;
        for vault in page.backup_vault_list.unwrap_or_default() {
            if let Some(name) = vault.backup_vault_name() {
                known.insert(name.to_owned(), vault);
            }
        }
    }
    Ok(known)
}

/// By whole pages of the vault, or by one question for each database: whichever takes fewer calls.
async fn vault_points(
    client: &Client,
    vault: &BackupVaultListMember,
    of: &[Of<'_>],
    since: &BTreeMap<String, Timestamp>,
) -> Vec<Told> {
    let held = usize::try_from(vault.number_of_recovery_points()).unwrap_or_default();
    let pages = held.div_ceil(PAGE as usize).max(1);
    if pages < of.len() {
        let whole = list(client, of[0].vault, None).await;
        let each = |of: &Of<'_>| match &whole {
            Ok(points) => told(of, points_of(of, points, since)),
            Err(reason) => Asked::Points(of.promise).unreadable(reason),
        };
        return of.iter().map(each).collect();
    }
    futures::stream::iter(of)
        .map(|of| async move {
            match list(client, of.vault, Some(of.arn)).await {
                Ok(points) => told(of, points_of(of, &points, since)),
                Err(reason) => Asked::Points(of.promise).unreadable(&reason),
            }
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await
}

/// Every page, or why not.
async fn list(client: &Client, vault: &str, arn: Option<&str>) -> Result<Points, String> {
    let request = client
        .list_recovery_points_by_backup_vault()
        .backup_vault_name(vault)
        .set_by_resource_arn(arn.map(str::to_owned));
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let (mut listed, mut turned) = (Points::new(), Turned::of(LIST));
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(LIST, &error))?;
        turned.to(page.next_token())?;
        for point in page.recovery_points.unwrap_or_default() {
            if let (Some(arn), Some(RecoveryPointStatus::Completed)) =
                (point.resource_arn(), point.status())
            {
                listed.entry(arn.to_owned()).or_default().push(point);
            }
        }
    }
    Ok(listed)
}

fn points_of(of: &Of<'_>, points: &Points, since: &BTreeMap<String, Timestamp>) -> PointsRead {
    let listed = points.get(of.arn).map(Vec::as_slice).unwrap_or_default();
    let mut classes: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    let mut all = Vec::new();
    for point in listed {
        let Some(at) = moment(point.creation_date()) else {
            continue;
        };
        all.push(at);
        if let Some(class) = class(point, at, &of.promise.classes) {
            classes.entry(class.name.to_owned()).or_default().push(at);
        }
    }
    let id = of.arn.rsplit(':').next().unwrap_or_default();
    PointsRead {
        span: Span::of(all),
        classes: classes
            .into_iter()
            .map(|(class, moments)| (class, Span::of(moments)))
            .collect(),
        since: since.get(id).copied(),
        ..PointsRead::default()
    }
}

/// The longest class that a point is kept for; one without an end is kept for any.
fn class<'p>(point: &Live, at: Timestamp, classes: &'p [PointClass]) -> Option<&'p PointClass> {
    let ends = point
        .calculated_lifecycle()
        .and_then(|ends| moment(ends.delete_at()));
    let days = match (
        point.lifecycle().and_then(|it| it.delete_after_days()),
        ends,
    ) {
        (Some(days), _) if days > 0 => days,
        (_, Some(ends)) => (ends.as_second() - at.as_second()) / DAY_SECONDS,
        (_, None) => i64::MAX,
    };
    class_of(u64::try_from(days).unwrap_or_default(), classes)
}
