//! Automated and on-demand backups of flexible servers.

use std::collections::BTreeMap;

use futures::StreamExt;
use serde_json::Value;

use super::super::super::super::points::{PointState, PointsRead, Span};
use super::{AT_A_TIME, Arm, Asked, Told, is_absent, moment, reason};
use crate::cloud::Owned;
use crate::cloud::azure::postgres::FlexibleServer;
use crate::cloud::azure::reads::{SERVER_BACKUPS, list_in, list_of};
use crate::plan::PointSource;

/// As ARM names backups that somebody asked for.
const ON_DEMAND: &str = "Customer On-Demand";

/// What somebody is not billed for does not write.
const STOPPED: [&str; 2] = ["Stopped", "Stopping"];

const FORM: &str = "backups of the server: the answer has another form than documented";

/// One server by its id, and what is asked of it.
type Group<'p> = (&'p str, Vec<Asked<'p>>);

fn of<'p>(asked: Asked<'p>) -> Option<(&'p str, &'p str)> {
    match asked.source() {
        PointSource::Server { subscription, id }
        | PointSource::OnDemand {
            subscription, id, ..
        } => Some((subscription, id)),
        _ => None,
    }
}

pub(super) async fn read(arm: &Arm, asked: &[Asked<'_>]) -> Vec<Told> {
    let mut subscriptions: BTreeMap<&str, BTreeMap<&str, Vec<Asked<'_>>>> = BTreeMap::new();
    for one in asked {
        if let Some((subscription, id)) = of(*one) {
            let servers = subscriptions.entry(subscription).or_default();
            servers.entry(id).or_default().push(*one);
        }
    }
    let told: Vec<Vec<Told>> = futures::stream::iter(subscriptions)
        .map(|(subscription, servers)| in_subscription(arm, subscription, servers))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    told.into_iter().flatten().collect()
}

async fn in_subscription(
    arm: &Arm,
    subscription: &str,
    servers: BTreeMap<&str, Vec<Asked<'_>>>,
) -> Vec<Told> {
    // One server is one question either way.
    let listed = match servers.len() {
        0 | 1 => BTreeMap::new(),
        _ => match list(arm, subscription).await {
            Ok(listed) => listed,
            Err(reason) => {
                let all = servers.values().flatten();
                return all.map(|asked| asked.unreadable(&reason)).collect();
            }
        },
    };
    let listed = &listed;
    let told: Vec<Vec<Told>> = futures::stream::iter(servers)
        .map(|group| server(arm, listed, group))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    told.into_iter().flatten().collect()
}

/// Servers by their ids in lower case.
async fn list(arm: &Arm, subscription: &str) -> Result<BTreeMap<String, Value>, String> {
    let path = list_in(subscription, FlexibleServer::TYPE);
    let servers = arm.list(&path, version()).await;
    let servers = servers.map_err(|error| reason("list of flexible servers", &error))?;
    let known = |server: Value| Some((server["id"].as_str()?.to_ascii_lowercase(), server));
    Ok(servers.into_iter().filter_map(known).collect())
}

fn version() -> &'static str {
    FlexibleServer::API_VERSION.unwrap_or_default()
}

async fn server(arm: &Arm, listed: &BTreeMap<String, Value>, (id, asked): Group<'_>) -> Vec<Told> {
    // A list leaves out what its reader may not see.
    let known = match listed.get(&id.to_ascii_lowercase()) {
        Some(known) => Ok(known.clone()),
        None => arm.get(id, version()).await,
    };
    let live = match known {
        Ok(live) => Some(live),
        Err(error) if is_absent(&error) => None,
        Err(error) => {
            let reason = reason("flexible server", &error);
            return asked.iter().map(|one| one.unreadable(&reason)).collect();
        }
    };
    let backups = match &live {
        Some(_) => arm.list(&list_of(id, SERVER_BACKUPS), version()).await,
        None => Ok(Vec::new()),
    };
    let backups = backups.map_err(|error| reason("backups of the server", &error));
    let told = |one: &Asked<'_>| {
        let Asked::Points(promise) = one else {
            return one.unreadable("not a mechanism of a server");
        };
        let read = match (&live, &promise.source) {
            (None, _) => Ok(absent()),
            (Some(live), PointSource::OnDemand { prefix, .. }) => on_demand(live, &backups, prefix),
            (Some(live), _) => automated(live, &backups),
        };
        match read {
            Ok(read) => Told::Points(promise.key.clone(), PointState::Read(Box::new(read))),
            Err(reason) => one.unreadable(&reason),
        }
    };
    asked.iter().map(told).collect()
}

fn absent() -> PointsRead {
    PointsRead {
        absent: Some("the server does not exist".to_owned()),
        ..PointsRead::default()
    }
}

/// What both kinds have in common.
fn common(live: &Value) -> PointsRead {
    let properties = &live["properties"];
    let state = properties["state"].as_str();
    let stopped = state.filter(|state| STOPPED.iter().any(|it| it.eq_ignore_ascii_case(state)));
    PointsRead {
        since: moment(&live["systemData"]["createdAt"]),
        paused: stopped.map(|_| "the server is stopped".to_owned()),
        ..PointsRead::default()
    }
}

/// The newest full backup of either kind, and the earliest moment that can be restored.
fn automated(live: &Value, backups: &Result<Vec<Value>, String>) -> Result<PointsRead, String> {
    let backup = &live["properties"]["backup"];
    let earliest = &backup["earliestRestoreDate"];
    let oldest = moment(earliest);
    if oldest.is_none() && !earliest.is_null() {
        return Err(FORM.to_owned());
    }
    let (newest, unread) = match backups {
        Ok(backups) => (span(backups, |_| true)?.newest, None),
        Err(reason) => (None, Some(reason.clone())),
    };
    if let (None, Some(reason)) = (newest, &unread) {
        return Err(reason.clone());
    }
    Ok(PointsRead {
        span: Span {
            newest,
            oldest,
            count: None,
        },
        keeps_days: backup["backupRetentionDays"].as_u64(),
        unread,
        ..common(live)
    })
}

fn on_demand(
    live: &Value,
    backups: &Result<Vec<Value>, String>,
    prefix: &str,
) -> Result<PointsRead, String> {
    let own = |backup: &Value| {
        let kind = backup["properties"]["backupType"].as_str();
        let name = backup["name"].as_str().unwrap_or_default();
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case(ON_DEMAND)) && name.starts_with(prefix)
    };
    let backups = backups.as_ref().map_err(Clone::clone)?;
    Ok(PointsRead {
        span: span(backups, own)?,
        ..common(live)
    })
}

fn span(backups: &[Value], own: impl Fn(&Value) -> bool) -> Result<Span, String> {
    let own = backups.iter().filter(|backup| own(backup));
    // One that is being made has no end yet.
    let ended = own.map(|backup| &backup["properties"]["completedTime"]);
    let ended = ended.filter(|at| !at.is_null());
    let moments: Option<Vec<_>> = ended.map(moment).collect();
    Ok(Span::of(moments.ok_or(FORM)?))
}
