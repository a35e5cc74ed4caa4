//! # expression-in-value
//! A key or a text has `${{` or `{{resolve:`, which GitHub Actions and CloudFormation evaluate.
//!
//! **Why.** Wherever the text is rendered it would be replaced, by the value of a secret as well:
//! whoever writes a tag could read one.
//!
//! **Fix.** Write the text itself.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::Estate;

pub static CODE: Code = Code::new(
    "expression-in-value",
    Severity::Error,
    include_str!("expression_in_value.rs"),
);

/// What starts an expression, and who evaluates it.
const MARKS: [(&str, &str); 2] = [("${{", "GitHub Actions"), ("{{resolve:", "CloudFormation")];

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    estate.workspace.texts(|text, place| {
        let found = MARKS.into_iter().find(|(mark, _)| text.contains(mark));
        findings.extend(found.map(|(mark, who)| {
            let message = format!("{who} evaluates what starts with `{mark}`");
            Finding::new(&CODE, place, message)
                .why("what is rendered would no longer be the text that was reviewed")
                .fix("write the text itself")
        }));
    });
}
