//! The identities of Azure Resource Manager.

use uuid::Uuid;

/// The id of a resource group.
pub fn group_id(subscription: &str, resource_group: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{resource_group}")
}

/// The id of a resource in a group. The steps of a child's type and name alternate:
/// `Microsoft.X/vaults/policies` with `v/p` is `…/Microsoft.X/vaults/v/policies/p`.
pub fn resource_id(subscription: &str, resource_group: &str, kind: &str, name: &str) -> String {
    let mut kinds = kind.split('/');
    let provider = kinds.next().unwrap_or_default();
    let group = group_id(subscription, resource_group);
    let within = format!("{group}/providers/{provider}");
    kinds
        .zip(name.split('/'))
        .fold(within, |id, (kind, name)| format!("{id}/{kind}/{name}"))
}

/// A number for what is told apart by these texts: the same on every run and machine.
pub fn guid(parts: &[&str]) -> String {
    // No id has a line break.
    Uuid::new_v5(&Uuid::NAMESPACE_URL, parts.join("\n").as_bytes()).to_string()
}
