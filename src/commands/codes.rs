//! Every code that a finding can have.

use crate::finding::Code;
use crate::{coverage, drift, evidence, plan, policy, rules, status};

use super::{baseline, exceptions, stale};

/// In the order of their names.
pub(super) fn all() -> Vec<&'static Code> {
    let mut codes = policy::CODES.to_vec();
    codes.extend(of_the_policy());
    codes.extend(drift::CODES);
    codes.extend(coverage::CODES);
    codes.extend(evidence::CODES);
    codes.extend(status::CODES);
    codes.extend([&stale::CODE, &baseline::CODE]);
    codes.extend(exceptions::CODES);
    codes.sort_by_key(|code| code.name);
    codes.dedup_by_key(|code| code.name);
    codes
}

/// Those of the rules, and of what they ask for together.
pub(super) fn of_the_policy() -> impl Iterator<Item = &'static Code> {
    let rules = rules::RULES.iter().map(|rule| rule.code);
    rules.chain([&plan::NAME_CLASH])
}
