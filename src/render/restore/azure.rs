//! What is Azure's alone: deployments, replicas, storage accounts.

use super::super::parameters;
use crate::cloud::Command;
use crate::plan::{Body, Owner, Resource, Scope};

/// A command of `az` on something in the resource's group.
pub(super) fn az(resource: &Resource, words: &[&str]) -> Option<Command> {
    let Scope::Azure {
        subscription,
        resource_group,
    } = &resource.address.scope
    else {
        return None;
    };
    let group = [
        "--subscription",
        subscription,
        "--resource-group",
        resource_group,
    ];
    let command = Command::new(["az"]).args(words.iter().copied());
    Some(command.args(group.map(str::to_owned)))
}

/// Deploys a template, or shows what that would change. The deployment's name is the template's, so
/// that its history is one.
pub(super) fn template(resource: &Resource, verb: &str) -> Option<Command> {
    let Owner::Template { file, .. } = &resource.owner else {
        return None;
    };
    let name = file.rsplit('/').next()?.strip_suffix(".json")?;
    let command = az(resource, &["deployment", "group", verb])?
        .args(["--name", &format!("backstay-{name}")])
        .args(["--mode", "Incremental", "--template-file"])
        .file(file);
    Some(match parameters::path(&resource.owner) {
        Some(path) => command.arg("--parameters").file_behind("@", &path),
        None => command,
    })
}

/// The identities of a server that nothing renders.
pub(super) fn assign(resource: &Resource) -> Option<Command> {
    let Body::Replica(body) = &resource.body else {
        return None;
    };
    let identity = body.identity.as_ref()?;
    let words = ["postgres", "flexible-server", "identity", "assign"];
    let command = az(resource, &words)?.args(["--server-name", &body.name, "--identity"]);
    Some(command.args(identity.user_assigned_identities.keys()))
}

/// A replica of a server that nothing renders is made by hand.
pub(super) fn create_replica(resource: &Resource) -> Option<Command> {
    let Body::Replica(body) = &resource.body else {
        return None;
    };
    let source = body.properties.source_server_resource_id.as_deref()?;
    let words = ["postgres", "flexible-server", "replica", "create"];
    let command = az(resource, &words)?.args(["--name", &body.name, "--source-server", source]);
    let location = body.location.iter();
    Some(command.args(location.flat_map(|region| ["--location", region])))
}

/// Reads the Blob service, changes what is given and puts the rest as it was.
pub(super) fn update_blob_service(resource: &Resource, words: Vec<String>) -> Option<Command> {
    let account = resource.address.name.split('/').next()?;
    let update = ["storage", "account", "blob-service-properties", "update"];
    let command = az(resource, &update)?.args(["--account-name", account]);
    Some(command.args(words))
}

/// What a locked policy can never change.
const FIXED: [&str; 2] = [
    "/properties/allowProtectedAppendWrites",
    "/properties/allowProtectedAppendWritesAll",
];

/// The script that makes a container immutable and locks it: no template can.
pub(super) fn lock(resource: &Resource, pointer: &str) -> Option<Command> {
    if FIXED.contains(&pointer) {
        return None;
    }
    let (Owner::Existing { file, .. }, Body::ImmutabilityPolicy(_)) =
        (&resource.owner, &resource.body)
    else {
        return None;
    };
    let script = Command::new(["bash"]).file(file);
    Some(script.args(["--apply", "--lock"]))
}
