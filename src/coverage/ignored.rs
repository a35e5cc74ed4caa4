//! Databases that the policy leaves out of its coverage, with a reason.

mod ended;
mod ends_soon;
mod unused;

use std::cell::Cell;

use jiff::ToSpan;
use jiff::civil::Date;

use super::Seen;
use crate::cloud::matches;
use crate::finding::{Code, Finding};
use crate::policy::Ignore;
use crate::resolve::Estate;

pub(super) static CODES: [&Code; 3] = [&ended::CODE, &ends_soon::CODE, &unused::CODE];

/// Days before its end from which an entry warns, as exceptions do.
const NOTICE: i32 = 14;

/// The entries that hold today.
pub(super) struct Ignores<'w>(Vec<Open<'w>>);

struct Open<'w> {
    entry: &'w Ignore,
    used: Cell<bool>,
}

impl<'w> Ignores<'w> {
    /// What holds on the given day, and the findings on what does not.
    pub(super) fn of(estate: &Estate<'w>, today: Date) -> (Ignores<'w>, Vec<Finding>) {
        let mut open = Vec::new();
        let mut findings = Vec::new();
        let policies = estate.workspace.policies();
        let coverage = policies.filter_map(|(_, policy)| policy.coverage.as_ref());
        for entry in coverage.flat_map(|coverage| &coverage.ignore) {
            let until = entry.until.as_ref();
            // The schema has seen to the form of the date.
            let last = until.and_then(|until| Some((until, until.parse::<Date>().ok()?)));
            match last {
                Some((until, last)) if last < today => {
                    findings.push(ended::finding(entry, until));
                    continue;
                }
                Some((until, last)) if last < today.saturating_add(NOTICE.days()) => {
                    findings.push(ends_soon::finding(entry, until));
                }
                Some(_) | None => {}
            }
            let used = Cell::new(false);
            open.push(Open { entry, used });
        }
        (Ignores(open), findings)
    }

    /// Whether an entry takes a database in.
    pub(super) fn takes(&self, seen: &Seen<'_>) -> bool {
        let mut taken = false;
        for open in self.0.iter().filter(|open| open.entry.takes(seen)) {
            open.used.set(true);
            taken = true;
        }
        taken
    }

    /// What takes in nothing.
    pub(super) fn unused(&self) -> impl Iterator<Item = Finding> {
        let unused = self.0.iter().filter(|open| !open.used.get());
        unused.map(|open| unused::finding(open.entry))
    }
}

impl Ignore {
    /// Every part that is written has to fit.
    fn takes(&self, seen: &Seen<'_>) -> bool {
        let lower = |text: &str| text.to_ascii_lowercase();
        let name = self
            .name
            .as_ref()
            .is_none_or(|pattern| matches(&lower(pattern), &lower(&seen.database.address.name)));
        let tag = self.tag.as_ref().is_none_or(|pattern| {
            let (key, value) = pattern.split_once('=').unwrap_or((pattern, "*"));
            let mut tags = seen.database.tags().iter();
            tags.any(|(name, live)| name.eq_ignore_ascii_case(key) && matches(value, live))
        });
        let at = self
            .at
            .as_ref()
            .is_none_or(|at| at.value == seen.location.0);
        name && tag && at
    }
}

/// The part of an entry that a reader knows it by, and what it says.
fn pattern(entry: &Ignore) -> (crate::source::Place, String) {
    let parts = [
        ("name", &entry.name),
        ("tag", &entry.tag),
        ("at", &entry.at),
    ];
    let written = parts
        .into_iter()
        .filter_map(|(key, part)| Some((key, part.as_ref()?)));
    let written: Vec<_> = written.collect();
    let text: Vec<String> = written
        .iter()
        .map(|(key, part)| format!("{key} `{}`", part.value))
        .collect();
    let place = written.first().map(|(_, part)| part.place);
    (place.unwrap_or(entry.reason.place), text.join(" and "))
}
