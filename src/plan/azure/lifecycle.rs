//! The one lifecycle policy of a storage account: the rules of every store in it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::lifecycle::{Kept, Tier};
use super::super::{Places, Purpose, Resource};
use super::Group;
use crate::cloud::azure::limits::{ARCHIVE, RULE_PREFIXES};
use crate::cloud::azure::storage;
use crate::policy::StoreRedundancy;
use crate::resolve::{Account, Estate};
use crate::source::Place;

/// Where the rules are in the resource.
const RULES: &str = "/properties/policy/rules";

/// Age at which a blob moves colder, and the shortest total life for which that pays: cool bills at
/// least 30 days, cold 90.
const COOL: (u32, u32) = (30, 60);
const COLD: (u32, u32) = (90, 180);

/// Days after which snapshots are removed at the latest. Nothing of backstay's makes any, and while a
/// blob has one, the policy leaves the blob itself there.
const SNAPSHOT_DAYS: u32 = 30;

/// Prefixes that are kept equally long, and the first policy line that asks for it.
#[derive(Default)]
struct Together {
    prefixes: Vec<String>,
    place: Option<Place>,
}

/// None: no dump goes there, and a policy without a rule is none.
pub(in crate::plan) fn policy(account: &Account<'_, '_>, estate: &Estate<'_>) -> Option<Resource> {
    let first = account.stores.first()?;
    let group = Group::of(first.site)?;
    let mut kept: BTreeMap<(&'static str, u32), Together> = BTreeMap::new();
    for store in &account.stores {
        let container = store.written.container.as_ref()?;
        for group in Kept::of(store, estate).groups() {
            let together = kept.entry((group.class, group.days)).or_default();
            let prefixes = group.prefixes.iter();
            let prefixes = prefixes.map(|prefix| format!("{}/{prefix}", container.value));
            together.prefixes.extend(prefixes);
            together.place = together.place.or(group.place);
        }
    }
    // Archiving is refused where the redundancy has no archive, so nothing is archived unasked.
    let archives = account.redundancy().map(|it| it.value);
    let archives = archives.is_some_and(StoreRedundancy::archives);
    let mut rules = Vec::new();
    let place = kept.values().find_map(|together| together.place);
    let mut places: Places = vec![(RULES.into(), place.unwrap_or(account.name.place))];
    for ((class, days), together) in kept {
        for (part, prefixes) in together.prefixes.chunks(RULE_PREFIXES).enumerate() {
            let name = match part {
                0 => format!("{class}-{days}d"),
                part => format!("{class}-{days}d-{}", part + 1),
            };
            let path = format!("{RULES}/{name}");
            places.extend(together.place.map(|place| (path.into(), place)));
            rules.push(rule(
                name,
                days,
                prefixes.iter().cloned().collect(),
                archives,
            ));
        }
    }
    rules.sort_by(|a, b| a.name.cmp(&b.name));
    let any = !rules.is_empty();
    let body = storage::ManagementPolicy {
        name: format!("{}/default", account.name.value),
        properties: storage::Properties {
            policy: storage::Document { rules },
        },
    };
    let owner = group.template(Purpose::Store, first.name);
    any.then(|| Resource {
        places,
        ..group.resource(first.name, account.name, body, owner, account.name.place)
    })
}

/// What blobs move to that are kept for some days, and at which age.
pub(in crate::plan) fn colder(days: u32, archives: bool) -> impl Iterator<Item = (Tier, u32)> {
    let archive = (Tier::Archive, ARCHIVE);
    let tiers = [(Tier::Cool, COOL), (Tier::Cold, COLD)];
    let tiers = tiers.into_iter().chain(archives.then_some(archive));
    let paying = tiers.filter(move |(_, (_, life))| days >= *life);
    paying.map(|(tier, (age, _))| (tier, age))
}

fn rule(name: String, days: u32, prefixes: BTreeSet<String>, archives: bool) -> storage::Rule {
    let after = |wanted: Tier| {
        let found = colder(days, archives).find(|(tier, _)| *tier == wanted);
        found.map(|(_, days)| storage::AfterModification { days })
    };
    let created = |days: u32| storage::Deletion {
        delete: storage::AfterCreation { days },
    };
    storage::Rule {
        name,
        enabled: true,
        kind: storage::RuleKind::Lifecycle,
        definition: storage::Definition {
            actions: storage::Actions {
                base_blob: Some(storage::BaseBlob {
                    tier_to_cool: after(Tier::Cool),
                    tier_to_cold: after(Tier::Cold),
                    tier_to_archive: after(Tier::Archive),
                    delete: Some(storage::AfterModification { days }),
                }),
                snapshot: Some(created(days.min(SNAPSHOT_DAYS))),
                // A version's age counts from when the blob was written, not from when it was
                // overwritten or deleted: any shorter time would soon remove an old dump that
                // somebody deleted.
                version: Some(created(days)),
            },
            filters: storage::Filters {
                blob_types: ["blockBlob".to_owned()].into(),
                prefix_match: prefixes,
            },
        },
    }
}
