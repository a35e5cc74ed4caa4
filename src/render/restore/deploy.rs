//! The commands that deploy what is rendered whole.

use std::collections::HashSet;

use super::super::OUT;
use crate::cloud::Command;
use crate::plan::{Owner, Plan, Purpose, Resource, Scope};

/// The commands that deploy everything that is rendered whole: what others name comes first, else in
/// the order of the plan.
pub fn deploy_commands(plan: &Plan) -> Vec<Command> {
    let mut resources: Vec<&Resource> = plan.resources.iter().collect();
    resources.sort_by_key(|resource| resource.owner.purpose());
    let mut seen = HashSet::new();
    resources.retain(|resource| seen.insert(resource.owner.file()));
    resources.into_iter().filter_map(deploy_command).collect()
}

/// Deploying the same template again would change nothing: CloudFormation compares it with the last
/// one, not with what is live. Source: "Using drift-aware change sets", CloudFormation user guide.
pub(super) fn revert(resource: &Resource) -> Option<Command> {
    let (Owner::Stack { stack, .. }, Scope::Aws { region, .. }) =
        (&resource.owner, &resource.address.scope)
    else {
        return None;
    };
    Some(Command::new([
        "aws",
        "cloudformation",
        "create-change-set",
        "--region",
        region,
        "--stack-name",
        stack,
        "--change-set-name",
        "backstay-revert-drift",
        "--deployment-mode",
        "REVERT_DRIFT",
        "--use-previous-template",
    ]))
}

pub(super) fn deploy_command(resource: &Resource) -> Option<Command> {
    match (&resource.owner, &resource.address.scope) {
        (
            Owner::Stack {
                stack,
                file,
                purpose,
                ..
            },
            Scope::Aws { region, .. },
        ) => {
            let command = Command::new([
                "aws",
                "cloudformation",
                "deploy",
                "--region",
                region,
                "--stack-name",
                stack,
                "--template-file",
                &format!("{OUT}/{file}"),
            ]);
            Some(match purpose {
                // CloudFormation makes roles of given names only when it is told so.
                Purpose::BackupPlans | Purpose::Access => {
                    command.args(["--capabilities", "CAPABILITY_NAMED_IAM"])
                }
                Purpose::Vault | Purpose::Database | Purpose::Store | Purpose::Alerts => command,
            })
        }
        (
            Owner::Template { file, .. },
            Scope::Azure {
                subscription,
                resource_group,
            },
        ) => Some(Command::new([
            "az",
            "deployment",
            "group",
            "create",
            "--subscription",
            subscription,
            "--resource-group",
            resource_group,
            "--name",
            &format!("backstay-{}", resource.name),
            "--mode",
            "Incremental",
            "--template-file",
            &format!("{OUT}/{file}"),
        ])),
        _ => None,
    }
}
