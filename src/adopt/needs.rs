//! What a policy has to say of a live database, setting by setting, in the policy's own words.

use std::collections::BTreeMap;

use super::Candidate;
use crate::cloud::aws::{Value, limits, rds};
use crate::cloud::azure;
use crate::cloud::azure::postgres::FlexibleServer;
use crate::observe::inventory::{KeyOwner, Live};
use crate::policy::{Encryption, HighAvailability, Maintenance};
use crate::resolve::{Intent, Layer};

/// One setting of the layers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Pitr,
    Geo,
    Window,
    MaintenanceWindow,
    Encryption,
    DeletionProtection,
    CopyTags,
    HighAvailability,
    Tag(String),
}

/// Settings and their values as the policy writes them.
pub(super) type Settings = BTreeMap<Key, String>;

/// The longest list of tags that is worth a reader's time, and what AWS takes.
const TAGS: usize = 50;

/// What has to hold of a database. A setting that is not there means nothing to it.
pub(super) fn needs(candidate: &Candidate<'_>) -> Settings {
    let mut needs = match &candidate.database.live {
        Live::Instance(body) => of_instance(body, candidate.database.key),
        Live::Server(body) => of_server(body),
        Live::Replica(_) => Settings::new(),
    };
    needs.insert(
        Key::Pitr,
        format!("{}d", candidate.database.automated_days()),
    );
    let azure = candidate.engine.rds().is_none();
    let tags = candidate.database.tags().iter();
    let tags = tags.filter(|(key, value)| can_be_written(key, value, azure));
    let mut taken = Vec::new();
    for (key, value) in tags.take(TAGS) {
        // To Azure, names that differ by case only are one.
        let lower = key.to_ascii_lowercase();
        if !azure || !taken.contains(&lower) {
            taken.push(lower);
            needs.insert(Key::Tag(key.clone()), value.clone());
        }
    }
    needs
}

fn of_instance(body: &rds::DbInstance, owner: Option<KeyOwner>) -> Settings {
    let mut needs = Settings::new();
    let text = |window: &dyn std::fmt::Display| window.to_string();
    if let Some(window) = &body.preferred_backup_window {
        needs.insert(Key::Window, text(window));
    }
    if let Some(window) = &body.preferred_maintenance_window {
        needs.insert(Key::MaintenanceWindow, text(window));
    }
    let on = |flag: Option<bool>| flag.unwrap_or_default();
    let bool = |flag: Option<bool>| on(flag).to_string();
    needs.insert(Key::DeletionProtection, bool(body.deletion_protection));
    needs.insert(Key::CopyTags, bool(body.copy_tags_to_snapshot));
    let mode = match on(body.multi_az) {
        true => HighAvailability::MultiAz,
        false => HighAvailability::None,
    };
    needs.insert(Key::HighAvailability, word(mode).to_owned());
    needs.insert(Key::Encryption, encryption(body, owner).to_string());
    needs
}

/// Whose key it is; the key itself, where it is one of the account's own or nobody could tell.
fn encryption(body: &rds::DbInstance, owner: Option<KeyOwner>) -> Encryption {
    if body.storage_encrypted != Some(true) {
        return Encryption::Unencrypted;
    }
    match (owner, &body.kms_key_id) {
        (Some(KeyOwner::Provider), _) => Encryption::ProviderManaged,
        (_, Some(Value::Text(key))) => key.parse().unwrap_or(Encryption::CustomerManaged),
        (Some(KeyOwner::Customer), _) => Encryption::CustomerManaged,
        (None, _) => Encryption::ProviderManaged,
    }
}

/// Locks are resources of their own, and nothing says when the backups are made.
fn of_server(body: &FlexibleServer) -> Settings {
    let properties = &body.properties;
    let mode = properties.high_availability.as_ref();
    let mode = match mode.map(|it| it.mode.as_str()) {
        Some("SameZone") => HighAvailability::SameZone,
        Some("ZoneRedundant") => HighAvailability::ZoneRedundant,
        _ => HighAvailability::None,
    };
    let encryption = match properties.data_encryption {
        Some(_) => Encryption::CustomerManaged,
        None => Encryption::ProviderManaged,
    };
    let window = properties.maintenance_window.as_ref();
    let maintenance = match window.and_then(|window| window.weekly()) {
        Some(window) => Maintenance::Weekly(window),
        None => Maintenance::ProviderManaged,
    };
    let mut needs = Settings::from([
        (Key::MaintenanceWindow, maintenance.to_string()),
        (Key::HighAvailability, word(mode).to_owned()),
        (Key::Encryption, encryption.to_string()),
    ]);
    if properties.backup.geo_redundant_backup.as_deref() == Some("Enabled") {
        needs.insert(Key::Geo, "true".to_owned());
    }
    needs
}

pub(super) fn word(mode: HighAvailability) -> &'static str {
    match mode {
        HighAvailability::None => "none",
        HighAvailability::MultiAz => "multi_az",
        HighAvailability::SameZone => "same_zone",
        HighAvailability::ZoneRedundant => "zone_redundant",
    }
}

/// Tags that every reader of the policy takes for what they are: no sign that a template, a script or a
/// shell could see an expression in, and none of a cloud's own.
fn can_be_written(key: &str, value: &str, azure: bool) -> bool {
    let problem = limits::tag_problem(key, value);
    let of_azure = azure::limits::tag_problem(key, value).filter(|_| azure);
    problem.is_none() && of_azure.is_none()
}

/// What holds of a database by the layers below it; None where no layer says anything of it.
pub(super) fn holds(intent: &Intent, key: &Key) -> Option<String> {
    Some(match key {
        Key::Pitr => format!("{}d", intent.retention.pitr.as_ref()?.value.days()),
        Key::Geo => intent.copies.geo.as_ref()?.value.to_string(),
        Key::Window => intent.window.value.to_string(),
        // Where nobody says, the cloud chooses.
        Key::MaintenanceWindow => {
            let setting = intent.maintenance_window.as_ref();
            let value = setting.map_or(Maintenance::ProviderManaged, |it| it.value);
            value.to_string()
        }
        Key::Encryption => intent.encryption.value.to_string(),
        Key::DeletionProtection => intent.deletion_protection.value.to_string(),
        Key::CopyTags => intent.copy_tags_to_snapshots.value.to_string(),
        Key::HighAvailability => word(intent.high_availability.value).to_owned(),
        Key::Tag(key) => intent.tags.get(key)?.value.clone(),
    })
}

/// What a database has to write itself: what it needs and does not get.
pub(super) fn missing(needs: &Settings, intent: &Intent, azure: bool) -> Settings {
    let differs = |(key, value): &(&Key, &String)| holds(intent, key).as_ref() != Some(*value);
    let own = needs.iter().filter(differs);
    let mut own: Settings = own
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    // Where a layer asks for it, it would be a lock that nobody has made.
    let lock = &intent.deletion_protection;
    if azure && lock.value && lock.layer != Layer::BuiltIn {
        own.insert(Key::DeletionProtection, "false".to_owned());
    }
    own
}
