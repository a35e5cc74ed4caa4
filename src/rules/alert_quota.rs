//! # alert-quota
//! The alerts of one account and Region need more event subscriptions than RDS allows there.
//!
//! **Why.** RDS allows 20 in each Region of an account until AWS raises the quota: the deployment
//! fails at the next one, and those that exist already count as well.
//!
//! **Fix.** Let receivers share a topic (several people can subscribe to one), ask for the same
//! `events` wherever possible, or have the quota "Event subscriptions" of RDS raised.
use indexmap::IndexMap;

use crate::cloud::aws::limits::EVENT_SUBSCRIPTIONS;
use crate::finding::{Code, Finding, Severity};
use crate::resolve::alerts::{Route, routes, subscriptions};
use crate::resolve::{Estate, Scope};

pub static CODE: Code = Code::new(
    "alert-quota",
    Severity::Warning,
    include_str!("alert_quota.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let routes = routes(estate);
    let mut regions: IndexMap<(&str, &str), (usize, Option<&Route<'_>>)> = IndexMap::new();
    for route in &routes {
        let Scope::Aws {
            account, region, ..
        } = route.site.scope
        else {
            continue;
        };
        let (count, beyond) = regions.entry((account, region)).or_default();
        *count += subscriptions(route).len();
        if *count > EVENT_SUBSCRIPTIONS && beyond.is_none() {
            *beyond = Some(route);
        }
    }
    for ((account, region), (count, beyond)) in regions {
        let Some(route) = beyond else { continue };
        let message = format!(
            "{account} {region} would have {count} event subscriptions, more than {EVENT_SUBSCRIPTIONS}"
        );
        findings.push(
            Finding::new(&CODE, route.place, message)
                .why("RDS refuses more until AWS raises the quota")
                .fix("let receivers share a topic, or have the quota raised"),
        );
    }
}
