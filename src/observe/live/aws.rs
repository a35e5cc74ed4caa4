//! AWS: one session per account and role, one sweep per account and Region.

mod backup;
mod buckets;
mod clients;
mod instances;
mod inventory;
mod keys;
mod points;
mod registry;
mod replications;
mod session;
mod stacks;
mod subscriptions;
mod sweep;
mod whole;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_rds::error::{ProvideErrorMetadata, SdkError};
use futures::StreamExt;

use super::{AT_A_TIME, Report, Seen, State, all_unreadable, chain, grouped, one_line};
use crate::plan::{Address, Body, Resource, Scope};
pub(super) use inventory::inventory;
pub(super) use points::{Bucket, points};
use replications::Replications;
use session::Sessions;

/// What is read with one set of credentials in one Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    account: String,
    role: Option<String>,
    region: String,
}

/// Reads all resources of AWS.
pub(super) async fn observe(resources: Vec<&Resource>, report: Report<'_>) -> Seen {
    let places = grouped(resources.iter().copied(), place);
    let Some(first) = places.keys().next() else {
        return Seen::new();
    };
    let sessions = Sessions::new(&first.region).await;
    let replications = Replications::new(&sessions, &resources);
    let mut accounts: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (place, resources) in places {
        let account = (place.account.clone(), place.role.clone());
        accounts
            .entry(account)
            .or_default()
            .push((place, resources));
    }
    let (sessions, replications) = (&sessions, &replications);
    let seen: Vec<Seen> = futures::stream::iter(accounts.into_values())
        .map(|places| account(sessions, replications, places, report))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    seen.into_iter().flatten().collect()
}

fn place(resource: &Resource) -> Option<Place> {
    match &resource.address.scope {
        Scope::Aws { account, region } => Some(Place {
            account: account.clone(),
            role: resource.role.clone(),
            region: region.clone(),
        }),
        Scope::Azure { .. } => None,
    }
}

/// All Regions of one account, after a look at whose credentials these are.
async fn account(
    sessions: &Sessions,
    replications: &Replications<'_>,
    places: Vec<(Place, Vec<&Resource>)>,
    report: Report<'_>,
) -> Seen {
    let Some((first, _)) = places.first() else {
        return Seen::new();
    };
    if let Err(reason) = sessions.check_account(first).await {
        report(&format!("aws {}: {reason}", first.account));
        let refused = places.iter();
        return refused
            .flat_map(|(_, resources)| all_unreadable(resources, &reason))
            .collect();
    }
    let seen: Vec<Seen> = futures::stream::iter(places)
        .map(|(place, resources)| region(sessions, replications, place, resources, report))
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    seen.into_iter().flatten().collect()
}

async fn region(
    sessions: &Sessions,
    replications: &Replications<'_>,
    place: Place,
    resources: Vec<&Resource>,
    report: Report<'_>,
) -> Seen {
    let clients = sessions.clients(&place).await;
    let of = |kind: fn(&Body) -> bool| -> Vec<&Resource> {
        let all = resources.iter().copied();
        all.filter(|resource| kind(&resource.body)).collect()
    };
    let instances = of(|body| matches!(body, Body::DbInstance(_)));
    let buckets = of(|body| matches!(body, Body::Bucket(_) | Body::BucketPolicy(_)));
    let keys = of(|body| matches!(body, Body::Key(_) | Body::Alias(_)));
    let names: BTreeSet<&str> = instances
        .iter()
        .map(|it| it.address.name.as_str())
        .collect();
    let stacks = stacks::read(&clients, &resources);
    let (stacks, sweep, held) = futures::join!(
        stacks,
        sweep::read(&clients, &names),
        replications.of(&instances)
    );
    if let Ok(sweep) = &sweep
        && !instances.is_empty()
    {
        let count = sweep.count;
        let (account, region) = (&place.account, &place.region);
        report(&format!("aws {account} {region}: {count} instances"));
    }
    let mut seen = match sweep {
        Ok(sweep) => instances::states(&place, &sweep, &held, &stacks, &instances),
        Err(reason) => all_unreadable(&instances, &reason),
    };
    let subscriptions = of(|body| matches!(body, Body::EventSubscription(_)));
    let (buckets, keys, backups, subscriptions, registered) = futures::join!(
        buckets::read(&clients, &place, &stacks, &buckets),
        keys::read(&clients, &place, &stacks, &keys),
        backup::read(&clients, &stacks, &resources),
        subscriptions::read(&clients, &stacks, &subscriptions),
        registry::read(&clients, &place, &stacks, &resources),
    );
    let of_services = [buckets, keys, backups, subscriptions];
    seen.extend(of_services.into_iter().flatten().chain(registered));
    let planned: HashMap<&Address, &Resource> = resources
        .iter()
        .map(|resource| (&resource.address, *resource))
        .collect();
    for (address, state) in &mut seen {
        match (&mut *state, planned.get(address)) {
            (State::Missing, Some(resource)) => *state = stacks.absence(resource),
            (State::Found(found), Some(resource)) => {
                found.deployed_unread = stacks.unread(resource).map(str::to_owned);
            }
            _ => {}
        }
    }
    seen
}

/// What went wrong, in a line: the service's own words where it answered.
fn reason<E, R>(action: &str, error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let told = error.as_service_error().and_then(|service| {
        let code = service.code()?;
        Some(match service.message() {
            Some(message) => format!("{code}: {message}"),
            None => code.to_owned(),
        })
    });
    match told {
        Some(told) => one_line(&format!("{action}: {told}")),
        None => format!("{action}: {}", chain(error)),
    }
}

/// An answer, or None where the service says by `code` that there is nothing to tell.
fn unless<T, E, R>(
    answer: Result<T, SdkError<E, R>>,
    code: &str,
    action: &str,
) -> Result<Option<T>, String>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code() == Some(code) => Ok(None),
        Err(error) => Err(reason(action, &error)),
    }
}
