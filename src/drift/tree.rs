//! Steps through trees whose lists may be named.

use serde_json::Value;

/// A pointer's next step.
pub(super) fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// What names a member of a list: a rule's id, a tag's key, a statement's, a copy's destination, an
/// action group, a subscriber's address, a policy's.
const NAMES: [&str; 10] = [
    "Id",
    "Key",
    "name",
    "Sid",
    "RuleName",
    "DestinationBackupVaultArn",
    "datastoreType",
    "actionGroupId",
    "Endpoint",
    "PolicyName",
];

/// The name of a list's member.
pub(super) fn item_name(item: &Value) -> Option<&str> {
    NAMES.into_iter().find_map(|key| item.get(key)?.as_str())
}

/// Some when every member of the list has a name.
pub(super) fn identity(list: &Value) -> Option<()> {
    let list = list.as_array()?;
    list.iter()
        .all(|item| item_name(item).is_some())
        .then_some(())
}

/// Follows a pointer whose steps into lists are names, or the members themselves.
pub(super) fn lookup<'v>(tree: &'v Value, pointer: &str) -> Option<&'v Value> {
    pointer.split('/').skip(1).try_fold(tree, |value, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        match value {
            Value::Array(list) => list
                .iter()
                .find(|item| item_name(item).or(item.as_str()) == Some(step.as_str()))
                .or_else(|| list.get(step.parse::<usize>().ok()?)),
            other => other.get(&step),
        }
    })
}
