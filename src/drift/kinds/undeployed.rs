//! # undeployed
//! The deployed template is older than the policy; the cloud still has what was deployed. A whole
//! resource is undeployed where the template of its stack does not have it yet; where there is no
//! stack at all, it is missing.
//!
//! **Why.** Nobody touched the cloud: the policy changed and its template was not deployed yet.
//!
//! **Fix.** Deploy the rendered file.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "undeployed",
    Severity::Warning,
    include_str!("undeployed.rs"),
);
