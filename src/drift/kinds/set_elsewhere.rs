//! # set-elsewhere
//! The live value differs from the policy, and another service of the cloud sets it: AWS Backup takes
//! over the retention and the backup window of an instance of which it keeps continuous backups.
//!
//! **Why.** One property with two owners changes back and forth, and the one that was deployed last
//! decides how far back a restore can go.
//!
//! **Fix.** Let one of the two go: end the continuous backup (keep the snapshot rules), or leave
//! `retention.pitr` and `window` out of the policy of that database.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "set-elsewhere",
    Severity::Warning,
    include_str!("set_elsewhere.rs"),
);
