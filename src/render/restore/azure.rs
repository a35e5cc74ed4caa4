//! What is Azure's alone: deployments, replicas, storage accounts.

use super::super::parameters;
use crate::cloud::Command;
use crate::plan::{Body, Owner, Resource, Scope};

/// Deploys a template, or shows what that would change. The deployment's name is the template's, so
/// that its history is one.
pub(super) fn template(resource: &Resource, verb: &str) -> Option<Command> {
    let (
        Owner::Template { file, .. },
        Scope::Azure {
            subscription,
            resource_group,
        },
    ) = (&resource.owner, &resource.address.scope)
    else {
        return None;
    };
    let name = file.rsplit('/').next()?.strip_suffix(".json")?;
    let command = Command::new([
        "az",
        "deployment",
        "group",
        verb,
        "--subscription",
        subscription,
        "--resource-group",
        resource_group,
        "--name",
        &format!("backstay-{name}"),
        "--mode",
        "Incremental",
        "--template-file",
    ])
    .file(file);
    Some(match parameters::path(&resource.owner) {
        Some(path) => command.arg("--parameters").file_behind("@", &path),
        None => command,
    })
}

/// The identities of a server that nothing renders.
pub(super) fn assign(resource: &Resource) -> Option<Command> {
    let (
        Body::Replica(body),
        Scope::Azure {
            subscription,
            resource_group,
        },
    ) = (&resource.body, &resource.address.scope)
    else {
        return None;
    };
    let identity = body.identity.as_ref()?;
    Some(
        Command::new([
            "az",
            "postgres",
            "flexible-server",
            "identity",
            "assign",
            "--subscription",
            subscription,
            "--resource-group",
            resource_group,
            "--server-name",
            &body.name,
            "--identity",
        ])
        .args(identity.user_assigned_identities.keys()),
    )
}

/// A replica of a server that nothing renders is made by hand.
pub(super) fn create_replica(resource: &Resource) -> Option<Command> {
    let (
        Body::Replica(body),
        Scope::Azure {
            subscription,
            resource_group,
        },
    ) = (&resource.body, &resource.address.scope)
    else {
        return None;
    };
    let location = body.location.iter();
    Some(
        Command::new([
            "az",
            "postgres",
            "flexible-server",
            "replica",
            "create",
            "--subscription",
            subscription,
            "--resource-group",
            resource_group,
            "--name",
            &body.name,
            "--source-server",
            body.properties.source_server_resource_id.as_deref()?,
        ])
        .args(location.flat_map(|region| ["--location", region])),
    )
}

/// Reads the Blob service, changes what is given and puts the rest as it was.
pub(super) fn update_blob_service(
    subscription: &str,
    group: &str,
    name: &str,
    words: Vec<String>,
) -> Command {
    let account = name.split('/').next().unwrap_or_default();
    Command::new([
        "az",
        "storage",
        "account",
        "blob-service-properties",
        "update",
        "--subscription",
        subscription,
        "--resource-group",
        group,
        "--account-name",
        account,
    ])
    .args(words)
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
