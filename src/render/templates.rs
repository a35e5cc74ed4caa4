//! The frames: embedded, and overridden from a folder.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use include_dir::{Dir, include_dir};
use serde::Serialize;
use tera::{Context, Delimiters, Kwargs, State, Tera, TeraResult, Value};

use super::{RenderError, text};
use crate::cloud::{RENDERED, shell_word};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Workflows are full of braces, so their templates use brackets.
const WORKFLOWS: &str = "github/";

/// All frames, ready to be filled.
#[derive(Debug)]
pub struct Templates {
    braces: Tera,
    brackets: Tera,
    /// The folder of the rendered files, from the root of the repository: `out` in each frame.
    out: String,
    /// Policy files and folders, as words behind a command: `paths` in each frame.
    paths: String,
}

impl Templates {
    pub fn embedded() -> Result<Templates, RenderError> {
        Templates::compile(embedded())
    }

    /// The embedded frames, each replaced by the file of the same path below `folder`.
    pub fn from_folder(folder: &Path) -> Result<Templates, RenderError> {
        let mut texts = embedded();
        override_from(folder, "", &mut texts)?;
        Templates::compile(texts)
    }

    fn compile(texts: BTreeMap<String, String>) -> Result<Templates, RenderError> {
        let (brackets, braces): (Vec<_>, Vec<_>) = texts
            .into_iter()
            .partition(|(name, _)| name.starts_with(WORKFLOWS));
        let delimiters = Delimiters {
            block_start: "[%".into(),
            block_end: "%]".into(),
            variable_start: "[[".into(),
            variable_end: "]]".into(),
            comment_start: "[#".into(),
            comment_end: "#]".into(),
        };
        Ok(Templates {
            braces: engine(Delimiters::default(), braces)?,
            brackets: engine(delimiters, brackets)?,
            out: RENDERED.to_owned(),
            paths: String::new(),
        })
    }

    /// The same for files that are rendered into another folder.
    pub fn in_folder(mut self, out: &str) -> Templates {
        self.out = out.to_owned();
        self
    }

    /// The same for a policy in other places than `policies`, of names that need no quotes.
    pub fn of_policies(mut self, paths: &[String]) -> Templates {
        self.paths = paths.iter().map(|path| format!(" {path}")).collect();
        self
    }

    pub(super) fn fill(&self, name: &str, context: &impl Serialize) -> Result<String, RenderError> {
        let engine = match name.starts_with(WORKFLOWS) {
            true => &self.brackets,
            false => &self.braces,
        };
        Context::from_serialize(context)
            .and_then(|mut context| {
                context.insert("out", &self.out);
                context.insert("paths", &self.paths);
                engine.render(name, &context)
            })
            .map_err(|error| RenderError::Template(error.to_string()))
    }
}

/// The frames that come with backstay: path and text.
pub fn embedded() -> BTreeMap<String, String> {
    fn add(folder: &Dir<'_>, texts: &mut BTreeMap<String, String>) {
        for file in folder.files() {
            if let Some(text) = file.contents_utf8() {
                let name = file.path().to_string_lossy().replace('\\', "/");
                texts.insert(name, text.to_owned());
            }
        }
        folder.dirs().for_each(|folder| add(folder, texts));
    }
    let mut texts = BTreeMap::new();
    add(&EMBEDDED, &mut texts);
    texts
}

fn override_from(
    folder: &Path,
    prefix: &str,
    texts: &mut BTreeMap<String, String>,
) -> Result<(), RenderError> {
    let unread = |path: &Path| {
        let path = path.to_owned();
        move |source| RenderError::TemplateFile { path, source }
    };
    for entry in fs::read_dir(folder).map_err(unread(folder))? {
        let path = entry.map_err(unread(folder))?.path();
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}{file_name}");
        if path.is_dir() {
            override_from(&path, &format!("{name}/"), texts)?;
        } else if let Some(text) = texts.get_mut(&name) {
            *text = fs::read_to_string(&path).map_err(unread(&path))?;
        } else {
            return Err(RenderError::UnknownTemplate {
                path,
                known: texts.keys().cloned().collect(),
            });
        }
    }
    Ok(())
}

fn engine(delimiters: Delimiters, texts: Vec<(String, String)>) -> Result<Tera, RenderError> {
    let mut tera = Tera::new();
    let template = |error: tera::Error| RenderError::Template(error.to_string());
    tera.set_delimiters(delimiters).map_err(template)?;
    tera.autoescape_on(Vec::<&'static str>::new());
    tera.register_filter("sh", |value: &Value, _: Kwargs, _: &State| {
        shell_word(&shown(value))
    });
    tera.register_filter("comment", |value: &Value, _: Kwargs, _: &State| {
        text::comment(&shown(value))
    });
    tera.register_filter("md", |value: &Value, _: Kwargs, _: &State| {
        text::markdown(&shown(value))
    });
    tera.register_filter("code", |value: &Value, _: Kwargs, _: &State| {
        text::markdown_code(&shown(value))
    });
    tera.register_filter(
        "yaml",
        |value: &Value, _: Kwargs, _: &State| -> TeraResult<String> {
            Ok(text::yaml_line(&plain(value)?))
        },
    );
    tera.register_filter(
        "json",
        |value: &Value, _: Kwargs, _: &State| -> TeraResult<String> {
            Ok(plain(value)?.to_string())
        },
    );
    tera.add_raw_templates(texts).map_err(template)?;
    Ok(tera)
}

/// A value as templates write it; texts are most of them.
fn shown(value: &Value) -> Cow<'_, str> {
    match value.as_str() {
        Some(text) => Cow::Borrowed(text),
        None => Cow::Owned(value.to_string()),
    }
}

fn plain(value: &Value) -> TeraResult<serde_json::Value> {
    serde_json::to_value(value).map_err(|error| tera::Error::message(error.to_string()))
}
