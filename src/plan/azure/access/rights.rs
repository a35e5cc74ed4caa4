//! Who needs which right, and where.

use std::collections::BTreeSet;

use super::super::Group;
use super::duty::Duty;
use crate::cloud::Owned;
use crate::cloud::azure::backup::BackupInstance;
use crate::cloud::azure::postgres::FlexibleServer;
use crate::cloud::azure::reads::{RECOVERY_POINTS, SERVER_BACKUPS};
use crate::cloud::azure::{blob, group_id};
use crate::plan::{Job, Plan, PointSource, Promises};
use crate::policy::Runner;
use crate::resolve::{Estate, Store};

/// That somebody may do a duty to something, or in the whole group.
pub(super) struct Right<'e> {
    pub duty: Duty,
    pub group: Group<'e>,
    pub on: Option<String>,
}

/// What the scripts need that GitHub starts. Exports are RDS's. Who restores may make and delete servers:
/// that is nothing to give unasked.
pub(super) fn of_jobs<'e>(estate: &'e Estate<'_>, plan: &Plan) -> Vec<Right<'e>> {
    let mut rights = Vec::new();
    let by_github = |job: &Job| job.run_by.contains(&Runner::GithubActions);
    for dump in plan.dumps.iter().filter(|it| by_github(&it.job)) {
        in_containers(&mut rights, estate, Duty::WriteDumps, |store| {
            dump.stores.iter().any(|it| it.name() == store.name.value)
        });
    }
    for test in plan
        .restore_tests
        .iter()
        .filter(|it| by_github(&it.dump.job))
    {
        in_containers(&mut rights, estate, Duty::TestDumps, |store| {
            test.dump
                .stores
                .iter()
                .any(|it| it.name() == store.name.value)
        });
    }
    let backups = plan.on_demand.iter().filter(|it| by_github(&it.job));
    let backed_up: BTreeSet<&str> = backups.map(|it| it.job.name.as_str()).collect();
    let databases = estate.databases.iter();
    let servers = databases.filter(|it| backed_up.contains(it.name.value.as_str()));
    rights.extend(servers.filter_map(|database| {
        let group = Group::of(database.site)?;
        let on = Some(group.id(FlexibleServer::TYPE, &database.written.id));
        let duty = Duty::BackUp;
        Some(Right { duty, group, on })
    }));
    rights
}

/// What status reads in containers.
pub(super) fn of_status<'e>(estate: &'e Estate<'_>, promises: &Promises) -> Vec<Right<'e>> {
    let mut rights = Vec::new();
    in_containers(&mut rights, estate, Duty::ReadDumps, |store| {
        let own = |source: &PointSource| match source {
            PointSource::Container {
                storage_account,
                container,
            } => place(store) == Some((storage_account, container)),
            _ => false,
        };
        sources(promises).any(own)
    });
    rights
}

/// The kinds that status asks for in a group.
pub(super) fn kinds(group: Group<'_>, promises: &Promises) -> BTreeSet<&'static str> {
    let within = format!("{}/", group_id(group.subscription, group.resource_group));
    let asked = sources(promises).flat_map(|source| match source {
        PointSource::Server { id, .. } | PointSource::OnDemand { id, .. }
            if id.starts_with(&within) =>
        {
            [FlexibleServer::TYPE, SERVER_BACKUPS].as_slice()
        }
        PointSource::AzureVault { vault, .. } if vault.starts_with(&within) => {
            [BackupInstance::TYPE, RECOVERY_POINTS].as_slice()
        }
        _ => &[],
    });
    asked.copied().collect()
}

fn sources(promises: &Promises) -> impl Iterator<Item = &PointSource> {
    let points = promises.points.iter().map(|promise| &promise.source);
    points.chain(promises.drills.iter().flat_map(|drill| &drill.sources))
}

fn in_containers<'e>(
    rights: &mut Vec<Right<'e>>,
    estate: &'e Estate<'_>,
    duty: Duty,
    wanted: impl Fn(&Store<'_>) -> bool,
) {
    for store in estate.stores.iter().filter(|store| wanted(store)) {
        if let (Some(group), Some((account, container))) = (Group::of(store.site), place(store)) {
            let name = format!("{account}/default/{container}");
            let on = Some(group.id(blob::Container::TYPE, &name));
            add(rights, Right { duty, group, on });
        }
    }
}

/// Storage account and container.
fn place<'s>(store: &'s Store<'_>) -> Option<(&'s String, &'s String)> {
    let account = store.written.storage_account.as_ref()?;
    let container = store.written.container.as_ref()?;
    Some((&account.value, &container.value))
}

fn add<'e>(rights: &mut Vec<Right<'e>>, right: Right<'e>) {
    let known = |it: &Right<'_>| it.duty == right.duty && it.on == right.on;
    if !rights.iter().any(known) {
        rights.push(right);
    }
}
