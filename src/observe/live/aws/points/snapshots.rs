//! RDS: manual snapshots that a policy's script has made, by the tag that it gives them.

use std::collections::BTreeMap;

use aws_sdk_rds::types::DbSnapshot;
use jiff::Timestamp;

use super::super::super::super::points::{PointState, PointsRead, Span};
use super::super::super::Turned;
use super::super::clients::Clients;
use super::{Asked, Told, moment, reason};
use crate::cloud::aws::reads;
use crate::plan::PointSource;

/// The most that RDS gives in one page.
const PAGE: i32 = 100;

/// Moments of snapshots by the value of the tag.
type Taken = BTreeMap<String, Vec<Timestamp>>;

pub(super) async fn read(
    clients: &Clients,
    since: &BTreeMap<String, Timestamp>,
    asked: &[Asked<'_>],
) -> Vec<Told> {
    let Some(PointSource::Snapshots { tag: (key, _), .. }) = asked.first().map(|it| it.source())
    else {
        return Vec::new();
    };
    let taken = list(clients, key).await;
    let told = |asked: &Asked<'_>| {
        let Asked::Points(promise) = asked else {
            return None;
        };
        let PointSource::Snapshots {
            tag: (_, value),
            instance,
            ..
        } = &promise.source
        else {
            return None;
        };
        let taken = match &taken {
            Ok(taken) => taken.get(value).cloned().unwrap_or_default(),
            Err(reason) => return Some(asked.unreadable(reason)),
        };
        let read = PointsRead {
            span: Span::of(taken),
            since: instance.as_ref().and_then(|it| since.get(it)).copied(),
            ..PointsRead::default()
        };
        let state = PointState::Read(Box::new(read));
        Some(Told::Points(promise.key.clone(), state))
    };
    asked.iter().filter_map(told).collect()
}

/// Every page, or why not. A Region has a hundred manual snapshots unless it was given more.
async fn list(clients: &Clients, key: &str) -> Result<Taken, String> {
    let request = clients
        .rds()
        .describe_db_snapshots()
        .snapshot_type("manual");
    let action = reads::DESCRIBE_SNAPSHOTS.action;
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let (mut taken, mut turned) = (Taken::new(), Turned::of(action));
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(action, &error))?;
        turned.to(page.marker())?;
        for (value, at) in page.db_snapshots().iter().filter_map(|it| own(it, key)) {
            taken.entry(value).or_default().push(at);
        }
    }
    Ok(taken)
}

/// Whose it is, and when what it holds was true: a copy is as old as what it is a copy of.
fn own(snapshot: &DbSnapshot, key: &str) -> Option<(String, Timestamp)> {
    let tag = snapshot
        .tag_list()
        .iter()
        .find(|tag| tag.key() == Some(key))?;
    let available = snapshot.status() == Some("available");
    let original = snapshot.original_snapshot_create_time();
    let at = moment(original.or(snapshot.snapshot_create_time()))?;
    available.then(|| Some((tag.value()?.to_owned(), at)))?
}
