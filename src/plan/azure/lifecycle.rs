//! The lifecycle policy of a store's account.

use std::collections::BTreeSet;

use super::super::lifecycle::Kept;
use super::super::{Purpose, Resource};
use super::Group;
use crate::cloud::azure::{limits, storage};
use crate::policy::StoreRedundancy;
use crate::resolve::Store;

/// Where the rules are in the resource.
const RULES: &str = "/properties/policy/rules";

/// Days after which snapshots and earlier versions of a blob are removed.
const SUPERSEDED_DAYS: u32 = 30;

/// Age at which a blob moves colder, and the shortest total life for which that pays.
const COOL: (u32, u32) = (30, 60);
const COLD: (u32, u32) = (90, 180);
const ARCHIVE: (u32, u32) = (180, 365);

/// The one lifecycle policy of a store's account.
pub(in crate::plan) fn policy(store: &Store<'_>, kept: &Kept) -> Option<Resource> {
    let group = Group::of(store.site)?;
    let account = store.written.storage_account.as_ref()?;
    let container = &store.written.container.as_ref()?.value;
    // Archive does not exist on the zone-redundant kinds.
    let archives = store.written.redundancy.as_ref().is_none_or(|redundancy| {
        use StoreRedundancy::{Grs, Lrs, RaGrs};
        matches!(redundancy.value, Lrs | Grs | RaGrs)
    });
    let mut rules = Vec::new();
    let mut places = vec![(RULES.into(), kept.place.unwrap_or(account.place))];
    for kept in kept.groups() {
        let (class, days) = (kept.class, kept.days);
        for (part, prefixes) in kept.prefixes.chunks(limits::RULE_PREFIXES).enumerate() {
            let name = match part {
                0 => format!("{class}-{days}d"),
                part => format!("{class}-{days}d-{}", part + 1),
            };
            let prefixes = prefixes
                .iter()
                .map(|prefix| format!("{container}/{prefix}"));
            places.extend(kept.place.map(|it| (format!("{RULES}/{name}").into(), it)));
            rules.push(rule(name, days, prefixes.collect(), archives));
        }
    }
    rules.sort_by(|a, b| a.name.cmp(&b.name));
    let body = storage::ManagementPolicy {
        name: format!("{}/default", account.value),
        properties: storage::Properties {
            policy: storage::Document { rules },
        },
    };
    let owner = group.template(Purpose::Store, store.name);
    Some(Resource {
        places,
        ..group.resource(store.name, account, body, owner, account.place)
    })
}

fn rule(name: String, days: u32, prefixes: BTreeSet<String>, archives: bool) -> storage::Rule {
    let after = |(age, life): (u32, u32)| {
        (days >= life).then_some(storage::AfterModification { days: age })
    };
    let superseded = storage::Deletion {
        delete: storage::AfterCreation {
            days: SUPERSEDED_DAYS,
        },
    };
    storage::Rule {
        name,
        enabled: true,
        kind: storage::RuleKind::Lifecycle,
        definition: storage::Definition {
            actions: storage::Actions {
                base_blob: Some(storage::BaseBlob {
                    tier_to_cool: after(COOL),
                    tier_to_cold: after(COLD),
                    tier_to_archive: after(ARCHIVE).filter(|_| archives),
                    delete: Some(storage::AfterModification { days }),
                }),
                snapshot: Some(superseded.clone()),
                version: Some(superseded),
            },
            filters: storage::Filters {
                blob_types: ["blockBlob".to_owned()].into(),
                prefix_match: prefixes,
            },
        },
    }
}
