//! One mechanism against its promise.

use jiff::{SignedDuration, Timestamp};

use super::limit::{Limit, allowance};
use super::words::{age, minutes, over};
use super::{ClassRow, Keeps, Row, Verdict, about, is_ahead, kinds, since, unread};
use crate::finding::{Finding, Severity};
use crate::observe::{PointState, PointsRead, Span};
use crate::plan::{Asked, Means, Pace, PointClass, Promise};

const DAY: u64 = 24 * 60;

/// How many things that are no points are told of one mechanism; the rest is counted.
const TOLD: usize = 3;

pub(super) fn row(
    promise: &Promise,
    state: Option<&PointState>,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) -> Row {
    let mut row = Row {
        database: promise.key.database.clone(),
        mechanism: promise.key.mechanism.name(),
        location: promise.key.location.clone(),
        verdict: Verdict::Untold,
        span: Span::default(),
        limit: Some(Limit::of(promise)),
        rpo: promise.rpo.as_ref().map(|rpo| rpo.value.minutes()),
        keeps: promise.keeps.as_ref().map(keeps),
        classes: Vec::new(),
        note: None,
        place: promise.place,
    };
    let unreadable = |reason: &str| unread(&what(promise), promise.place, promise.named, reason);
    let missing = "it is not in the recorded state";
    match state {
        Some(PointState::Read(read)) => {
            let judged = Judged { promise, read, now };
            row.span = read.span;
            row.verdict = judged.all(&mut row, findings);
        }
        Some(PointState::Untold) => row.limit = None,
        Some(PointState::Unreadable { reason }) => {
            row.verdict = Verdict::Unreadable;
            row.note = Some(reason.clone());
            findings.push(unreadable(reason));
        }
        None => {
            row.verdict = Verdict::Unreadable;
            row.note = Some(missing.to_owned());
            findings.push(unreadable(missing));
        }
    }
    row
}

fn keeps(asked: &Asked) -> Keeps {
    Keeps {
        days: asked.value.days(),
        written: asked.value.to_string(),
    }
}

struct Judged<'a> {
    promise: &'a Promise,
    read: &'a PointsRead,
    now: Timestamp,
}

impl Judged<'_> {
    fn all(&self, row: &mut Row, findings: &mut Vec<Finding>) -> Verdict {
        let read = self.read;
        self.unusable(findings);
        if is_ahead(self.now, read.span.newest) {
            let reason = "its newest point is still to come: clocks differ";
            return self.unread(reason, row, findings);
        }
        let newest = self.newest(row, findings);
        if newest == Verdict::Missing {
            return newest;
        }
        for class in &self.promise.classes {
            let class = self.class(class, newest, findings);
            row.classes.push(class);
        }
        let reach = match self.promise.classes.is_empty() {
            true => self.reach(findings),
            false => Verdict::Fresh,
        };
        let of = |verdict| row.classes.iter().any(|class| class.verdict == verdict);
        if newest == Verdict::Stale || of(Verdict::Stale) {
            Verdict::Stale
        } else if reach == Verdict::Short || of(Verdict::Short) {
            Verdict::Short
        } else if let Some(reason) = &read.unread {
            self.unread(reason, row, findings)
        } else if newest != Verdict::Fresh {
            newest
        } else if reach == Verdict::Growing || of(Verdict::Growing) {
            Verdict::Growing
        } else {
            Verdict::Fresh
        }
    }

    fn unread(&self, reason: &str, row: &mut Row, findings: &mut Vec<Finding>) -> Verdict {
        let promise = self.promise;
        row.note = Some(reason.to_owned());
        findings.push(unread(&what(promise), promise.place, promise.named, reason));
        Verdict::Unreadable
    }

    /// Whether the newest point of all is young enough.
    fn newest(&self, row: &mut Row, findings: &mut Vec<Finding>) -> Verdict {
        let (promise, read) = (self.promise, self.read);
        let limit = Limit::of(promise);
        let Some(newest) = read.span.newest else {
            let young = read
                .since
                .is_some_and(|since_when| since(self.now, since_when) <= limit.minutes);
            if young && read.absent.is_none() {
                row.note = Some("the first one is awaited".to_owned());
                return Verdict::Growing;
            }
            row.note = read.absent.clone();
            let absent = read.absent.iter().map(|absent| format!(": {absent}"));
            let message = format!(
                "{} has no recovery point{}",
                what(promise),
                absent.collect::<String>()
            );
            self.push(
                Finding::new(&kinds::MISSING, promise.place, message)
                    .why("what has never been backed up cannot be restored")
                    .fix(fix(promise)),
                findings,
            );
            return Verdict::Missing;
        };
        if since(self.now, newest) <= limit.minutes {
            return Verdict::Fresh;
        }
        if let Some(paused) = &read.paused {
            row.note = Some(format!("{paused}: nothing is written meanwhile"));
            return Verdict::Paused;
        }
        let message = format!(
            "{}: the newest recovery point is {} old, at most {} are allowed",
            what(promise),
            over(self.now, newest, limit.minutes),
            minutes(limit.minutes)
        );
        self.push(
            Finding::new(&kinds::STALE, limit.place, message)
                .why(format!(
                    "what was written since would be lost ({})",
                    limit.because
                ))
                .fix(fix(promise)),
            findings,
        );
        Verdict::Stale
    }

    /// Points of one class. One that is kept longer stands in for one that is kept shorter: of several
    /// that are due at once only that is made.
    fn class(&self, class: &PointClass, newest: Verdict, findings: &mut Vec<Finding>) -> ClassRow {
        let promise = self.promise;
        let spans = &self.read.classes;
        let span = spans.get(class.name).copied().unwrap_or(Span::of([]));
        let longer: Vec<&PointClass> = promise
            .classes
            .iter()
            .filter(|other| other.keep.value.days() > class.keep.value.days())
            .collect();
        let limit = Limit::of_class(class);
        let standing = longer
            .iter()
            .filter_map(|other| spans.get(other.name)?.newest);
        let latest = standing.chain(span.newest).max();
        // From when on the mechanism is known to work.
        let works = self.read.span.oldest;
        let known = works.map_or(0, |works| since(self.now, works));
        let mut verdict = Verdict::Fresh;
        if latest.is_none_or(|latest| since(self.now, latest) > limit.minutes) {
            verdict = match known > limit.minutes {
                true => Verdict::Stale,
                false => Verdict::Growing,
            };
            // What is stale as a whole is told once.
            if verdict == Verdict::Stale && newest == Verdict::Fresh {
                findings.push(self.stale_class(class, &limit, latest));
            }
        } else {
            let reach = class.keep.value.days() * DAY;
            let slack = class.every * (1 + longer.len() as u64) + allowance(class.every);
            let oldest = span.oldest.map_or(0, |oldest| since(self.now, oldest));
            if oldest + slack < reach {
                verdict = match known >= reach {
                    true => Verdict::Short,
                    false => Verdict::Growing,
                };
                if verdict == Verdict::Short {
                    findings.push(self.short_class(class, span));
                }
            }
        }
        ClassRow {
            name: class.name,
            verdict,
            span,
            limit,
            keeps: keeps(&class.keep),
        }
    }

    fn stale_class(&self, class: &PointClass, limit: &Limit, latest: Option<Timestamp>) -> Finding {
        let what = what(self.promise);
        let message = match latest {
            Some(latest) => format!(
                "{what}: the newest {} point is {} old, at most {} are allowed",
                class.name,
                over(self.now, latest, limit.minutes),
                minutes(limit.minutes)
            ),
            None => format!("{what} has no {} point", class.name),
        };
        let finding = Finding::new(&kinds::STALE, limit.place, message)
            .why(format!(
                "what should be kept for {} is not made ({})",
                class.keep.value, limit.because
            ))
            .fix(fix(self.promise));
        about(finding, self.promise.named)
    }

    fn short_class(&self, class: &PointClass, span: Span) -> Finding {
        let message = format!(
            "{}: {} points reach back {}, the policy asks for {}, and it has worked for longer",
            what(self.promise),
            class.name,
            span.oldest
                .map_or_else(|| minutes(0), |oldest| age(self.now, oldest)),
            class.keep.value
        );
        let mut finding = Finding::new(&kinds::SHORT, class.keep.place, message)
            .why("points that should be there were deleted, expired too early or were never made")
            .fix(self.grows(class.keep));
        finding.severity = Severity::Error;
        about(finding, self.promise.named)
    }

    /// How far the points of a mechanism without classes reach back.
    fn reach(&self, findings: &mut Vec<Finding>) -> Verdict {
        let (promise, read) = (self.promise, self.read);
        let (Some(asked), Some(oldest)) = (promise.keeps, read.span.oldest) else {
            return Verdict::Fresh;
        };
        let every = match promise.pace {
            Pace::Every(every) => every,
            // The provider keeps moments from one of its daily backups on.
            Pace::Continuous(_) | Pace::Unbounded => DAY,
        };
        let asked_minutes = asked.value.days() * DAY;
        if since(self.now, oldest) + every + allowance(every) >= asked_minutes {
            return Verdict::Fresh;
        }
        let set = read.keeps_days.filter(|days| *days < asked.value.days());
        let existed = read
            .since
            .filter(|_| promise.key.mechanism == Means::Automated);
        let existed = existed.filter(|it| since(self.now, *it) >= asked_minutes);
        let (because, severity) = match (set, existed) {
            (Some(days), _) => (format!("it is set to keep {days}d"), Severity::Error),
            (None, Some(existed)) => (
                format!("what it backs up exists for {}", age(self.now, existed)),
                Severity::Warning,
            ),
            (None, None) => return Verdict::Growing,
        };
        let message = format!(
            "{}: it reaches back {}, the policy asks for {}, and {because}",
            what(promise),
            age(self.now, oldest),
            asked.value
        );
        let mut finding = Finding::new(&kinds::SHORT, asked.place, message)
            .why("points that should be there were deleted, expired too early or were never made")
            .fix(match set {
                Some(_) => "see `backstay drift`, and set what the policy asks for".to_owned(),
                None => self.grows(asked),
            });
        finding.severity = severity;
        self.push(finding, findings);
        Verdict::Short
    }

    /// What there is to do about points that are gone, or were not asked for until lately.
    fn grows(&self, asked: Asked) -> String {
        let oldest = self.read.span.oldest.unwrap_or(self.now);
        let days = i64::try_from(asked.value.days()).unwrap_or(i64::MAX);
        let full = oldest.checked_add(SignedDuration::from_hours(days.saturating_mul(24)));
        let full = full.map(|full| full.strftime("%F").to_string());
        let until = full.unwrap_or_else(|_| "DAY".to_owned());
        format!(
            "see who deleted points; where this was asked for only lately: backstay accept {} --at databases.{} --until {until} --reason … --owner …",
            kinds::SHORT.name,
            self.promise.key.database
        )
    }

    fn unusable(&self, findings: &mut Vec<Finding>) {
        let promise = self.promise;
        for unfinished in [false, true] {
            let of = self.read.unusable.iter();
            let of: Vec<_> = of.filter(|it| it.unfinished == unfinished).collect();
            let Some(first) = of.first() else { continue };
            let named: Vec<&str> = of.iter().take(TOLD).map(|it| it.what.as_str()).collect();
            let more = match of.len().saturating_sub(TOLD) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let message = format!(
                "{}: {}{more} does not count: {}",
                what(promise),
                named.join(", "),
                first.why
            );
            let mut finding = Finding::new(&kinds::UNUSABLE, promise.place, message)
                .why("a restore from it fails on the day it is needed")
                .fix(
                    "upload it again where the machine still has it, and delete what is not whole",
                );
            if unfinished {
                finding.severity = Severity::Info;
            }
            self.push(finding, findings);
        }
    }

    fn push(&self, finding: Finding, findings: &mut Vec<Finding>) {
        findings.push(about(finding, self.promise.named));
    }
}

/// A mechanism as findings name it.
fn what(promise: &Promise) -> String {
    let key = &promise.key;
    let (database, location) = (&key.database, &key.location);
    let what = match key.mechanism {
        Means::Automated => "automated backups in",
        Means::Replicated => "replicated backups in",
        Means::Geo => "geo-redundant backups of",
        Means::Snapshots => "snapshots in",
        Means::Vault | Means::LongTerm => "vault",
        Means::VaultCopies => "copies in vault",
        Means::Dumps => "dumps in",
    };
    format!("`{database}`, {what} `{location}`")
}

fn fix(promise: &Promise) -> String {
    let name = &promise.key.database;
    match promise.key.mechanism {
        Means::Automated | Means::Geo => {
            "see the server's state and its events, and whether its backups are on (`backstay drift`)"
                .to_owned()
        }
        Means::Replicated => {
            "see the replication's state in its destination, and start it again where it has stopped"
                .to_owned()
        }
        Means::Snapshots => format!("see the last run of `{name}-snapshot.sh`, and run it now"),
        Means::Vault | Means::LongTerm => {
            "see the vault's failed jobs, and whether plan, selection and role are as rendered (`backstay drift`)"
                .to_owned()
        }
        Means::VaultCopies => {
            "see the failed copy jobs: the policy and the key of the vault that receives".to_owned()
        }
        Means::Dumps => format!(
            "see the last run of `{name}-dump.sh`; `{name}-dump.sh upload` repeats an upload that failed"
        ),
    }
}
