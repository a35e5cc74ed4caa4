//! # tag-limits
//! A tag breaks the rules of the cloud that will hold it, or its value is one in which the cloud's
//! template language would see an expression.
//!
//! **Why.** One refused tag fails the whole deployment; a value that is evaluated is no longer the
//! text that was reviewed.
//!
//! **Fix.** Use letters, digits, spaces and `_ . : / = + - @`, which every cloud takes.
use crate::cloud::{aws, azure};
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::Estate;

pub static CODE: Code = Code::new("tag-limits", Severity::Error, include_str!("tag_limits.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    for database in &estate.databases {
        for (key, value) in &database.intent.tags {
            let (cloud, problem) = match database.engine() {
                Engine::RdsPostgres | Engine::RdsMysql | Engine::RdsMariadb => {
                    ("AWS", aws::limits::tag_problem(key, &value.value))
                }
                Engine::AzurePostgres => (
                    "Azure",
                    azure::limits::tag_problem(key, &value.value)
                        .or_else(|| expression(key).or_else(|| expression(&value.value))),
                ),
                Engine::Postgres => continue,
            };
            let Some(problem) = problem else { continue };
            let message = format!("the tag `{key}` cannot be set in {cloud}: {problem}");
            findings.push(
                super::about(&CODE, database, value, message)
                    .why("one refused tag fails the whole deployment")
                    .fix("use letters, digits, spaces and _ . : / = + - @"),
            );
        }
    }
}

/// ARM evaluates a text in brackets.
fn expression(text: &str) -> Option<&'static str> {
    (text.starts_with('[') && text.ends_with(']'))
        .then_some("a text in brackets is an expression to ARM")
}
