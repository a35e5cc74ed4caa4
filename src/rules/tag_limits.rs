//! # tag-limits
//! A tag breaks the rules of the cloud that will hold it, or its value is one in which the cloud's
//! template language would see an expression.
//!
//! **Why.** One refused tag fails the whole deployment; a value that is evaluated is no longer the
//! text that was reviewed.
//!
//! **Fix.** Use letters, digits, spaces and `_ . : + -`, a letter first: every cloud takes those.
use crate::cloud::{aws, azure};
use crate::finding::{Code, Finding, Severity};
use crate::policy::Engine;
use crate::resolve::{Estate, Intent};

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
                        .or_else(|| expression(key).or_else(|| expression(&value.value)))
                        .or_else(|| twice(key, &database.intent)),
                ),
                Engine::Postgres => continue,
            };
            let Some(problem) = problem else { continue };
            let message = format!("the tag `{key}` cannot be set in {cloud}: {problem}");
            findings.push(
                super::about(&CODE, database, value, message)
                    .why("one refused tag fails the whole deployment")
                    .fix("use letters, digits, spaces and _ . : + -, a letter first"),
            );
        }
    }
}

/// To Azure `Team` and `team` are one name. Of the two, the one that comes later in order is told.
fn twice(key: &str, intent: &Intent) -> Option<&'static str> {
    let mut before = intent.tags.keys().take_while(|other| *other != key);
    before
        .any(|other| other.eq_ignore_ascii_case(key))
        .then_some("another tag differs from it by case only")
}

/// ARM evaluates a text in brackets.
fn expression(text: &str) -> Option<&'static str> {
    (text.starts_with('[') && text.ends_with(']'))
        .then_some("a text in brackets is an expression to ARM")
}
