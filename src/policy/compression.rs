//! How dumps are compressed: `zstd:9`, `gzip`, `none`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cloud::text_type;

/// A method of pg_dump, and how hard it tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Compression {
    pub method: Method,
    pub level: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    None,
    Gzip,
    Lz4,
    Zstd,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompressionError {
    #[error("`{0}` is no compression: write none, gzip, lz4 or zstd, with a level as zstd:9")]
    Form(String),
    #[error("`{0}` has no such level: {1} takes 1 to {2}")]
    Level(String, &'static str, u8),
}

/// Each method, its name, and its highest level.
const METHODS: [(Method, &str, u8); 4] = [
    (Method::None, "none", 0),
    (Method::Gzip, "gzip", 9),
    (Method::Lz4, "lz4", 12),
    (Method::Zstd, "zstd", 22),
];

impl FromStr for Compression {
    type Err = CompressionError;

    fn from_str(text: &str) -> Result<Self, CompressionError> {
        let form = || CompressionError::Form(text.to_owned());
        let (name, level) = match text.split_once(':') {
            Some((name, level)) => (name, Some(level)),
            None => (text, None),
        };
        let known = METHODS.into_iter().find(|(_, known, _)| *known == name);
        let (method, name, highest) = known.ok_or_else(form)?;
        let level = match level {
            None => None,
            Some(_) if highest == 0 => return Err(form()),
            Some(level) => Some(level.parse::<u8>().map_err(|_| form())?),
        };
        match level {
            Some(level) if !(1..=highest).contains(&level) => {
                Err(CompressionError::Level(text.to_owned(), name, highest))
            }
            level => Ok(Compression { method, level }),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = METHODS
            .into_iter()
            .find(|(method, ..)| *method == self.method);
        f.write_str(named.map_or("", |(_, name, _)| name))?;
        match self.level {
            Some(level) => write!(f, ":{level}"),
            None => Ok(()),
        }
    }
}

text_type!(
    Compression,
    "Compression",
    "backstay-compression",
    "A compression of pg_dump: none, gzip, lz4 or zstd, and its level behind a colon.",
    ["zstd:9", "gzip:6", "lz4", "none"]
);
