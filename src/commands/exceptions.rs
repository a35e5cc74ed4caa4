//! Findings that a policy accepts for a while: which they are, and what is wrong with an exception.

mod ended;
mod ends_soon;
mod unknown;
mod unused;

use std::cell::Cell;
use std::collections::HashSet;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz};

use super::codes;
use crate::finding::{Accepted, Code, Finding, closest};
use crate::policy::{Exception, Node, Visit};
use crate::resolve::Estate;
use crate::source::Place;

pub(super) static CODES: [&Code; 4] = [
    &ended::CODE,
    &ends_soon::CODE,
    &unknown::CODE,
    &unused::CODE,
];

/// Days before its end from which an exception warns.
const NOTICE: i32 = 14;

/// The exceptions of a workspace that hold today.
pub(super) struct Exceptions<'w>(Vec<Open<'w>>);

struct Open<'w> {
    exception: &'w Exception,
    /// The text that it is about.
    extent: Place,
    used: Cell<bool>,
}

/// Today, in UTC: the same day for everybody who runs the same check.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(tz::TimeZone::UTC).date()
}

impl<'w> Exceptions<'w> {
    /// No exceptions, as a reviewer wants to see a policy.
    pub(super) fn none() -> Exceptions<'w> {
        Exceptions(Vec::new())
    }

    /// What holds on the given day, and the findings on what does not.
    pub(super) fn of(estate: &Estate<'w>, today: Date) -> (Exceptions<'w>, Vec<Finding>) {
        let codes = codes::all();
        let mut open = Vec::new();
        let mut findings = Vec::new();
        for (_, policy) in estate.workspace.policies() {
            for exception in &policy.exceptions {
                let name = exception.allow.value.as_str();
                if !codes.iter().any(|code| code.name == name) {
                    findings.push(unknown::code(
                        exception,
                        closest(name, codes.iter().map(|c| c.name)),
                    ));
                    continue;
                }
                let Some(extent) = extent(estate, &exception.at) else {
                    findings.push(unknown::path(exception));
                    continue;
                };
                // The schema has seen to the form of the date.
                let Ok(until) = exception.until.parse::<Date>() else {
                    findings.push(unknown::date(exception));
                    continue;
                };
                if until < today {
                    findings.push(ended::finding(exception));
                    continue;
                }
                if until < today.saturating_add(NOTICE.days()) {
                    findings.push(ends_soon::finding(exception));
                }
                open.push(Open {
                    exception,
                    extent,
                    used: Cell::new(false),
                });
            }
        }
        (Exceptions(open), findings)
    }

    /// Marks the findings that are accepted.
    pub(super) fn apply(&self, findings: &mut [Finding]) {
        for finding in findings {
            if let Some(open) = self.0.iter().find(|open| open.covers(finding)) {
                open.used.set(true);
                let exception = open.exception;
                finding.accepted = Some(Box::new(Accepted {
                    place: exception.at.place,
                    reason: exception.reason.value.clone(),
                    owner: exception.owner.value.clone(),
                    until: exception.until.value.clone(),
                }));
            }
        }
    }

    /// What no finding needed, of the codes that were looked for.
    pub(super) fn unused(&self, looked_for: &HashSet<&str>) -> Vec<Finding> {
        let unused = |open: &&Open<'_>| {
            !open.used.get() && looked_for.contains(open.exception.allow.value.as_str())
        };
        let open = self.0.iter().filter(unused);
        open.map(|open| unused::finding(open.exception)).collect()
    }
}

impl Open<'_> {
    fn covers(&self, finding: &Finding) -> bool {
        if self.exception.allow.value != finding.code.name || finding.accepted.is_some() {
            return false;
        }
        let within = |place: Place| {
            place.file == self.extent.file
                && place.start >= self.extent.start
                && place.end <= self.extent.end
        };
        // A setting of a tier is spoken of where it is written; a label says whose it is.
        let named = finding.labels.iter().map(|(place, _)| *place);
        let part = finding.difference.as_ref().map(|it| it.part.as_str());
        finding.place.into_iter().chain(named).any(within)
            || (part.is_some() && part == self.whole())
    }

    /// The name of the database, store or vault, where the exception is about all of it.
    fn whole(&self) -> Option<&str> {
        let (_, name) = self.exception.at.split_once('.')?;
        (!name.contains('.')).then_some(name)
    }
}

/// The text of what a path names, in the first file that has it.
fn extent(estate: &Estate<'_>, path: &str) -> Option<Place> {
    estate.workspace.trees().find_map(|tree| {
        let mut steps = path.split('.').peekable();
        let mut node = tree;
        while let Some(step) = steps.next() {
            let entry = node.entry(step)?;
            if steps.peek().is_none() {
                return Some(reach(entry.key, &entry.value));
            }
            node = &entry.value;
        }
        None
    })
}

/// From a key to the end of the last value below it.
fn reach(key: Place, value: &Node) -> Place {
    let mut end = key.end.max(value.place.end);
    value.walk(&mut |visit| {
        end = end.max(match visit {
            Visit::Key(_, entry) => entry.key.end,
            Visit::Scalar(node) => node.place.end,
        });
    });
    Place { end, ..key }
}
