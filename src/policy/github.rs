//! The repository whose workflows take roles.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spanned::Spanned;
use crate::cloud::text_type;

/// The repository on GitHub whose workflows back up and look for drift. Roles are rendered that trust
/// it, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GitHub {
    /// owner/name.
    pub repository: Spanned<Repository>,
    /// Number of the owner, quoted: `gh api repos/OWNER/NAME --jq .owner.id`. Repositories made after
    /// 2026-07-15 say it in their identity; with it the trust is in this owner for ever.
    #[schemars(pattern(r"^[0-9]{1,20}$"))]
    pub owner_id: Option<Spanned<String>>,
    /// Number of the repository, quoted: `gh api repos/OWNER/NAME --jq .id`.
    #[schemars(pattern(r"^[0-9]{1,20}$"))]
    pub repository_id: Option<Spanned<String>>,
    /// Branch whose workflows are trusted. Built in: main.
    #[schemars(pattern(r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$"))]
    pub branch: Option<Spanned<String>>,
    /// Environment of the rendered workflows, which is trusted in place of a branch: it can have
    /// reviewers and branches of its own.
    #[schemars(pattern(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$"))]
    pub environment: Option<Spanned<String>>,
    /// Action that puts backstay onto the runners of the workflows that review and compare, pinned by
    /// its commit: owner/name@ and 40 digits. Without one, backstay has to be there.
    #[schemars(pattern(r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}@[0-9a-f]{40}$"))]
    pub action: Option<Spanned<String>>,
}

/// The branch of workflows that are scheduled.
const BRANCH: &str = "main";

/// Who signs the identities of workflows.
pub const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// What a workflow's identity is called, in both forms that GitHub writes: by names, and for
/// repositories made after 2026-07-15 by names and numbers. A name can be taken by somebody else one
/// day, a number cannot.
/// Source: "OpenID Connect reference" in the documentation of GitHub Actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subjects {
    pub by_name: String,
    /// None: the policy does not tell both numbers.
    pub by_number: Option<String>,
    /// By names and the numbers that are told, `*` for one that is not.
    pub pattern: String,
}

impl GitHub {
    /// The branch whose workflows are trusted.
    pub fn branch(&self) -> &str {
        self.branch
            .as_ref()
            .map_or(BRANCH, |branch| branch.value.as_str())
    }

    /// Of runs on the branch, or in the environment.
    pub fn subjects(&self) -> Subjects {
        self.subjects_of(&match &self.environment {
            Some(environment) => format!("environment:{}", environment.value),
            None => format!("ref:refs/heads/{}", self.branch()),
        })
    }

    /// Of runs for pull requests. None: they are in the environment as well, and called after it.
    pub fn pull_request_subjects(&self) -> Option<Subjects> {
        let called_so = self.environment.is_none();
        called_so.then(|| self.subjects_of("pull_request"))
    }

    fn subjects_of(&self, part: &str) -> Subjects {
        let Repository { owner, name } = &self.repository.value;
        let number =
            |written: &Option<Spanned<String>>| written.as_ref().map(|it| it.value.clone());
        let numbered =
            |owner_id: &str, id: &str| format!("repo:{owner}@{owner_id}/{name}@{id}:{part}");
        let (owner_id, id) = (number(&self.owner_id), number(&self.repository_id));
        Subjects {
            by_name: format!("repo:{owner}/{name}:{part}"),
            by_number: owner_id
                .as_ref()
                .zip(id.as_ref())
                .map(|(owner_id, id)| numbered(owner_id, id)),
            pattern: numbered(
                owner_id.as_deref().unwrap_or("*"),
                id.as_deref().unwrap_or("*"),
            ),
        }
    }
}

/// A repository's full name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Repository {
    pub owner: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a repository: write owner/name, as acme/backups")]
pub struct RepositoryError(String);

impl FromStr for Repository {
    type Err = RepositoryError;

    fn from_str(text: &str) -> Result<Self, RepositoryError> {
        let refused = || RepositoryError(text.to_owned());
        let (owner, name) = text.split_once('/').ok_or_else(refused)?;
        let letters = |text: &str, more: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            !text.is_empty() && text.chars().all(plain)
        };
        // GitHub's own rules for names of accounts and repositories.
        let owned = letters(owner, "-") && owner.len() <= 39 && !owner.starts_with('-');
        let named = letters(name, "-._") && name.len() <= 100 && name != "." && name != "..";
        match owned && named {
            true => Ok(Repository {
                owner: owner.to_owned(),
                name: name.to_owned(),
            }),
            false => Err(refused()),
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

text_type!(
    Repository,
    "Repository",
    "github-repository",
    "The full name of a repository on GitHub: owner/name.",
    ["acme/backups"]
);
