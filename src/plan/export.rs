//! Exports of RDS snapshots to S3: a copy for analytics, in a form that no database can be restored
//! from.

use serde::Serialize;

use super::lifecycle::EXPORT;
use super::{AwsRegion, Job, key_alias, snapshot};
use crate::cloud::aws::{limits, roles};
use crate::policy::{Encryption, Task};
use crate::resolve::{Database, Estate};

/// One export job. Serialises to what the script's template is given.
#[derive(Debug, Clone, Serialize)]
pub struct Export {
    #[serde(flatten)]
    pub job: Job,
    pub account: String,
    pub region: String,
    pub instance: String,
    /// How the identifier of each export starts.
    pub prefix: String,
    pub store: String,
    pub bucket: String,
    pub bucket_account: String,
    /// Where in the bucket, without a slash at its end.
    pub folder: String,
    /// The role that RDS takes to write.
    pub role: String,
    /// The key that encrypts what is exported, where the policy has one.
    pub key: Option<String>,
    pub keep_days: u64,
}

/// A script's stamp, as -20261125t021700z.
const STAMP: usize = 17;

pub(super) fn export(database: &Database<'_>, estate: &Estate<'_>) -> Option<Export> {
    let export = database.written.export.as_ref()?;
    let AwsRegion {
        account, region, ..
    } = AwsRegion::of(database.site)?;
    let store = estate.store(&export.to)?;
    let name = &database.name.value;
    let mut prefix = snapshot::prefix(name);
    prefix.truncate(limits::EXPORT_IDENTIFIER - STAMP);
    Some(Export {
        job: Job::of(database, Task::Export, estate)?,
        // By convention; the environment can name another.
        role: roles::arn(&region, &account, roles::EXPORT_WRITER),
        account,
        region,
        instance: database.written.id.to_ascii_lowercase(),
        prefix: prefix.trim_end_matches('-').to_owned(),
        store: store.name.value.clone(),
        bucket: store.written.bucket.as_ref()?.value.clone(),
        bucket_account: AwsRegion::of(store.site)?.account,
        folder: format!("{EXPORT}/{name}"),
        key: match &database.intent.encryption.value {
            Encryption::Key(key) => Some(key.clone()),
            Encryption::CustomerManaged if database.written.provision.is_some() => {
                Some(key_alias(name))
            }
            Encryption::CustomerManaged | Encryption::ProviderManaged | Encryption::Unencrypted => {
                None
            }
        },
        keep_days: export.keep.value.days(),
    })
}
