//! SQL of a policy that only reads.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cloud::text_type;

/// One statement that returns rows. It is run in a transaction that may only read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Query(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not one query that reads: write a single SELECT, WITH, TABLE or VALUES without a semicolon"
)]
pub struct QueryError;

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        let verb: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
        let reads = ["SELECT", "WITH", "TABLE", "VALUES"];
        let reads = reads.iter().any(|word| verb.eq_ignore_ascii_case(word));
        // One in a text of the query would do no harm; telling them apart is for PostgreSQL.
        match reads && !text.contains(';') {
            true => Ok(Query(text.to_owned())),
            false => Err(QueryError),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_type!(
    Query,
    "Query",
    "backstay-query",
    "One query that only reads.",
    ["SELECT count(*), sum(hashtext(b::text)::bigint) FROM bookings b"]
);
