//! # store-incomplete
//! A store does not have the keys that its location's provider needs, or has those of another:
//! AWS needs `bucket`; Azure needs `storage_account` and `container`; a host holds no store.
//!
//! **Why.** There would be no place to send a dump to, or no telling which of two places is meant.
//!
//! **Fix.** Give the store the keys of its provider only, or correct `at`.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Estate, Scope, Store};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "store-incomplete",
    Severity::Error,
    include_str!("store_incomplete.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for store in &estate.stores {
        one(store, findings);
    }
}

fn one(store: &Store<'_>, findings: &mut Vec<Finding>) {
    let written = store.written;
    let name = &store.name.value;
    let place = |value: &Option<crate::policy::Spanned<String>>| value.as_ref().map(|v| v.place);
    let bucket = ("bucket", place(&written.bucket));
    let account = ("storage_account", place(&written.storage_account));
    let container = ("container", place(&written.container));
    let redundancy = ("redundancy", written.redundancy.as_ref().map(|r| r.place));
    let soft_delete = ("soft_delete", written.soft_delete.as_ref().map(|s| s.place));
    let encryption = ("encryption", written.encryption.as_ref().map(|it| it.place));
    let (provider, needed, foreign) = match store.site.scope {
        Scope::Aws { .. } => (
            "AWS",
            vec![bucket],
            vec![account, container, redundancy, soft_delete],
        ),
        Scope::Azure { .. } => ("Azure", vec![account, container], vec![bucket, encryption]),
        Scope::Host { .. } => {
            findings.push(
                Finding::new(
                    &CODE,
                    written.at.place,
                    format!("store `{name}` is at a host, which cannot hold one"),
                )
                .why("a store is an S3 bucket or an Azure container, away from the machine that dumps")
                .fix("name an AWS or Azure location; a host's own copy is `dump.keep_local`"),
            );
            return;
        }
    };
    let at = |finding: Finding| finding.label(written.at.place, format!("this is {provider}"));
    let missing: Vec<String> = needed
        .iter()
        .filter(|(_, place)| place.is_none())
        .map(|(key, _)| format!("`{key}`"))
        .collect();
    if !missing.is_empty() {
        let message = format!("store `{name}` needs {}", missing.join(" and "));
        findings.push(at(Finding::new(&CODE, store.name.place, message)
            .why(format!("without it no store in {provider} is named"))
            .fix(format!("add {}", missing.join(" and ")))));
    }
    let given = |(key, place): (&'static str, Option<Place>)| Some((key, place?));
    findings.extend(foreign.into_iter().filter_map(given).map(|(key, place)| {
        let message = format!("`{key}` has no meaning for a store in {provider}");
        at(Finding::new(&CODE, place, message)
            .why("it would have no effect, while the file reads as if it had")
            .fix(format!("remove `{key}`, or correct `at`")))
    }));
    if let (Scope::Aws { .. }, Some(lock), Some(versioning)) =
        (store.site.scope, &written.lock, &written.versioning)
        && !versioning.value
    {
        findings.push(
            Finding::new(
                &CODE,
                versioning.place,
                "a locked bucket must keep versions",
            )
            .label(lock.mode.place, "the lock is set here")
            .why("S3 Object Lock works on versions; S3 refuses it without versioning")
            .fix("remove `versioning: false`, or the lock"),
        );
    }
}
