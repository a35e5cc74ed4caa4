//! # storage-account
//! Two stores are in one storage account, and say different things of what is the account's alone: its
//! subscription and resource group, its redundancy, whether it keeps versions, how long it keeps what
//! is deleted.
//!
//! **Why.** The account has each of these once. Its lifecycle policy is one document as well: backstay
//! writes the rules of all stores of an account into it.
//!
//! **Fix.** Say it once, or the same in each store; or give one of them an account of its own.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Spanned;
use crate::resolve::{Account, Estate, Scope, Store};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "storage-account",
    Severity::Error,
    include_str!("storage_account.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for account in estate.accounts() {
        let name = &account.name.value;
        let mut add = |what: &str, second: Place, first: Place| {
            let message = format!("the account `{name}` has two different settings of {what}");
            findings.push(
                Finding::new(&CODE, second, message)
                    .label(first, "the first is here")
                    .why("the account has one for all of its containers")
                    .fix("write the same in both stores, or give one of them an account of its own"),
            );
        };
        if let Some((first, second)) = differing(&account, |store| Some((group(store), store.written.at.place))) {
            add("where it is", second, first);
        }
        if let Some((first, second)) = differing(&account, |store| said(store.written.redundancy.as_ref())) {
            add("`redundancy`", second, first);
        }
        if let Some((first, second)) = differing(&account, |store| said(store.written.soft_delete.as_ref())) {
            add("`soft_delete`", second, first);
        }
        if let Some((first, second)) = differing(&account, versioning) {
            add("`versioning`", second, first);
        }
    }
}

/// Azure compares subscriptions and groups without regard to case.
fn group(store: &Store<'_>) -> String {
    match store.site.scope {
        Scope::Azure { subscription, resource_group, .. } => format!("{subscription}/{resource_group}").to_ascii_lowercase(),
        _ => String::new(),
    }
}

fn said<T: Copy>(setting: Option<&Spanned<T>>) -> Option<(T, Place)> {
    setting.map(|setting| (setting.value, setting.place))
}

/// On where nothing is said.
fn versioning(store: &Store<'_>) -> Option<(bool, Place)> {
    Some(said(store.written.versioning.as_ref()).unwrap_or((true, store.name.place)))
}

/// The places of the first two stores that say something different.
fn differing<T: PartialEq>(
    account: &Account<'_, '_>,
    said: impl Fn(&Store<'_>) -> Option<(T, Place)>,
) -> Option<(Place, Place)> {
    let mut all = account.stores.iter().filter_map(|store| said(store));
    let (value, first) = all.next()?;
    let (_, second) = all.find(|(other, _)| *other != value)?;
    Some((first, second))
}
