//! What is Azure's alone: ids, deployments, replicas.

use super::super::OUT;
use crate::cloud::Command;
use crate::cloud::azure::resource_id;
use crate::plan::{Body, Resource, Scope};

/// The id of a resource. One that belongs to another, as a lock, has that one's id before its own.
pub(super) fn id(resource: &Resource) -> String {
    let Scope::Azure {
        subscription,
        resource_group,
    } = &resource.address.scope
    else {
        return String::new();
    };
    let (kind, tree) = (&resource.address.kind, resource.body.tree());
    let name = tree["name"].as_str().unwrap_or(&resource.address.name);
    match tree["scope"].as_str() {
        Some(scope) => format!("{scope}/providers/{kind}/{name}"),
        None => resource_id(subscription, resource_group, kind, name),
    }
}

/// The deployment of a template: its name is the template's, so that its history is one.
pub(super) fn deploy(resource: &Resource, file: &str) -> Option<Command> {
    let Scope::Azure {
        subscription,
        resource_group,
    } = &resource.address.scope
    else {
        return None;
    };
    let name = file.rsplit('/').next()?.strip_suffix(".json")?;
    Some(Command::new([
        "az",
        "deployment",
        "group",
        "create",
        "--subscription",
        subscription,
        "--resource-group",
        resource_group,
        "--name",
        &format!("backstay-{name}"),
        "--mode",
        "Incremental",
        "--template-file",
        &format!("{OUT}/{file}"),
    ]))
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
