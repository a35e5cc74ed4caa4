//! Who may do what: who has which role.

use serde::{Deserialize, Serialize};

use crate::cloud::property::property;
use crate::cloud::{Direction, NotCompared, Owned, Property, Restore};

use Direction::{Neutral, OthersAreWeaker};
use Restore::Replacement;

/// That an identity has a role, in a resource group or on one thing in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAssignment {
    /// A GUID.
    pub name: String,
    /// Id of the thing; the resource group where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    pub properties: Assignment,
    /// Id of the identity. Its number in the directory is known to Azure alone, so the frame asks
    /// for it.
    #[serde(skip)]
    pub holder: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    pub role_definition_id: String,
    /// ServicePrincipal, which is what an identity is to the directory.
    pub principal_type: String,
}

impl Owned for RoleAssignment {
    const TYPE: &'static str = "Microsoft.Authorization/roleAssignments";
    const API_VERSION: Option<&'static str> = Some("2022-04-01");

    /// An assignment never changes: another one takes its place.
    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/scope", Neutral, Replacement),
        property("/properties/roleDefinitionId", OthersAreWeaker, Replacement),
        property("/properties/principalType", Neutral, Replacement),
    ];

    const NOT_COMPARED: &'static [NotCompared] = &[NotCompared {
        path: "/properties/principalId",
        beside: None,
        reason: "the directory numbers an identity when it is made; no policy knows the number",
    }];
}
