//! RDS: the automated backups that a Region holds, of its own instances and of others'.

use std::collections::BTreeMap;

use aws_sdk_rds::types::DbInstanceAutomatedBackup as Live;

use super::super::super::super::points::{PointState, PointsRead, Span};
use super::super::super::Turned;
use super::super::clients::Clients;
use super::super::sweep::lower;
use super::{Asked, Told, moment, reason};
use crate::cloud::aws::reads;
use crate::plan::PointSource;

/// The most that RDS gives in one page.
const PAGE: i32 = 100;

/// What is left of an instance that was deleted, or of a replication that was stopped.
const RETAINED: &str = "retained";

/// Backups by the ARN of what they are of; or why they could not be read.
pub(super) type Held = Result<BTreeMap<String, PointsRead>, String>;

pub(super) async fn held(clients: &Clients) -> Held {
    let request = clients.rds().describe_db_instance_automated_backups();
    let action = reads::DESCRIBE_AUTOMATED_BACKUPS.action;
    let mut pages = request.into_paginator().page_size(PAGE).send();
    let (mut held, mut turned) = (BTreeMap::new(), Turned::of(action));
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| reason(action, &error))?;
        turned.to(page.marker())?;
        let backups = page.db_instance_automated_backups().iter();
        let running = backups.filter(|backup| backup.status() != Some(RETAINED));
        held.extend(running.filter_map(|it| Some((lower(it.db_instance_arn())?, read(it)))));
    }
    Ok(held)
}

fn read(backup: &Live) -> PointsRead {
    let window = backup.restore_window();
    let days = backup.backup_retention_period();
    PointsRead {
        span: Span {
            newest: moment(window.and_then(|window| window.latest_time())),
            oldest: moment(window.and_then(|window| window.earliest_time())),
            count: None,
        },
        keeps_days: days.and_then(|days| u64::try_from(days).ok()),
        ..PointsRead::default()
    }
}

pub(super) fn told(held: &Held, asked: &[Asked<'_>]) -> Vec<Told> {
    let told = |asked: &Asked<'_>| {
        let Asked::Points(promise) = asked else {
            return None;
        };
        let PointSource::Replication { instance_arn, .. } = &promise.source else {
            return None;
        };
        let read = match held {
            Ok(held) => held.get(instance_arn).cloned(),
            Err(reason) => return Some(asked.unreadable(reason)),
        };
        let absent = || PointsRead {
            absent: Some("the Region holds no backups of the instance".to_owned()),
            ..PointsRead::default()
        };
        let state = PointState::Read(Box::new(read.unwrap_or_else(absent)));
        Some(Told::Points(promise.key.clone(), state))
    };
    asked.iter().filter_map(told).collect()
}
