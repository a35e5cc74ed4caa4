//! Which resource of which cloud: the identity by which plan and observation meet.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One resource of one cloud.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    #[serde(flatten)]
    pub scope: Scope,
    /// The resource's type in the provider's words, as AWS::RDS::DBInstance.
    #[serde(rename = "type")]
    pub kind: String,
    /// The resource's name, in lower case where the provider ignores case.
    pub name: String,
}

/// An account and Region, or a subscription and resource group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "snake_case")]
pub enum Scope {
    Aws {
        account: String,
        region: String,
    },
    Azure {
        subscription: String,
        resource_group: String,
    },
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Aws { account, region } => write!(f, "aws {account} {region}"),
            Scope::Azure { resource_group, .. } => write!(f, "azure {resource_group}"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.scope, self.kind, self.name)
    }
}
