//! The built-in defaults and tiers, written in the policy's own grammar.

use std::sync::LazyLock;

use crate::policy::Policy;

const TEXT: &str = include_str!("builtin.yaml");

/// The tier of a database that names none.
pub const DEFAULT_TIER: &str = "important";

/// Names of the built-in tiers, from the most to the least protected.
pub const TIERS: [&str; 4] = [
    "mission_critical",
    "business_critical",
    "important",
    "non_critical",
];

/// Its places point into a text that no report shows: they are never taken over.
pub(super) static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let mut sources = crate::source::Sources::default();
    sources.add("builtin.yaml", TEXT);
    let (mut workspace, _) = crate::policy::parse(sources);
    workspace
        .documents
        .pop()
        .and_then(|document| document.policy)
        .expect("the built-in tiers are a valid policy; every run of the tests reads them")
});
