//! Reads the clouds. One account that cannot be read never hides the others: its resources are
//! unreadable, with the reason, and the rest is told.

mod aws;
mod azure;
mod patience;
mod points;

use std::collections::{BTreeMap, HashSet};

use super::inventory::{self, Contents, Holder, Inventory};
use super::{Found, Observations, StackDrift, State};
use crate::plan::{Address, Resource, Scope};

pub use points::points;

/// How many accounts, buckets or stacks are asked at a time.
const AT_A_TIME: usize = 8;

/// The longest reason that is worth a reader's time.
const REASON_CHARS: usize = 400;

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    #[error("cannot start the runtime that talks to the clouds: {0}")]
    Runtime(#[source] std::io::Error),
    #[error(
        "BACKSTAY_PATIENCE is {0:?}: give a number from 0.01 to 100, 1 being the usual patience"
    )]
    Patience(String),
}

/// What somebody who waits may want to know.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// A short line.
    Says(&'a str),
    /// So many more of the resources are read, or known to be unreadable.
    Read(usize),
}

/// Takes word of progress.
pub type Report<'a> = &'a (dyn Fn(Progress<'_>) + Sync);

/// What was seen of some resources.
type Seen = Vec<(Address, State)>;

/// Reads every one of these resources from its cloud.
///
/// # Errors
/// The runtime cannot start, or BACKSTAY_PATIENCE is no number. What a cloud refuses is a state, not an
/// error.
pub fn observe<'p>(
    resources: impl IntoIterator<Item = &'p Resource>,
    report: Report<'_>,
) -> Result<Observations, LiveError> {
    let (aws, azure): (Vec<&Resource>, Vec<&Resource>) = resources
        .into_iter()
        .partition(|resource| matches!(resource.address.scope, Scope::Aws { .. }));
    let (aws, azure) = runtime()?.block_on(async {
        futures::join!(aws::observe(aws, report), azure::observe(azure, report))
    });
    Ok(Observations(aws.into_iter().chain(azure).collect()))
}

/// Reads all databases of some places, each with the role to assume there.
///
/// # Errors
/// The runtime cannot start, or BACKSTAY_PATIENCE is no number. What a cloud refuses is a listing, not
/// an error.
pub fn inventory(
    places: BTreeMap<inventory::Place, Option<String>>,
    report: Report<'_>,
) -> Result<Inventory, LiveError> {
    let (aws, azure) = places
        .into_iter()
        .partition(|(place, _)| matches!(place, inventory::Place::Aws { .. }));
    let (aws, azure) = runtime()?.block_on(async {
        futures::join!(aws::inventory(aws, report), azure::inventory(azure, report))
    });
    Ok(Inventory::new(aws.into_iter().chain(azure)))
}

fn runtime() -> Result<tokio::runtime::Runtime, LiveError> {
    patience::check().map_err(LiveError::Patience)?;
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(LiveError::Runtime)
}

/// Resources by what they are read together by.
fn grouped<'p, K: Ord>(
    resources: impl IntoIterator<Item = &'p Resource>,
    key: impl Fn(&'p Resource) -> Option<K>,
) -> BTreeMap<K, Vec<&'p Resource>> {
    let mut groups: BTreeMap<K, Vec<&Resource>> = BTreeMap::new();
    for resource in resources {
        if let Some(key) = key(resource) {
            groups.entry(key).or_default().push(resource);
        }
    }
    groups
}

fn unreadable(reason: impl Into<String>) -> State {
    State::Unreadable {
        reason: reason.into(),
    }
}

/// Why parts of a resource could not be read, by the pointer of each.
#[derive(Default)]
struct Unread(BTreeMap<String, String>);

impl Unread {
    /// What an answer told; why it did not come is kept for its part.
    fn or_told<T>(&mut self, pointer: &str, answer: Result<Option<T>, String>) -> Option<T> {
        answer.unwrap_or_else(|reason| {
            self.0.insert(pointer.to_owned(), reason);
            None
        })
    }
}

/// The tokens of the pages of one list. One that comes again leads back, and a paginator then goes
/// round for ever, or stops as if the list had ended: half of it would be reported as missing.
struct Turned {
    list: &'static str,
    tokens: HashSet<String>,
}

impl Turned {
    fn of(list: &'static str) -> Turned {
        Turned {
            list,
            tokens: HashSet::new(),
        }
    }

    fn to(&mut self, token: Option<&str>) -> Result<(), String> {
        match token {
            Some(token) if !token.is_empty() && !self.tokens.insert(token.to_owned()) => Err(
                format!("{} leads back to a page that was read already", self.list),
            ),
            _ => Ok(()),
        }
    }
}

/// The same, counted.
async fn counted(seen: impl Future<Output = Seen>, report: Report<'_>) -> Seen {
    let seen = seen.await;
    report(Progress::Read(seen.len()));
    seen
}

/// Nobody knows what services of backups keep of these databases.
fn hold_unread(contents: &mut Contents) {
    let databases = contents.databases.iter_mut();
    databases.for_each(|database| database.held_by.push(Holder::Unread));
}

/// The same reason for all of them.
fn all_unreadable(resources: &[&Resource], reason: &str) -> Seen {
    let state = |resource: &&Resource| (resource.address.clone(), unreadable(reason));
    resources.iter().map(state).collect()
}

/// A struct of the cloud room as its tree.
fn tree(body: &impl serde::Serialize) -> serde_json::Value {
    // Structs of texts, numbers, lists and maps with text keys always serialise.
    serde_json::to_value(body).unwrap_or_default()
}

/// One line, of a length that can be read.
fn one_line(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    let line = line.join(" ");
    match line.char_indices().nth(REASON_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// An error and its causes on one line, without saying anything twice.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    one_line(&text)
}
