//! KMS keys, each with the alias by which people and drift find it.

use super::super::{Purpose, Resource};
use super::Region;
use crate::cloud::aws::{PolicyDocument, Tags, Value, kms, partition};
use crate::source::Place;

/// A key that one stack makes for what it holds.
pub(super) struct Key<'a> {
    pub purpose: Purpose,
    /// The part of the policy that it is for.
    pub name: &'a str,
    /// The name of its stack, and of its alias.
    pub stack: &'a str,
    pub logical_id: &'a str,
    /// What it encrypts, for people.
    pub encrypts: String,
    pub tags: Option<Tags>,
    /// Who may use it beside the account: statements of its policy.
    pub users: Vec<serde_json::Value>,
    pub place: Place,
}

impl Key<'_> {
    /// The key and its alias.
    pub(super) fn resources(self, region: Region<'_>) -> [Resource; 2] {
        let Key {
            purpose,
            name,
            stack,
            logical_id,
            encrypts,
            tags,
            users,
            place,
        } = self;
        let alias = kms::alias(stack);
        let key = kms::Key {
            description: Some(format!("Encrypts {encrypts}")),
            enabled: Some(kms::Usable::Is(true)),
            enable_key_rotation: Some(true),
            key_policy: Some(PolicyDocument::new(
                [account_decides(region)].into_iter().chain(users),
            )),
            tags,
        };
        let target = kms::Alias {
            alias_name: alias.clone(),
            target_key_id: Value::reference(logical_id),
        };
        let owner = |id: &str| region.stack(purpose, stack, id);
        let alias_id = format!("{logical_id}Alias");
        [
            region.resource(name, &alias, key, owner(logical_id), place),
            region.resource(name, &alias, target, owner(&alias_id), place),
        ]
    }
}

/// The account's own IAM policies decide who may use the key.
fn account_decides(region: Region<'_>) -> serde_json::Value {
    let root = format!(
        "arn:{}:iam::{}:root",
        partition(region.region),
        region.account
    );
    serde_json::json!({
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": { "AWS": root },
        "Action": "kms:*",
        "Resource": "*",
    })
}
