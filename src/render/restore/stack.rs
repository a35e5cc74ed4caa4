//! The commands for whole CloudFormation stacks.

use super::key::told;
use crate::cloud::Command;
use crate::plan::{Owner, Purpose, Resource, Scope};
use crate::render::stack::parameters;

pub(super) fn deploy(owner: &Owner, region: &str) -> Option<Command> {
    let Owner::Stack {
        stack,
        file,
        purpose,
        parameters: taken,
        ..
    } = owner
    else {
        return None;
    };
    let command = Command::new([
        "aws",
        "cloudformation",
        "deploy",
        "--region",
        region,
        "--stack-name",
        stack,
        "--template-file",
    ])
    .file(file);
    let command = match purpose {
        // It has roles, which CloudFormation makes only where that is said.
        Purpose::BackupPlans | Purpose::Access => {
            command.args(["--capabilities", "CAPABILITY_NAMED_IAM"])
        }
        _ => command,
    };
    let command = match taken.is_empty() {
        true => command,
        false => command.arg("--parameter-overrides"),
    };
    Some(taken.iter().fold(command, |command, parameter| {
        let key = told(&parameter.region, &parameter.alias, "Arn");
        command.output(&format!("{}=", parameter.name), key)
    }))
}

/// Deploying the same template again would change nothing: CloudFormation compares it with the last
/// one, not with what is live. Source: "Using drift-aware change sets", CloudFormation user guide.
pub(super) fn revert(resource: &Resource) -> Option<Command> {
    let (stack, purpose, taken, region) = match (&resource.owner, &resource.address.scope) {
        (
            Owner::Stack {
                stack,
                purpose,
                parameters,
                ..
            },
            Scope::Aws { region, .. },
        ) => (stack, purpose, parameters, region),
        _ => return None,
    };
    let command = Command::new([
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
    ]);
    let own = parameters(*purpose, &resource.body).iter().copied();
    let names: Vec<&str> = own
        .chain(taken.iter().map(|parameter| parameter.name))
        .collect();
    // A parameter that is not named falls back to its default, which may replace the database.
    let kept = names
        .iter()
        .map(|name| format!("ParameterKey={name},UsePreviousValue=true"));
    Some(match names.is_empty() {
        true => command,
        false => command.arg("--parameters").args(kept),
    })
}
