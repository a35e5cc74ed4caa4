//! # stale
//! A rendered file is not what the policy asks for: it is missing, different, or left over.
//!
//! **Why.** What is deployed comes from the file, and what is reviewed is the policy.
//!
//! **Fix.** Run `backstay render` and commit the result.
use crate::finding::{Code, Finding, Severity};
use crate::render::folder::Changes;

pub(super) static CODE: Code = Code::new("stale", Severity::Error, include_str!("stale.rs"));

/// One finding for each file of the folder that rendering would change.
pub(super) fn findings(changes: &Changes, out: &std::path::Path) -> Vec<Finding> {
    let kinds = [
        (&changes.created, "is missing"),
        (&changes.changed, "differs from what the policy asks for"),
        (&changes.removed, "is no longer rendered"),
    ];
    kinds
        .into_iter()
        .flat_map(|(paths, what)| paths.iter().map(move |path| (path, what)))
        .map(|(path, what)| {
            Finding::without_place(&CODE, format!("{}/{path} {what}", out.display()))
                .why("what is deployed comes from the file, and what is reviewed is the policy")
                .fix("run `backstay render` and commit the result")
        })
        .collect()
}
