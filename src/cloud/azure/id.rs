//! The identities of Azure Resource Manager.

/// The id of a resource in a group. The steps of a child's type and name alternate:
/// `Microsoft.X/vaults/policies` with `v/p` is `…/Microsoft.X/vaults/v/policies/p`.
pub fn resource_id(subscription: &str, resource_group: &str, kind: &str, name: &str) -> String {
    let mut kinds = kind.split('/');
    let provider = kinds.next().unwrap_or_default();
    let group = format!(
        "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/{provider}"
    );
    kinds
        .zip(name.split('/'))
        .fold(group, |id, (kind, name)| format!("{id}/{kind}/{name}"))
}
