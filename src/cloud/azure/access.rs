//! Who may do what: identities, the workflows that may be them, roles and who has them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::cloud::property::property;
use crate::cloud::{Direction, NotCompared, Owned, Property, Restore};

use Direction::{Neutral, OthersAreWeaker};
use Restore::{Replacement, Revert};

/// An identity of Azure's own, without any secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub name: String,
    pub location: String,
}

impl Owned for Identity {
    const TYPE: &'static str = "Microsoft.ManagedIdentity/userAssignedIdentities";
    const API_VERSION: Option<&'static str> = Some("2024-11-30");

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/location", Neutral, Replacement),
    ];
}

/// Whom an identity trusts: tokens of one issuer about one subject, letter by letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FederatedCredential {
    /// IDENTITY/NAME
    pub name: String,
    pub properties: Trust,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    pub issuer: String,
    pub subject: String,
    pub audiences: BTreeSet<String>,
}

impl Owned for FederatedCredential {
    const TYPE: &'static str =
        "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
    const API_VERSION: Option<&'static str> = Some("2024-11-30");

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/properties/issuer", OthersAreWeaker, Revert),
        property("/properties/subject", OthersAreWeaker, Revert),
        property("/properties/audiences", OthersAreWeaker, Revert),
    ];
}

/// A role of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleDefinition {
    /// A GUID.
    pub name: String,
    pub properties: Role,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Unique in the whole tenant.
    pub role_name: String,
    pub description: String,
    /// CustomRole
    #[serde(rename = "type")]
    pub kind: String,
    pub permissions: Vec<Permission>,
    pub assignable_scopes: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    pub actions: BTreeSet<String>,
    pub not_actions: BTreeSet<String>,
    pub data_actions: BTreeSet<String>,
    pub not_data_actions: BTreeSet<String>,
}

impl Owned for RoleDefinition {
    const TYPE: &'static str = "Microsoft.Authorization/roleDefinitions";
    const API_VERSION: Option<&'static str> = Some("2022-04-01");

    /// A right that the policy does not give is a weakness, and one that is missing an outage: any
    /// other set of rights is drift that must be looked at.
    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/properties/roleName", Neutral, Revert),
        property("/properties/description", Neutral, Revert),
        property("/properties/type", Neutral, Replacement),
        property("/properties/permissions", OthersAreWeaker, Revert),
        property("/properties/permissions/*/actions", OthersAreWeaker, Revert),
        property("/properties/permissions/*/notActions", OthersAreWeaker, Revert),
        property("/properties/permissions/*/dataActions", OthersAreWeaker, Revert),
        property("/properties/permissions/*/notDataActions", OthersAreWeaker, Revert),
        property("/properties/assignableScopes", OthersAreWeaker, Revert),
    ];
}

/// That an identity has a role, in a resource group or on one thing in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAssignment {
    /// A GUID.
    pub name: String,
    /// Id of the thing; the resource group where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    pub properties: Assignment,
    /// Whose it is. Its number in the directory is known to Azure alone, so the frame asks for it.
    #[serde(skip)]
    pub holder: Holder,
}

/// Whose role it is, by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A vault, by the identity that ends with it.
    Vault(String),
    Identity(String),
}

/// What is read back from a template has no holder.
impl Default for Holder {
    fn default() -> Holder {
        Holder::Identity(String::new())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    pub role_definition_id: String,
    /// To which data of what it is on, in the language of Azure's conditions. None: to all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition_version: Option<String>,
    /// ServicePrincipal, which is what an identity is to the directory.
    pub principal_type: String,
}

impl Owned for RoleAssignment {
    const TYPE: &'static str = "Microsoft.Authorization/roleAssignments";
    const API_VERSION: Option<&'static str> = Some("2022-04-01");

    /// But for its condition an assignment never changes: another one takes its place.
    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/scope", Neutral, Replacement),
        property("/properties/roleDefinitionId", OthersAreWeaker, Replacement),
        property("/properties/condition", OthersAreWeaker, Revert),
        property("/properties/conditionVersion", Neutral, Revert),
        property("/properties/principalType", Neutral, Replacement),
    ];

    const NOT_COMPARED: &'static [NotCompared] = &[NotCompared {
        path: "/properties/principalId",
        beside: None,
        reason: "the directory numbers an identity when it is made; no policy knows the number",
    }];
}
