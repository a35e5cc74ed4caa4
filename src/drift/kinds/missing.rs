//! # missing
//! The policy asks for a resource and the cloud does not have it.
//!
//! **Why.** What is not there protects nothing: a deleted instance, bucket or lifecycle policy.
//!
//! **Fix.** Deploy the rendered file, or restore the database from its newest backup. If it was
//! removed on purpose, remove it from the policy. Of what was deleted by hand the stack still says
//! that it is there, so deploying the same template again creates nothing.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new("missing", Severity::Error, include_str!("missing.rs"));
