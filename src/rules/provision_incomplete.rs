//! # provision-incomplete
//! `provision` lacks keys that its engine needs, or has keys of another engine. RDS needs
//! `engine_version`, `instance_class`, `storage` and `username`; Azure needs `version`, `sku`,
//! `sku_tier`, `storage` and `username`.
//!
//! **Why.** A server is rendered whole or not at all: a template that leaves properties out would
//! take the cloud's defaults, or reset what is there.
//!
//! **Fix.** Add the missing keys and remove the foreign ones; or remove `provision` for a database
//! that exists and is managed elsewhere.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Engine, Provision, Spanned};
use crate::resolve::{Database, Estate};
use crate::source::Place;

pub static CODE: Code = Code::new(
    "provision-incomplete",
    Severity::Error,
    include_str!("provision_incomplete.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        if let Some(provision) = &database.written.provision {
            one(estate, database, provision, findings);
        }
    }
}

fn place<T>(value: &Option<Spanned<T>>) -> Option<Place> {
    value.as_ref().map(|value| value.place)
}

fn one(
    estate: &Estate<'_>,
    database: &Database<'_>,
    provision: &Provision,
    findings: &mut Vec<Finding>,
) {
    let storage = provision.storage.as_ref();
    let rds = [
        ("engine_version", place(&provision.engine_version)),
        ("instance_class", place(&provision.instance_class)),
    ];
    let azure = [
        ("version", place(&provision.version)),
        ("sku", place(&provision.sku)),
        ("sku_tier", place(&provision.sku_tier)),
    ];
    let own = |key: &Option<crate::policy::Key>| key.as_ref().map(|key| key.identity.place);
    let keys = [
        ("key", own(&provision.key)),
        ("geo_key", own(&provision.geo_key)),
    ];
    let both = [
        ("storage", storage.map(|storage| storage.size.place)),
        ("username", place(&provision.username)),
    ];
    let kind = storage.and_then(|storage| storage.kind.as_ref());
    let kind_of = |is_azure| {
        let own = kind.filter(|kind| kind.value.is_azure() == is_azure);
        ("storage.type", own.map(|kind| kind.place))
    };
    let zone = ("zone", place(&provision.zone));
    let engine = database.engine().name();
    let (needed, foreign) = match database.engine() {
        Engine::RdsPostgres | Engine::RdsMysql | Engine::RdsMariadb => {
            (rds.to_vec(), [&azure[..], &keys[..], &[kind_of(true)]].concat())
        }
        Engine::AzurePostgres => (azure.to_vec(), [&rds[..], &[kind_of(false), zone]].concat()),
        Engine::Postgres => return,
    };
    let missing: Vec<String> = needed
        .into_iter()
        .chain(both)
        .filter(|(_, place)| place.is_none())
        .map(|(key, _)| format!("`{key}`"))
        .collect();
    let engine_place = database.written.engine.place;
    if !missing.is_empty() {
        let at = super::key_of(estate, database, "provision");
        let missing = missing.join(", ");
        findings.push(
            Finding::new(
                &CODE,
                at,
                format!("`provision` needs {missing} for {engine}"),
            )
            .label(engine_place, "the engine is set here")
            .why("a server is rendered whole or not at all")
            .fix(format!(
                "add {missing}; or remove `provision` where the database exists"
            )),
        );
    }
    let given = foreign
        .into_iter()
        .filter_map(|(key, place)| Some((key, place?)));
    findings.extend(given.map(|(key, place)| {
        Finding::new(&CODE, place, format!("`{key}` has no meaning for {engine}"))
            .label(engine_place, "the engine is set here")
            .why("it would have no effect, while the file reads as if it had")
            .fix(format!("remove `{key}`"))
    }));
}
