//! `backstay render`.

use std::collections::HashSet;

use similar::TextDiff;

use super::failure::Failure;
use super::load::Loaded;
use super::outcome::{self, Code};
use super::{load, out, stale};
use crate::cli::{Folder, Paths, Render};
use crate::finding::Severity;
use crate::plan::Plan;
use crate::render::folder::{self, Changes};
use crate::render::{Artifact, Templates, deploy_commands, enforce_commands, render};
use crate::report::{Detail, Report};

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
        let artifacts = artifacts(&plan, &args.folder, &args.paths)?;
        let changes = folder::compare(&args.folder.out, &artifacts)?;
        if args.diff {
            outcome::print(&diff(&changes, &artifacts, &args.folder)?)?;
        }
        if args.check {
            findings.extend(stale::findings(&changes, &args.folder.out));
        } else {
            folder::write(&args.folder.out, &artifacts)?;
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

pub(super) fn artifacts(
    plan: &Plan,
    folder: &Folder,
    paths: &Paths,
) -> Result<Vec<Artifact>, Failure> {
    let templates = match &folder.templates {
        Some(path) => Templates::from_folder(path)?,
        None => Templates::embedded()?,
    };
    let templates = templates
        .in_folder(&out::name(&folder.out))
        .of_policies(&out::policies(&paths.paths));
    Ok(render(plan, &templates)?)
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
    let steps = [
        (
            "To deploy what changed (backstay never does):",
            deploy_commands(plan, touched),
        ),
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

fn diff(changes: &Changes, artifacts: &[Artifact], folder: &Folder) -> Result<String, Failure> {
    let mut text = String::new();
    let changed = changes
        .created
        .iter()
        .chain(&changes.changed)
        .chain(&changes.removed);
    for path in changed {
        let file = folder.out.join(path);
        let old = match std::fs::read_to_string(&file) {
            Ok(old) => old,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(Failure::Read { path: file, source }),
        };
        let new = artifacts.iter().find(|artifact| &artifact.path == path);
        let diff = TextDiff::from_lines(old.as_str(), new.map_or("", |new| new.text.as_str()));
        text += &diff
            .unified_diff()
            .header(&format!("a/{path}"), &format!("b/{path}"))
            .to_string();
    }
    Ok(text)
}
