//! AWS::SNS::Topic, and who may publish to it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::PolicyDocument;
use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Topic {
    pub topic_name: String,
    /// The alias of the key: SNS tells it back as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_master_key_id: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub subscription: BTreeSet<Subscription>,
}

/// A subscription that the topic owns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Subscription {
    pub endpoint: String,
    pub protocol: String,
}

/// The policy of one topic. Its older sister, AWS::SNS::TopicPolicy, cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TopicPolicy {
    pub topic_arn: String,
    pub policy_document: PolicyDocument,
}

use Direction::{AbsentIsWeaker, Neutral};
use Restore::{Document, Replacement, Revert};

impl Owned for Topic {
    const TYPE: &'static str = "AWS::SNS::Topic";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/TopicName", Neutral, Replacement),
        property("/KmsMasterKeyId", AbsentIsWeaker, Revert),
        property("/Subscription", Neutral, Revert),
    ];
}

impl Owned for TopicPolicy {
    const TYPE: &'static str = "AWS::SNS::TopicInlinePolicy";

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/TopicArn", Neutral, Replacement),
        property("/PolicyDocument", Neutral, Document),
    ];
}
