//! What a policy must keep to: one rule a file, its leading lines the page that `explain` prints.

use std::collections::HashSet;

use crate::finding::{Code, Finding};
use crate::policy::Engine;
use crate::resolve::{Database, Estate, Resolved};
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
    azure_retention
    azure_storage_size
    azure_version
    bad_identifier
    below_floor
    control_character
    cron_host
    dump_classes
    dump_format
    dump_scope
    duplicate_name
    encryption_key
    engine_location
    export_region
    expression_in_value
    ha_and_sku
    not_rendered_yet
    password_like
    provision_incomplete
    rds_retention
    rds_storage_size
    restore_test_tables
    snapshot_copy
    store_incomplete
    tag_limits
    top_of_hour
    unknown_reference
    unsteady_hour
    window_overlap
    window_too_short
    yaml_1_1
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

/// Where a setting of a database is written; its name for what is built in.
fn place_of<T>(database: &Database<'_>, setting: &Resolved<T>) -> Place {
    setting.place.unwrap_or(database.name.place)
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
    let documents = &estate.workspace.documents;
    documents
        .iter()
        .find(|document| document.file == database.file)
        .and_then(|document| {
            let databases = document.tree.as_ref()?.get("databases")?;
            Some(databases.get(&database.name.value)?.entry(key)?.key)
        })
        .unwrap_or(database.name.place)
}
