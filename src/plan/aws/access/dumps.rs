//! What dumps need, and their tests: buckets, and the keys of those.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::super::super::lifecycle::CLASSES;
use super::super::super::{Dump, DumpStore, RestoreTest};
use super::keys::{Keys, Service, TO_WRITE};
use super::{HOUR, RUN, Wanted, allow, below, bucket_arn, list, taken_by};
use crate::cloud::aws::{PolicyDocument, kms, roles};
use crate::policy::Runner;
use crate::resolve::{Estate, Store};
use crate::source::Place;

/// Where results of drills lie.
pub(super) const DRILLS: &str = "drills";

/// The buckets of one account.
struct Buckets<'p> {
    arns: BTreeSet<String>,
    regions: BTreeSet<&'p str>,
    keys: Keys,
    by_workflows: bool,
    place: Place,
}

/// One for each account with buckets: it adds objects under the classes' prefixes, and removes none.
pub(super) fn writers(estate: &Estate<'_>, dumps: &[Dump]) -> Vec<Wanted> {
    let wanted = by_account(estate, dumps).into_iter();
    let wanted = wanted.map(|(account, buckets)| {
        let mut statements = vec![
            list("Dumps", &buckets.arns, &CLASSES),
            // A large upload has parts, which are given up when it fails.
            allow(
                "Uploads",
                json!(["s3:AbortMultipartUpload", "s3:PutObject"]),
                json!(below(&buckets.arns, &CLASSES)),
            ),
        ];
        let keys = &buckets.keys;
        statements.extend(keys.statements(account, &buckets.regions, Service::S3, &TO_WRITE));
        Wanted {
            account: account.to_owned(),
            role: roles::DUMP_WRITER.to_owned(),
            location: None,
            allows: PolicyDocument::new(statements),
            taken_by: taken_by(buckets.by_workflows),
            seconds: HOUR,
            place: buckets.place,
        }
    });
    wanted.collect()
}

/// One for each account with dumps that are tested: it fetches them, and adds results.
pub(super) fn testers(estate: &Estate<'_>, tests: &[RestoreTest]) -> Vec<Wanted> {
    let wanted = by_account(estate, tests.iter().map(|test| &test.dump)).into_iter();
    let wanted = wanted.map(|(account, buckets)| {
        let mut statements = vec![
            list("Dumps", &buckets.arns, &CLASSES),
            allow(
                "Fetch",
                "s3:GetObject",
                json!(below(&buckets.arns, &CLASSES)),
            ),
            allow(
                "Results",
                "s3:PutObject",
                json!(below(&buckets.arns, &[DRILLS])),
            ),
        ];
        let keys = &buckets.keys;
        statements.extend(keys.statements(account, &buckets.regions, Service::S3, &TO_WRITE));
        Wanted {
            account: account.to_owned(),
            role: roles::RESTORE_TESTER.to_owned(),
            location: None,
            allows: PolicyDocument::new(statements),
            taken_by: taken_by(buckets.by_workflows),
            seconds: RUN,
            place: buckets.place,
        }
    });
    wanted.collect()
}

fn by_account<'p>(
    estate: &'p Estate<'_>,
    dumps: impl IntoIterator<Item = &'p Dump>,
) -> BTreeMap<&'p str, Buckets<'p>> {
    let mut accounts: BTreeMap<&str, Buckets<'_>> = BTreeMap::new();
    for dump in dumps {
        for store in &dump.stores {
            let DumpStore::S3 {
                name,
                bucket,
                region,
                account,
            } = store
            else {
                continue;
            };
            let Some(store) = estate.store(name) else {
                continue;
            };
            let buckets = accounts.entry(account).or_insert_with(|| Buckets {
                arns: BTreeSet::new(),
                regions: BTreeSet::new(),
                keys: Keys::default(),
                by_workflows: false,
                place: store.name.place,
            });
            buckets.arns.insert(bucket_arn(region, bucket));
            buckets.regions.insert(region);
            buckets.by_workflows |= dump.job.run_by.contains(&Runner::GithubActions);
            add_key(&mut buckets.keys, store);
        }
    }
    accounts
}

/// The key that encrypts what a store has.
pub(super) fn add_key(keys: &mut Keys, store: &Store<'_>) {
    if let Some(encryption) = &store.written.encryption {
        keys.add(&encryption.value, Some(kms::alias(store.name)));
    }
}
