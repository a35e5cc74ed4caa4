//! Resources that are read one at a time, by their ids.

use serde_json::Value;

use super::super::{Found, State, unreadable};
use super::arm::Arm;
use super::{access, alerts, backup, blob, is_absent, lock, metric, policy, reason};
use crate::plan::{Body, Resource};

/// A resource's properties in the plan's words. None: the answer says that it is not there.
pub(super) type Told = Result<Option<Value>, &'static str>;

pub(super) async fn read(arm: &Arm, resource: &Resource) -> State {
    let Some(what) = name(&resource.body) else {
        return unreadable("not a resource of Azure that is read by its id");
    };
    let Some(id) = resource.arm_id() else {
        return unreadable("not a resource of Azure");
    };
    let version = resource.body.api_version().unwrap_or_default();
    let answer = match arm.get(&id, version).await {
        Ok(answer) => answer,
        Err(error) if is_absent(&error) => return State::Missing,
        Err(error) => return unreadable(reason(what, &error)),
    };
    match told(resource, &answer) {
        Ok(Some(live)) => State::Found(Box::new(Found {
            live,
            busy: busy(&answer),
            ..Found::default()
        })),
        Ok(None) => State::Missing,
        Err(problem) => unreadable(format!(
            "{what}: the answer has another form than documented: {problem}"
        )),
    }
}

/// A state that a resource is passing through.
fn busy(answer: &Value) -> Option<String> {
    let state = answer["properties"]["provisioningState"].as_str();
    let passing = state.filter(|state| matches!(*state, "Provisioning" | "Updating"));
    passing.map(str::to_owned)
}

/// What a kind is called. None: it is not read by its id.
fn name(body: &Body) -> Option<&'static str> {
    Some(match body {
        Body::ManagementPolicy(_) => "management policy",
        Body::Lock(_) => "lock",
        Body::AzureVault(_) => "vault",
        Body::AzurePolicy(_) => "backup policy",
        Body::BlobService(_) => "blob service",
        Body::Container(_) => "container",
        Body::ImmutabilityPolicy(_) => "immutability policy",
        Body::Identity(_) => "identity",
        Body::FederatedCredential(_) => "federated credential",
        Body::RoleDefinition(_) => "role definition",
        Body::RoleAssignment(_) => "role assignment",
        Body::ActionGroup(_) => "action group",
        Body::ActivityLogAlert(_) => "activity log alert",
        Body::ProcessingRule(_) => "alert processing rule",
        Body::MetricAlert(_) => "metric alert",
        _ => return None,
    })
}

/// The answer in the plan's words.
fn told(resource: &Resource, answer: &Value) -> Told {
    match &resource.body {
        Body::ManagementPolicy(_) => policy::told(resource, answer),
        Body::Lock(planned) => lock::told(planned, answer),
        Body::AzureVault(planned) => backup::vault::live(planned, answer).map(Some),
        Body::AzurePolicy(planned) => backup::policy::live(planned, answer).map(Some),
        Body::BlobService(_) => blob::service(resource, answer),
        Body::Container(_) => blob::container(resource, answer),
        Body::ImmutabilityPolicy(_) => blob::immutability(resource, answer),
        Body::Identity(planned) => access::identity(planned, answer),
        Body::FederatedCredential(planned) => access::credential(planned, answer),
        Body::RoleDefinition(planned) => access::role(planned, answer),
        Body::RoleAssignment(planned) => access::assignment(planned, answer),
        Body::ActionGroup(planned) => alerts::group(planned, answer),
        Body::ActivityLogAlert(planned) => alerts::activity(planned, answer),
        Body::ProcessingRule(planned) => alerts::processing(planned, answer),
        Body::MetricAlert(planned) => metric::told(planned, answer),
        _ => Err("nobody knows the kind"),
    }
}
