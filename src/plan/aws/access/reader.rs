//! What is read: what drift compares, which backups there are, and what the accounts have beside the
//! policy.

mod needs;

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::super::super::review::login;
use super::super::super::{Body, Owner, PointSource, Resource, Scope, promises};
use super::super::Region;
use super::dumps::add_key;
use super::keys::{Keys, Service};
use super::trust::TakenBy;
use super::{HOUR, Homes, Wanted, allow, bucket_arn, sites};
use crate::cloud::Owned;
use crate::cloud::aws::iam::Role;
use crate::cloud::aws::reads::{
    self, ASSUME_ROLE, DECRYPT, GET_BUCKET_TAGGING, GET_OBJECT_LOCK, GET_VAULT_POLICY,
    LIST_VAULT_TAGS, On, Read,
};
use crate::cloud::aws::{PolicyDocument, arn, roles};
use crate::resolve::Estate;
use crate::source::Place;
use needs::{Breadth, Needs, results};

/// One identity in one account: the role that a location names, or the one that is rendered.
struct Reader<'e> {
    region: Region<'e>,
    place: Place,
    /// Named by a location.
    named: Option<&'e str>,
    /// Whether some location of the account names no role.
    unnamed: bool,
    needs: Needs,
    /// Those of buckets, and where.
    keys: Keys,
    at: BTreeSet<&'e str>,
}

/// By account and name of the role: an account has one role of a name, whatever the path before it.
type Readers<'e> = IndexMap<(&'e str, &'e str), Reader<'e>>;

fn name(role: Option<&str>) -> &str {
    let name = role.and_then(|arn| arn.rsplit('/').next());
    name.unwrap_or(roles::DRIFT_READER)
}

/// The ARN of the reader that is rendered for an account.
pub(super) fn own(region: Region<'_>) -> String {
    roles::arn(region.region, region.account, roles::DRIFT_READER)
}

/// One for each account and role.
pub(super) fn readers<'e>(
    estate: &'e Estate<'_>,
    homes: &Homes<'e>,
    resources: &[Resource],
) -> Vec<Wanted> {
    let promises = promises(estate);
    let mut readers = Readers::new();
    for (region, place) in sites(estate) {
        let key = (region.account, name(region.role));
        let reader = readers.entry(key).or_insert_with(|| Reader {
            region,
            place,
            named: None,
            unnamed: false,
            needs: Needs::default(),
            keys: Keys::default(),
            at: BTreeSet::new(),
        });
        reader.named = reader.named.or(region.role);
        reader.unnamed |= region.role.is_none();
        reader.needs.add(reads::INVENTORY, region.region);
    }
    for resource in resources {
        if let Scope::Aws { account, .. } = &resource.address.scope {
            let key = (account.as_str(), name(resource.role.as_deref()));
            if let Some(reader) = readers.get_mut(&key) {
                reader.compares(resource);
            }
        }
    }
    let points = promises.points.iter().map(|promise| &promise.source);
    let drills = promises.drills.iter().flat_map(|drill| &drill.sources);
    for source in points.chain(drills) {
        if let Some(region) = source.region() {
            let key = (region.account.as_str(), name(region.role.as_deref()));
            if let Some(reader) = readers.get_mut(&key) {
                reader.looks_for(source, &region.region, estate);
            }
        }
    }
    let login = login(resources).and_then(|login| login.account);
    let others: BTreeSet<&str> = readers.values().filter_map(|reader| reader.named).collect();
    let readers = readers.into_iter().map(|((account, name), mut reader)| {
        let made = estate.github.filter(|_| reader.is_ours());
        if made.is_some() {
            reader.reads_itself(homes);
        }
        let first = reader.unnamed && login.as_deref() == Some(account);
        let hops = first.then_some(&others).filter(|others| !others.is_empty());
        Wanted {
            account: account.to_owned(),
            role: name.to_owned(),
            location: (!reader.is_ours()).then(|| reader.region.location.to_owned()),
            allows: reader.allows(hops),
            taken_by: match made {
                Some(_) => reader.taken_by(login.as_deref()),
                None => Vec::new(),
            },
            seconds: HOUR,
            place: made.map_or(reader.place, |github| github.repository.place),
        }
    });
    readers.collect()
}

/// Some parts of a resource are read only where they are planned.
fn asked(read: Read, body: &Body) -> bool {
    match (read, body) {
        (GET_BUCKET_TAGGING, Body::Bucket(body)) => body.tags.is_some(),
        (GET_OBJECT_LOCK, Body::Bucket(body)) => body.object_lock_enabled.is_some(),
        (GET_VAULT_POLICY, Body::BackupVault(body)) => body.access_policy.is_some(),
        (LIST_VAULT_TAGS, Body::BackupVault(body)) => body.backup_vault_tags.is_some(),
        _ => true,
    }
}

impl<'e> Reader<'e> {
    /// A role that a location names exists already, unless it is named as ours is.
    fn is_ours(&self) -> bool {
        self.named.is_none_or(|role| role == own(self.region))
    }

    /// Workflows log in as the reader of one account, and as that take those of others.
    fn taken_by(&self, login: Option<&str>) -> Vec<TakenBy> {
        let workflows = self.unnamed.then_some(TakenBy::Reviews);
        let other = self.named.and(login).map(|account| TakenBy::Role {
            account: account.to_owned(),
            arn: roles::arn(self.region.region, account, roles::DRIFT_READER),
        });
        workflows.into_iter().chain(other).collect()
    }

    /// For drift.
    fn compares(&mut self, resource: &Resource) {
        let Scope::Aws { account, region } = &resource.address.scope else {
            return;
        };
        let needs = &mut self.needs;
        let reads = reads::of(resource.body.kind()).iter().copied();
        let reads: Vec<Read> = reads.filter(|it| asked(*it, &resource.body)).collect();
        needs.add(&reads, region);
        let named = |service: &str, rest: &str| arn(service, region, account, rest);
        match &resource.body {
            Body::Bucket(body) => needs.name(On::Buckets, bucket_arn(region, &body.bucket_name)),
            Body::BucketPolicy(body) => needs.name(On::Buckets, bucket_arn(region, &body.bucket)),
            Body::BackupVault(body) => {
                let vault = format!("backup-vault:{}", body.backup_vault_name);
                needs.name(On::Vaults, named("backup", &vault));
            }
            Body::RestoreTestingPlan(body) => {
                let plan = format!("restore-testing-plan:{}-*", body.restore_testing_plan_name);
                needs.name(On::RestoreTests, named("backup", &plan));
            }
            Body::Topic(body) => needs.name(On::Topics, named("sns", &body.topic_name)),
            Body::TopicPolicy(body) => needs.name(On::Topics, body.topic_arn.clone()),
            _ => {}
        }
        if matches!(resource.owner, Owner::Stack { .. }) {
            needs.add(reads::STACKS, region);
            if resource.body.refers() {
                needs.add(reads::REFERENCES, region);
            }
        }
    }

    /// For status.
    fn looks_for(&mut self, source: &PointSource, region: &str, estate: &'e Estate<'_>) {
        let needs = &mut self.needs;
        match source {
            PointSource::Instance { .. } | PointSource::Replication { .. } => {
                needs.add(reads::AUTOMATED_BACKUPS, region);
            }
            PointSource::Snapshots { .. } => needs.add(reads::SNAPSHOTS, region),
            PointSource::AwsVault { vault, .. } => {
                needs.add(reads::RECOVERY_POINTS, region);
                let vault = format!("backup-vault:{vault}");
                needs.name(
                    On::Vaults,
                    arn("backup", region, self.region.account, &vault),
                );
            }
            PointSource::RestoreJobs { .. } => needs.add(reads::RESTORE_TESTS, region),
            PointSource::Bucket { bucket, .. } => {
                needs.add(reads::OBJECTS, region);
                let arn = bucket_arn(region, bucket);
                results(&arn)
                    .into_iter()
                    .for_each(|it| needs.name(On::Results, it));
                needs.name(On::Dumps, arn);
                self.decrypts(bucket, estate);
            }
            PointSource::Server { .. }
            | PointSource::OnDemand { .. }
            | PointSource::Untold
            | PointSource::AzureVault { .. }
            | PointSource::Container { .. } => {}
        }
    }

    fn decrypts(&mut self, bucket: &str, estate: &'e Estate<'_>) {
        let store = estate.store_of(bucket);
        if let Some((store, region)) = store.and_then(|it| Some((it, Region::of(it.site)?))) {
            add_key(&mut self.keys, store);
            self.at.insert(region.region);
        }
    }

    /// Its own role is compared as well.
    fn reads_itself(&mut self, homes: &Homes<'e>) {
        if let Some(home) = homes.get(self.region.account) {
            self.needs.add(reads::of(Role::TYPE), home.region);
            self.needs.add(reads::STACKS, home.region);
        }
    }

    /// As narrow as a role's policies have room for.
    fn allows(&self, hops: Option<&BTreeSet<&str>>) -> PolicyDocument {
        let document = |breadth| {
            let mut statements = self.needs.statements(self.region.account, breadth);
            let (account, decrypt) = (self.region.account, [DECRYPT.action]);
            statements.extend(
                self.keys
                    .statements(account, &self.at, Service::S3, &decrypt),
            );
            statements.extend(hops.map(|roles| allow("Readers", ASSUME_ROLE, json!(roles))));
            PolicyDocument::new(statements)
        };
        let fits = |document: &PolicyDocument| {
            Value::from(document.clone()).to_string().len() <= roles::POLICY_CHARACTERS
        };
        let mut documents = Breadth::ALL.into_iter().map(document);
        let narrow = documents.find(fits);
        narrow.unwrap_or_else(|| document(Breadth::Account))
    }
}
