//! What an identity of AWS is allowed, and who may be that identity.

use crate::cloud::aws::PolicyDocument;

/// The policy of one role. Where nobody says who may take it, the role is not backstay's to make.
#[derive(Debug, Clone)]
pub struct Grant {
    pub account: String,
    /// The role's name.
    pub role: String,
    /// The name of its documents. A role that a location names may be called anything.
    pub document: String,
    pub allows: PolicyDocument,
    pub trust: Option<PolicyDocument>,
}
