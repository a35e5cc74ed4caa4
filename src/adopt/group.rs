//! What many databases share: the defaults of the file, and the settings of its tiers.

use std::collections::{BTreeMap, BTreeSet};

use super::needs::{Key, Settings};

/// One database: what it needs, and what holds of it so far.
pub(super) struct Member<'e> {
    pub tier: Option<&'e str>,
    pub needs: &'e Settings,
    pub base: &'e Settings,
}

/// Where a setting of an unnamed tier is written: the built-in default.
pub(super) const DEFAULT_TIER: &str = "important";

/// Settings that most have and that differ from what holds, over all databases.
pub(super) fn defaults(members: &[Member<'_>]) -> Settings {
    // A tier says how long, and what a standby is called depends on the cloud.
    let shared = |key: &Key| !matches!(key, Key::Pitr | Key::Geo | Key::HighAvailability);
    common(members, shared, &Settings::new())
}

/// The same over the databases of each tier, on top of the defaults.
pub(super) fn tiers(members: &[Member<'_>], defaults: &Settings) -> BTreeMap<String, Settings> {
    let names: BTreeSet<&str> = members
        .iter()
        .map(|it| it.tier.unwrap_or(DEFAULT_TIER))
        .collect();
    let of = |name: &str| -> Vec<Member<'_>> {
        let members = members
            .iter()
            .filter(|it| it.tier.unwrap_or(DEFAULT_TIER) == name);
        members.map(|it| Member { ..*it }).collect()
    };
    let shared = |key: &Key| !matches!(key, Key::Geo);
    let tier = |name: &str| (name.to_owned(), common(&of(name), shared, defaults));
    let tiers = names.into_iter().map(tier);
    tiers.filter(|(_, settings)| !settings.is_empty()).collect()
}

fn common(members: &[Member<'_>], shared: impl Fn(&Key) -> bool, below: &Settings) -> Settings {
    let mut counts: BTreeMap<&Key, BTreeMap<&str, usize>> = BTreeMap::new();
    for (key, value) in members.iter().flat_map(|member| member.needs) {
        *counts.entry(key).or_default().entry(value).or_default() += 1;
    }
    let mut settings = Settings::new();
    for (key, values) in counts.into_iter().filter(|(key, _)| shared(key)) {
        let all: usize = values.values().sum();
        let most = |(_, count): &(&&str, &usize)| **count >= 2 && **count * 2 > all;
        let Some((value, _)) = values.iter().find(most) else {
            continue;
        };
        // A tag cannot be taken back by a layer above.
        let optional = matches!(key, Key::Tag(_)) && all < members.len();
        let holds = |member: &Member<'_>| {
            let held = below.get(key).or_else(|| member.base.get(key));
            held.is_some_and(|held| held == value)
        };
        let with = members
            .iter()
            .filter(|member| member.needs.contains_key(key));
        let held = with.filter(|member| holds(member)).count();
        // Where most have it already, saying it again would be noise.
        if !optional && held * 2 <= all {
            settings.insert(key.clone(), (*value).to_owned());
        }
    }
    settings
}
