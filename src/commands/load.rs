//! From paths to a checked workspace.

pub(super) mod evidence;

use std::collections::HashSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::exceptions::{self, Exceptions};
use super::failure::Failure;
use crate::cli::Paths;
use crate::finding::{self, Finding, Severity};
use crate::plan::{Plan, managed, name_clashes};
use crate::policy::{self, Duration, Workspace};
use crate::report;
use crate::resolve::{Database, Estate, Resolved, resolve};
use crate::rules;
use crate::source::Sources;

/// Every policy file under the paths, parsed, with the findings on its form, and the results of drills
/// beside them.
pub(super) fn workspace(paths: &[PathBuf]) -> Result<(Workspace, Vec<Finding>), Failure> {
    let files = files(paths)?;
    if files.is_empty() {
        let names: Vec<_> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        return Err(Failure::NoPolicy(names.join(", ")));
    }
    let mut sources = Sources::default();
    for path in files.clone() {
        let text = std::fs::read_to_string(&path).map_err(|source| Failure::Read {
            path: path.clone(),
            source,
        })?;
        sources.add(path, text);
    }
    let (mut workspace, mut findings) = policy::parse(sources);
    findings.extend(evidence::read(&mut workspace, &files));
    Ok((workspace, findings))
}

/// The policy files under the paths, each once.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let (mut files, mut seen) = (Vec::new(), HashSet::new());
    for path in paths {
        collect(path, &mut |file| {
            if seen.insert(file.clone()) {
                files.push(file);
            }
        })?;
    }
    Ok(files)
}

/// A workspace's estate and what is found of it.
pub(super) struct Loaded<'w> {
    pub(super) estate: Estate<'w>,
    /// In reading order, those that are accepted marked as such.
    pub(super) findings: Vec<Finding>,
    pub(super) exceptions: Exceptions<'w>,
    /// What is managed. None: the policy means nothing definite.
    pub(super) plan: Option<Plan>,
}

/// The workspace's estate, with every finding on it.
pub(super) fn estate<'w>(
    workspace: &'w Workspace,
    mut findings: Vec<Finding>,
    paths: &Paths,
) -> Loaded<'w> {
    let estate = resolve(workspace);
    findings.extend(rules::check(&estate));
    let names = estate.databases.iter();
    let names: HashSet<&str> = names.map(|it| it.name.value.as_str()).collect();
    findings.extend(workspace.evidence.unnamed(&names));
    finding::withhold_secrets(&mut findings, &workspace.sources);
    let (exceptions, problems) = match paths.no_exceptions {
        true => (Exceptions::none(), Vec::new()),
        false => Exceptions::of(&estate, exceptions::today()),
    };
    exceptions.apply(&mut findings);
    let mut plan = is_sound(&findings).then(|| managed(&estate));
    if let Some(made) = &plan {
        let mut clashes = name_clashes(made);
        exceptions.apply(&mut clashes);
        if !is_sound(&clashes) {
            plan = None;
        }
        findings.extend(clashes);
    }
    findings.extend(problems);
    finding::sort(&mut findings);
    Loaded {
        estate,
        findings,
        exceptions,
        plan,
    }
}

/// Whether nothing is wrong but what is accepted.
fn is_sound(findings: &[Finding]) -> bool {
    let wrong = |it: &Finding| it.severity >= Severity::Error && it.accepted.is_none();
    !findings.iter().any(wrong)
}

/// The databases and their objectives, as reports show them.
pub(super) fn databases(estate: &Estate<'_>) -> Vec<report::Database> {
    let sources = &estate.workspace.sources;
    let text = |value: Option<&Resolved<Duration>>| value.map(|value| value.value.to_string());
    let each = |database: &Database<'_>| {
        let intent = &database.intent;
        let retention = &intent.retention;
        let classes = [
            ("pitr", retention.pitr.as_ref()),
            ("daily", retention.daily.as_ref()),
            ("weekly", retention.weekly.as_ref()),
            ("monthly", retention.monthly.as_ref()),
            ("yearly", retention.yearly.as_ref()),
        ];
        report::Database {
            name: database.name.value.clone(),
            engine: database.engine().name().to_owned(),
            location: database.site.name.to_owned(),
            tier: database.tier.clone(),
            rpo: text(intent.rpo.as_ref()),
            rto: text(intent.rto.as_ref()),
            retention: classes
                .into_iter()
                .filter_map(|(class, value)| Some((class, text(value)?)))
                .collect(),
            place: sources.link(database.name.place),
        }
    };
    estate.databases.iter().map(each).collect()
}

/// Without `.` in it: code scanning and pull requests know their files by the plain path.
fn named(path: &Path) -> PathBuf {
    let parts = path.components();
    let plain: PathBuf = parts.filter(|part| *part != Component::CurDir).collect();
    match plain.as_os_str().is_empty() {
        true => path.to_owned(),
        false => plain,
    }
}

/// Files are taken as they are named; folders are searched, in the order of the names. Hidden
/// entries and links to folders are passed over, so a search always ends.
fn collect(path: &Path, take: &mut impl FnMut(PathBuf)) -> Result<(), Failure> {
    let path = &named(path);
    let read = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => Failure::Missing(path.to_owned()),
        _ => Failure::Read {
            path: path.to_owned(),
            source,
        },
    };
    if !std::fs::metadata(path).map_err(read)?.is_dir() {
        take(path.to_owned());
        return Ok(());
    }
    let mut entries = std::fs::read_dir(path)
        .and_then(|entries| entries.collect::<Result<Vec<_>, _>>())
        .map_err(read)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let kind = entry.file_type().map_err(read)?;
        let path = entry.path();
        let policy = path
            .extension()
            .is_some_and(|ext| ext == "yaml" || ext == "yml");
        if !hidden && (kind.is_dir() || (policy && path.is_file())) {
            collect(&path, take)?;
        }
    }
    Ok(())
}
