//! Which tier a database belongs to, by what people call it and by how it is kept.

use super::Candidate;
use super::needs::{Key, Settings};

/// The tier of what a business stands on: none of the built-in ones, since those ask for long-term
/// backups and copies that a live database rarely has.
pub(super) const PRODUCTION: &str = "production";
const NON_CRITICAL: &str = "non_critical";

/// The built-in tier whose objectives [`PRODUCTION`] takes over, and which it falls short of.
pub(super) const NEAREST: &str = "business_critical";

/// Tags by which people say how much a database matters.
const TAGS: [&str; 7] = [
    "environment",
    "env",
    "stage",
    "criticality",
    "service-level",
    "tier",
    "class",
];

const PRODUCTION_WORDS: [&str; 8] = [
    "prod",
    "production",
    "prd",
    "live",
    "critical",
    "mission",
    "business",
    "high",
];
const OTHER_WORDS: [&str; 15] = [
    "dev",
    "development",
    "develop",
    "test",
    "testing",
    "tst",
    "qa",
    "uat",
    "stage",
    "staging",
    "stg",
    "preprod",
    "sandbox",
    "demo",
    "low",
];

/// Days from which on a database that nobody labels is kept as one that matters.
const MATTERS: u32 = 14;

/// The tier to name. None: the built-in default.
pub(super) fn tier(candidate: &Candidate<'_>, needs: &Settings) -> Option<&'static str> {
    let tags = candidate.database.tags();
    let labels = TAGS.iter().filter_map(|wanted| {
        let named = |(key, _): &(&String, &String)| key.eq_ignore_ascii_case(wanted);
        tags.iter().find(named).map(|(_, value)| value.as_str())
    });
    let name = candidate.database.address.name.as_str();
    let mut said = labels.chain([name]).filter_map(word);
    said.next().unwrap_or_else(|| {
        let off = |key: &Key| {
            needs
                .get(key)
                .is_some_and(|value| value == "false" || value == "none")
        };
        let short = candidate.database.automated_days() < MATTERS;
        let plain = off(&Key::DeletionProtection) && off(&Key::HighAvailability);
        (short && plain).then_some(NON_CRITICAL)
    })
}

/// The tier that a text speaks of. None: of none; Some(None): of the built-in default.
fn word(text: &str) -> Option<Option<&'static str>> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    // `preprod` and `non-prod` are no production.
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    match (
        has(&OTHER_WORDS) || has(&["non", "pre", "nonprod"]),
        has(&PRODUCTION_WORDS),
    ) {
        (true, _) => Some(Some(NON_CRITICAL)),
        (false, true) => Some(Some(PRODUCTION)),
        (false, false) => None,
    }
}
