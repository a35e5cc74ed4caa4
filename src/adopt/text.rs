//! The draft as a person would write it: nothing twice, a reason behind what is weaker than advised.

mod scalar;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::draft::{Draft, Entry, Location};
use super::labels::{NEAREST, PRODUCTION};
use super::needs::{Key, Settings};
use super::{Wanted, group};
use crate::coverage::shown;
use crate::observe::inventory::{Database, Holder, Live};
use crate::policy::Size;

use scalar::scalar;

/// Objectives of [`NEAREST`], which follow from point-in-time recovery, and the days that it advises.
const OBJECTIVES: [(&str, &str); 2] = [("rpo", "15min"), ("rto", "1h")];
const LACKS: &str = "weekly and monthly backups in a vault, and copies in a second Region";
const ADVICE: [(&str, u32); 3] = [
    (PRODUCTION, 30),
    (group::DEFAULT_TIER, 14),
    ("non_critical", 7),
];

/// Left-out databases that a comment names one by one.
const NAMED: usize = 40;

pub(super) fn write(
    draft: &Draft<'_>,
    wanted: &Wanted<'_>,
    left_out: &[(String, String)],
) -> String {
    let mut text = head(draft, left_out);
    text += "version: 1\n";
    text += &locations(draft);
    if !draft.defaults.is_empty() {
        text += "\ndefaults:\n";
        text += &settings(&draft.defaults, "  ", group::DEFAULT_TIER);
    }
    text += &tiers(draft, wanted);
    text += "\ndatabases:\n";
    let entries: Vec<String> = draft
        .databases
        .iter()
        .map(|it| database(draft, it))
        .collect();
    text + &entries.join("\n")
}

fn comment(text: &str) -> String {
    let lines = textwrap(text, 96);
    lines
        .into_iter()
        .map(|line| format!("# {line}\n"))
        .collect()
}

/// A point of a list; its further lines stand in.
fn point(text: &str) -> String {
    let leads = ["- "].into_iter().chain(std::iter::repeat("  "));
    let lines = leads.zip(textwrap(text, 94));
    lines
        .map(|(lead, line)| format!("# {lead}{line}\n"))
        .collect()
}

/// Words on lines of a width; a longer word has a line of its own.
fn textwrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn head(draft: &Draft<'_>, left_out: &[(String, String)]) -> String {
    let mut text = comment(
        "What was live, written down by `backstay adopt`. It changes nothing: `backstay drift` says \
         from now on when the clouds no longer have what stands here.",
    );
    let held = holders(draft);
    if !held.is_empty() {
        text += "#\n";
        text += &comment("Kept as well by what backstay did not make, and so does not compare:");
        for (holder, count) in held {
            text += &point(&format!("{holder} ({count} of these)"));
        }
    }
    if !left_out.is_empty() {
        text += "#\n# Not in here:\n";
        for (name, why) in left_out.iter().take(NAMED) {
            text += &point(&format!("{}: {}", shown(name), cut(why)));
        }
        if let more @ 1.. = left_out.len().saturating_sub(NAMED) {
            text += &point(&format!("and {more} more"));
        }
    }
    text
}

/// A reason, of a length that can be read.
fn cut(why: &str) -> String {
    let words: Vec<&str> = why.split_whitespace().collect();
    words
        .into_iter()
        .take(40)
        .map(|word| shown(word) + " ")
        .collect()
}

/// What keeps databases of the draft beside their own service, and how many each.
fn holders(draft: &Draft<'_>) -> BTreeMap<String, usize> {
    let mut held = BTreeMap::new();
    let databases = draft.databases.iter().map(|entry| entry.candidate.database);
    for database in databases {
        let names = database
            .held_by
            .iter()
            .filter_map(holder)
            .chain(replicated(database));
        for name in names {
            *held.entry(name).or_insert(0) += 1;
        }
    }
    held
}

fn holder(holder: &Holder) -> Option<String> {
    Some(match holder {
        Holder::Plan { name } => format!("the plan `{}` of AWS Backup", shown(name)),
        Holder::Continuous { .. } => {
            "continuous backups of AWS Backup, which set the retention".to_owned()
        }
        Holder::RecoveryPoints { .. } => return None,
        Holder::Unread => "what could not be read of AWS Backup and Azure Backup".to_owned(),
        Holder::Vault { vault, policy } => format!(
            "the vault `{}` of Azure Backup, by its policy `{}`",
            shown(vault),
            shown(policy)
        ),
    })
}

/// A policy that asks for replication has a key of its own made for it, which is not this one.
fn replicated(database: &Database) -> Option<String> {
    let Live::Instance(body) = &database.live else {
        return None;
    };
    let region = body.replication_region.as_deref()?;
    Some(format!(
        "automated backups that RDS replicates to {}",
        shown(region)
    ))
}

fn locations(draft: &Draft<'_>) -> String {
    let entries = draft.databases.iter();
    let own = entries.clone().map(|entry| entry.at.as_str());
    let replicas = entries.clone().flat_map(|entry| {
        let replicas = entry.candidate.replicas.iter();
        replicas.filter_map(|it| draft.locations.elsewhere(it, &entry.at))
    });
    let used: BTreeSet<&str> = own.chain(replicas).collect();
    let mut text = String::new();
    for (name, location) in draft.locations.written(&used) {
        let parts = match location {
            Location::Aws {
                account,
                region,
                role,
            } => {
                let role = role.iter().map(|role| ("role", role));
                let own = [("region", region), ("account", account)];
                map("aws", own.into_iter().chain(role))
            }
            Location::Azure {
                subscription,
                resource_group,
                region,
            } => map(
                "azure",
                [
                    ("region", region),
                    ("subscription", subscription),
                    ("resource_group", resource_group),
                ],
            ),
        };
        let _ = writeln!(text, "  {name}: {{ {parts} }}");
    }
    match text.is_empty() {
        true => text,
        false => format!("\nlocations:\n{text}"),
    }
}

fn map<'t>(provider: &str, parts: impl IntoIterator<Item = (&'static str, &'t String)>) -> String {
    let parts = parts.into_iter();
    let parts = parts.map(|(key, value)| format!(", {key}: {}", scalar(value)));
    format!("provider: {provider}{}", parts.collect::<String>())
}

fn tiers(draft: &Draft<'_>, wanted: &Wanted<'_>) -> String {
    let named = draft
        .databases
        .iter()
        .any(|entry| entry.tier == Some(PRODUCTION));
    let mut policies = wanted.estate.workspace.policies();
    let defined = policies.any(|(_, policy)| policy.tiers.contains_key(PRODUCTION));
    let objectives = named && !defined;
    let mut names: BTreeSet<&str> = draft.tiers.keys().map(String::as_str).collect();
    names.extend(objectives.then_some(PRODUCTION));
    let mut text = String::new();
    for name in names {
        let _ = writeln!(text, "  {name}:");
        if name == PRODUCTION && objectives {
            let lines = textwrap(
                &format!("The objectives of {NEAREST}, which asks besides for {LACKS}."),
                92,
            );
            for line in lines {
                let _ = writeln!(text, "    # {line}");
            }
            for (key, value) in OBJECTIVES {
                let _ = writeln!(text, "    {key}: {value}");
            }
        }
        let own = draft.tiers.get(name);
        text += &own
            .map(|own| settings(own, "    ", name))
            .unwrap_or_default();
    }
    match text.is_empty() {
        true => text,
        false => format!("\ntiers:\n{text}"),
    }
}

fn database(draft: &Draft<'_>, entry: &Entry<'_>) -> String {
    let database = entry.candidate.database;
    let mut text = format!("  {}:\n", entry.name);
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(text, "    {key}: {value}");
    };
    line("engine", entry.candidate.engine.name());
    line("at", &entry.at);
    line("id", &scalar(&database.address.name));
    if let Some(tier) = entry.tier {
        line("tier", tier);
    }
    if let Some(size) = size(database) {
        line("size", &size);
    }
    text += &settings(
        &entry.own,
        "    ",
        entry.tier.unwrap_or(group::DEFAULT_TIER),
    );
    let replicas: Vec<String> = entry
        .candidate
        .replicas
        .iter()
        .map(|it| replica(draft, entry, it))
        .collect();
    if !replicas.is_empty() {
        let _ = writeln!(text, "    replicas:\n{}", replicas.join("\n"));
    }
    text
}

fn replica(draft: &Draft<'_>, entry: &Entry<'_>, replica: &Database) -> String {
    let mut parts = format!("id: {}", scalar(&replica.address.name));
    match (&replica.live, &entry.candidate.database.live) {
        (Live::Replica(own), Live::Server(server)) if own.location != server.location => {
            let location = own.location.as_deref().unwrap_or_default();
            let _ = write!(parts, ", location: {}", scalar(location));
        }
        _ => {
            let at = draft.locations.elsewhere(replica, &entry.at);
            parts += &at.map(|at| format!(", at: {at}")).unwrap_or_default();
        }
    }
    format!("      - {{ {parts} }}")
}

/// Storage as the policy writes sizes.
fn size(database: &Database) -> Option<String> {
    let gib = match &database.live {
        Live::Instance(body) => body.allocated_storage.as_ref()?.parse().ok()?,
        Live::Server(body) => body.properties.storage.as_ref()?.size_gib,
        Live::Replica(_) => return None,
    };
    let size: Size = format!("{gib}GiB").parse().ok()?;
    Some(size.to_string())
}

/// Settings as lines, in the order of the reference; with what a weaker one means.
fn settings(settings: &Settings, indent: &str, tier: &str) -> String {
    let mut text = String::new();
    let mut tags = Vec::new();
    for (key, value) in settings {
        let line = match key {
            Key::Pitr => format!("retention: {{ pitr: {value} }}"),
            Key::Geo => format!("copies: {{ geo: {value} }}"),
            Key::Tag(key) => {
                tags.push(format!("{}: {}", scalar(key), scalar(value)));
                continue;
            }
            Key::Window => format!("window: {}", scalar(value)),
            Key::MaintenanceWindow => format!("maintenance_window: {}", scalar(value)),
            Key::Encryption => format!("encryption: {}", scalar(value)),
            Key::DeletionProtection => format!("deletion_protection: {value}"),
            Key::CopyTags => format!("copy_tags_to_snapshots: {value}"),
            Key::HighAvailability => format!("high_availability: {value}"),
        };
        let why = advice(key, value, tier);
        let why = why.map(|why| format!("   # {why}")).unwrap_or_default();
        let _ = writeln!(text, "{indent}{line}{why}");
    }
    text + &tag_lines(&tags, indent)
}

/// On one line, where that is not too long.
fn tag_lines(tags: &[String], indent: &str) -> String {
    let line = format!("{indent}tags: {{ {} }}\n", tags.join(", "));
    match (tags.is_empty(), line.chars().count() <= 100) {
        (true, _) => String::new(),
        (false, true) => line,
        (false, false) => {
            let lines = tags.iter().map(|tag| format!("{indent}  {tag}\n"));
            format!("{indent}tags:\n{}", lines.collect::<String>())
        }
    }
}

/// What is weaker than the tier advises.
fn advice(key: &Key, value: &str, tier: &str) -> Option<String> {
    match (key, value) {
        (Key::Pitr, days) => {
            let days: u32 = days.strip_suffix('d')?.parse().ok()?;
            let (_, advised) = ADVICE.iter().find(|(name, _)| *name == tier)?;
            let whose = if tier == PRODUCTION { NEAREST } else { tier };
            (days < *advised).then(|| format!("{whose} advises {advised}d"))
        }
        (Key::Encryption, "none") => {
            Some("only a restore into a new instance can change that".to_owned())
        }
        (Key::DeletionProtection, "false") => Some("one command can delete it".to_owned()),
        (Key::CopyTags, "false") => Some("snapshots do not tell whose they are".to_owned()),
        (Key::HighAvailability, "none") if tier == PRODUCTION => {
            Some("the others of its tier have a standby".to_owned())
        }
        _ => None,
    }
}
