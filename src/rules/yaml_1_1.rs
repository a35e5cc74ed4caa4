//! # yaml-1-1
//! A key or value without quotes means one thing in YAML 1.2 and another in YAML 1.1: `yes`, `no`,
//! `on`, `off`, `y` and `n` are booleans there, `22:30` is the number 1350, `0123` is 83 and `1_000`
//! is 1000.
//!
//! **Why.** Half of the world's tools still read YAML 1.1. The policy would say one thing to
//! backstay and another to the tool beside it.
//!
//! **Fix.** Put the text in quotes; write a boolean as `true` or `false`.
use crate::finding::{Code, Finding, Severity};
use crate::policy::Visit;
use crate::resolve::Estate;
use crate::source::{Place, Sources};

pub static CODE: Code = Code::new("yaml-1-1", Severity::Error, include_str!("yaml_1_1.rs"));

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    let sources = &estate.workspace.sources;
    for tree in estate.workspace.trees() {
        tree.walk(&mut |visit| {
            let place = match visit {
                Visit::Key(_, entry) => entry.key,
                Visit::Scalar(node) => node.place,
            };
            findings.extend(ambiguous(sources, place));
        });
    }
}

fn ambiguous(sources: &Sources, place: Place) -> Option<Finding> {
    // A scalar in quotes, a block or an alias starts with its mark, and none of them is a word below.
    let text = sources.slice(place).trim_end();
    let quoted = text_before(sources, place).is_some_and(|c| c == '"' || c == '\'');
    let other = other_meaning(text).filter(|_| !quoted)?;
    Some(
        Finding::new(
            &CODE,
            place,
            format!("`{text}` without quotes is {other} in YAML 1.1"),
        )
        .why("tools that read YAML 1.1 would understand another policy")
        .fix(match other {
            "a boolean" => format!("write `true` or `false`, or \"{text}\" for the word"),
            _ => format!("write \"{text}\""),
        }),
    )
}

fn text_before(sources: &Sources, place: Place) -> Option<char> {
    let text = sources.get(place.file).text();
    text.get(..place.start as usize)?.chars().next_back()
}

/// What YAML 1.1 takes a plain scalar for, where YAML 1.2 takes it for something else.
fn other_meaning(text: &str) -> Option<&'static str> {
    let word = text.to_ascii_lowercase();
    if matches!(word.as_str(), "yes" | "no" | "on" | "off" | "y" | "n") {
        return Some("a boolean");
    }
    let number = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut parts = number.split(':');
    let first = parts.next().unwrap_or_default();
    let mut rest = parts.peekable();
    let sixty =
        |part: &str| digits(part) && part.len() <= 2 && part.parse::<u8>().is_ok_and(|n| n < 60);
    if rest.peek().is_some() && digits(first) && rest.all(sixty) {
        return Some("a number to base 60");
    }
    if number.strip_prefix("0o").is_some_and(digits) {
        return Some("a text");
    }
    if number.len() > 1 && number.starts_with('0') && digits(number) {
        return Some("an octal number");
    }
    let spaced = number.contains('_') && digits(&number.replace(['_', '.'], ""));
    spaced.then_some("a number")
}
