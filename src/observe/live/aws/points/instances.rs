//! RDS: automated backups of instances.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types::DbInstance;
use jiff::Timestamp;

use super::super::super::super::points::{PointState, PointsRead, Span};
use super::super::Place;
use super::super::clients::Clients;
use super::super::sweep;
use super::replicated::Held;
use super::{Asked, Told, moment};
use crate::cloud::aws::arn;
use crate::plan::PointSource;

/// Instances by their identifiers.
pub(super) type Live = BTreeMap<String, DbInstance>;

pub(super) async fn live(clients: &Clients, asked: &[Asked<'_>]) -> Result<Live, String> {
    let names: BTreeSet<&str> = asked.iter().filter_map(|asked| name(*asked)).collect();
    Ok(sweep::read(clients, &names).await?.found)
}

fn name<'p>(asked: Asked<'p>) -> Option<&'p str> {
    match asked.source() {
        PointSource::Instance { instance, .. } => Some(instance),
        _ => None,
    }
}

/// From when on each instance exists.
pub(super) fn since(live: &Live) -> BTreeMap<String, Timestamp> {
    let since = |(name, live): (&String, &DbInstance)| {
        Some((name.clone(), moment(live.instance_create_time())?))
    };
    live.iter().filter_map(since).collect()
}

pub(super) fn told(
    place: &Place,
    live: &Result<Live, String>,
    held: &Held,
    asked: &[Asked<'_>],
) -> Vec<Told> {
    let told = |asked: &Asked<'_>| {
        let (Asked::Points(promise), Some(name)) = (*asked, name(*asked)) else {
            return None;
        };
        let live = match live {
            Ok(live) => live.get(name),
            Err(reason) => return Some(asked.unreadable(reason)),
        };
        let read = match live {
            Some(live) => instance(place, name, live, held),
            None => PointsRead {
                absent: Some("the instance does not exist".to_owned()),
                ..PointsRead::default()
            },
        };
        let state = PointState::Read(Box::new(read));
        Some(Told::Points(promise.key.clone(), state))
    };
    asked.iter().filter_map(told).collect()
}

/// The newest moment is the instance's to tell, the oldest its backups'.
fn instance(place: &Place, name: &str, live: &DbInstance, held: &Held) -> PointsRead {
    let own = arn("rds", &place.region, &place.account, &format!("db:{name}"));
    let newest = moment(live.latest_restorable_time());
    let (oldest, unread) = match held {
        Ok(held) => (held.get(&own).and_then(|held| held.span.oldest), None),
        Err(reason) => (None, Some(reason.clone())),
    };
    let untold = || "RDS does not tell from when on it can be restored".to_owned();
    PointsRead {
        span: Span {
            newest,
            oldest,
            count: None,
        },
        since: moment(live.instance_create_time()),
        keeps_days: live
            .backup_retention_period()
            .and_then(|days| u64::try_from(days).ok()),
        paused: live
            .db_instance_status()
            .filter(|status| *status == "stopped")
            .map(|_| "the instance is stopped".to_owned()),
        unread: unread.or_else(|| (newest.is_some() && oldest.is_none()).then(untold)),
        ..PointsRead::default()
    }
}
