//! # azure-key
//! A flexible server is to have keys of its own, and they are not all named, or are named for
//! nothing. A new server with `encryption: customer_managed` or a key's URL needs `provision.key` with
//! the identity that reaches it; with geo-redundant backup also `provision.geo_key`: a second key, in
//! the paired region, with a second identity. A replica in another region needs a `key` there.
//!
//! **Why.** Whose key encrypts a server is settled when it is created; Azure refuses a server whose
//! geo-redundant backups would be encrypted with the first region's key or reached by its identity,
//! since both would be lost with that region.
//!
//! **Fix.** Name keys that exist: `key: { url: https://…/keys/NAME, identity: NAME }`. The identity
//! needs the role Key Vault Crypto Service Encryption User on the key. Without a version in the URL
//! new versions of the key are taken up by themselves. For a server that exists with Azure's key,
//! restore it to a new one (`az postgres flexible-server restore --key --identity`).
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Encryption, Engine, Key, Provision};
use crate::resolve::{Database, Estate, Scope};
use crate::source::Place;

pub static CODE: Code = Code::new("azure-key", Severity::Error, include_str!("azure_key.rs"));

const WHY: &str = "whose key encrypts a server is settled when it is created";

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        if database.engine() != Engine::AzurePostgres {
            findings.extend(elsewhere(database));
            continue;
        }
        if let Some(provision) = &database.written.provision {
            server(estate, database, provision, findings);
            findings.extend(replicas(database));
        }
    }
}

/// Keys of a replica that no flexible server has. Those of `provision` are told by its own rule.
fn elsewhere(database: &Database<'_>) -> Vec<Finding> {
    let replicas = database.written.replicas.iter();
    let keys = replicas.filter_map(|replica| replica.key.as_ref());
    let finding = |key: &Key| {
        Finding::new(&CODE, place(key), "`key` has no meaning for this replica")
            .label(database.written.engine.place, "the engine is set here")
            .why("it would have no effect, while the file reads as if it had")
            .fix("remove `key`: only replicas in Azure have one of their own")
    };
    keys.map(finding).collect()
}

fn place(key: &Key) -> Place {
    key.url.as_ref().map_or(key.identity.place, |url| url.place)
}

fn server(
    estate: &Estate<'_>,
    database: &Database<'_>,
    provision: &Provision,
    findings: &mut Vec<Finding>,
) {
    let encryption = &database.intent.encryption;
    let told = |message: &str, fix: &str| {
        let finding = super::about(&CODE, database, encryption, message);
        finding.why(WHY).fix(fix)
    };
    match (&encryption.value, &provision.key) {
        // What cannot be unencrypted is told by `encryption-key`.
        (Encryption::Unencrypted, _) | (Encryption::ProviderManaged, None) => {}
        (Encryption::ProviderManaged, Some(key)) => findings.push(
            Finding::new(&CODE, place(key), "this key would encrypt nothing")
                .label(super::place_of(database, encryption), "the key is Azure's")
                .why("`encryption` asks for the provider's own key")
                .fix("write `encryption: customer_managed`, or remove `key`"),
        ),
        (_, None) => findings.push(told(
            "nothing says which key encrypts the new server, or who reaches it",
            "add `key: { url: https://…/keys/NAME, identity: NAME }` to `provision`",
        )),
        (Encryption::CustomerManaged, Some(Key { url: None, identity })) => findings.push(
            Finding::new(&CODE, identity.place, "nothing says which key this identity reaches")
                .why(WHY)
                .fix("add `url` with the URL of the key"),
        ),
        (Encryption::Key(own), Some(Key { url: Some(url), .. })) if *own != url.value => {
            findings.push(
                Finding::new(&CODE, url.place, "this is another key than `encryption` names")
                    .label(super::place_of(database, encryption), "that key is named here")
                    .why("a server is encrypted with one key")
                    .fix("remove `url` here: `encryption` names the key"),
            );
        }
        _ => {}
    }
    if encryption.value != Encryption::ProviderManaged {
        findings.extend(geo(estate, database, provision));
    } else if let Some(key) = &provision.geo_key {
        findings.push(unneeded(key, "the server has Azure's own key"));
    }
}

fn unneeded(key: &Key, why: &str) -> Finding {
    Finding::new(&CODE, place(key), "this key would encrypt no backup")
        .why(why)
        .fix("remove `geo_key`")
}

/// The second key and identity of geo-redundant backups.
fn geo(
    estate: &Estate<'_>,
    database: &Database<'_>,
    provision: &Provision,
) -> Option<Finding> {
    let geo = database.intent.copies.geo.as_ref().filter(|geo| geo.value);
    let (asked, second) = match (geo, &provision.geo_key) {
        (None, None) => return None,
        (None, Some(key)) => return Some(unneeded(key, "geo-redundant backup is off")),
        (Some(asked), None) => {
            let place = super::key_of(estate, database, "provision");
            let message = "geo-redundant backup needs a second key, in the paired region";
            return Some(
                Finding::new(&CODE, place, message)
                    .label(super::place_of(database, asked), "it is asked for here")
                    .why("the server's own key is lost with its region")
                    .fix("add `geo_key: { url: https://…/keys/NAME, identity: NAME }`"),
            );
        }
        (Some(asked), Some(key)) => (asked, key),
    };
    let first = provision.key.as_ref();
    let Some(url) = &second.url else {
        return Some(
            Finding::new(&CODE, second.identity.place, "nothing says which key this identity reaches")
                .why("`encryption` names the server's key, not that of its copies")
                .fix("add `url` with the URL of a key in the paired region"),
        );
    };
    let (place, message) = if first.is_some_and(|first| first.identity == second.identity) {
        (second.identity.place, "the second key needs an identity of its own")
    } else if first.and_then(|first| first.url.as_ref()) == Some(url)
        || matches!(&database.intent.encryption.value, Encryption::Key(own) if *own == url.value)
    {
        (url.place, "the second key is the first one again")
    } else {
        return None;
    };
    Some(
        Finding::new(&CODE, place, message)
            .label(super::place_of(database, asked), "geo-redundant backup is asked for here")
            .why("Azure refuses one that is lost with the server's region")
            .fix("name a key of a vault in the paired region, and another identity"),
    )
}

/// A replica cannot reach a key in another region.
fn replicas(database: &Database<'_>) -> Vec<Finding> {
    let Scope::Azure { region, .. } = database.site.scope else {
        return Vec::new();
    };
    let own = database.intent.encryption.value == Encryption::ProviderManaged;
    let mut findings = Vec::new();
    for replica in &database.written.replicas {
        let far = replica.location.as_ref().filter(|it| it.value != region);
        match (&replica.key, far) {
            (Some(Key { url: None, identity }), _) => findings.push(
                Finding::new(&CODE, identity.place, "nothing says which key this identity reaches")
                    .why("a replica's key is its own")
                    .fix("add `url` with the URL of a key in the replica's region"),
            ),
            (None, Some(far)) if !own => findings.push(
                Finding::new(&CODE, far.place, "a replica in another region needs a key there")
                    .label(
                        super::place_of(database, &database.intent.encryption),
                        "the server has a key of its own",
                    )
                    .why("a key and its identity are of use in their own region only")
                    .fix("add `key: { url: https://…/keys/NAME, identity: NAME }` to the replica"),
            ),
            _ => {}
        }
    }
    findings
}
