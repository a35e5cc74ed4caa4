//! What coverage says, one code a file.

mod not_handled;
mod unbacked;
mod unprotected;

use super::{Seen, ignored, twice};
use crate::drift;
use crate::finding::{Code, Finding};
use crate::observe::inventory::{Holder, Live, Place};
use crate::source;

/// Every code that coverage can have, beside drift's `unreadable`.
pub static CODES: [&Code; 7] = [
    ignored::CODES[0],
    ignored::CODES[1],
    ignored::CODES[2],
    &not_handled::CODE,
    &twice::CODE,
    &unbacked::CODE,
    &unprotected::CODE,
];

/// The longest text of a cloud that is worth a reader's time.
const LONGEST: usize = 80;

/// A text of the clouds as it can be shown: on one line, and without characters that act.
pub fn shown(text: &str) -> String {
    let plain = |c: char| if acts(c) { '\u{fffd}' } else { c };
    let text: String = text.chars().take(LONGEST + 1).map(plain).collect();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Whether a character ends a line, turns the direction of writing, or cannot be seen.
fn acts(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// The line of the policy that a finding is about: the database's own, or its location's.
pub(super) fn place(seen: &Seen<'_>) -> source::Place {
    seen.policy
        .map_or(seen.location.1, |policy| policy.name.place)
}

/// As RDS and Azure call it, with its location: "`orders` in us-east".
fn title(seen: &Seen<'_>) -> String {
    let name = shown(&seen.database.address.name);
    format!("`{name}` in {}", seen.location.0)
}

/// What keeps it now, in a sentence.
fn live(seen: &Seen<'_>) -> Option<String> {
    let days = seen.database.automated_days();
    let own = (days > 0).then(|| format!("automated backups for {days} days"));
    let held = seen.database.held_by.iter().map(|holder| match holder {
        Holder::Unread => "perhaps backups that could not be read".to_owned(),
        Holder::Plan { name } => format!("the plan `{}` of AWS Backup", shown(name)),
        Holder::Continuous { .. } => "continuous backups of AWS Backup".to_owned(),
        Holder::RecoveryPoints { vault, .. } => {
            format!("recovery points in the vault `{}`", shown(vault))
        }
        Holder::Vault { vault, .. } => format!("the vault `{}` of Azure Backup", shown(vault)),
    });
    let all: Vec<String> = own.into_iter().chain(held).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// Why backstay does not handle it, where it does not.
pub(super) fn not_handled(seen: &Seen<'_>) -> Option<Finding> {
    if let Some(cluster) = &seen.database.cluster {
        return Some(not_handled::member(seen, cluster));
    }
    let Live::Instance(body) = &seen.database.live else {
        return None;
    };
    let engine = body.engine.as_deref().unwrap_or_default();
    crate::policy::Engine::of_rds(engine)
        .is_none()
        .then(|| not_handled::engine(seen, engine))
}

pub(super) fn unprotected(seen: &Seen<'_>) -> Finding {
    match live(seen) {
        Some(live) => unprotected::finding(seen, &live),
        None => unbacked::finding(seen),
    }
}

pub(super) fn unread(place: &Place, at: source::Place, reason: &str) -> Finding {
    let message = format!("{place} could not be read: {}", shown_reason(reason));
    Finding::new(drift::unreadable(), at, message)
        .why("could-not-read is neither covered nor uncovered")
        .fix("give the credentials and permissions that reading it needs, and run again")
}

/// Reasons are cut where they are made.
fn shown_reason(reason: &str) -> String {
    reason.replace(|c: char| c.is_control(), " ")
}

/// What to do about a database that no policy names.
fn remedy(seen: &Seen<'_>) -> String {
    format!(
        "backstay adopt --location {}, or leave it out under `coverage.ignore` with a reason",
        seen.location.0
    )
}
