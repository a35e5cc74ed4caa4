//! # recovery-unusable
//! Something looks like a recovery point and does not count as one: a dump whose manifest says other
//! than what lies beside it, or cannot be read. For information: a dump without a manifest, whose upload
//! was never finished or is running.
//!
//! **Why.** A restore from it fails, on the day it is needed.
//!
//! **Fix.** Check it with `NAME-dump.sh verify`, upload it again where the machine still has it, and
//! delete what is not whole.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "recovery-unusable",
    Severity::Warning,
    include_str!("recovery_unusable.rs"),
);
