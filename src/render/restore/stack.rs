//! The commands for whole CloudFormation stacks.

use super::key::told;
use crate::cloud::Command;
use crate::plan::{Owner, Purpose, Resource, Scope};

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
    let command = capable(command, *purpose);
    let command = match taken.is_empty() {
        true => command,
        false => command.arg("--parameter-overrides"),
    };
    Some(taken.iter().fold(command, |command, parameter| {
        let key = told(&parameter.region, &parameter.alias, "Arn");
        command.output(&format!("{}=", parameter.name), key)
    }))
}

/// CloudFormation touches a stack that has roles only where that is said.
fn capable(command: Command, purpose: Purpose) -> Command {
    match purpose {
        Purpose::BackupPlans | Purpose::Access => {
            command.args(["--capabilities", "CAPABILITY_NAMED_IAM"])
        }
        _ => command,
    }
}

/// Every parameter that the stack has, with the value that it has. One that is not named falls back to
/// its default, which may replace a database or restore tests into another network.
const KEPT: &str = "Stacks[].Parameters[].{ParameterKey: ParameterKey, UsePreviousValue: ParameterKey == ParameterKey}";

/// Deploying the same template again would change nothing: CloudFormation compares it with the last
/// one, not with what is live. Source: "Using drift-aware change sets", CloudFormation user guide.
pub(super) fn revert(resource: &Resource) -> Option<Command> {
    let (stack, purpose, region) = match (&resource.owner, &resource.address.scope) {
        (Owner::Stack { stack, purpose, .. }, Scope::Aws { region, .. }) => {
            (stack, *purpose, region)
        }
        _ => return None,
    };
    let on = |verb| {
        let words = ["aws", "cloudformation", verb, "--region", region];
        Command::new(words).args(["--stack-name", stack])
    };
    let kept = on("describe-stacks").args(["--query", KEPT, "--output", "json"]);
    let command = on("create-change-set")
        .args(["--change-set-name", "backstay-revert-drift"])
        .args([
            "--deployment-mode",
            "REVERT_DRIFT",
            "--use-previous-template",
        ]);
    Some(
        capable(command, purpose)
            .arg("--parameters")
            .output("", kept),
    )
}
