//! Problems of ours, and of the machine: everything that is not a finding.

use std::io;
use std::path::PathBuf;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("there is no {0}: `backstay init` starts a policy, or name the folder that has one")]
    Missing(PathBuf),
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("{0} exists, and nothing is overwritten: name a new file, or move the old one away")]
    Exists(PathBuf),
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
    #[error(
        "no policy file (*.yaml, *.yml) under {0}: `backstay init` starts one, or name the folder that has them"
    )]
    NoPolicy(String),
    #[error(
        "neither a database nor the code of a finding is `{code}`{hint}; `backstay explain` lists all codes"
    )]
    UnknownCode { code: String, hint: String },
    #[error("there is no command `{0}`; `backstay --help` lists all")]
    UnknownCommand(String),
    #[error("{0}")]
    Accept(String),
    #[error("{0}")]
    Adopt(String),
    #[cfg(feature = "clouds")]
    #[error("{0}")]
    Notify(String),
    #[cfg(not(feature = "clouds"))]
    #[error(
        "this backstay was built without the clients that send notices: build with the feature `clouds`"
    )]
    NoNotices,
    #[error("{path}: {source}; `backstay schema prices` says what can stand there")]
    Prices {
        path: PathBuf,
        source: crate::cost::PriceError,
    },
    #[error("cannot read the baseline {name}: {why}")]
    Baseline { name: String, why: String },
    #[cfg(not(feature = "clouds"))]
    #[error(
        "this backstay was built without the cloud clients: give --from FILE, or build with the feature `clouds`"
    )]
    NoClouds,
    #[cfg(feature = "clouds")]
    #[error("{0}")]
    Live(#[from] crate::observe::live::LiveError),
    #[error("{0}")]
    Record(#[from] crate::observe::RecordError),
    #[error("{0}")]
    Render(#[from] crate::render::RenderError),
    #[error("{0}")]
    Folder(#[from] crate::render::folder::FolderError),
    #[error("{0}")]
    Report(#[from] crate::report::ReportError),
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl Failure {
    pub(super) fn unknown_code(code: &str, near: Option<&str>) -> Failure {
        Failure::UnknownCode {
            code: code.to_owned(),
            hint: near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)")),
        }
    }
}
