//! # proposed
//! The cloud has what the policy asked for before this change, and this change asks for something
//! else: a value, a resource more, or one less. Only a run with `--baseline` tells it.
//!
//! **Why.** Nobody touched the cloud: what differs is what the reviewer is asked to agree to.
//!
//! **Fix.** Nothing before the change is merged; then deploy it with the command that is printed. What is
//! no longer asked for stays until somebody deletes it.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new("proposed", Severity::Info, include_str!("proposed.rs"));
