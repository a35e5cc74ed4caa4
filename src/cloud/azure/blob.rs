//! What of a storage account holds backups: its Blob service, a container, a container's immutability.

use serde::{Deserialize, Serialize};

use crate::cloud::property::property;
use crate::cloud::{Direction, Owned, Property, Restore};

use Direction::{MoreIsStronger, Neutral, OthersAreWeaker, Ranked};
use Restore::{Option as Flag, Replacement, Revert};

const API_VERSION: Option<&str> = Some("2026-04-01");

/// The Blob service of an account that exists. A template would reset what it leaves out ("if no
/// CorsRule elements are included in the request body, all CORS rules will be deleted"), so this is
/// never one's resource: a script sets what is owned and leaves the rest alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobService {
    /// ACCOUNT/default
    pub name: String,
    /// The account's redundancy, which ARM tells beside the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    pub properties: ServiceProperties,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sku {
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceProperties {
    pub is_versioning_enabled: bool,
    /// Of blobs.
    pub delete_retention_policy: SoftDelete,
    pub container_delete_retention_policy: SoftDelete,
}

/// What is deleted can be brought back for some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftDelete {
    pub enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

impl Owned for BlobService {
    const TYPE: &'static str = "Microsoft.Storage/storageAccounts/blobServices";
    const API_VERSION: Option<&'static str> = API_VERSION;

    /// Options are those of `az storage account blob-service-properties update`.
    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        // Two orders in one: a copy elsewhere is worth more than a copy in another zone.
        property("/sku/name", Ranked(&[
            "Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS",
        ]), Replacement),
        property("/properties/isVersioningEnabled", MoreIsStronger, Flag("--enable-versioning"))
            .losing("what is overwritten from then on, in every container of the account"),
        property("/properties/deleteRetentionPolicy/enabled", MoreIsStronger, Flag("--enable-delete-retention")),
        property("/properties/deleteRetentionPolicy/days", MoreIsStronger, Flag("--delete-retention-days"))
            .losing("deleted blobs that could still be brought back"),
        property("/properties/containerDeleteRetentionPolicy/enabled", MoreIsStronger, Flag("--enable-container-delete-retention")),
        property("/properties/containerDeleteRetentionPolicy/days", MoreIsStronger, Flag("--container-delete-retention-days"))
            .losing("deleted containers that could still be brought back"),
    ];
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// ACCOUNT/default/CONTAINER
    pub name: String,
    pub properties: ContainerProperties,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerProperties {
    /// None, Blob or Container: what may be read without a login.
    pub public_access: String,
}

impl Owned for Container {
    const TYPE: &'static str = "Microsoft.Storage/storageAccounts/blobServices/containers";
    const API_VERSION: Option<&'static str> = API_VERSION;

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/properties/publicAccess", Ranked(&["Container", "Blob", "None"]), Revert),
    ];
}

/// Time-based retention of a whole container: what is written can be neither changed nor deleted
/// before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImmutabilityPolicy {
    /// ACCOUNT/default/CONTAINER/default
    pub name: String,
    pub properties: ImmutabilityProperties,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImmutabilityProperties {
    #[serde(rename = "immutabilityPeriodSinceCreationInDays")]
    pub days: u32,
    pub allow_protected_append_writes: bool,
    pub allow_protected_append_writes_all: bool,
    /// Unlocked or Locked. Read-only to a template: only an action of its own locks a policy, and a
    /// locked one refuses to be put again. None: the policy is a template's resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

impl Owned for ImmutabilityPolicy {
    const TYPE: &'static str =
        "Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies";
    const API_VERSION: Option<&'static str> = API_VERSION;

    #[rustfmt::skip]
    const PROPERTIES: &'static [Property] = &[
        property("/name", Neutral, Replacement),
        property("/properties/immutabilityPeriodSinceCreationInDays", MoreIsStronger, Revert),
        property("/properties/allowProtectedAppendWrites", OthersAreWeaker, Revert),
        property("/properties/allowProtectedAppendWritesAll", OthersAreWeaker, Revert),
        property("/properties/state", Ranked(&["Unlocked", "Locked"]), Revert),
    ];
}
