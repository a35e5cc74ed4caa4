//! Dumps by their manifests: a run without one was never finished, and one whose manifest says other
//! than what lies beside it is not whole.

use std::collections::BTreeMap;

use futures::StreamExt;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::super::super::super::points::{PointState, PointsRead, Span, Unusable};
use super::super::super::AT_A_TIME;
use super::{Object, Refusal, Store, Text};
use crate::plan::{MANIFEST, PointClass, Promise};

/// As the scripts write a run's moment.
const STAMP: &str = "%Y%m%dT%H%M%SZ";

/// What backstay reads of a manifest.
#[derive(Deserialize)]
struct Manifest {
    name: String,
    stamp: String,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    path: String,
    bytes: u64,
}

/// One run in a store: CLASS/NAME/PERIOD/STAMP/….
struct Run {
    /// Up to the stamp.
    folder: String,
    stamp: String,
    at: Timestamp,
    /// Files by their paths in the folder.
    files: BTreeMap<String, u64>,
}

/// The runs of one class.
struct Class {
    span: Span,
    unusable: Vec<Unusable>,
}

pub(super) async fn dumps(store: &Store<'_>, promise: &Promise) -> PointState {
    let classes: Vec<Result<(&str, Class), Refusal>> = futures::stream::iter(&promise.classes)
        .map(|class| async move { Ok((class.name, read(store, promise, class).await?)) })
        .buffered(AT_A_TIME)
        .collect()
        .await;
    let mut read = PointsRead {
        span: Span::of([]),
        ..PointsRead::default()
    };
    for class in classes {
        match class {
            Ok((name, class)) => {
                read.span = joined(read.span, class.span);
                read.classes.insert(name.to_owned(), class.span);
                read.unusable.extend(class.unusable);
            }
            Err(Refusal::Absent(what)) => read.absent = Some(what),
            Err(Refusal::Unreadable(reason)) => return PointState::Unreadable { reason },
        }
    }
    PointState::Read(Box::new(read))
}

fn joined(one: Span, other: Span) -> Span {
    let oldest = [one.oldest, other.oldest];
    Span {
        newest: one.newest.max(other.newest),
        oldest: oldest.into_iter().flatten().min(),
        count: Some(one.count.unwrap_or_default() + other.count.unwrap_or_default()),
    }
}

/// The newest and the oldest run are looked into, since they are what is told; where one is not whole,
/// the next one in.
async fn read(store: &Store<'_>, promise: &Promise, class: &PointClass) -> Result<Class, Refusal> {
    let name = &promise.key.database;
    let prefix = format!("{}/{name}/", class.name);
    let mut unusable = Vec::new();
    let mut whole: Vec<Run> = Vec::new();
    for run in runs(&prefix, store.list(&prefix).await?) {
        match run.files.contains_key(MANIFEST) {
            true => whole.push(run),
            false => unusable.push(Unusable {
                what: run.folder,
                why: "it has no manifest: its upload is running, or was never finished".to_owned(),
                unfinished: true,
            }),
        }
    }
    whole.sort_by_key(|run| run.at);
    let mut left = std::collections::VecDeque::from(whole);
    while let Some(newest) = left.back()
        && let Some(why) = problem(store, name, newest).await?
    {
        unusable.extend(left.pop_back().map(|run| run.unusable(why)));
    }
    while left.len() > 1
        && let Some(oldest) = left.front()
        && let Some(why) = problem(store, name, oldest).await?
    {
        unusable.extend(left.pop_front().map(|run| run.unusable(why)));
    }
    Ok(Class {
        span: Span::of(left.iter().map(|run| run.at)),
        unusable,
    })
}

impl Run {
    fn unusable(self, why: String) -> Unusable {
        Unusable {
            what: self.folder,
            why,
            unfinished: false,
        }
    }
}

/// Objects by the runs that they belong to; what lies there otherwise is nobody's.
fn runs(prefix: &str, objects: Vec<Object>) -> Vec<Run> {
    let mut runs: BTreeMap<String, Run> = BTreeMap::new();
    for object in objects {
        let within = object.name.strip_prefix(prefix);
        let steps: Option<Vec<&str>> = within.map(|within| within.splitn(3, '/').collect());
        let Some([period, stamp, path]) = steps.as_deref() else {
            continue;
        };
        let Some(at) = moment(stamp) else { continue };
        let folder = format!("{prefix}{period}/{stamp}");
        let run = runs.entry(folder.clone()).or_insert_with(|| Run {
            folder,
            stamp: (*stamp).to_owned(),
            at,
            files: BTreeMap::new(),
        });
        run.files.insert((*path).to_owned(), object.bytes);
    }
    runs.into_values().collect()
}

fn moment(stamp: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime(STAMP, stamp).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Why a run is not whole.
async fn problem(store: &Store<'_>, name: &str, run: &Run) -> Result<Option<String>, Refusal> {
    let text = match store.get(&format!("{}/{MANIFEST}", run.folder)).await? {
        Text::Here(text) => text,
        // It went there with the rest of the run.
        Text::Archived => return Ok(None),
    };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&text) else {
        return Ok(Some("its manifest cannot be read".to_owned()));
    };
    if (manifest.name.as_str(), manifest.stamp.as_str()) != (name, run.stamp.as_str()) {
        return Ok(Some("its manifest is of another run".to_owned()));
    }
    let wrong = |file: &File| match run.files.get(&file.path) {
        None => Some(format!("{} is missing", brief(&file.path))),
        Some(bytes) if *bytes != file.bytes => Some(format!(
            "{} has {bytes} bytes instead of {}",
            brief(&file.path),
            file.bytes
        )),
        Some(_) => None,
    };
    Ok(match manifest.files.is_empty() {
        true => Some("its manifest names no file".to_owned()),
        false => manifest.files.iter().find_map(wrong),
    })
}

/// A path that somebody else may have written.
fn brief(path: &str) -> String {
    super::super::super::one_line(path)
}
