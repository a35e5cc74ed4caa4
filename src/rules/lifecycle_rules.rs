//! # lifecycle-rules
//! The dumps in a storage account are kept for so many different times that their rules do not fit into
//! its one lifecycle policy: it has at most 100 rules, of at most 10 prefixes each.
//!
//! **Why.** Azure refuses the whole policy, and then nothing in the account is ever deleted.
//!
//! **Fix.** Keep a class equally long for all databases of a store: one rule then covers it. Or give
//! some of them a store in another account.
use std::collections::BTreeMap;

use crate::cloud::azure::limits::{LIFECYCLE_RULES, RULE_PREFIXES};
use crate::finding::{Code, Finding, Severity};
use crate::resolve::{Account, Estate};

pub static CODE: Code = Code::new(
    "lifecycle-rules",
    Severity::Error,
    include_str!("lifecycle_rules.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for account in estate.accounts() {
        let rules = rules(estate, &account);
        if rules > LIFECYCLE_RULES {
            let message = format!(
                "the lifecycle policy of `{}` would have {rules} rules, and can have {LIFECYCLE_RULES}",
                account.name.value
            );
            findings.push(
                Finding::new(&CODE, account.name.place, message)
                    .why("Azure refuses the whole policy")
                    .fix("keep a class equally long for all databases of a store, or use another account as well"),
            );
        }
    }
}

/// How many rules the account's policy has: one for up to ten prefixes of a class that are kept
/// equally long. Where a store keeps a class equally long throughout, the class is one prefix.
fn rules(estate: &Estate<'_>, account: &Account<'_, '_>) -> usize {
    let mut prefixes: BTreeMap<(&str, u64), usize> = BTreeMap::new();
    for store in &account.stores {
        let mut kept: BTreeMap<&str, BTreeMap<u64, usize>> = BTreeMap::new();
        for database in estate.dumped_to(store) {
            for (class, retention) in database.intent.retention.classes() {
                if let Some(retention) = retention {
                    let days = retention.value.days();
                    *kept.entry(class).or_default().entry(days).or_default() += 1;
                }
            }
        }
        for (class, by_days) in kept {
            let uniform = by_days.len() == 1;
            for (days, databases) in by_days {
                let more = if uniform { 1 } else { databases };
                *prefixes.entry((class, days)).or_default() += more;
            }
        }
    }
    prefixes.values().map(|count| count.div_ceil(RULE_PREFIXES)).sum()
}
