//! `backstay render`.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use similar::TextDiff;

use super::failure::Failure;
use super::load::Loaded;
use super::outcome::{self, Code};
use super::{load, out, stale};
use crate::cli::{Folder, Paths, Render};
use crate::finding::Severity;
use crate::plan::{Plan, recoveries};
use crate::render::folder::{Change, Changes, Rendering};
use crate::render::{
    Artifact, Take, Templates, accounts, deploy_commands, enforce_commands, render_each,
};
use crate::report::{Detail, Report};
use crate::resolve::Estate;

pub(super) fn run(args: &Render) -> Result<Code, Failure> {
    let (workspace, findings) = load::workspace(&args.paths.paths)?;
    let Loaded {
        estate,
        mut findings,
        plan,
        ..
    } = load::estate(&workspace, findings, &args.paths);
    // Notes are validate's to tell; what stops or endangers the rendering is told here as well.
    findings.retain(|finding| finding.severity > Severity::Info);
    if let Some(plan) = plan {
        let plan = whole(plan, &estate);
        let out = &args.folder.out;
        let mut diff = args.diff.then(Diff::default);
        let mut rendering = match args.check {
            true => Rendering::compared_with(out)?,
            false => Rendering::into(out)?,
        };
        each(&plan, &args.folder, &args.paths, &mut |artifact| {
            let change = rendering.take(&artifact)?;
            if let Some(diff) = &mut diff {
                diff.add(&artifact, &change);
            }
            Ok(())
        })?;
        if let Some(diff) = diff {
            outcome::print(&diff.text(out, rendering.left()?)?)?;
        }
        let changes = rendering.finish()?;
        if args.check {
            findings.extend(stale::findings(&changes, out));
        } else {
            tell(&changes, &plan, &args.folder);
        }
    }
    let report = Report {
        command: "render",
        sources: &workspace.sources,
        findings: &findings,
        compared: None,
        coverage: None,
        status: None,
        databases: &load::databases(&estate),
        threshold: outcome::threshold(&args.output),
    };
    outcome::finish(&report, &workspace, &args.output, Detail::Brief)
}

/// With what is rendered beside what is managed.
pub(super) fn whole(plan: Plan, estate: &Estate<'_>) -> Plan {
    Plan {
        recoveries: recoveries(estate),
        ..plan
    }
}

/// Gives away file by file what the plan asks for.
pub(super) fn each(
    plan: &Plan,
    folder: &Folder,
    paths: &Paths,
    take: &mut Take<'_>,
) -> Result<(), Failure> {
    let templates = match &folder.templates {
        Some(path) => Templates::from_folder(path)?,
        None => Templates::embedded()?,
    };
    let templates = templates
        .in_folder(&out::name(&folder.out))
        .of_policies(&out::policies(&paths.paths));
    Ok(render_each(plan, &templates, take)?)
}

/// What changed, and the next step, on standard error.
fn tell(changes: &Changes, plan: &Plan, folder: &Folder) {
    let out = folder.out.display();
    let kinds = [
        (&changes.created, "created"),
        (&changes.changed, "changed"),
        (&changes.removed, "removed"),
    ];
    for (paths, what) in kinds {
        for path in paths {
            eprintln!("{what} {out}/{path}");
        }
    }
    eprintln!("{} files unchanged", changes.unchanged.len());
    let touched: HashSet<&str> = changes
        .created
        .iter()
        .chain(&changes.changed)
        .map(String::as_str)
        .collect();
    let touched = |path: &str| touched.contains(path);
    let name = out::name(&folder.out);
    let deploying = match accounts(plan).len() {
        0 | 1 => "To deploy what changed (backstay never does):",
        _ => {
            "To deploy what changed (backstay never does; a command stops where the credentials are another account's):"
        }
    };
    let steps = [
        (deploying, deploy_commands(plan, touched)),
        (
            "To see what would change of what exists already (and with --apply, to change it):",
            enforce_commands(plan, touched),
        ),
    ];
    for (what, commands) in steps {
        if !commands.is_empty() {
            eprintln!("\n{what}");
            for command in commands {
                eprintln!("  {}", command.in_folder(&name));
            }
        }
    }
}

/// Unified diffs by the path of the file.
#[derive(Default)]
struct Diff {
    files: BTreeMap<String, String>,
}

impl Diff {
    fn add(&mut self, artifact: &Artifact, change: &Change) {
        let old = match change {
            Change::Created => "",
            Change::Changed(old) => old,
            Change::Unchanged => return,
        };
        self.put(&artifact.path, old, &artifact.text);
    }

    fn put(&mut self, path: &str, old: &str, new: &str) {
        let diff = TextDiff::from_lines(old, new)
            .unified_diff()
            .header(&format!("a/{path}"), &format!("b/{path}"))
            .to_string();
        self.files.insert(path.to_owned(), diff);
    }

    /// With the files that go.
    fn text(mut self, out: &Path, left: Vec<String>) -> Result<String, Failure> {
        for path in left {
            let file = out.join(&path);
            match std::fs::read(&file) {
                Ok(old) => self.put(&path, &String::from_utf8_lossy(&old), ""),
                Err(source) => return Err(Failure::Read { path: file, source }),
            }
        }
        Ok(self.files.into_values().collect())
    }
}
