//! # bad-receiver
//! A receiver of alerts cannot be read: it is none of `sns:`, `email:` and `slack:`, the address is
//! none, or SNS refuses the topic's name.
//!
//! **Why.** The deployment would fail, or the alert would go where nobody reads it.
//!
//! **Fix.** Write `sns:db-oncall`, `sns:arn:aws:sns:REGION:ACCOUNT:NAME`, `email:dba@example.com` or
//! `slack:database-alerts`. Topics are standard ones: RDS does not publish to `.fifo` topics.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "bad-receiver",
    Severity::Error,
    include_str!("bad_receiver.rs"),
);
