//! Keys of customers, through one service only.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Instances, NAMED, allow, when};
use crate::cloud::aws::{arn, kms};
use crate::policy::Encryption;

/// Source: "Authorizing use of a customer managed key" in the RDS user guide; an export and a copy also
/// hand the key on.
pub(super) const OF_RDS: [&str; 4] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:GenerateDataKey",
];

/// Source: "Protecting data with AWS KMS" in the S3 user guide: an upload in parts decrypts as well.
pub(super) const TO_WRITE: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

/// Through which a key is used.
#[derive(Debug, Clone, Copy)]
pub(super) enum Service {
    Rds,
    S3,
}

impl Service {
    fn host(self, region: &str) -> String {
        let name = match self {
            Service::Rds => "rds",
            Service::S3 => "s3",
        };
        format!("{name}.{region}.amazonaws.com")
    }
}

/// What encrypts some things.
#[derive(Debug, Default)]
pub(super) struct Keys {
    named: BTreeSet<String>,
    /// One that is rendered has an alias: its id is KMS's to choose.
    aliases: BTreeSet<String>,
    /// The policy does not say which.
    unknown: bool,
}

impl Keys {
    pub(super) fn of(instances: &Instances<'_>) -> Keys {
        let mut keys = Keys::default();
        for database in &instances.databases {
            let rendered = database.written.provision.is_some();
            let alias = rendered.then(|| kms::alias(&database.name.value));
            keys.add(&database.intent.encryption.value, alias);
        }
        keys
    }

    pub(super) fn add(&mut self, encryption: &Encryption, alias: Option<String>) {
        match (encryption, alias) {
            (Encryption::ProviderManaged | Encryption::Unencrypted, _) => {}
            (Encryption::Key(key), _) => drop(self.named.insert(key.clone())),
            (Encryption::CustomerManaged, Some(alias)) => drop(self.aliases.insert(alias)),
            (Encryption::CustomerManaged, None) => self.unknown = true,
        }
    }

    /// What allows their use in these Regions.
    pub(super) fn statements(
        &self,
        account: &str,
        regions: &BTreeSet<&str>,
        service: Service,
        actions: &[&str],
    ) -> Vec<Value> {
        let any = any(account, regions);
        let through = through(service, regions);
        let mut ours = through.clone();
        let aliases = match self.aliases.len() > NAMED {
            true => BTreeSet::from([kms::alias("*")]),
            false => self.aliases.clone(),
        };
        ours["ForAnyValue:StringLike"] = json!({ "kms:ResourceAliases": aliases });
        let statements = [
            (
                !self.named.is_empty(),
                "Named",
                json!(self.named),
                through.clone(),
            ),
            (!aliases.is_empty(), "Rendered", json!(any), ours),
            (self.unknown, "Unknown", json!(any), through),
        ];
        let needed = statements.into_iter().filter(|(needed, ..)| *needed);
        needed
            .map(|(_, which, keys, condition)| {
                let sid = format!("{which}{service:?}Keys");
                when(allow(&sid, json!(actions), keys), condition)
            })
            .collect()
    }
}

/// Any key of an account's Regions.
pub(super) fn any(account: &str, regions: &BTreeSet<&str>) -> Vec<String> {
    let all = regions.iter();
    all.map(|region| arn("kms", region, account, "key/*"))
        .collect()
}

pub(super) fn through(service: Service, regions: &BTreeSet<&str>) -> Value {
    let services = regions.iter();
    let services: Vec<String> = services.map(|region| service.host(region)).collect();
    json!({ "StringEquals": { "kms:ViaService": services } })
}
