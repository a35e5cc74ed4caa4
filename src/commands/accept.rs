//! `backstay accept`: writes an exception into the policy file that has the part it is about.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::failure::Failure;
use super::outcome::{self, Code};
use super::{codes, exceptions, load};
use crate::cli::Accept;
use crate::finding::closest;
use crate::policy::{self, Document, Kind, Node, Visit, Workspace};
use crate::source::Sources;

pub(super) fn run(args: &Accept) -> Result<Code, Failure> {
    let codes = codes::all();
    if !codes.iter().any(|code| code.name == args.code) {
        let near = closest(&args.code, codes.iter().map(|code| code.name));
        return Err(Failure::unknown_code(&args.code, near));
    }
    let refused = |why: String| Failure::Accept(why);
    let until: jiff::civil::Date = args
        .until
        .parse()
        .map_err(|_| refused(format!("`{}` is no day: write year-month-day", args.until)))?;
    if until < exceptions::today() {
        return Err(refused(format!(
            "{until} is over: an exception ends in the future"
        )));
    }
    let (workspace, _) = load::workspace(&args.paths.paths)?;
    let document = holder(&workspace, &args.at).ok_or_else(|| {
        refused(format!(
            "the policy has nothing at {}: write a path as databases.NAME",
            args.at
        ))
    })?;
    let source = workspace.sources.get(document.file);
    let entry = Entry::of(args, &until.to_string());
    let text = inserted(source.text(), document, &entry)
        .filter(|text| has_one_more(text, document))
        .ok_or_else(|| {
            refused(format!(
                "{} has its exceptions in a form that is not added to by a program; write this among them:\n{}",
                source.display_path(),
                entry.lines("  ")
            ))
        })?;
    write(source.path(), &text)?;
    outcome::print(&format!("{}\n", source.display_path()))?;
    Ok(Code::Clean)
}

/// The first file that has the part.
fn holder<'w>(workspace: &'w Workspace, at: &str) -> Option<&'w Document> {
    workspace.documents.iter().find(|document| {
        let tree = document.policy.as_ref().and(document.tree.as_ref());
        let mut steps = at.split('.');
        tree.is_some_and(|tree| steps.try_fold(tree, |node, step| node.get(step)).is_some())
    })
}

/// One exception, as lines of YAML.
struct Entry([(&'static str, String); 5]);

impl Entry {
    fn of(args: &Accept, until: &str) -> Entry {
        let text = |text: &str| Value::from(text).to_string();
        Entry([
            ("at", args.at.clone()),
            ("allow", args.code.clone()),
            ("until", until.to_owned()),
            ("reason", text(&args.reason)),
            ("owner", text(&args.owner)),
        ])
    }

    fn lines(&self, indent: &str) -> String {
        let mut lead = format!("{indent}- ");
        let mut text = String::new();
        for (key, value) in &self.0 {
            text += &format!("{lead}{key}: {value}\n");
            lead = format!("{indent}  ");
        }
        text
    }
}

/// The text with one exception more, after the last one; everything else stays as it was written.
fn inserted(text: &str, document: &Document, entry: &Entry) -> Option<String> {
    let tree = document.tree.as_ref()?;
    let Some(exceptions) = tree.entry("exceptions") else {
        let end = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        return Some(format!("{text}{end}\nexceptions:\n{}", entry.lines("  ")));
    };
    let (last, indent) = match &exceptions.value.kind {
        Kind::List(items) => {
            let first = start(items.first()?);
            let line = text[..first].rfind('\n').map_or(0, |at| at + 1);
            let lead = text.get(line..first)?;
            let indent = lead.strip_suffix("- ")?;
            if !indent.chars().all(|c| c == ' ') {
                return None;
            }
            (end(items.last()?), indent.to_owned())
        }
        _ => return None,
    };
    let rest = text.get(last as usize..)?;
    let at = rest
        .find('\n')
        .map_or(text.len(), |at| last as usize + at + 1);
    let (before, after) = text.split_at(at);
    let line_end = if before.ends_with('\n') { "" } else { "\n" };
    Some(format!("{before}{line_end}{}{after}", entry.lines(&indent)))
}

fn start(node: &Node) -> usize {
    let mut start = node.place.start;
    node.walk(&mut |visit| {
        start = start.min(match visit {
            Visit::Key(_, entry) => entry.key.start,
            Visit::Scalar(node) => node.place.start,
        });
    });
    start as usize
}

fn end(node: &Node) -> u32 {
    let mut end = node.place.start;
    node.walk(&mut |visit| {
        end = end.max(match visit {
            Visit::Key(_, entry) => entry.key.end,
            Visit::Scalar(node) => node.place.end,
        });
    });
    end
}

/// Whether the new text is the old policy with one exception more, and nothing else.
fn has_one_more(text: &str, document: &Document) -> bool {
    let mut sources = Sources::default();
    sources.add("policy.yaml", text);
    let (workspace, findings) = policy::parse(sources);
    let old = document.tree.as_ref().map(Node::to_json);
    let new = workspace
        .documents
        .first()
        .and_then(|new| new.tree.as_ref());
    let (Some(mut old), Some(mut new)) = (old, new.map(Node::to_json)) else {
        return false;
    };
    let count = |tree: &mut Value| {
        let list = tree
            .as_object_mut()
            .and_then(|map| map.shift_remove("exceptions"));
        list.and_then(|list| Some(list.as_array()?.len()))
            .unwrap_or(0)
    };
    findings.is_empty() && count(&mut new) == count(&mut old) + 1 && new == old
}

/// Beside the file, then in its place: a policy is never half written.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |source| Failure::Write {
        path: PathBuf::from(path),
        source,
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut file =
        tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    let permissions = std::fs::metadata(path).map_err(failed)?.permissions();
    file.as_file()
        .set_permissions(permissions)
        .map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
