//! # control-character
//! A key or a text has a control character, a line break, or a character that turns the direction
//! of writing.
//!
//! **Why.** Values end up in scripts, comments and templates. A line break ends a comment there, and
//! a turned text shows a reviewer something else than what is carried out.
//!
//! **Fix.** Remove the character and write the text on one line.
use crate::finding::{Code, Finding, Severity};
use crate::resolve::Estate;

pub static CODE: Code = Code::new(
    "control-character",
    Severity::Error,
    include_str!("control_character.rs"),
);

pub fn check(estate: &Estate<'_>, findings: &mut Vec<Finding>) {
    estate.workspace.texts(|text, place| {
        let Some(hidden) = text.chars().find(|c| is_hidden(*c)) else {
            return;
        };
        let code = u32::from(hidden);
        let message = format!("this text has the character U+{code:04X}, which cannot be seen");
        findings.push(
            Finding::new(&CODE, place, message)
                .why("in a script or a template it would mean something that no reviewer sees")
                .fix("remove the character, and write the text on one line"),
        );
    });
}

fn is_hidden(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let line_break = matches!(c, '\u{2028}' | '\u{2029}');
    c.is_control() || turns || line_break
}
