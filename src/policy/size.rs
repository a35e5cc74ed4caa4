//! Sizes of storage: `100GiB`, `1TiB`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cloud::text_type;

/// A size in whole GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size {
    gib: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a size: write a whole number and GiB or TiB, as 100GiB")]
pub struct SizeError(String);

impl Size {
    pub fn gib(self) -> u32 {
        self.gib
    }
}

impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let parse = || {
            let (amount, factor) = match text.strip_suffix("GiB") {
                Some(amount) => (amount, 1),
                None => (text.strip_suffix("TiB")?, 1024),
            };
            let gib = amount.parse::<u32>().ok()?.checked_mul(factor)?;
            (gib > 0).then_some(Size { gib })
        };
        parse().ok_or_else(|| SizeError(text.to_owned()))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.gib % 1024 {
            0 => write!(f, "{}TiB", self.gib / 1024),
            _ => write!(f, "{}GiB", self.gib),
        }
    }
}

text_type!(
    Size,
    "Size",
    "backstay-size",
    "A size in GiB or TiB.",
    ["100GiB", "1TiB"]
);
