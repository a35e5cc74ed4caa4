//! # bad-drill-result
//! A file under `drills` beside the policy is not the result of a drill: it cannot be read, or says
//! something else.
//!
//! **Why.** Runbooks show what these files say, and a drill of which nobody knows the result proves
//! nothing.
//!
//! **Fix.** Bring the result again with `backstay status --drills policies/drills`, or remove the file.
use crate::finding::{Code, Finding, Severity};
use crate::source::{FileId, Place, Position, Source};

pub(super) static CODE: Code = Code::new(
    "bad-drill-result",
    Severity::Warning,
    include_str!("bad_drill_result.rs"),
);

pub(super) fn finding(error: &serde_json::Error, source: &Source, file: FileId) -> Finding {
    let at = source.offset(Position {
        line: error.line(),
        column: error.column(),
    });
    let place = Place {
        file,
        start: at,
        end: at,
    };
    // The place is told beside it.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    Finding::new(
        &CODE,
        place,
        format!("this is not the result of a drill: {message}"),
    )
    .why("runbooks show what these files say, and a drill of which nobody knows the result proves nothing")
    .fix("bring the result again with `backstay status --drills`, or remove the file")
}
