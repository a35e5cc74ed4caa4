//! # encryption-key
//! `encryption` names a key that the database or the store cannot use: a Key Vault URL on AWS, a KMS
//! ARN on Azure, or a KMS key in another Region than what it shall encrypt. Or it is `none`, which only
//! an RDS instance that exists can have.
//!
//! **Why.** The cloud refuses it when it is deployed. A key cannot be changed later without
//! restoring the database into a new instance.
//!
//! **Fix.** Name a key of the same cloud and Region, or write `customer_managed`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::{Encryption, Engine};
use crate::resolve::{Database, Estate, Scope, Store};

pub static CODE: Code = Code::new(
    "encryption-key",
    Severity::Error,
    include_str!("encryption_key.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    findings.extend(estate.databases.iter().filter_map(unencrypted));
    findings.extend(estate.databases.iter().filter_map(foreign));
    findings.extend(estate.stores.iter().filter_map(store));
}

/// An instance that was created without encryption stays so; nothing else is without it.
fn unencrypted(database: &Database<'_>) -> Option<Finding> {
    let encryption = &database.intent.encryption;
    let (message, why) = match (database.engine().rds(), &database.written.provision) {
        (Some(_), None) => return None,
        (Some(_), Some(_)) => (
            "a new database without encryption",
            "it could only be encrypted later by restoring it into another one",
        ),
        (None, _) => (
            "only RDS has databases without encryption",
            "the policy would say what is not so",
        ),
    };
    (encryption.value == Encryption::Unencrypted).then(|| {
        super::about(&CODE, database, encryption, message)
            .label(database.written.engine.place, "the engine is set here")
            .why(why)
            .fix("write `provider_managed` or `customer_managed`")
    })
}

fn store(store: &Store<'_>) -> Option<Finding> {
    let encryption = store.written.encryption.as_ref()?;
    if encryption.value == Encryption::Unencrypted {
        return Some(
            Finding::new(&CODE, encryption.place, "no store is without encryption")
                .why("S3 and Azure encrypt whatever they hold")
                .fix("write `provider_managed` or `customer_managed`"),
        );
    }
    let (Encryption::Key(key), Scope::Aws { region, .. }) = (&encryption.value, store.site.scope)
    else {
        return None;
    };
    let key_region = key.split(':').nth(3).filter(|_| key.starts_with("arn:"));
    let message = match key_region {
        None => "S3 cannot use a key of Azure Key Vault".to_owned(),
        Some(other) if other != region => {
            format!("the key is in {other}, the bucket in {region}")
        }
        Some(_) => return None,
    };
    Some(
        Finding::new(&CODE, encryption.place, message)
            .label(store.written.at.place, "where the bucket is")
            .why("a bucket is encrypted with a key of its own Region")
            .fix(format!("name the ARN of a KMS key in {region}, or write `customer_managed`")),
    )
}

fn foreign(database: &Database<'_>) -> Option<Finding> {
    let Encryption::Key(key) = &database.intent.encryption.value else {
        return None;
    };
    let kms = key.starts_with("arn:");
    let (message, fix) = match (database.engine(), database.site.scope) {
        (engine, _) if engine.rds().is_some() && !kms => (
            "RDS cannot use a key of Azure Key Vault".to_owned(),
            "name the ARN of a KMS key".to_owned(),
        ),
        (Engine::AzurePostgres, _) if kms => (
            "Azure cannot use a key of AWS KMS".to_owned(),
            "name the URL of a Key Vault key".to_owned(),
        ),
        (engine, Scope::Aws { region, .. }) if engine.rds().is_some() => {
            let key_region = key.split(':').nth(3).unwrap_or_default();
            if key_region == region {
                return None;
            }
            (
                format!("the key is in {key_region}, the database in {region}"),
                format!("name a key in {region}; of a multi-Region key, the replica there"),
            )
        }
        _ => return None,
    };
    Some(
        super::about(&CODE, database, &database.intent.encryption, message)
            .label(database.written.at.place, "where the database is")
            .why("a database is encrypted with a key of its own cloud and Region")
            .fix(fix),
    )
}
