//! What the user wrote: one document a file, each value with its place.

mod alerts;
mod calendar;
mod compression;
mod database;
mod dump;
mod duration;
mod endpoint;
mod github;
mod maintenance;
mod model;
mod problem;
mod query;
mod reference;
mod schedule;
mod schema;
mod settings;
mod size;
mod spanned;
mod table;
mod tree;

use std::sync::LazyLock;

use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::source::{FileId, Place, Sources};

pub use alerts::{AlertEvent, Alerts, Receiver, topic_of};
pub use calendar::Unsteady;
pub use compression::{Compression, Method};
pub use database::{
    Database, Engine, Export, Key, Provision, ProvisionStorage, Replica, Runner, Scheduled,
    SkuTier, Snapshots, StorageType, Task,
};
pub use dump::{Dump, DumpFormat, DumpPart};
pub use duration::{Duration, Unit};
pub use endpoint::Endpoint;
pub use github::{GitHub, ISSUER, Repository, Subjects};
pub use maintenance::Maintenance;
pub use model::{
    Coverage, Defaults, Exception, FloorKey, Ignore, Immutability, Location, LockMode, Policy,
    Provider, Store, StoreLock, StoreLockMode, StoreRedundancy, Tier, Vault, VaultLock,
    VaultRedundancy,
};
pub use problem::CODES;
pub use query::Query;
pub use reference::reference;
pub use schedule::Schedule;
pub use schema::{json_schema, validator};
pub use settings::{
    Copies, Encryption, HighAvailability, RestoreTest, Retention, Settings, TimeZone,
};
pub use size::Size;
pub use spanned::{NAME_PATTERN, Name, Named, Spanned};
pub use table::TableName;
pub use tree::{Entry, Kind, Node, Visit};

/// One file of the workspace.
#[derive(Debug)]
pub struct Document {
    pub file: FileId,
    /// None where the text is not YAML.
    pub tree: Option<Node>,
    /// None where the text does not fit the schema.
    pub policy: Option<Policy>,
}

/// All files that were given, and what is wrong with their form.
#[derive(Debug)]
pub struct Workspace {
    pub sources: Sources,
    /// In the order of the files.
    pub documents: Vec<Document>,
    /// The results of drills that lie beside them.
    pub evidence: Evidence,
}

impl Workspace {
    /// Whether every file could be read whole, so that a name that is not found does not exist.
    pub fn is_complete(&self) -> bool {
        self.documents
            .iter()
            .all(|document| document.policy.is_some())
    }

    /// What stands in a file.
    pub fn document(&self, file: FileId) -> Option<&Document> {
        let found = self.documents.binary_search_by_key(&file, |it| it.file);
        self.documents.get(found.ok()?)
    }

    /// The files that are YAML, in their order.
    pub fn trees(&self) -> impl Iterator<Item = &Node> {
        let documents = self.documents.iter();
        documents.filter_map(|document| document.tree.as_ref())
    }

    /// Visits every key and every text, in the order of the files.
    pub fn texts<'a>(&'a self, mut visit: impl FnMut(&'a str, Place)) {
        for tree in self.trees() {
            tree.walk(&mut |it| match it {
                Visit::Key(key, entry) => visit(key, entry.key),
                Visit::Scalar(node) => {
                    if let Kind::Text(text) = &node.kind {
                        visit(text, node.place);
                    }
                }
            });
        }
    }

    /// The policies that could be read, in the order of the files.
    pub fn policies(&self) -> impl Iterator<Item = (FileId, &Policy)> {
        self.documents
            .iter()
            .filter_map(|document| Some((document.file, document.policy.as_ref()?)))
    }
}

/// Compiling it takes longer than checking many files.
static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(schema::validator);

/// Parses every source. A file with problems yields findings and never stops the others.
pub fn parse(sources: Sources) -> (Workspace, Vec<Finding>) {
    let mut findings = Vec::new();
    let documents = sources
        .ids()
        .map(|file| document(&sources, file, &VALIDATOR, &mut findings))
        .collect();
    let workspace = Workspace {
        sources,
        documents,
        evidence: Evidence::default(),
    };
    (workspace, findings)
}

fn document(
    sources: &Sources,
    file: FileId,
    validator: &jsonschema::Validator,
    findings: &mut Vec<Finding>,
) -> Document {
    let mut document = Document {
        file,
        tree: None,
        policy: None,
    };
    let tree = match tree::parse(sources.get(file), file) {
        Ok(tree) => tree,
        Err(error) => {
            findings.push(problem::unreadable(error));
            return document;
        }
    };
    let before = findings.len();
    findings.extend(schema::check(validator, &tree));
    if findings.len() == before {
        match spanned::read(&tree) {
            Ok(policy) => document.policy = Some(policy),
            Err(error) => findings.push(problem::unfit(error, file)),
        }
    }
    document.tree = Some(tree);
    document
}
