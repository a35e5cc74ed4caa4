//! # not-handled
//! A location has a database that backstay does not handle: a member of a cluster, whose backups are
//! the cluster's, or one of another engine.
//!
//! **Why.** Counted among the others it would seem to be looked after; left out it would be forgotten.
//!
//! **Fix.** Look after it by other means. An entry under `coverage.ignore` says so, with the reason.
use super::{Seen, shown, title};
use crate::finding::{Code, Finding, Severity};

pub static CODE: Code = Code::new(
    "not-handled",
    Severity::Info,
    include_str!("not_handled.rs"),
);

const WHY: &str = "no policy can name it, so backstay says nothing of its backups";
const FIX: &str = "look after it by other means, and say so under `coverage.ignore`";

pub fn member(seen: &Seen<'_>, cluster: &str) -> Finding {
    let message = format!(
        "{} is a member of the cluster `{}`, whose backups are the cluster's",
        title(seen),
        shown(cluster)
    );
    told(seen, message)
}

pub fn engine(seen: &Seen<'_>, engine: &str) -> Finding {
    let message = format!(
        "{} runs `{}`, which is not handled",
        title(seen),
        shown(engine)
    );
    told(seen, message)
}

fn told(seen: &Seen<'_>, message: String) -> Finding {
    Finding::new(&CODE, super::place(seen), message)
        .why(WHY)
        .fix(FIX)
}
