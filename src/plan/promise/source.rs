//! Where recovery points and the results of drills are told.

use super::super::azure::Group;
use super::super::dump::DumpStore;
use super::super::{pitr_test, snapshot};
use super::Means;
use crate::cloud::Owned;
use crate::cloud::aws::arn;
use crate::cloud::azure::{backup, postgres, resource_id};
use crate::resolve::{Database, Estate, Mechanism, Scope, Site, Tester};

/// What is asked, in the words of its cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Automated backups of an RDS instance.
    Instance { region: AwsRegion, instance: String },
    /// The same, held in another Region: the ARN of what they are of.
    Replication {
        region: AwsRegion,
        instance_arn: String,
    },
    /// Manual snapshots that have this tag.
    Snapshots {
        region: AwsRegion,
        tag: (&'static str, String),
        /// The instance, where it is in the same Region.
        instance: Option<String>,
    },
    /// Recovery points in a vault of AWS Backup.
    AwsVault {
        region: AwsRegion,
        vault: String,
        resource_arn: String,
    },
    /// Restore tests of AWS Backup.
    RestoreJobs {
        region: AwsRegion,
        resource_arn: String,
    },
    /// Automated and on-demand backups of a flexible server: its id.
    Server { subscription: String, id: String },
    /// On-demand backups of a flexible server whose names start so.
    OnDemand {
        subscription: String,
        id: String,
        prefix: String,
    },
    /// Geo-redundant backups of a flexible server, of which Azure tells no time.
    Untold,
    /// Recovery points in a vault of Azure Backup: the ids of both.
    AzureVault { vault: String, server: String },
    /// Objects of a bucket.
    Bucket { region: AwsRegion, bucket: String },
    /// Blobs of a container.
    Container {
        storage_account: String,
        container: String,
    },
}

/// What is read with one set of credentials in one Region.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AwsRegion {
    pub account: String,
    pub role: Option<String>,
    pub region: String,
}

impl Source {
    /// None: nothing of AWS is asked.
    pub fn region(&self) -> Option<&AwsRegion> {
        match self {
            Source::Instance { region, .. }
            | Source::Replication { region, .. }
            | Source::Snapshots { region, .. }
            | Source::AwsVault { region, .. }
            | Source::RestoreJobs { region, .. }
            | Source::Bucket { region, .. } => Some(region),
            Source::Server { .. }
            | Source::OnDemand { .. }
            | Source::Untold
            | Source::AzureVault { .. }
            | Source::Container { .. } => None,
        }
    }
}

impl AwsRegion {
    pub(in crate::plan) fn of(site: Site<'_>) -> Option<AwsRegion> {
        match site.scope {
            Scope::Aws {
                account,
                region,
                role,
            } => Some(AwsRegion {
                account: account.to_owned(),
                role: role.map(str::to_owned),
                region: region.to_owned(),
            }),
            Scope::Azure { .. } | Scope::Host { .. } => None,
        }
    }
}

/// None: the rules have told that it cannot be.
pub(super) fn of(
    mechanism: &Mechanism<'_>,
    database: &Database<'_>,
    estate: &Estate<'_>,
) -> Option<Source> {
    let holder = mechanism.holder;
    let instance = database.written.id.to_ascii_lowercase();
    match mechanism.means {
        Means::Automated => match database.site.scope {
            Scope::Aws { .. } => Some(Source::Instance {
                region: AwsRegion::of(database.site)?,
                instance,
            }),
            Scope::Azure { subscription, .. } => Some(Source::Server {
                subscription: subscription.to_owned(),
                id: server(database)?,
            }),
            Scope::Host { .. } => None,
        },
        Means::Replicated => Some(Source::Replication {
            region: AwsRegion::of(estate.location(holder)?)?,
            instance_arn: instance_arn(database)?,
        }),
        Means::Geo => Some(Source::Untold),
        Means::Snapshots => {
            let site = estate.location(holder)?;
            Some(Source::Snapshots {
                region: AwsRegion::of(site)?,
                tag: (snapshot::OWNER_TAG, database.name.value.clone()),
                instance: (site == database.site).then_some(instance),
            })
        }
        Means::Vault | Means::VaultCopies => {
            let vault = estate.vault(holder)?;
            Some(Source::AwsVault {
                region: AwsRegion::of(vault.site)?,
                vault: vault.written.name.value.clone(),
                resource_arn: instance_arn(database)?,
            })
        }
        Means::LongTerm => {
            let vault = estate.vault(holder)?;
            let Scope::Azure {
                subscription,
                resource_group,
                ..
            } = vault.site.scope
            else {
                return None;
            };
            let name = &vault.written.name.value;
            let kind = backup::BackupVault::TYPE;
            Some(Source::AzureVault {
                vault: resource_id(subscription, resource_group, kind, name),
                server: server(database)?,
            })
        }
        Means::Dumps => store(&super::super::dump::store(estate, holder)?, estate),
    }
}

/// On-demand backups by script. They are no way back of their own, and a schedule all the same.
pub(super) fn on_demand(database: &Database<'_>) -> Option<Source> {
    let Scope::Azure { subscription, .. } = database.site.scope else {
        return None;
    };
    Some(Source::OnDemand {
        subscription: subscription.to_owned(),
        id: server(database)?,
        prefix: snapshot::prefix(database.name),
    })
}

/// The results of drills, in the first store of the database.
pub(super) fn drill_results(database: &Database<'_>, estate: &Estate<'_>) -> Option<Source> {
    store(&pitr_test::drill_store(database, estate)?, estate)
}

/// AWS Backup tests what it keeps, and scripts test dumps.
pub(super) fn restore_tests(database: &Database<'_>, estate: &Estate<'_>) -> Vec<Source> {
    let scripts = drill_results(database, estate);
    restore_jobs(database).into_iter().chain(scripts).collect()
}

fn restore_jobs(database: &Database<'_>) -> Option<Source> {
    if !database.testers().contains(&Tester::Vault) {
        return None;
    }
    Some(Source::RestoreJobs {
        region: AwsRegion::of(database.site)?,
        resource_arn: instance_arn(database)?,
    })
}

fn store(store: &DumpStore, estate: &Estate<'_>) -> Option<Source> {
    Some(match store {
        DumpStore::S3 { name, bucket, .. } => Source::Bucket {
            region: AwsRegion::of(estate.store(name)?.site)?,
            bucket: bucket.clone(),
        },
        DumpStore::Blob {
            storage_account,
            container,
            ..
        } => Source::Container {
            storage_account: storage_account.clone(),
            container: container.clone(),
        },
    })
}

fn instance_arn(database: &Database<'_>) -> Option<String> {
    let region = AwsRegion::of(database.site)?;
    let id = database.written.id.to_ascii_lowercase();
    let resource = format!("db:{id}");
    Some(arn("rds", &region.region, &region.account, &resource))
}

fn server(database: &Database<'_>) -> Option<String> {
    let group = Group::of(database.site)?;
    Some(group.id(postgres::FlexibleServer::TYPE, &database.written.id.value))
}
