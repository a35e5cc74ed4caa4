//! What a store of dumps holds: runs with their manifests, and the results of drills.

mod drills;
mod dumps;

use super::super::{aws, azure};
use super::{Asked, Told};

/// A bucket or a container.
pub(in super::super) enum Store<'s> {
    Bucket(aws::Bucket<'s>),
    Container(azure::Container<'s>),
}

/// What lies in a store under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Object {
    pub name: String,
    pub bytes: u64,
}

/// The text of an object.
#[derive(Debug)]
pub(in super::super) enum Text {
    Here(Vec<u8>),
    /// It lies in an archive, which takes hours to read.
    Archived,
}

/// Why a store tells nothing.
#[derive(Debug)]
pub(in super::super) enum Refusal {
    /// It does not exist.
    Absent(String),
    Unreadable(String),
}

impl Store<'_> {
    /// Runs of dumps, or results of drills, whichever is asked for.
    pub(in super::super) async fn told(&self, asked: Asked<'_>) -> Told {
        match asked {
            Asked::Points(promise) => {
                Told::Points(promise.key.clone(), dumps::dumps(self, promise).await)
            }
            Asked::Drill(drill, _) => {
                Told::Drill(drill.key.clone(), drills::drills(self, drill).await)
            }
        }
    }

    /// Every page, or why not.
    async fn list(&self, prefix: &str) -> Result<Vec<Object>, Refusal> {
        match self {
            Store::Bucket(bucket) => bucket.list(prefix).await,
            Store::Container(container) => container.list(prefix).await,
        }
    }

    async fn get(&self, name: &str) -> Result<Text, Refusal> {
        match self {
            Store::Bucket(bucket) => bucket.get(name).await,
            Store::Container(container) => container.get(name).await,
        }
    }
}
