//! The actions that rendered workflows use, pinned by commit.

use serde::Serialize;

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Action {
    pub repo: &'static str,
    pub sha: &'static str,
    /// The release that the commit is, for readers.
    pub version: &'static str,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Actions {
    pub checkout: Action,
    pub aws_credentials: Action,
    pub azure_login: Action,
    pub upload_sarif: Action,
}

pub const ACTIONS: Actions = Actions {
    checkout: Action {
        repo: "actions/checkout",
        sha: "3d3c42e5aac5ba805825da76410c181273ba90b1",
        version: "v7.0.1",
    },
    aws_credentials: Action {
        repo: "aws-actions/configure-aws-credentials",
        sha: "e7f100cf4c008499ea8adda475de1042d6975c7b",
        version: "v6.2.0",
    },
    azure_login: Action {
        repo: "azure/login",
        sha: "532459ea530d8321f2fb9bb10d1e0bcf23869a43",
        version: "v3.0.0",
    },
    upload_sarif: Action {
        repo: "github/codeql-action/upload-sarif",
        sha: "e46ed2cbd01164d986452f91f178727624ae40d7",
        version: "v4.35.3",
    },
};
