//! AWS: recovery points, by one sweep of each kind in each account's Region.

mod backup;
mod bucket;
mod instances;
mod replicated;
mod restore_tests;
mod snapshots;

use std::collections::BTreeMap;

use aws_sdk_rds::primitives::DateTime;
use futures::StreamExt;
use jiff::Timestamp;

use super::super::points::{Asked, Clocks, Told};
use super::super::{AT_A_TIME, Progress, Report};
use super::session::Sessions;
use super::{Place, reason};
use crate::plan::{AwsRegion, PointSource};

pub(in super::super) use bucket::Bucket;

/// What is asked of one account's Region.
type Region<'p> = (Place, Vec<Asked<'p>>);

pub(in super::super) async fn points(
    asked: &[Asked<'_>],
    clocks: &Clocks,
    report: Report<'_>,
) -> Vec<Told> {
    let mut places: BTreeMap<Place, Vec<Asked<'_>>> = BTreeMap::new();
    for one in asked {
        if let Some(region) = one.source().region() {
            places.entry(region.into()).or_default().push(*one);
        }
    }
    let Some(first) = places.keys().next() else {
        return Vec::new();
    };
    let sessions = &Sessions::noting(&first.region, clocks).await;
    let mut accounts: BTreeMap<_, Vec<Region<'_>>> = BTreeMap::new();
    for (place, asked) in places {
        let account = (place.account.clone(), place.role.clone());
        accounts.entry(account).or_default().push((place, asked));
    }
    let told: Vec<Vec<Told>> = futures::stream::iter(accounts.into_values())
        .map(|places| account(sessions, places, report))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    told.into_iter().flatten().collect()
}

impl From<&AwsRegion> for Place {
    fn from(region: &AwsRegion) -> Place {
        Place {
            account: region.account.clone(),
            role: region.role.clone(),
            region: region.region.clone(),
        }
    }
}

/// All Regions of one account, after a look at whose credentials these are.
async fn account(sessions: &Sessions, places: Vec<Region<'_>>, report: Report<'_>) -> Vec<Told> {
    let Some((first, _)) = places.first() else {
        return Vec::new();
    };
    if let Err(reason) = sessions.check_account(first).await {
        report(Progress::Says(&format!("aws {}: {reason}", first.account)));
        let refused = places.iter().flat_map(|(_, asked)| asked);
        return refused.map(|asked| asked.unreadable(&reason)).collect();
    }
    let told: Vec<Vec<Told>> = futures::stream::iter(places)
        .map(|(place, asked)| region(sessions, place, asked, report))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    told.into_iter().flatten().collect()
}

async fn region(
    sessions: &Sessions,
    place: Place,
    asked: Vec<Asked<'_>>,
    report: Report<'_>,
) -> Vec<Told> {
    let clients = sessions.clients(&place).await;
    let of = |kind: fn(&PointSource) -> bool| -> Vec<Asked<'_>> {
        let all = asked.iter().copied();
        all.filter(|asked| kind(asked.source())).collect()
    };
    let instances = of(|it| matches!(it, PointSource::Instance { .. }));
    let replicated = of(|it| matches!(it, PointSource::Replication { .. }));
    let snapshots = of(|it| matches!(it, PointSource::Snapshots { .. }));
    let vaults = of(|it| matches!(it, PointSource::AwsVault { .. }));
    let tests = of(|it| matches!(it, PointSource::RestoreJobs { .. }));
    report(Progress::Says(&format!(
        "aws {} {}: recovery points",
        place.account, place.region
    )));
    let held = async {
        match instances.is_empty() && replicated.is_empty() {
            true => Ok(BTreeMap::new()),
            false => replicated::held(&clients).await,
        }
    };
    let (held, live) = futures::join!(held, instances::live(&clients, &instances));
    let since = match &live {
        Ok(live) => instances::since(live),
        Err(_) => BTreeMap::new(),
    };
    let mut told = instances::told(&place, &live, &held, &instances);
    told.extend(replicated::told(&held, &replicated));
    let buckets = of(|it| matches!(it, PointSource::Bucket { .. }));
    let (snapshots, vaults, tests, buckets) = futures::join!(
        snapshots::read(&clients, &since, &snapshots),
        backup::read(&clients, &since, &vaults),
        restore_tests::read(&clients, &tests),
        bucket::read(&clients, &place.account, &buckets),
    );
    told.extend(snapshots);
    told.extend(vaults);
    told.extend(tests);
    told.extend(buckets);
    told
}

/// Moments are told to the second.
fn moment(at: Option<&DateTime>) -> Option<Timestamp> {
    Timestamp::from_second(at?.secs()).ok()
}
