//! Text with places: which file, which bytes, which line and column.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file of the workspace, by its position in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

/// A line and a column, both from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// One text that was read, with the starts of its lines.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    text: String,
    line_starts: Vec<u32>,
}

/// Every text of a run. Places stay valid as long as it lives.
#[derive(Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Takes a text in and returns its id. A byte order mark is dropped, so that columns are what
    /// an editor shows.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> FileId {
        let mut text: String = text.into();
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        let mut line_starts = vec![0];
        line_starts.extend(text.match_indices('\n').map(|(at, _)| at as u32 + 1));
        let id = FileId(self.0.len() as u32);
        self.0.push(Source {
            path: path.into(),
            text,
            line_starts,
        });
        id
    }

    pub fn get(&self, file: FileId) -> &Source {
        &self.0[file.0 as usize]
    }

    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..self.0.len() as u32).map(FileId)
    }

    /// Line and column of the first character of a place.
    pub fn position(&self, place: Place) -> Position {
        self.get(place.file).position(place.start)
    }

    /// `file:line:column`, as editors and terminals link it.
    pub fn link(&self, place: Place) -> String {
        let Position { line, column } = self.position(place);
        format!("{}:{line}:{column}", self.get(place.file).display_path())
    }

    /// The bytes of a place, as text.
    pub fn slice(&self, place: Place) -> &str {
        let text = &self.get(place.file).text;
        text.get(place.start as usize..place.end as usize)
            .unwrap_or("")
    }
}

impl Source {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path with forward slashes on every system, so that reports are the same everywhere.
    pub fn display_path(&self) -> String {
        self.path.to_string_lossy().replace('\\', "/")
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1] as usize;
        let before = self.text.get(start..offset as usize).unwrap_or("");
        Position {
            line,
            column: before.chars().count() + 1,
        }
    }

    /// The byte offset of a line and column, clamped to the text.
    pub fn offset(&self, position: Position) -> u32 {
        let line = position.line.clamp(1, self.line_starts.len());
        let start = self.line_starts[line - 1] as usize;
        let rest = &self.text[start..];
        let within = rest
            .char_indices()
            .nth(position.column.saturating_sub(1))
            .map_or(rest.len(), |(at, _)| at);
        (start + within) as u32
    }
}

impl Place {
    /// The empty place at the start of a file.
    pub fn start_of(file: FileId) -> Place {
        Place {
            file,
            start: 0,
            end: 0,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
