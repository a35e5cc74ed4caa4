//! # duplicate-name
//! Two files declare the same location, vault, store or database; or two of them are the same thing
//! in the cloud; or two files without databases both set what holds for the whole workspace.
//!
//! **Why.** Only one of the two can be meant: they would render into the same file, or manage the
//! same resource with different settings, each undoing the other.
//!
//! **Fix.** Remove one, or rename it. Server names, buckets and storage accounts are unique in all
//! of Azure or AWS; an instance identifier is unique in its account and Region, a container in its
//! storage account.
use std::collections::HashMap;

use crate::finding::{Code, Finding, Severity};
use crate::policy::Spanned;
use crate::resolve::{Estate, Scope};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "duplicate-name",
    Severity::Error,
    include_str!("duplicate_name.rs"),
);

/// What was declared so far: by kind and name.
type Seen = HashMap<(&'static str, String), Place>;

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    names(estate, findings);
    shared_layers(estate, findings);
    let mut seen = Seen::new();
    databases(estate, &mut seen, findings);
    stores(estate, &mut seen, findings);
    for vault in &estate.vaults {
        let scope = scope(vault.site.scope);
        once(&mut seen, "vault", scope, &vault.written.name, findings);
    }
}

fn names(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let mut seen = HashMap::new();
    for (_, policy) in estate.workspace.policies() {
        let locations = policy.locations.keys().map(|name| ("location", name));
        let vaults = policy.vaults.keys().map(|name| ("vault", name));
        let stores = policy.stores.keys().map(|name| ("store", name));
        let databases = policy.databases.keys().map(|name| ("database", name));
        for (kind, name) in locations.chain(vaults).chain(stores).chain(databases) {
            match seen.get(&(kind, name.value.as_str())) {
                Some(first) => findings.push(
                    Finding::new(
                        &CODE,
                        name.place,
                        format!("the {kind} `{}` is declared twice", name.value),
                    )
                    .label(*first, "first declared here; this one counts")
                    .why("names are shared by all files that are given together")
                    .fix("remove one of the two, or rename it"),
                ),
                None => {
                    seen.insert((kind, name.value.as_str()), name.place);
                }
            }
        }
    }
}

/// Defaults and tiers of a file without databases hold everywhere; only one file can say so.
fn shared_layers(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let mut first = None;
    for document in &estate.workspace.documents {
        let (Some(policy), Some(tree)) = (&document.policy, &document.tree) else {
            continue;
        };
        let layers = ["defaults", "tiers"]
            .into_iter()
            .find_map(|key| Some((key, tree.entry(key)?.key)));
        let (Some((key, place)), true) = (layers, policy.databases.is_empty()) else {
            continue;
        };
        match first {
            None => first = Some(place),
            Some(first) => findings.push(
                Finding::new(
                    &CODE,
                    place,
                    format!("`{key}` for the whole workspace are set by two files"),
                )
                .label(first, "first set here; this one counts")
                .why("a file without databases speaks for every file, so only one may")
                .fix("move them into one file"),
            ),
        }
    }
}

fn scope(scope: Scope<'_>) -> String {
    match scope {
        Scope::Aws {
            account, region, ..
        } => format!("{account} {region}"),
        Scope::Azure {
            subscription,
            resource_group,
            ..
        } => format!("{subscription} {resource_group}"),
        Scope::Host { address } => address.to_owned(),
    }
}

fn databases(estate: &Estate<'_>, seen: &mut Seen, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        let (kind, scope) = match database.site.scope {
            Scope::Aws { .. } => ("DB instance", scope(database.site.scope)),
            Scope::Azure { .. } => ("server", String::new()),
            Scope::Host { .. } => continue,
        };
        once(seen, kind, scope.clone(), &database.written.id, findings);
        for replica in &database.written.replicas {
            let at = replica.at.as_ref().and_then(|at| estate.location(at));
            let there = at.map_or_else(|| scope.clone(), |site| self::scope(site.scope));
            once(seen, kind, there, &replica.id, findings);
        }
    }
}

fn stores(estate: &Estate<'_>, seen: &mut Seen, findings: &mut Vec<Finding>) {
    for store in &estate.stores {
        if let Some(bucket) = &store.written.bucket {
            once(seen, "bucket", String::new(), bucket, findings);
        }
        if let (Some(account), Some(container)) =
            (&store.written.storage_account, &store.written.container)
        {
            let account = account.value.clone();
            once(seen, "container", account, container, findings);
        }
    }
}

/// Speaks of the second of two that are the same thing in the cloud.
fn once(
    seen: &mut Seen,
    kind: &'static str,
    scope: String,
    id: &Spanned<String>,
    findings: &mut Vec<Finding>,
) {
    // Clouds compare these names without regard to case.
    let key = (kind, format!("{scope} {}", id.value.to_ascii_lowercase()));
    match seen.get(&key) {
        Some(first) => findings.push(
            Finding::new(
                &CODE,
                id.place,
                format!("the {kind} `{}` is managed twice", id.value),
            )
            .label(*first, "first named here")
            .why("each of the two would undo the other's settings")
            .fix("remove one of the two, or correct its name"),
        ),
        None => {
            seen.insert(key, id.place);
        }
    }
}
