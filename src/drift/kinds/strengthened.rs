//! # strengthened
//! The live value protects more than the policy asks for.
//!
//! **Why.** It is not a danger, and it may be a cost that nobody meant to pay.
//!
//! **Fix.** Write the stronger value into the policy, or bring the cloud back to it.
use crate::finding::{Code, Severity};

pub static CODE: Code = Code::new(
    "strengthened",
    Severity::Info,
    include_str!("strengthened.rs"),
);
