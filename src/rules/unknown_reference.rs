//! # unknown-reference
//! A database, store or vault names a location, vault, store or tier that no file declares.
//!
//! **Why.** What hangs on the name is neither rendered nor checked: it would not be protected.
//!
//! **Fix.** Write the name that is suggested, or declare it. Names are shared by all files that are
//! given together; give the file that declares it, too.
use crate::finding::{Code, Finding, Severity, closest};
use crate::resolve::{Estate, Reference};

pub static CODE: Code = Code::new(
    "unknown-reference",
    Severity::Error,
    include_str!("unknown_reference.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    // A file that could not be read may declare the name.
    if !estate.workspace.is_complete() {
        return;
    }
    let mut compared = 0;
    findings.extend(estate.unresolved.iter().map(|unresolved| {
        let (kind, section) = match unresolved.reference {
            Reference::Location => ("location", "locations"),
            Reference::Vault => ("vault", "vaults"),
            Reference::Store => ("store", "stores"),
            Reference::Tier => ("tier", "tiers"),
        };
        let name = unresolved.written.value.as_str();
        // Where thousands of names are wrong, it is no mistake in typing.
        compared += unresolved.known.len();
        let near = match compared <= MOST_COMPARED {
            true => closest(name, unresolved.known.iter().copied()),
            false => None,
        };
        let fix = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if unresolved.known.is_empty() => format!("declare it under `{section}`"),
            None => format!(
                "declare it under `{section}`; known: {}",
                brief(&unresolved.known)
            ),
        };
        Finding::new(
            &CODE,
            unresolved.written.place,
            format!("there is no {kind} `{name}`"),
        )
        .why("what hangs on it would be neither rendered nor checked")
        .fix(fix)
    }));
}

/// How many pairs of names are compared for what could have been meant.
const MOST_COMPARED: usize = 1_000_000;

/// A few of the names.
fn brief(names: &[&str]) -> String {
    let shown = names.iter().take(8).copied().collect::<Vec<_>>().join(", ");
    match names.len() > 8 {
        true => format!("{shown} and {} more", names.len() - 8),
        false => shown,
    }
}
