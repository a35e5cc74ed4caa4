//! Tables as SQL names them: `users`, `sales.orders`, `shop.sales."Odd Name"`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cloud::text_type;

/// A table, with its schema and, where it is written, its database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName {
    text: String,
    database: Option<String>,
    schema: String,
    table: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error(
        "`{0}` is not a table's name: write it as SQL does, as users, sales.orders or sales.\"Odd Name\""
    )]
    Form(String),
    #[error(
        "`{0}` has capitals outside quotes, which PostgreSQL reads as small letters: write {1}, or put the name in double quotes"
    )]
    Capitals(String, String),
}

/// Where PostgreSQL looks unless it is told otherwise.
const PUBLIC: &str = "public";

/// Longest name that PostgreSQL keeps, in bytes.
const LONGEST: usize = 63;

impl TableName {
    /// The database, where the name says it.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// Schema and table, each in quotes: SQL, and a pattern of pg_dump that fits nothing else.
    pub fn sql(&self) -> String {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        format!("{}.{}", quoted(&self.schema), quoted(&self.table))
    }
}

impl FromStr for TableName {
    type Err = TableError;

    fn from_str(text: &str) -> Result<Self, TableError> {
        let form = || TableError::Form(text.to_owned());
        let mut parts = Vec::new();
        let mut rest = text;
        loop {
            let (part, behind) = part(rest).ok_or_else(form)?;
            let plain = !rest.starts_with('"');
            if plain && part.contains(|c: char| c.is_ascii_uppercase()) {
                let small = text.to_ascii_lowercase();
                return Err(TableError::Capitals(text.to_owned(), small));
            }
            parts.push(part);
            match behind.strip_prefix('.') {
                Some(more) => rest = more,
                None if behind.is_empty() => break,
                None => return Err(form()),
            }
        }
        let mut parts = parts.into_iter().rev();
        let table = parts.next().ok_or_else(form)?;
        let schema = parts.next().unwrap_or_else(|| PUBLIC.to_owned());
        let database = parts.next();
        match parts.next() {
            None => Ok(TableName {
                text: text.to_owned(),
                database,
                schema,
                table,
            }),
            Some(_) => Err(form()),
        }
    }
}

/// The first part of a dotted name, and what is behind it.
fn part(text: &str) -> Option<(String, &str)> {
    let (name, behind) = match text.strip_prefix('"') {
        Some(quoted) => {
            let mut end = 0;
            loop {
                end += quoted.get(end..)?.find('"')?;
                match quoted[end + 1..].starts_with('"') {
                    true => end += 2,
                    false => break,
                }
            }
            (quoted[..end].replace("\"\"", "\""), &quoted[end + 1..])
        }
        None => {
            let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            let end = text.find(|c| !inside(c)).unwrap_or(text.len());
            let starts = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
            (starts.then(|| text[..end].to_owned())?, &text[end..])
        }
    };
    (!name.is_empty() && name.len() <= LONGEST).then_some((name, behind))
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_type!(
    TableName,
    "TableName",
    "backstay-table",
    "A table as SQL names it, of schema public unless it names another; before the schema its database, where a dump has several.",
    ["users", "sales.orders", "shop.sales.\"Odd Name\""]
);
