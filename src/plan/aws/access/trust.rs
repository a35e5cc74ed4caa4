//! Who may take a role.

use serde_json::{Value, json};

use super::Region;
use crate::cloud::aws::{PolicyDocument, partition};
use crate::policy::{GitHub, ISSUER, Subjects};
use crate::resolve::Estate;

/// One who may take a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TakenBy {
    /// Workflows of the policy's repository, from its branch or for its environment.
    Workflows,
    /// The same, and workflows that review its pull requests.
    Reviews,
    /// A role of another account, or of this one.
    Role { account: String, arn: String },
    /// RDS, to write an export.
    Exports,
}

/// None: the policy does not say who.
pub(super) fn trust(
    estate: &Estate<'_>,
    home: Region<'_>,
    taken_by: &[TakenBy],
) -> Option<PolicyDocument> {
    let statements: Vec<Value> = taken_by
        .iter()
        .filter_map(|by| match by {
            TakenBy::Workflows => {
                let github = estate.github?;
                Some(workflows(home, &[github.subjects()]))
            }
            TakenBy::Reviews => {
                let github: &GitHub = estate.github?;
                let all: Vec<Subjects> = [Some(github.subjects()), github.pull_request_subjects()]
                    .into_iter()
                    .flatten()
                    .collect();
                Some(workflows(home, &all))
            }
            TakenBy::Role { account, arn } => Some(reader(home, account, arn)),
            TakenBy::Exports => Some(json!({
                "Sid": "Exports",
                "Effect": "Allow",
                "Principal": { "Service": "export.rds.amazonaws.com" },
                "Action": "sts:AssumeRole",
            })),
        })
        .collect();
    (!statements.is_empty()).then(|| PolicyDocument::new(statements))
}

/// Workflows whose identities are called so.
fn workflows(home: Region<'_>, subjects: &[Subjects]) -> Value {
    // AWS names an identity provider without its scheme.
    let issuer = ISSUER.trim_start_matches("https://");
    let (partition, account) = (partition(home.region), home.account);
    let provider = format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}");
    // Where the policy has no numbers, any will do.
    let operator = match subjects.iter().all(|it| it.by_number.is_some()) {
        true => "StringEquals",
        false => "StringLike",
    };
    let forms = subjects.iter().flat_map(|it| [&it.by_name, &it.pattern]);
    let forms: Vec<&String> = forms.collect();
    let mut condition = json!({ "StringEquals": { format!("{issuer}:aud"): "sts.amazonaws.com" } });
    condition[operator][format!("{issuer}:sub")] = json!(forms);
    json!({
        "Sid": "Workflows",
        "Effect": "Allow",
        "Principal": { "Federated": provider },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    })
}

/// A role, by a condition: as a principal it would have to exist before this one, and would be another
/// one to AWS once it is made anew.
fn reader(home: Region<'_>, account: &str, arn: &str) -> Value {
    json!({
        "Sid": "Reader",
        "Effect": "Allow",
        "Principal": { "AWS": format!("arn:{}:iam::{account}:root", partition(home.region)) },
        "Action": "sts:AssumeRole",
        "Condition": { "ArnEquals": { "aws:PrincipalArn": arn } },
    })
}
