//! What a policy must keep to: one rule a file, its leading lines the page that `explain` prints.

use std::collections::HashSet;

use crate::finding::{Code, Finding};
use crate::policy::{Duration, Engine};
use crate::resolve::{Database, Estate, Intent, Resolved, Vault};
use crate::source::Place;

/// One rule: the code of what it finds, and the check.
#[derive(Debug)]
pub struct Rule {
    pub code: &'static Code,
    pub check: fn(&Estate<'_>, &mut Vec<Finding>),
}

/// Declares each rule's module and its entry in the list, so that neither can be forgotten.
macro_rules! rules {
    ($($module:ident)*) => {
        $(mod $module;)*

        /// Every rule, in the order in which they run.
        pub static RULES: &[Rule] = &[
            $(Rule { code: &$module::CODE, check: $module::check },)*
        ];
    };
}

rules! {
    alert_by_status
    alert_quota
    alert_topic
    alert_undelivered
    archive_redundancy
    aws_region
    azure_geo
    azure_key
    azure_login
    azure_long_term
    azure_maintenance
    azure_on_demand
    azure_premium_v2
    azure_region
    azure_retention
    azure_size
    azure_storage_size
    azure_vault
    azure_version
    azure_window
    bad_identifier
    below_floor
    blob_lock_retention
    blob_versioning
    class_interval
    compliance_lock
    control_character
    cron_host
    copies_unmade
    copy_account_and_region
    copy_key
    dump_classes
    dump_engine
    dump_format
    dump_scope
    duplicate_name
    encryption_key
    engine_location
    export_region
    expression_in_value
    github_reach
    github_repository
    github_trust
    ha_and_sku
    lifecycle_rules
    lock_retention
    long_term_unkept
    long_term_window
    nightly_stop
    password_like
    provision_incomplete
    rds_retention
    rds_storage_size
    rds_version
    replica_location
    replication_quota
    replication_region
    replication_retention
    restore_test_tables
    snapshot_quota
    standby_zone
    snapshot_copy
    soft_delete_days
    storage_account
    rpo_unmet
    restore_test_unrun
    restores_as_files
    store_incomplete
    store_lock
    tag_limits
    too_few_media
    too_few_regions
    top_of_hour
    unknown_reference
    unsteady_hour
    vault_elsewhere
    vault_empty
    vault_keys
    vault_lock
    vault_retention
    window_overlap
    window_too_short
    yaml_1_1
    zone_elsewhere
}

/// Runs every rule. A setting that many databases share is spoken of once.
pub fn check(estate: &Estate<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        (rule.check)(estate, &mut findings);
    }
    let mut said = HashSet::new();
    findings
        .retain(|finding| said.insert((finding.code.name, finding.place, finding.message.clone())));
    findings
}

/// The databases that an engine runs.
fn run_by<'e, 'w>(
    estate: &'e Estate<'w>,
    engine: Engine,
) -> impl Iterator<Item = &'e Database<'w>> {
    let runs = move |database: &&Database<'_>| database.engine() == engine;
    estate.databases.iter().filter(runs)
}

/// The RDS databases whose long-term backups go to a vault that exists, with that vault.
fn kept_in_vaults<'e, 'w>(
    estate: &'e Estate<'w>,
) -> impl Iterator<Item = (&'e Database<'w>, &'e Vault<'w>)> {
    on_rds(estate).filter_map(|database| {
        let named = database.written.vault.as_ref()?;
        Some((database, estate.vault(&named.value)?))
    })
}

/// The classes of long-term backups that are kept, and how long.
fn long_term<'i>(
    intent: &'i Intent,
) -> impl Iterator<Item = (&'static str, &'i Resolved<Duration>)> {
    let kept = &intent.retention;
    let classes = [
        ("weekly", &kept.weekly),
        ("monthly", &kept.monthly),
        ("yearly", &kept.yearly),
    ];
    type Class<'i> = (&'static str, &'i Option<Resolved<Duration>>);
    let kept = |(class, kept): Class<'i>| Some((class, kept.as_ref()?));
    classes.into_iter().filter_map(kept)
}

/// The databases that RDS runs, whichever engine it is.
fn on_rds<'e, 'w>(estate: &'e Estate<'w>) -> impl Iterator<Item = &'e Database<'w>> {
    let rds = |database: &&Database<'_>| database.engine().rds().is_some();
    estate.databases.iter().filter(rds)
}

/// Where a setting of a database is written; its name for what is built in.
fn place_of<T>(database: &Database<'_>, setting: &Resolved<T>) -> Place {
    setting.place.unwrap_or(database.name.place)
}

/// Places that one finding marks besides its own.
const LABELS: usize = 4;

/// One finding for all places; none where there is none.
fn rolled_up(code: &'static Code, message: &str, mut places: Vec<Place>) -> Option<Finding> {
    places.sort_unstable();
    places.dedup();
    let (first, others) = places.split_first()?;
    let more = match others.len() {
        0 => String::new(),
        1 => " (and in 1 more place)".to_owned(),
        count => format!(" (and in {count} more places)"),
    };
    let finding = Finding::new(code, *first, format!("{message}{more}"));
    let labelled = others.iter().take(LABELS);
    Some(labelled.fold(finding, |finding, place| finding.label(*place, "and here")))
}

/// A finding about a setting, which names the database where the setting is not its own.
fn about<T>(
    code: &'static Code,
    database: &Database<'_>,
    setting: &Resolved<T>,
    message: impl Into<String>,
) -> Finding {
    let place = place_of(database, setting);
    let finding = Finding::new(code, place, message);
    match setting.layer {
        crate::resolve::Layer::Database => finding,
        _ if place == database.name.place => finding,
        _ => finding.label(
            database.name.place,
            format!("`{}` takes it from there", database.name.value),
        ),
    }
}

/// The place of a key of a database, as of `provision`.
fn key_of(estate: &Estate<'_>, database: &Database<'_>, key: &str) -> Place {
    let document = estate.workspace.document(database.file);
    document
        .and_then(|document| {
            let databases = document.tree.as_ref()?.get("databases")?;
            Some(databases.get(&database.name.value)?.entry(key)?.key)
        })
        .unwrap_or(database.name.place)
}
